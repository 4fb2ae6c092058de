//! What the phone's tab bar has no room for, and the list of keys.

use super::{PageError, Visitor, reader::Reader};
use crate::{
    app::App,
    auth::policy::Act,
    components::{
        shell::{Place, Shell, crumbs, more, shell},
        surfaces::dialog,
    },
};
use axum::extract::State;
use maud::{Markup, html};

/// The places without a tab, colours, signing out.
pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Markup, PageError> {
    visitor.caller.may(Act::Look)?;
    Ok(render(&Reader::of(&app, visitor).await?))
}

/// The page of places.
pub(crate) fn render(reader: &Reader) -> Markup {
    let content = html! { div class="page narrow" { h1 class="title" { "More" } (more(reader)) } };
    shell(&Shell { title: "More", place: Place::More, reader, top: crumbs(&[], "More"), back: None }, &content)
}

/// The list of keys; the script shows it as a dialog on `?`.
pub(crate) async fn keys(State(app): State<App>, visitor: Visitor) -> Result<Markup, PageError> {
    visitor.caller.may(Act::Look)?;
    Ok(render_keys(&Reader::of(&app, visitor).await?))
}

/// Keys and what they do. The script `keys.js` and `tree.js` listen to them.
const KEYS: [(&str, &[(&str, &str)]); 3] = [
    (
        "Everywhere",
        &[
            ("/", "Search"),
            ("[ and ]", "Previous and next period"),
            ("g o", "OKRs"),
            ("g m", "My OKRs"),
            ("g c", "Connections"),
            ("?", "This list"),
            ("Esc", "Close what is open"),
        ],
    ),
    (
        "In the tree",
        &[
            ("↑ and ↓", "Row above and below"),
            ("→", "Open, then into the row"),
            ("←", "Close, then to the objective above"),
            ("Home and End", "First and last row"),
            ("Enter", "Open the page"),
            ("R", "Refresh"),
        ],
    ),
    ("In forms", &[("Ctrl Enter", "Save")]),
];

/// The page of keys.
pub(crate) fn render_keys(reader: &Reader) -> Markup {
    let inside = html! {
        @for (place, keys) in KEYS {
            h2 class="cap" { (place) }
            dl class="keys" {
                @for (key, meaning) in keys { dt { kbd class="kbd" { (key) } } dd { (meaning) } }
            }
        }
        div class="actions" { a class="btn" href="/" data-close { "Close" } }
    };
    let content = dialog("Keys", "Single keys do nothing while you type.", &inside);
    shell(&Shell { title: "Keys", place: Place::More, reader, top: crumbs(&[], "Keys"), back: None }, &content)
}
