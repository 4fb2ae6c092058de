//! Who may use which endpoint: one row for each method and path of the API and the pages.
//!
//! **Adding an endpoint**: add its row here; without one it answers 500 and says so. Then, in its handler, ask
//! [`policy`](super::policy) with `caller.may(Act::…)` for what depends on the thing itself (whose it is, whether it is
//! private), and hand the change to the store as `app.store().noting(caller.did(&app, "noun.verb", &thing).before(…).after(…))`.
//! The journeys `access` and `audit` walk this table over HTTP: every role, owner or not, shared or private, is tried
//! against every row, and every row that changes something must leave an entry in the audit log. An endpoint that needs
//! a body is given a sample in `tests/journeys/samples.rs`.
//!
//! What only depends on the role or on a token's scope is refused before the handler begins.

use crate::error::{ApiError, ApiResult};
use axum::{
    extract::{MatchedPath, Request},
    http::{Method, StatusCode, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use okrsync_domain::person::Role;

/// Who may use an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everybody, signed in or not.
    Anyone,
    /// Everybody who is signed in.
    SignedIn,
    /// Members and admins.
    Writers,
    /// Admins.
    Admins,
    /// Those who see the OKR in the path.
    OkrReaders,
    /// Members and admins who see the OKR in the path.
    OkrRefreshers,
    /// Owner of the OKR in the path, if no viewer, and admins.
    OkrEditors,
    /// Those who see the connection in the path.
    ConnectionReaders,
    /// Members and admins who see the connection in the path.
    ConnectionUsers,
    /// Owner of the connection in the path, if no viewer, and admins.
    ConnectionEditors,
    /// The person in the path, and admins.
    Person,
    /// Whose token or session it is. To everybody else, admins too, it is not there.
    Holder,
}

/// What an endpoint does to what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing; a token that only reads may use it.
    Reads,
    /// Has Jira asked: numbers may change, but nothing that a person decided.
    Asks,
    /// Something that a person decides; it leaves an entry in the audit log.
    Changes,
}

/// One endpoint's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// HTTP method.
    pub method: &'static str,
    /// Path as the router has it, such as `/api/v1/okrs/{id}`.
    pub path: &'static str,
    /// Who may use it.
    pub who: Who,
    /// What it does.
    pub effect: Effect,
}

const fn reads(method: &'static str, path: &'static str, who: Who) -> Rule {
    Rule { method, path, who, effect: Effect::Reads }
}

const fn asks(method: &'static str, path: &'static str, who: Who) -> Rule {
    Rule { method, path, who, effect: Effect::Asks }
}

const fn changes(method: &'static str, path: &'static str, who: Who) -> Rule {
    Rule { method, path, who, effect: Effect::Changes }
}

/// The rows, by path.
pub const RULES: &[Rule] = &[
    // the root
    reads("GET", "/healthz", Who::Anyone),
    reads("GET", "/readyz", Who::Anyone),
    reads("GET", "/metrics", Who::Anyone),
    reads("GET", "/api/docs", Who::Anyone),
    reads("GET", "/api/v1/openapi.json", Who::Anyone),
    // whoever knows the secret in the path
    asks("POST", "/webhooks/jira/{connection_id}/{secret}", Who::Anyone),
    // people and organisation
    reads("GET", "/api/v1/audit", Who::Admins),
    reads("GET", "/api/v1/integrations/jira", Who::SignedIn),
    changes("PATCH", "/api/v1/integrations/jira", Who::Admins),
    reads("GET", "/api/v1/me", Who::SignedIn),
    reads("GET", "/api/v1/organisation", Who::SignedIn),
    changes("PATCH", "/api/v1/organisation", Who::Admins),
    changes("POST", "/api/v1/session", Who::Anyone),
    changes("DELETE", "/api/v1/session", Who::Anyone),
    reads("GET", "/api/v1/sessions", Who::SignedIn),
    changes("DELETE", "/api/v1/sessions/{id}", Who::Holder),
    reads("GET", "/api/v1/setup", Who::Anyone),
    changes("POST", "/api/v1/setup", Who::Anyone),
    changes("POST", "/api/v1/password-reset", Who::Anyone),
    reads("GET", "/api/v1/tokens", Who::SignedIn),
    changes("POST", "/api/v1/tokens", Who::SignedIn),
    changes("DELETE", "/api/v1/tokens/{id}", Who::Holder),
    reads("GET", "/api/v1/users", Who::SignedIn),
    changes("POST", "/api/v1/users", Who::Admins),
    changes("PATCH", "/api/v1/users/{id}", Who::Person),
    changes("POST", "/api/v1/users/{id}/reset-link", Who::Admins),
    // connections
    reads("GET", "/api/v1/connections", Who::SignedIn),
    changes("POST", "/api/v1/connections", Who::Writers),
    reads("GET", "/api/v1/connections/preselected", Who::SignedIn),
    reads("GET", "/api/v1/connections/{id}", Who::ConnectionReaders),
    changes("PATCH", "/api/v1/connections/{id}", Who::ConnectionEditors),
    changes("DELETE", "/api/v1/connections/{id}", Who::ConnectionEditors),
    reads("GET", "/api/v1/connections/{id}/fields", Who::ConnectionUsers),
    reads("GET", "/api/v1/connections/{id}/suggestions", Who::ConnectionUsers),
    asks("POST", "/api/v1/connections/{id}/test", Who::ConnectionEditors),
    changes("POST", "/api/v1/connections/{id}/webhook", Who::ConnectionEditors),
    changes("DELETE", "/api/v1/connections/{id}/webhook", Who::ConnectionEditors),
    // signing in with Jira: what comes of it is a change and is noted as one, but only a consent page leads to it
    asks("POST", "/api/v1/connections/{id}/authorize", Who::ConnectionEditors),
    reads("GET", "/api/v1/connections/{id}/site", Who::ConnectionEditors),
    asks("PUT", "/api/v1/connections/{id}/site", Who::ConnectionEditors),
    // OKRs
    reads("GET", "/api/v1/okrs", Who::SignedIn),
    changes("POST", "/api/v1/okrs", Who::Writers),
    reads("GET", "/api/v1/okrs/{id}", Who::OkrReaders),
    changes("PATCH", "/api/v1/okrs/{id}", Who::OkrEditors),
    changes("DELETE", "/api/v1/okrs/{id}", Who::OkrEditors),
    reads("GET", "/api/v1/okrs/{id}/check-ins", Who::OkrReaders),
    changes("POST", "/api/v1/okrs/{id}/check-ins", Who::OkrEditors),
    changes("POST", "/api/v1/okrs/{id}/close", Who::OkrEditors),
    reads("GET", "/api/v1/okrs/{id}/forecast", Who::OkrReaders),
    reads("GET", "/api/v1/okrs/{id}/history", Who::OkrReaders),
    reads("GET", "/api/v1/okrs/{id}/issues", Who::OkrReaders),
    reads("GET", "/api/v1/okrs/{id}/link", Who::OkrReaders),
    changes("PUT", "/api/v1/okrs/{id}/link", Who::OkrEditors),
    changes("DELETE", "/api/v1/okrs/{id}/link", Who::OkrEditors),
    reads("GET", "/api/v1/okrs/{id}/moves", Who::OkrReaders),
    changes("POST", "/api/v1/okrs/{id}/postpone", Who::OkrEditors),
    reads("GET", "/api/v1/okrs/{id}/readings", Who::OkrReaders),
    reads("GET", "/api/v1/okrs/{id}/readings/{reading_id}/issues", Who::OkrReaders),
    asks("POST", "/api/v1/okrs/{id}/refresh", Who::OkrRefreshers),
    changes("POST", "/api/v1/okrs/{id}/reopen", Who::OkrEditors),
    changes("POST", "/api/v1/okrs/{id}/resume", Who::OkrEditors),
    reads("POST", "/api/v1/okrs/{id}/what-if", Who::OkrReaders),
    reads("GET", "/api/v1/summary", Who::SignedIn),
    // queries and refreshes
    reads("POST", "/api/v1/jql/check", Who::SignedIn),
    reads("POST", "/api/v1/links/preview", Who::Writers),
    asks("POST", "/api/v1/refreshes", Who::Writers),
    reads("GET", "/api/v1/refreshes/{id}", Who::SignedIn),
    // operations
    reads("GET", "/api/v1/events", Who::SignedIn),
    reads("GET", "/api/v1/sync/status", Who::SignedIn),
    // pages
    reads("GET", "/", Who::SignedIn),
    reads("GET", "/connections", Who::SignedIn),
    reads("GET", "/connections/new", Who::Writers),
    changes("POST", "/connections/new", Who::Writers),
    reads("GET", "/connections/{id}", Who::ConnectionEditors),
    changes("POST", "/connections/{id}", Who::ConnectionEditors),
    reads("GET", "/connections/{id}/remove", Who::ConnectionEditors),
    changes("POST", "/connections/{id}/remove", Who::ConnectionEditors),
    reads("GET", "/connections/{id}/webhook", Who::ConnectionEditors),
    changes("POST", "/connections/{id}/webhook", Who::ConnectionEditors),
    changes("POST", "/connections/{id}/webhook/remove", Who::ConnectionEditors),
    reads("GET", "/connections/{id}/start", Who::ConnectionEditors),
    changes("POST", "/connections/{id}/start", Who::ConnectionEditors),
    asks("POST", "/connections/{id}/test", Who::ConnectionEditors),
    changes("POST", "/integrations/jira", Who::Admins),
    reads("GET", "/connections/{id}/sign-in", Who::ConnectionEditors),
    asks("POST", "/connections/{id}/sign-in", Who::ConnectionEditors),
    reads("GET", "/connections/{id}/site", Who::ConnectionEditors),
    asks("POST", "/connections/{id}/site", Who::ConnectionEditors),
    reads("GET", "/account", Who::SignedIn),
    changes("POST", "/account/name", Who::SignedIn),
    changes("POST", "/account/password", Who::SignedIn),
    changes("POST", "/account/sessions/{id}/end", Who::Holder),
    changes("POST", "/account/tokens", Who::SignedIn),
    changes("POST", "/account/tokens/{id}/revoke", Who::Holder),
    reads("GET", "/audit", Who::Admins),
    reads("GET", "/keys", Who::SignedIn),
    reads("GET", "/more", Who::SignedIn),
    reads("GET", "/mine", Who::SignedIn),
    changes("POST", "/okrs", Who::Writers),
    reads("GET", "/okrs/new", Who::Writers),
    reads("GET", "/okrs/copy", Who::Writers),
    changes("POST", "/okrs/copy", Who::Writers),
    reads("GET", "/okrs/{id}", Who::OkrReaders),
    reads("GET", "/okrs/{id}/check-in", Who::OkrEditors),
    changes("POST", "/okrs/{id}/check-in", Who::OkrEditors),
    reads("GET", "/okrs/{id}/close", Who::OkrEditors),
    changes("POST", "/okrs/{id}/close", Who::OkrEditors),
    reads("GET", "/okrs/{id}/delete", Who::OkrEditors),
    changes("POST", "/okrs/{id}/delete", Who::OkrEditors),
    reads("GET", "/okrs/{id}/edit", Who::OkrEditors),
    changes("POST", "/okrs/{id}/edit", Who::OkrEditors),
    reads("GET", "/okrs/{id}/postpone", Who::OkrEditors),
    changes("POST", "/okrs/{id}/postpone", Who::OkrEditors),
    reads("GET", "/okrs/{id}/connect", Who::OkrEditors),
    changes("POST", "/okrs/{id}/connect", Who::OkrEditors),
    reads("POST", "/okrs/{id}/connect/preview", Who::OkrEditors),
    asks("POST", "/okrs/{id}/refresh", Who::OkrRefreshers),
    changes("POST", "/okrs/{id}/reopen", Who::OkrEditors),
    changes("POST", "/okrs/{id}/resume", Who::OkrEditors),
    reads("GET", "/okrs/{id}/shares", Who::OkrEditors),
    changes("POST", "/okrs/{id}/shares", Who::OkrEditors),
    asks("GET", "/oauth/callback", Who::Anyone),
    asks("GET", "/oauth1/callback", Who::Anyone),
    asks("POST", "/refresh", Who::Writers),
    changes("GET", "/oidc/callback", Who::Anyone),
    reads("GET", "/organisation", Who::Admins),
    changes("POST", "/organisation", Who::Admins),
    reads("GET", "/people", Who::SignedIn),
    reads("GET", "/people/new", Who::Admins),
    changes("POST", "/people/new", Who::Admins),
    reads("GET", "/people/{id}", Who::Admins),
    changes("POST", "/people/{id}", Who::Admins),
    changes("POST", "/people/{id}/reset-link", Who::Admins),
    reads("GET", "/oidc/start", Who::Anyone),
    reads("GET", "/reset", Who::Anyone),
    changes("POST", "/reset", Who::Anyone),
    reads("GET", "/setup", Who::Anyone),
    changes("POST", "/setup", Who::Anyone),
    reads("GET", "/sign-in", Who::Anyone),
    changes("POST", "/sign-in", Who::Anyone),
    changes("POST", "/sign-out", Who::SignedIn),
    reads("GET", "/sync", Who::SignedIn),
    reads("POST", "/theme", Who::SignedIn),
];

/// The row of an endpoint.
fn find(method: &Method, path: &str) -> Option<&'static Rule> {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    RULES.iter().find(|rule| rule.path == path && rule.method == method)
}

/// Finds the row of a request and leaves it for the handler; what has none is not answered.
pub(crate) async fn guard(path: MatchedPath, mut request: Request, next: Next) -> Response {
    if let Some(rule) = find(request.method(), path.as_str()) {
        request.extensions_mut().insert(rule);
        return next.run(request).await;
    }
    if RULES.iter().any(|rule| rule.path == path.as_str()) {
        return crate::wrong_method(request.method().clone(), request).await.into_response();
    }
    ApiError::internal(format!("nobody may use {} {}: auth::access has no row", request.method(), path.as_str()))
        .into_response()
}

/// The row that [`guard`] left.
pub(crate) fn rule(parts: &Parts) -> ApiResult<&'static Rule> {
    let rule = parts.extensions.get::<&'static Rule>().copied();
    rule.ok_or_else(|| ApiError::internal(format!("{} is not behind auth::access::guard", parts.uri.path())))
}

/// Refuses what does not depend on any particular thing: by role, or by a token that only reads.
pub(crate) fn admit(rule: &Rule, held: Role, reads_only: bool) -> ApiResult<()> {
    if reads_only && rule.effect != Effect::Reads {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "token_scope",
            "This personal API token only reads; the request would change something.",
        )
        .hint("Use a token with the scope `write` or `admin`."));
    }
    let admitted = match rule.who {
        Who::Admins => held == Role::Admin,
        Who::Writers => held != Role::Viewer,
        _ => true,
    };
    if admitted { Ok(()) } else { Err(super::policy::refused_role(held)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_operation_of_the_api_has_its_row() {
        let document = serde_json::to_value(crate::describe()).unwrap();
        let mut described = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for verb in item.as_object().unwrap().keys() {
                described.insert((verb.to_uppercase(), path.clone()));
            }
        }
        let listed: BTreeSet<_> = RULES
            .iter()
            .filter(|rule| rule.path.starts_with("/api/v1/") && rule.path != "/api/v1/openapi.json")
            .map(|rule| (rule.method.to_owned(), rule.path.to_owned()))
            .collect();
        let difference: Vec<_> = described.symmetric_difference(&listed).collect();
        assert!(difference.is_empty(), "described, or with a row in auth::access, but not both: {difference:?}");
    }

    #[test]
    fn no_endpoint_has_two_rows() {
        let keys: BTreeSet<_> = RULES.iter().map(|rule| (rule.method, rule.path)).collect();
        assert_eq!(keys.len(), RULES.len());
    }

    #[test]
    fn a_get_never_changes_anything() {
        // callbacks are guarded by a state that is used once
        let links = RULES.iter().filter(|rule| rule.method == "GET" && !rule.path.ends_with("/callback"));
        let wrong: Vec<_> = links.filter(|rule| rule.effect != Effect::Reads).collect();
        assert!(wrong.is_empty(), "a foreign page can make a browser follow a link: {wrong:?}");
    }
}
