//! Signing in and out, and the choice of colours.

use super::{
    PageError, THEME_COOKIE, own_path,
    resend::{self, Kept},
    sent::Sent,
};
use crate::{
    api::session::{SignIn, sign_in},
    app::App,
    auth::{
        caller::{self, Caller},
        origin, sessions,
    },
    components::{
        bar::{Bar, bar, stripes},
        icons::{Icon, icon, mark},
        pill::pill,
        shell::{Theme, document},
    },
    error::ApiError,
    extract::Params,
};
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use okrsync_metrics::{Percent, Status};
use rust_decimal::Decimal;
use secrecy::SecretString;
use serde::Deserialize;
use tower_sessions::Session;

/// Where to go afterwards.
#[derive(Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

/// The form as it is sent.
#[derive(Default, Deserialize)]
pub(crate) struct Entry {
    email: String,
    password: SecretString,
    #[serde(default)]
    next: String,
    #[serde(flatten)]
    kept: Kept,
}

/// What the page says.
pub(crate) struct SignInPage<'a> {
    /// Name of the organisation.
    pub(crate) organisation: &'a str,
    /// Address of the installation.
    pub(crate) address: &'a str,
    /// The address that was tried.
    pub(crate) email: &'a str,
    /// Where to go afterwards.
    pub(crate) next: &'a str,
    /// Why it did not succeed.
    pub(crate) problem: Option<&'a str>,
    /// Nobody can sign in yet.
    pub(crate) nobody_yet: bool,
    /// What was typed before the session ended.
    pub(crate) kept: &'a Kept,
    /// Colours.
    pub(crate) theme: Theme,
}

/// The sign-in page.
pub(crate) async fn show(
    State(app): State<App>,
    caller: Result<Caller, ApiError>,
    headers: HeaderMap,
    Params(Next { next }): Params<Next>,
) -> Result<Response, PageError> {
    if caller.is_ok() {
        return Ok(Redirect::to(own_path(&next)).into_response());
    }
    let entry = Entry { next, ..Entry::default() };
    Ok(page_for(&app, &headers, &entry, None).await?.into_response())
}

/// Signs in, or shows the form again.
pub(crate) async fn enter(
    State(app): State<App>,
    session: Session,
    headers: HeaderMap,
    Form(entry): Form<Entry>,
) -> Result<Response, PageError> {
    if !origin::is_trusted(&Method::POST, &headers, &app.settings().address()) {
        return Err(caller::foreign().into());
    }
    let (email, password) = (entry.email.clone(), entry.password.clone());
    match sign_in(&app, SignIn { email, password }).await {
        Ok(user) => {
            sessions::begin(&app, &session, &user).await?;
            if entry.kept.is_empty() {
                return Ok(Redirect::to(own_path(&entry.next)).into_response());
            }
            let csrf = sessions::csrf(&session).await.map_err(ApiError::internal)?;
            Ok(resend::page(&entry.kept, &csrf, super::theme(&headers)).into_response())
        }
        Err(error) if matches!(error.status(), StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS) => {
            let page = page_for(&app, &headers, &entry, Some(error.detail())).await?;
            Ok((error.status(), page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn page_for(app: &App, headers: &HeaderMap, entry: &Entry, problem: Option<&str>) -> Result<Markup, ApiError> {
    let organisation = app.store().organisation().await?.name;
    let nobody_yet = app.store().count_users().await? == 0;
    let (address, theme) = (app.settings().address(), super::theme(headers));
    Ok(page(&SignInPage {
        organisation: &organisation,
        address: &address,
        email: &entry.email,
        next: own_path(&entry.next),
        problem,
        nobody_yet,
        kept: &entry.kept,
        theme,
    }))
}

/// The page for somebody whose session ended while they typed.
pub(crate) fn after_expiry(kept: &Kept) -> Markup {
    page(&SignInPage {
        organisation: "",
        address: "",
        email: "",
        next: "/",
        problem: Some("You were signed out. Sign in again: what you entered is kept."),
        nobody_yet: false,
        kept,
        theme: Theme::System,
    })
}

/// The page.
pub(crate) fn page(content: &SignInPage<'_>) -> Markup {
    let body = html! {
        (stripes())
        div class="auth" {
            main class="l" id="main" {
                div class="brand" { (mark()) div { b { "okrsync" } } }
                (form(content))
                div class="between t12 mut" {
                    span { (content.address) }
                    span { "okrsync " (env!("CARGO_PKG_VERSION")) }
                }
            }
            div class="r" aria-hidden="true" { (sample()) }
        }
    };
    document("Sign in", content.theme, None, &body)
}

fn form(content: &SignInPage<'_>) -> Markup {
    html! {
        form method="post" action="/sign-in" {
            h1 { "Sign in" }
            p class="sub" { (content.organisation) }
            @if let Some(problem) = content.problem {
                div class="banner bad" role="alert" { (icon(Icon::Triangle)) span { (problem) } }
            }
            @if content.nobody_yet {
                div class="banner mid" {
                    (icon(Icon::Person))
                    span { "Nobody can sign in yet. Add the first person on the server: " code { "okrsync user create --role admin" } }
                }
            }
            input type="hidden" name="next" value=(content.next);
            (content.kept.hidden())
            label class="field" {
                span { "Email" }
                input class="in" type="email" name="email" value=(content.email) autocomplete="username" required
                    autofocus[content.email.is_empty()];
            }
            label class="field" {
                span { "Password" }
                input class="in" type="password" name="password" autocomplete="current-password" required
                    autofocus[!content.email.is_empty()];
            }
            button class="btn pri lg block" { "Sign in" }
        }
    }
}

/// What the board looks like, for those who have not seen it.
fn sample() -> Markup {
    let rows = [
        ("Deliver staged fleet updates", 531, Status::Behind),
        ("Close 20 update-path bugs", 700, Status::OnTrack),
        ("Move 40 pilot sites to the new updater", 450, Status::Behind),
    ];
    let percent = |tenths: i64| Percent::from(Decimal::new(tenths, 1));
    let expected = percent(549);
    html! {
        div {
            div class="card sample" {
                div class="between" {
                    div { div class="cap" { "Q4 2026" } div class="b6" { "Ship fleet updates customers trust" } }
                    span class="big" { "56.0%" }
                }
                ul {
                    @for (title, tenths, status) in rows {
                        @let progress = percent(tenths).clamped();
                        li {
                            span class="ell" { (title) }
                            (bar(Bar { progress: Some(&progress), expected: Some(&expected), status, stale: false, height: 6 }))
                            (pill(status))
                        }
                    }
                }
            }
            p class="motto" { "Goals that know how far the work has come." }
            p class="mut" { "Key results follow your Jira queries, so nobody has to type progress by hand." }
        }
    }
}

/// Signs out.
pub(crate) async fn leave(State(app): State<App>, session: Session, _: Sent) -> Result<Redirect, PageError> {
    sessions::end(&app, &session).await?;
    Ok(Redirect::to("/sign-in"))
}

/// Keeps the choice of colours for a year.
pub(crate) async fn theme(sent: Sent) -> Response {
    let word = Theme::of(sent.get("theme")).word().unwrap_or("system");
    let cookie = format!("{THEME_COOKIE}={word}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly");
    ([(header::SET_COOKIE, cookie)], Redirect::to(own_path(sent.get("next")))).into_response()
}
