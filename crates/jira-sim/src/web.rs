//! The HTTP side: routers of both dialects behind one gate that signs in, plays faults and keeps the ledger.

mod ask;
mod catalogue_json;
mod changelog_json;
mod cloud;
mod cloud_search;
mod consent;
mod cursors;
mod data_center;
mod gate;
mod identity;
mod issue_json;
mod issues;
mod jql_structure;
mod jql_tools;
mod limits;
mod metadata;
mod queries;
mod reply;
mod selection;
mod server_search;
pub(crate) mod webhook_json;
mod webhooks;
mod wire;
mod worklog_json;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::Uri;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::credentials::Door;
use crate::options::Dialect;
use crate::sim::Shared;
use cursors::Cursors;
use gate::Gate;
use limits::Buckets;
use wire::{TappedListener, Wire};

/// What the HTTP side remembers between requests.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Page tokens that were given out.
    cursors: Mutex<Cursors>,
    /// Burst limits.
    buckets: Mutex<Buckets>,
    /// Results of queries, good for one revision of the site.
    pub(crate) results: Mutex<crate::results::Results>,
}

/// The site's own host.
pub(crate) fn site_router(shared: &Arc<Shared>) -> Router {
    let dialect = match shared.dialect {
        Dialect::Cloud => cloud::site_routes(),
        Dialect::DataCenter => data_center::routes(shared),
    };
    let routes = match shared.options.context_path.as_str() {
        "" => dialect,
        path => Router::new().nest(path, dialect),
    };
    behind_gate(routes, shared, Door::Site)
}

/// What stands for `api.atlassian.com`: every site's REST interface below its cloud id.
pub(crate) fn gateway_router(shared: &Arc<Shared>) -> Router {
    let prefix = format!("/ex/jira/{}", shared.cloud_id);
    let routes = Router::new().nest(&prefix, cloud::rest_routes()).merge(consent::gateway_routes());
    behind_gate(routes, shared, Door::Gateway)
}

/// What stands for `auth.atlassian.com`.
pub(crate) fn auth_router(shared: &Arc<Shared>) -> Router {
    behind_gate(consent::auth_routes(), shared, Door::Auth)
}

fn behind_gate(routes: Router<Arc<Shared>>, shared: &Arc<Shared>, door: Door) -> Router {
    let gate = Gate { shared: shared.clone(), door };
    routes
        .fallback(|uri: Uri| std::future::ready(reply::no_such_path(&uri)))
        .with_state(shared.clone())
        .layer(from_fn_with_state(gate, gate::attend))
}

/// Serves until told to stop.
pub(crate) fn serve(listener: TcpListener, router: Router, running: CancellationToken) {
    let service = router.into_make_service_with_connect_info::<Wire>();
    let server = axum::serve(TappedListener(listener), service);
    tokio::spawn(async move {
        tokio::select! {
            () = running.cancelled() => {}
            ended = server => tracing::error!(?ended, "the simulator stopped serving"),
        }
    });
}
