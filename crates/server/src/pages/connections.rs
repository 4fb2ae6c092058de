//! The pages of connections: the list with its health, a new one in two steps, one to edit, its removal.
//!
//! What they do is what the API does: [`crate::api::connections`].

pub(crate) mod edit;
pub(crate) mod entries;
pub(crate) mod first_sync;
pub(crate) mod form;
pub(crate) mod health;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod webhook;
pub(crate) mod wizard;

use crate::{
    app::App,
    components::shell::{Place, Shell, crumbs, shell},
    pages::reader::Reader,
};
use axum::{Router, routing::get, routing::post};
use maud::Markup;

/// Where the list is.
pub(crate) const LIST: &str = "/connections";

/// Pages and forms of connections.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(LIST, get(list::show))
        .route("/integrations/jira", post(list::switch))
        .route("/connections/new", get(wizard::show).post(wizard::add))
        .route("/connections/{id}/start", get(first_sync::show).post(wizard::finish))
        .route("/connections/{id}", get(edit::show).post(edit::save))
        .route("/connections/{id}/test", post(edit::test))
        .route("/connections/{id}/webhook", get(webhook::show).post(webhook::set_up))
        .route("/connections/{id}/webhook/remove", post(webhook::remove))
        .route("/connections/{id}/remove", get(remove::show).post(remove::remove))
}

/// The frame of a page below the list.
fn page(reader: &Reader, title: &str, content: &Markup) -> Markup {
    let above = [(LIST.to_owned(), "Connections".to_owned())];
    let back = Some((LIST.to_owned(), "Connections".to_owned()));
    shell(&Shell { title, place: Place::Connections, reader, top: crumbs(&above, title), back }, content)
}
