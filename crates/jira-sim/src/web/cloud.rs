//! Cloud's paths: version 3, version 2 beside it, and what was removed.

use std::sync::Arc;

use axum::Router;

use super::ask::{Ask, on_both, on_delete, on_get, on_post, on_put};
use super::reply::Reply;
use super::{cloud_search, issues, jql_tools, metadata, webhooks};
use crate::sim::Shared;

/// Jira's own words for the search that was removed.
pub(crate) const REMOVED: &str = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. \
                                  A full migration guideline is available at \
                                  https://developer.atlassian.com/changelog/#CHANGE-2046";

/// The site's own host.
pub(crate) fn site_routes() -> Router<Arc<Shared>> {
    rest_routes().route("/_edge/tenant_info", on_get(metadata::tenant_info))
}

/// The REST interface, also below the gateway.
pub(crate) fn rest_routes() -> Router<Arc<Shared>> {
    ["3", "2", "latest"]
        .into_iter()
        .fold(Router::new(), |all, version| all.nest(&format!("/rest/api/{version}"), version_routes()))
}

fn version_routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/search", on_both(removed))
        .route("/search/jql", on_both(cloud_search::search))
        .route("/search/approximate-count", on_post(cloud_search::approximate_count))
        .route("/issue/bulkfetch", on_post(issues::bulk_fetch))
        .route("/issue/{issue}", on_get(issues::get))
        .route("/issue/{issue}/changelog", on_get(issues::changelog))
        .route("/issue/{issue}/worklog", on_get(issues::worklogs))
        .route("/changelog/bulkfetch", on_post(issues::bulk_changelog))
        .route("/jql/parse", on_post(jql_tools::parse))
        .route("/jql/match", on_post(jql_tools::match_issues))
        .route("/jql/autocompletedata", on_both(jql_tools::autocomplete))
        .route("/field", on_get(metadata::fields))
        .route("/status", on_get(metadata::statuses))
        .route("/statuscategory", on_get(metadata::status_categories))
        .route("/project/search", on_get(metadata::project_search))
        .route("/issuetype", on_get(metadata::issue_types))
        .route("/priority", on_get(metadata::priorities))
        .route("/resolution", on_get(metadata::resolutions))
        .route("/myself", on_get(metadata::myself))
        .route("/mypermissions", on_get(metadata::my_permissions))
        .route("/serverInfo", on_get(metadata::server_info))
        .route("/configuration", on_get(metadata::configuration))
        .route("/webhook", on_get(webhooks::list).merge(on_post(webhooks::register)).merge(on_delete(webhooks::remove)))
        .route("/webhook/refresh", on_put(webhooks::extend))
        .route("/webhook/failed", on_get(webhooks::failed))
}

fn removed(_: &Ask) -> Reply {
    Reply::error(410, REMOVED)
}
