//! A page that says what is wrong.

use crate::{
    components::shell::{Theme, document},
    error::ApiError,
};
use maud::{Markup, html};

/// What happened, and what to do.
pub(crate) fn page(error: &ApiError) -> Markup {
    let body = html! {
        main class="message" id="main" {
            p class="cap" { (error.status().as_u16()) }
            h1 { (error.status().canonical_reason().unwrap_or("Error")) }
            p { (error.detail()) }
            @if let Some(cure) = error.cure() { p class="sub" { (cure) } }
            a class="btn" href="/" { "Back to the board" }
        }
    };
    document("Error", Theme::System, None, &body)
}
