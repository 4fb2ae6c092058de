//! The frame of the pages before the application: a form at the left, something to look at beside it.

use crate::components::{
    bar::stripes,
    icons::mark,
    shell::{Theme, document},
};
use maud::{Markup, html};

/// A page before the application. `foot` is the line below the form; `decoration` says that screen readers skip what is beside it.
pub(crate) fn entrance(
    title: &str,
    theme: Theme,
    foot: &str,
    form: &Markup,
    beside: &Markup,
    decoration: bool,
) -> Markup {
    let hidden = decoration.then_some("true");
    let body = html! {
        (stripes())
        div class="auth" {
            main class="l" id="main" {
                div class="brand" { (mark()) div { b { "okrsync" } } }
                (form)
                div class="between t12 mut" { span { (foot) } span { "okrsync " (env!("CARGO_PKG_VERSION")) } }
            }
            div class="r" aria-hidden=[hidden] { (beside) }
        }
    };
    document(title, theme, None, &body)
}
