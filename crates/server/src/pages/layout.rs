//! What every page shares: the document, the sidebar, the phone's head.

use crate::components::{
    avatar::{Person, avatar},
    icon::Icon,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Stripes over the fill of a stale bar; referred to by the style sheet.
const STRIPES: &str = r#"<svg class="vh" aria-hidden="true"><defs><pattern id="stripes" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(25)"><rect x="3" width="2" height="5"/></pattern></defs></svg>"#;

/// What the frame around a page shows.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) organisation: String,
    pub(crate) person: Person,
    /// Goes into every form.
    pub(crate) csrf: String,
    /// "Next sync at 11:12", or why there is none.
    pub(crate) next_sync: String,
    /// "Every 60 minutes".
    pub(crate) period: String,
}

/// A whole document.
pub(crate) fn document(title: &str, csrf: Option<&str>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                @if let Some(csrf) = csrf { meta name="csrf-token" content=(csrf); }
                title { (title) " · okrsync" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/assets/style.css";
                script src="/assets/app.js" defer {}
            }
            body { (body) (PreEscaped(STRIPES)) }
        }
    }
}

/// The mark and the name.
pub(crate) fn brand(below: Option<&str>) -> Markup {
    html! {
        div class="brand" {
            span class="mark" { (Icon::Achieved.draw()) }
            div { b { "okrsync" } @if let Some(below) = below { span { (below) } } }
        }
    }
}

/// A page inside the frame.
pub(crate) fn framed(title: &str, frame: &Frame, main: &Markup) -> Markup {
    let body = html! {
        a class="skip" href="#main" { "Skip to the main part" }
        div class="app" {
            aside class="side" {
                (brand(Some(&frame.organisation)))
                nav class="nav" aria-label="Main" {
                    a href="/" aria-current="page" { (Icon::Target.draw()) "OKRs" }
                    a href="/api/docs" { (Icon::Plug.draw()) "REST API" }
                }
                div class="foot" {
                    div class="syncbox" { (Icon::Sync.small()) span { (frame.next_sync) br; (frame.period) } }
                    (account(frame))
                }
            }
            main class="main" id="main" { (main) }
        }
    };
    document(title, Some(&frame.csrf), &body)
}

/// Who is signed in, and the way out.
fn account(frame: &Frame) -> Markup {
    html! {
        form class="me" method="post" action="/sign-out" {
            input type="hidden" name="csrf" value=(frame.csrf);
            (avatar(&frame.person))
            span class="grow ell" { (frame.person.name) }
            button class="ib" type="button" data-theme-switch hidden aria-label="Switch between light and dark" { (Icon::Moon.draw()) }
            button class="btn ghost sm" { "Sign out" }
        }
    }
}
