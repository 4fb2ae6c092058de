//! People: oneself, and everybody for admins.

use crate::{
    accounts::{self, NewUser},
    api::{
        listing::{Listing, Paging},
        reply,
        tokens::ScopeWord,
    },
    app::App,
    auth::{caller::Caller, policy::Act},
    error::{ApiError, ApiResult},
    extract::{Body, Id, Params},
};
use axum::{Json, extract::State, response::Response};
use chrono::{DateTime, Utc};
use okrsync_domain::{
    UserId,
    person::{Role, User},
};
use secrecy::SecretString;
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
    name: String,
    /// E-mail address; signs in with it.
    email: String,
    /// 8 characters or more.
    #[schema(value_type = String, write_only)]
    password: SecretString,
    /// Rights.
    role: RoleWord,
}

/// What may be changed of a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonPatch {
    /// Display name.
    name: Option<String>,
    /// E-mail address.
    email: Option<String>,
    /// New password.
    #[schema(value_type = Option<String>, write_only)]
    password: Option<SecretString>,
    /// Rights (admins only).
    role: Option<RoleWord>,
    /// Whether they may sign in (admins only).
    active: Option<bool>,
}

/// Routes of people.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(me)).routes(routes!(list, add)).routes(routes!(change))
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
    caller.may(Act::Administer)?;
    let PersonBody { name, email, password, role } = body;
    let new = NewUser { email, name, password, role: role.into() };
    let user = accounts::add_user(&app, caller.actor(), new).await?;
    Ok(reply::created(&format!("/users/{}", user.id), Person::from(user)))
}

/// Changes a person: their name, address and password themselves; admins everything.
#[utoipa::path(patch, path = "/users/{id}", tag = "People", params(("id" = String, Path)), request_body = PersonPatch,
    responses((status = 200, body = Person)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<UserId>,
    Body(patch): Body<PersonPatch>,
) -> ApiResult<Json<Person>> {
    caller.may(Act::EditUser(id))?;
    if patch.role.is_some() || patch.active.is_some() {
        caller.may(Act::Administer)?;
    }
    let before = app.store().get_user(id).await?;
    let mut user = before.clone();
    if let Some(name) = &patch.name {
        user.name = accounts::check_name(name)?;
    }
    if let Some(email) = &patch.email {
        user.email = accounts::check_email(email)?;
    }
    user.role = patch.role.map_or(user.role, Into::into);
    user.active = patch.active.unwrap_or(user.active);
    let note = caller.did(&app, "user.change", &user).before(&accounts::noted(&before)).after(&accounts::noted(&user));
    app.store().noting(note).update_user(&user).await?;
    if let Some(password) = patch.password {
        accounts::set_password(&app, caller.actor(), &user, password).await?;
    }
    Ok(Json(user.into()))
}

impl From<accounts::AccountError> for ApiError {
    fn from(error: accounts::AccountError) -> Self {
        match error {
            accounts::AccountError::Invalid(invalid) => invalid.into(),
            accounts::AccountError::Store(error) => error.into(),
            accounts::AccountError::Internal(cause) => Self::internal(cause),
        }
    }
}
