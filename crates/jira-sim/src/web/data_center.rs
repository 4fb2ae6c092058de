//! Data Center's paths: version 2, by its own name and as `latest`.

use std::sync::Arc;

use axum::Router;

use super::ask::{on_both, on_get};
use super::{consent, issues, jql_tools, metadata, reply, server_search};
use crate::sim::Shared;

/// Everything below the context path.
pub(crate) fn routes(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    let login = reply::Reply::html(200, &format!("Log in - {}", shared.options.name));
    let page = move || std::future::ready(login.clone());
    ["2", "latest"]
        .into_iter()
        .fold(Router::new(), |all, version| all.nest(&format!("/rest/api/{version}"), version_routes()))
        .merge(consent::data_center_routes())
        .route("/login.jsp", axum::routing::get(page))
}

fn version_routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/search", on_both(server_search::search))
        .route("/issue/{issue}", on_get(issues::get))
        .route("/issue/{issue}/worklog", on_get(issues::worklogs))
        .route("/jql/autocompletedata", on_get(jql_tools::autocomplete))
        .route("/field", on_get(metadata::fields))
        .route("/status", on_get(metadata::statuses))
        .route("/statuscategory", on_get(metadata::status_categories))
        .route("/project", on_get(metadata::projects))
        .route("/issuetype", on_get(metadata::issue_types))
        .route("/priority", on_get(metadata::priorities))
        .route("/resolution", on_get(metadata::resolutions))
        .route("/myself", on_get(metadata::myself))
        .route("/mypermissions", on_get(metadata::my_permissions))
        .route("/serverInfo", on_get(metadata::server_info))
        .route("/configuration", on_get(metadata::configuration))
}
