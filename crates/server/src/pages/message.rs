//! A page that says what is wrong.

use crate::{
    components::shell::{Theme, document},
    error::ApiError,
};
use axum::http::StatusCode;
use maud::{Markup, html};

/// What happened, and what to do.
pub(crate) fn page(error: &ApiError) -> Markup {
    let body = html! {
        main class="message" id="main" {
            p class="cap" { (error.status().as_u16()) }
            h1 { (title(error)) }
            p { (error.detail().replace('`', "")) }
            @if let Some(cure) = error.cure() { p class="sub" { (cure.replace('`', "")) } }
            a class="btn" href="/" { "Back to the board" }
        }
    };
    document("Error", Theme::System, None, &body)
}

fn title(error: &ApiError) -> &'static str {
    match error.status() {
        StatusCode::NOT_FOUND => "There is nothing here",
        StatusCode::FORBIDDEN => "This is not for you to do",
        StatusCode::CONFLICT | StatusCode::GONE => "This cannot be done any more",
        StatusCode::TOO_MANY_REQUESTS => "Too many tries",
        status if status.is_server_error() => "Something failed",
        _ => "This cannot be done",
    }
}
