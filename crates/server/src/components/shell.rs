//! What every page has around it.

use crate::{
    assets,
    components::{
        avatar::avatar,
        bar::stripes,
        icons::{Icon, icon, mark, small},
    },
};
use maud::{DOCTYPE, Markup, html};
use okrsync_domain::person::User;

/// Colours as the reader chose them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The word in the cookie and the page.
    pub(crate) fn word(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    /// The choice that a word means.
    pub(crate) fn of(word: &str) -> Self {
        match word {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    /// What the button chooses next.
    fn next(self) -> &'static str {
        match self {
            Self::System => "dark",
            Self::Dark => "light",
            Self::Light => "system",
        }
    }
}

/// A whole document.
pub(crate) fn document(title: &str, theme: Theme, csrf: Option<&str>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[theme.word()] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                @if let Some(csrf) = csrf { meta name="csrf-token" content=(csrf); }
                title { (title) " · okrsync" }
                link rel="icon" href=(assets::path("icon.svg"));
                link rel="stylesheet" href=(assets::path("style.css"));
                script src=(assets::path("app.js")) defer {}
            }
            body { (body) }
        }
    }
}

/// Where in the application a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// All OKRs.
    Board,
    /// One's own.
    Mine,
}

/// What the frame of the application says.
pub(crate) struct Shell<'a> {
    /// Title of the page.
    pub(crate) title: &'a str,
    /// Where it is.
    pub(crate) place: Place,
    /// Who reads it.
    pub(crate) user: &'a User,
    /// Name of the organisation.
    pub(crate) organisation: &'a str,
    /// The token that forms carry.
    pub(crate) csrf: &'a str,
    /// Colours.
    pub(crate) theme: Theme,
    /// When Jira is asked next and how often, a line each.
    pub(crate) sync: [String; 2],
}

/// The application with a page in it.
pub(crate) fn shell(shell: &Shell<'_>, content: &Markup) -> Markup {
    let body = html! {
        a class="skip" href="#main" { "Skip to the content" }
        (stripes())
        div class="app" {
            aside class="side" { (side(shell)) }
            main class="main" id="main" {
                div class="mtop" {
                    span class="brand" { (mark()) }
                    b class="b6 grow" { (shell.title) }
                    (avatar(shell.user))
                }
                (content)
                nav class="mnav" aria-label="Main" {
                    (places(shell))
                    (sign_out(shell, &html! { (icon(Icon::SignOut)) "Sign out" }, ""))
                }
            }
        }
        p class="vh" role="status" data-live-status {}
    };
    document(shell.title, shell.theme, Some(shell.csrf), &body)
}

fn side(shell: &Shell<'_>) -> Markup {
    html! {
        div class="brand" { (mark()) div { b { "okrsync" } span { (shell.organisation) } } }
        nav class="nav" aria-label="Main" { (places(shell)) hr; (docs()) }
        div class="foot" {
            div class="syncbox" data-part="sync" { (small(Icon::Sync, "")) span { (shell.sync[0]) br; (shell.sync[1]) } }
            div class="me" {
                (avatar(shell.user))
                span class="grow ell" { (shell.user.name) }
                form method="post" action="/theme" {
                    input type="hidden" name="csrf" value=(shell.csrf);
                    input type="hidden" name="theme" value=(shell.theme.next());
                    @let label = format!("Switch to {} colours", shell.theme.next());
                    button class="ib" aria-label=(label) title=(label) { (icon(Icon::Moon)) }
                }
                (sign_out(shell, &icon(Icon::SignOut), "ib"))
            }
        }
    }
}

fn places(shell: &Shell<'_>) -> Markup {
    let link = |place, href: &str, drawing, text: &str| {
        let current = (shell.place == place).then_some("page");
        html! { a href=(href) aria-current=[current] title=(text) { (icon(drawing)) (text) } }
    };
    html! {
        (link(Place::Board, "/", Icon::Target, "OKRs"))
        (link(Place::Mine, "/?mine=true", Icon::Person, "My OKRs"))
    }
}

fn docs() -> Markup {
    html! { a href="/api/docs" title="API" { (icon(Icon::Book)) "API" } }
}

fn sign_out(shell: &Shell<'_>, inside: &Markup, class: &str) -> Markup {
    html! {
        form method="post" action="/sign-out" {
            input type="hidden" name="csrf" value=(shell.csrf);
            button class=(class) aria-label="Sign out" title="Sign out" { (inside) }
        }
    }
}
