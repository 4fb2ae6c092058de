//! People: oneself, and everybody for admins.

use crate::{
    accounts::{self, NewUser},
    api::{
        listing::{Listing, Paging},
        reply,
        tokens::ScopeWord,
    },
    app::App,
    auth::{
        caller::Caller,
        password,
        policy::Act,
        throttle::{self, Peer},
    },
    error::{ApiError, ApiResult},
    extract::{Body, Id, Params},
};
use axum::{Json, extract::State, response::Response};
use chrono::{DateTime, Utc};
use okrsync_domain::{
    UserId,
    person::{Role, User},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoleWord {
    /// Everything.
    Admin,
    /// Own connections and OKRs.
    Member,
    /// Reading.
    Viewer,
}

impl From<Role> for RoleWord {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::Member => Self::Member,
            Role::Viewer => Self::Viewer,
        }
    }
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Admin => Self::Admin,
            RoleWord::Member => Self::Member,
            RoleWord::Viewer => Self::Viewer,
        }
    }
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    /// Id.
    #[schema(value_type = String)]
    id: UserId,
    /// Display name.
    name: String,
    /// E-mail address.
    email: String,
    /// Rights.
    role: RoleWord,
    /// Whether they may sign in.
    active: bool,
    /// When they were added.
    created_at: DateTime<Utc>,
}

/// Oneself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Myself {
    #[serde(flatten)]
    person: Person,
    /// How far the token that was sent reaches; `admin` in a browser.
    scope: ScopeWord,
    /// What a browser's session sends as `X-CSRF-Token` with every change; null for programs.
    csrf_token: Option<String>,
}

impl From<User> for Person {
    fn from(user: User) -> Self {
        let User { id, email, name, role, active, created_at } = user;
        Self { id, name, email, role: role.into(), active, created_at }
    }
}

/// A person to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonBody {
    /// Display name.
    pub(crate) name: String,
    /// E-mail address; signs in with it.
    pub(crate) email: String,
    /// 8 characters or more.
    #[schema(value_type = String, write_only)]
    pub(crate) password: SecretString,
    /// Rights.
    pub(crate) role: RoleWord,
}

/// What may be changed of a person.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonPatch {
    /// Display name.
    pub(crate) name: Option<String>,
    /// E-mail address (admins only: who has it may sign in by single sign-on).
    pub(crate) email: Option<String>,
    /// New password; it ends the person's other sessions.
    #[schema(value_type = Option<String>, write_only)]
    pub(crate) password: Option<SecretString>,
    /// The present password, to change one's own.
    #[schema(value_type = Option<String>, write_only)]
    pub(crate) current_password: Option<SecretString>,
    /// Rights (admins only).
    pub(crate) role: Option<RoleWord>,
    /// Whether they may sign in (admins only).
    pub(crate) active: Option<bool>,
}

/// Routes of people.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(me)).routes(routes!(list, add)).routes(routes!(change)).routes(routes!(reset))
}

/// The person behind the token or session.
#[utoipa::path(get, path = "/me", tag = "People", responses((status = 200, body = Myself)))]
async fn me(caller: Caller) -> Json<Myself> {
    let scope = caller.scope().into();
    let csrf_token = Some(caller.csrf).filter(|token| !token.is_empty());
    let user = User { role: caller.role, ..caller.user };
    Json(Myself { person: user.into(), scope, csrf_token })
}

/// Everybody.
#[utoipa::path(get, path = "/users", tag = "People", params(Paging), responses((status = 200, body = Listing<Person>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(paging): Params<Paging>,
) -> ApiResult<Json<Listing<Person>>> {
    caller.may(Act::Look)?;
    Ok(Json(Listing::of(app.store().users(paging.page()?).await?, Person::from)))
}

/// Adds a person (admins).
#[utoipa::path(post, path = "/users", tag = "People", request_body = PersonBody,
    responses((status = 201, body = Person, headers(("Location" = String)))))]
async fn add(State(app): State<App>, caller: Caller, Body(body): Body<PersonBody>) -> ApiResult<Response> {
    let user = add_person(&app, &caller, body).await?;
    Ok(reply::created(&format!("/users/{}", user.id), Person::from(user)))
}

/// Adds a person, for admins.
pub(crate) async fn add_person(app: &App, caller: &Caller, body: PersonBody) -> ApiResult<User> {
    caller.may(Act::Administer)?;
    let PersonBody { name, email, password, role } = body;
    let new = NewUser { email, name, password, role: role.into() };
    Ok(accounts::add_user(app, caller.actor(), new).await?)
}

/// Changes a person: their name and password themselves; admins everything.
#[utoipa::path(patch, path = "/users/{id}", tag = "People", params(("id" = String, Path)), request_body = PersonPatch,
    responses((status = 200, body = Person)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<UserId>,
    peer: Peer,
    Body(patch): Body<PersonPatch>,
) -> ApiResult<Json<Person>> {
    Ok(Json(change_person(&app, &caller, id, patch, peer).await?.into()))
}

/// Changes a person as far as the caller may.
pub(crate) async fn change_person(
    app: &App,
    caller: &Caller,
    id: UserId,
    patch: PersonPatch,
    peer: Peer,
) -> ApiResult<User> {
    caller.may(Act::EditUser(id))?;
    if patch.role.is_some() || patch.active.is_some() || patch.email.is_some() {
        caller.may(Act::Administer)?;
    }
    let before = app.store().get_user(id).await?;
    if patch.password.is_some() && id == caller.user.id {
        prove(app, &before, patch.current_password, peer).await?;
    }
    // all of it or nothing: a password that is refused leaves the rest as it was
    patch.password.as_ref().map_or(Ok(()), password::check)?;
    let mut user = before.clone();
    if let Some(name) = &patch.name {
        user.name = accounts::check_name(name)?;
    }
    if let Some(email) = &patch.email {
        user.email = accounts::check_email(email)?;
    }
    user.role = patch.role.map_or(user.role, Into::into);
    user.active = patch.active.unwrap_or(user.active);
    let note = caller.did(app, "user.change", &user).before(&accounts::noted(&before)).after(&accounts::noted(&user));
    app.store().noting(note).update_user(&user).await?;
    if let Some(password) = patch.password {
        accounts::set_password(app, caller.actor(), &user, password, caller.session).await?;
    }
    Ok(user)
}

/// Who changes their own password shows that they know the present one, lest a browser left open be enough. Who has none,
/// because they use single sign-on, asks an admin for a link.
pub(crate) async fn prove(app: &App, user: &User, current: Option<SecretString>, peer: Peer) -> ApiResult<()> {
    let wrong = |detail| ApiError::field("wrong_password", "current_password", detail);
    let current = current.ok_or_else(|| wrong("To change your password, send the present one as well."))?;
    throttle::admit(app, &user.email, peer).await?;
    let hash = app.store().find_sign_in(&user.email).await?.and_then(|known| known.password_hash);
    if password::verify(current, hash).await { Ok(()) } else { Err(wrong("This is not your present password.")) }
}

/// A link by which a person chooses a new password.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResetView {
    /// Hand it to the person. It is shown this once and works once.
    pub(crate) url: String,
    /// From when on it does not work.
    expires_at: DateTime<Utc>,
}

/// Makes a link by which a person chooses a new password within a day; an earlier one ends (admins).
#[utoipa::path(post, path = "/users/{id}/reset-link", tag = "People", params(("id" = String, Path)),
    responses((status = 201, body = ResetView, headers(("Location" = String)))))]
async fn reset(State(app): State<App>, caller: Caller, Id(id): Id<UserId>) -> ApiResult<Response> {
    let (_, link) = reset_link(&app, &caller, id).await?;
    Ok(reply::created(&format!("/users/{id}"), link))
}

/// A link by which a person chooses a new password, for admins to hand over.
pub(crate) async fn reset_link(app: &App, caller: &Caller, id: UserId) -> ApiResult<(User, ResetView)> {
    caller.may(Act::Administer)?;
    let user = app.store().get_user(id).await?;
    if !user.active {
        return Err(ApiError::conflict("deactivated", "This person may not sign in.").hint("Activate them first."));
    }
    let link = accounts::reset_link(app, caller.actor(), &user).await?;
    let view = ResetView { url: link.url.expose_secret().to_owned(), expires_at: link.expires_at };
    Ok((user, view))
}

impl From<accounts::AccountError> for ApiError {
    fn from(error: accounts::AccountError) -> Self {
        match error {
            accounts::AccountError::Invalid(invalid) => invalid.into(),
            accounts::AccountError::Store(error) => error.into(),
            accounts::AccountError::Code => Self::field("invalid_code", "code", "The code is not right, or no longer.")
                .hint("A code works once. Ask for a new one, or restart okrsync for a new setup code."),
            accounts::AccountError::Internal(cause) => Self::internal(cause),
        }
    }
}
