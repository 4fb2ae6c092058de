//! Which person an account of the provider is.
//!
//! By the account once it is known; else by its verified e-mail address; else, where the settings say so, a new person.
//! An address that the provider has not verified proves nothing and is not looked at.

use super::Profile;
use crate::{
    accounts::{check_email, check_name, noted},
    app::App,
    error::{ApiError, ApiResult},
};
use axum::http::StatusCode;
use okrsync_domain::{
    audit::{Actor, Via},
    person::User,
};
use okrsync_store::Identity;

/// The person who may sign in with this account.
pub(crate) async fn find(app: &App, profile: Profile) -> ApiResult<User> {
    let settings = &app.settings().oidc;
    let issuer = settings.issuer.as_ref().map(|issuer| issuer.as_str().trim_end_matches('/')).unwrap_or_default();
    let identity = Identity { issuer: issuer.to_owned(), subject: profile.subject.clone() };
    if let Some(user) = app.store().find_identity(&identity).await? {
        return if user.active { Ok(user) } else { Err(unknown()) };
    }
    let email = profile.email.as_deref().and_then(|email| check_email(email).ok()).ok_or_else(unknown)?;
    if let Some(user) = app.store().find_user_by_email(&email).await? {
        if !user.active {
            return Err(unknown());
        }
        let note = app.note(Actor::person(&user, Via::Session), "user.link_identity", &user);
        app.store()
            .noting(note.after(&serde_json::json!({ "issuer": issuer })))
            .link_identity(&identity, user.id, app.now())
            .await?;
        return Ok(user);
    }
    let role = settings.new_role.ok_or_else(unknown)?;
    let name = profile.name.as_deref().and_then(|name| check_name(name).ok());
    let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
    let now = app.now();
    let user = User { id: app.random().id(now), email, name, role, active: true, created_at: now };
    let note = app.note(Actor::person(&user, Via::Session), "user.create", &user).after(&noted(&user));
    app.store().noting(note).add_user_with_identity(&user, &identity).await?;
    Ok(user)
}

/// The same for whoever it is: the answer tells nobody who has an account.
fn unknown() -> ApiError {
    let detail = "You are known to the single sign-on provider, but not to this okrsync. Ask an admin to add you with \
        the e-mail address that the provider has verified.";
    ApiError::new(StatusCode::UNAUTHORIZED, "sso_unknown_person", detail)
}
