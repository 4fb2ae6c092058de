//! What every page has around it.

use crate::{
    assets,
    components::{
        avatar::avatar,
        bar::stripes,
        form::hidden,
        icons::{Icon, icon, mark, small},
        surfaces::toasts,
        times,
    },
    pages::reader::Reader,
};
use maud::{DOCTYPE, Markup, html};
use okrsync_domain::person::Role;

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
    /// Connections.
    Connections,
    /// How the refreshing goes.
    Sync,
    /// Everybody.
    People,
    /// The audit log.
    Audit,
    /// Settings of the installation.
    Organisation,
    /// One's own account.
    Account,
    /// What the phone's tab bar has no room for.
    More,
}

/// A place in the navigation.
struct Entry {
    place: Place,
    path: &'static str,
    icon: Icon,
    text: &'static str,
    /// In the phone's tab bar, too; otherwise behind "More".
    tab: bool,
    /// Below the line.
    second: bool,
    /// Whether only admins see it.
    admin: bool,
}

/// The navigation. A place is named here as soon as its page exists, and not before.
const PLACES: &[Entry] = &[
    Entry { place: Place::Board, path: "/", icon: Icon::Target, text: "OKRs", tab: true, second: false, admin: false },
    Entry {
        place: Place::Mine,
        path: "/mine",
        icon: Icon::Person,
        text: "My OKRs",
        tab: true,
        second: false,
        admin: false,
    },
    second(Place::Connections, "/connections", Icon::Plug, "Connections", false),
    second(Place::Sync, "/sync", Icon::Sync, "Sync status", false),
    second(Place::Account, "/account", Icon::Lock, "Your account", false),
    second(Place::People, "/people", Icon::Team, "People", false),
    second(Place::Organisation, "/organisation", Icon::Sliders, "Organisation", true),
    second(Place::Audit, "/audit", Icon::List, "Audit log", true),
];

/// A place below the line.
const fn second(place: Place, path: &'static str, icon: Icon, text: &'static str, admin: bool) -> Entry {
    Entry { place, path, icon, text, tab: false, second: true, admin }
}

/// What the frame of the application says.
pub(crate) struct Shell<'a> {
    /// Title of the page.
    pub(crate) title: &'a str,
    /// Where it is.
    pub(crate) place: Place,
    /// Who reads it.
    pub(crate) reader: &'a Reader,
    /// What is in the bar over the page: the way here ([`crumbs`]), or the period.
    pub(crate) top: Markup,
    /// On phones, path and name of the page above this one.
    pub(crate) back: Option<(String, String)>,
}

/// The application with a page in it.
pub(crate) fn shell(shell: &Shell<'_>, content: &Markup) -> Markup {
    let reader = shell.reader;
    let body = html! {
        a class="skip" href="#main" { "Skip to the content" }
        (stripes())
        div class="app" {
            aside class="side" { (side(shell)) }
            main class="main" id="main" tabindex="-1" {
                div class="mtop" {
                    span class="brand" { (mark()) }
                    @if let Some((path, name)) = &shell.back {
                        a class="row back grow ell" href=(path) { (small(Icon::Left, "")) (name) }
                    } @else { b class="b6 grow ell" { (shell.title) } }
                    a class="ib" href="/#q" aria-label="Search" { (icon(Icon::Search)) }
                    a class="ib" href="/more" title="Account" { (avatar(&reader.user)) }
                }
                div class="top" { (shell.top) }
                (content)
                nav class="mnav" aria-label="Main, at the bottom" { (tabs(shell)) }
            }
        }
        (toasts(reader.flash.as_ref()))
        p class="vh" role="status" data-live-status {}
    };
    document(shell.title, reader.theme, Some(&reader.csrf), &body)
}

/// The way to a page: path and name of each page above it, then its own name.
pub(crate) fn crumbs(above: &[(String, String)], here: &str) -> Markup {
    html! {
        nav class="crumb" aria-label="The way here" {
            @for (path, name) in above { a class="ell" href=(path) { (name) } (icon(Icon::Right)) }
            b class="ell" aria-current="page" { (here) }
        }
        span class="grow" {}
    }
}

fn side(shell: &Shell<'_>) -> Markup {
    let reader = shell.reader;
    let sync = sync(reader);
    html! {
        div class="brand" { (mark()) div { b { "okrsync" } span { (reader.organisation.name) } } }
        nav class="nav" aria-label="Main" {
            (places(shell, |entry| !entry.second))
            hr;
            (places(shell, |entry| entry.second))
            (docs())
        }
        div class="foot" {
            a class="syncbox" href="/sync" data-part="sync" { (small(Icon::Sync, "")) span { (sync[0]) br; (sync[1]) } }
            div class="me" {
                (avatar(&reader.user))
                span class="grow ell" { (reader.user.name) }
                (theme_button(reader))
                (sign_out(reader, &icon(Icon::SignOut), "ib"))
            }
        }
    }
}

/// When Jira is asked next and how often, a line each.
fn sync(reader: &Reader) -> [String; 2] {
    let next = match reader.next_sync {
        _ if !reader.organisation.jira_enabled => "Jira sync is switched off".to_owned(),
        Some(at) if at <= reader.now => "Syncing now".to_owned(),
        Some(at) => format!("Next sync at {}", times::clock(at, reader.now, reader.zone())),
        None => "Nothing to sync".to_owned(),
    };
    [next, format!("Every {} minutes", reader.organisation.period_minutes)]
}

fn seen(reader: &Reader) -> impl Iterator<Item = &'static Entry> + '_ {
    PLACES.iter().filter(|entry| !entry.admin || reader.user.role == Role::Admin)
}

fn places(shell: &Shell<'_>, fits: impl Fn(&Entry) -> bool) -> Markup {
    html! {
        @for entry in seen(shell.reader).filter(|entry| fits(entry)) { (link(shell.reader, shell.place, entry)) }
    }
}

fn link(reader: &Reader, here: Place, entry: &Entry) -> Markup {
    let current = (here == entry.place).then_some("page");
    let failing = if entry.place == Place::Connections { reader.failing.len() } else { 0 };
    html! {
        a href=(entry.path) aria-current=[current] title=(entry.text) {
            (icon(entry.icon)) (entry.text)
            @if failing > 0 { span class="n bad" { (icon(Icon::Triangle)) (failing) span class="vh" { " failing" } } }
        }
    }
}

fn tabs(shell: &Shell<'_>) -> Markup {
    let hidden = !seen(shell.reader).any(|entry| entry.tab && entry.place == shell.place);
    html! {
        (places(shell, |entry| entry.tab))
        a href="/more" aria-current=[hidden.then_some("page")] {
            (icon(Icon::Dots)) "More"
            @if !shell.reader.failing.is_empty() { span class="dot" { span class="vh" { "A connection is failing" } } }
        }
    }
}

/// What "More" leads to: the places without a tab, colours, signing out.
pub(crate) fn more(reader: &Reader) -> Markup {
    html! {
        nav class="nav list" aria-label="More places" {
            @for entry in seen(reader).filter(|entry| !entry.tab) { (link(reader, Place::More, entry)) }
            a href="/keys" { (icon(Icon::Keys)) "Keys" }
            (docs())
        }
        div class="me" {
            (avatar(&reader.user))
            span class="grow ell" { (reader.user.name) }
            (theme_button(reader))
            (sign_out(reader, &html! { (small(Icon::SignOut, "")) "Sign out" }, "btn"))
        }
    }
}

fn docs() -> Markup {
    html! { a href="/api/docs" title="API" { (icon(Icon::Book)) "API" } }
}

fn theme_button(reader: &Reader) -> Markup {
    let next = reader.theme.next();
    let label = format!("Switch to {next} colours");
    html! {
        form method="post" action="/theme" {
            (hidden(&reader.csrf, ""))
            input type="hidden" name="theme" value=(next);
            input type="hidden" name="next" value=(reader.path);
            button class="ib" aria-label=(label) title=(label) {
                (icon(if reader.theme == Theme::Dark { Icon::Sun } else { Icon::Moon }))
            }
        }
    }
}

fn sign_out(reader: &Reader, inside: &Markup, class: &str) -> Markup {
    html! {
        form method="post" action="/sign-out" {
            (hidden(&reader.csrf, ""))
            button class=(class) aria-label="Sign out" title="Sign out" { (inside) }
        }
    }
}
