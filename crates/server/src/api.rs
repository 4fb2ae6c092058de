//! The REST API: every route, one screen. What each says is in the module of its noun.

pub(crate) mod audit;
pub(crate) mod check_ins;
pub(crate) mod connections;
pub(crate) mod days;
pub(crate) mod events;
pub(crate) mod evidence;
pub(crate) mod forecast;
pub(crate) mod issues;
pub(crate) mod links;
pub(crate) mod listing;
pub(crate) mod measures;
pub(crate) mod moves;
pub(crate) mod number;
pub(crate) mod okrs;
pub(crate) mod operations;
pub(crate) mod organisation;
pub(crate) mod people;
pub(crate) mod readings;
pub(crate) mod refreshes;
pub(crate) mod reply;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod setup;
pub(crate) mod tokens;
pub(crate) mod webhooks;
pub(crate) mod what_if;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;

/// Everything below `/api/v1`.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(session::routes())
        .merge(setup::routes())
        .merge(sessions::routes())
        .merge(people::routes())
        .merge(tokens::routes())
        .merge(organisation::routes())
        .merge(audit::routes())
        .merge(connections::routes())
        .merge(okrs::routes())
        .merge(links::routes())
        .merge(refreshes::routes())
        .merge(readings::routes())
        .merge(issues::routes())
        .merge(evidence::routes())
        .merge(forecast::routes())
        .merge(what_if::routes())
        .merge(moves::routes())
        .merge(check_ins::routes())
        .merge(events::routes())
        .merge(operations::routes())
}
