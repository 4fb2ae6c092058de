//! Signing in and out, and the choice of colours.

use super::{
    PageError, THEME_COOKIE, own_path,
    resend::{self, Kept},
    sent::Sent,
};
use crate::{
    api::{
        session::{SignIn, sign_in},
        setup,
    },
    app::App,
    auth::{
        caller::{self, Caller},
        oidc::Provider,
        origin, sessions,
        throttle::Peer,
    },
    components::{
        bar::{Bar, bar},
        entrance::entrance,
        icons::{Icon, icon, small},
        pill::pill,
        shell::Theme,
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
use okrsync_domain::audit::Via;
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
    /// What the single sign-on provider is called, where there is one.
    pub(crate) sso: Option<&'a str>,
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
    if setup::is_needed(&app).await? {
        return Ok(Redirect::to("/setup").into_response());
    }
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
    peer: Peer,
    headers: HeaderMap,
    Form(entry): Form<Entry>,
) -> Result<Response, PageError> {
    if !origin::is_trusted(&Method::POST, &headers, &app.settings().address()) {
        return Err(caller::foreign().into());
    }
    let (email, password) = (entry.email.clone(), entry.password.clone());
    match sign_in(&app, SignIn { email, password }, peer).await {
        Ok(user) => {
            sessions::begin(&app, &session, &user, &headers, Via::Session).await?;
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

/// The page for somebody whom the single sign-on provider did not get in.
pub(crate) async fn refused(app: &App, headers: &HeaderMap, problem: &str) -> Result<Markup, ApiError> {
    page_for(app, headers, &Entry::default(), Some(problem)).await
}

async fn page_for(app: &App, headers: &HeaderMap, entry: &Entry, problem: Option<&str>) -> Result<Markup, ApiError> {
    let organisation = app.store().organisation().await?.name;
    let (address, theme) = (app.settings().address(), super::theme(headers));
    Ok(page(&SignInPage {
        organisation: &organisation,
        address: &address,
        email: &entry.email,
        next: own_path(&entry.next),
        problem,
        sso: app.provider().map(Provider::name),
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
        sso: None,
        kept,
        theme: Theme::System,
    })
}

/// The page.
pub(crate) fn page(content: &SignInPage<'_>) -> Markup {
    entrance("Sign in", content.theme, content.address, &form(content), &sample(), true)
}

fn form(content: &SignInPage<'_>) -> Markup {
    html! {
        form method="post" action="/sign-in" {
            h1 { "Sign in" }
            p class="sub" { (content.organisation) }
            @if let Some(problem) = content.problem {
                div class="banner bad" role="alert" { (icon(Icon::Triangle)) span { (problem) } }
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
            @if let Some(name) = content.sso {
                div class="or" { "or" }
                a class="btn lg block" href={ "/oidc/start?next=" (super::encode(content.next)) } {
                    (small(Icon::Shield, "")) "Continue with " (name)
                }
            }
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
