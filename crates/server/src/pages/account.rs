//! One's own name, password, sessions and tokens.

use super::{
    PageError, Visitor,
    reader::Reader,
    sent::{Done, Sent, mendable},
};
use crate::{
    accounts,
    api::{
        people::{self, PersonPatch},
        sessions::{self, SessionView},
        tokens::{self, ScopeWord, TokenBody},
    },
    app::App,
    auth::{caller::Caller, policy::Act, throttle::Peer},
    components::{
        form::{self, Entries, Field},
        shell::{Place, Shell, crumbs, shell},
        surfaces::{Tone, banner, card},
        times,
    },
    error::{ApiError, ApiResult},
    extract::Id,
    pages::flash::Flash,
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use maud::{Markup, html};
use okrsync_domain::{SessionId, TokenId, person::Token};
use secrecy::SecretString;

/// What the page shows besides its reader.
pub(crate) struct Account {
    /// One's sessions.
    pub(crate) sessions: Vec<SessionView>,
    /// One's tokens.
    pub(crate) tokens: Vec<Token>,
    /// A token that was just made, to be shown this once.
    pub(crate) made: Option<String>,
    /// The form that was refused, if one was.
    pub(crate) refused: Option<(Form, Entries)>,
}

/// The forms of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One's name.
    Name,
    /// One's password.
    Password,
    /// A new token.
    Token,
}

impl Account {
    async fn load(app: &App, caller: &Caller) -> ApiResult<Self> {
        let sessions = sessions::own(app, caller).await?;
        let tokens = app.store().tokens(caller.user.id).await?;
        Ok(Self { sessions, tokens, made: None, refused: None })
    }
}

/// The page.
pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Markup, PageError> {
    visitor.caller.may(Act::Look)?;
    let account = Account::load(&app, &visitor.caller).await?;
    Ok(render(&Reader::of(&app, visitor).await?, &account))
}

async fn again(app: &App, sent: Sent, form: Form, error: &ApiError) -> Result<Response, PageError> {
    let mut entries = sent.entries().refused(error);
    for secret in ["password", "current_password"] {
        entries.set(secret, "");
    }
    let account = Account { refused: Some((form, entries)), ..Account::load(app, &sent.caller).await? };
    let reader = Reader::of(app, sent.into_visitor()).await?;
    Ok((error.status(), render(&reader, &account)).into_response())
}

/// Changes one's name.
pub(crate) async fn rename(State(app): State<App>, peer: Peer, sent: Sent) -> Result<Response, PageError> {
    let saved = sent.once(&app, async {
        let patch = PersonPatch { name: Some(sent.get("name").to_owned()), ..PersonPatch::default() };
        people::change_person(&app, &sent.caller, sent.caller.user.id, patch, peer).await?;
        Ok(Done::to("/account").saying(Flash::good("Your name is saved")))
    });
    match saved.await {
        Ok(response) => Ok(response),
        Err(error) => Box::pin(again(&app, sent, Form::Name, &mendable(error)?)).await,
    }
}

/// Changes one's password: every other session ends.
pub(crate) async fn password(State(app): State<App>, peer: Peer, sent: Sent) -> Result<Response, PageError> {
    let saved = sent.once(&app, async {
        let secret = |name: &str| Some(SecretString::from(sent.get(name)));
        let patch = PersonPatch {
            password: secret("password"),
            current_password: secret("current_password"),
            ..PersonPatch::default()
        };
        people::change_person(&app, &sent.caller, sent.caller.user.id, patch, peer).await?;
        let done = Flash::good("Your password is changed").text("You are signed out everywhere else.");
        Ok(Done::to("/account").saying(done))
    });
    match saved.await {
        Ok(response) => Ok(response),
        Err(error) => Box::pin(again(&app, sent, Form::Password, &mendable(error)?)).await,
    }
}

/// Makes a token and shows it once.
pub(crate) async fn make_token(State(app): State<App>, sent: Sent) -> Result<Response, PageError> {
    let made = async {
        let expires_on = sent.given("expires_on").map(str::parse).transpose();
        let expires_on = expires_on.map_err(|_| ApiError::field("invalid_value", "expires_on", "This is no day."))?;
        let scope = match sent.get("scope") {
            "read" => ScopeWord::Read,
            "write" => ScopeWord::Write,
            _ => ScopeWord::Admin,
        };
        let body = TokenBody { name: sent.get("name").to_owned(), scope: Some(scope), expires_on };
        tokens::make(&app, &sent.caller, body).await
    };
    match made.await {
        Ok(made) => {
            let account = Account { made: Some(made.token), ..Account::load(&app, &sent.caller).await? };
            Ok(render(&Reader::of(&app, sent.into_visitor()).await?, &account).into_response())
        }
        Err(error) => Box::pin(again(&app, sent, Form::Token, &mendable(error)?)).await,
    }
}

/// Ends a token.
pub(crate) async fn revoke(State(app): State<App>, Id(id): Id<TokenId>, sent: Sent) -> Result<Response, PageError> {
    let revoked = sent.once(&app, async {
        accounts::revoke_token(&app, sent.caller.actor(), sent.caller.user.id, id).await?;
        Ok(Done::to("/account").saying(Flash::good("The token is revoked")))
    });
    Ok(revoked.await?)
}

/// Ends a session.
pub(crate) async fn end(State(app): State<App>, Id(id): Id<SessionId>, sent: Sent) -> Result<Response, PageError> {
    let ended = sent.once(&app, async {
        sessions::end_own(&app, &sent.caller, id).await?;
        Ok(Done::to("/account").saying(Flash::good("That browser is signed out")))
    });
    Ok(ended.await?)
}

/// The page.
pub(crate) fn render(reader: &Reader, account: &Account) -> Markup {
    let none = Entries::default();
    let entries = |form| account.refused.as_ref().filter(|(which, _)| *which == form).map_or(&none, |(_, it)| it);
    let named = Entries::new([("name", reader.user.name.clone())]);
    let name = if entries(Form::Name).is_refused() { entries(Form::Name) } else { &named };
    let content = html! {
        div class="page narrow stack" {
            h1 class="title" { "Your account" }
            (card("You", &html! {}, "", &html! { div class="in-card" {
                p class="sub" { (reader.user.email) " · an admin changes the address" }
                (one(reader, name, "/account/name", "Save", &[("name", "Name", "text", "name", "")]))
            } }))
            (card("Password", &html! {}, "", &html! { div class="in-card" {
                (one(reader, entries(Form::Password), "/account/password", "Change the password", &[
                    ("current_password", "Present password", "password", "current-password", ""),
                    ("password", "New password", "password", "new-password", "At least 8 characters. Every other session ends."),
                ]))
            } }))
            (card("Where you are signed in", &html! {}, "", &sessions_list(reader, &account.sessions)))
            (card("API tokens", &html! {}, "", &tokens_part(reader, account, entries(Form::Token))))
        }
    };
    let top = crumbs(&[], "Your account");
    shell(&Shell { title: "Your account", place: Place::Account, reader, top, back: None }, &content)
}

/// A small form: name, label, kind, hint for the browser and help of each field.
fn one(reader: &Reader, entries: &Entries, to: &str, verb: &str, fields: &[(&str, &str, &str, &str, &str)]) -> Markup {
    html! {
        form method="post" action=(to) class="fg" {
            (entries.banner())
            (form::hidden(&reader.csrf, &reader.once))
            @for (name, label, kind, autocomplete, help) in fields {
                (form::input(&Field { name, label, kind, autocomplete, help, required: true, ..Field::default() }, entries))
            }
            div { button class="btn" { (verb) } }
        }
    }
}

fn sessions_list(reader: &Reader, sessions: &[SessionView]) -> Markup {
    html! {
        table class="tbl" {
            thead { tr { th scope="col" { "Browser" } th scope="col" { "Since" } th scope="col" { "Last used" } th scope="col" { span class="vh" { "End" } } } }
            tbody {
                @for session in sessions {
                    tr {
                        td class="ell" title=(session.agent) { (browser(&session.agent)) }
                        td class="num" { (times::clock(session.began_at, reader.now, reader.zone())) }
                        td class="num" { (times::day(session.seen_at.with_timezone(&reader.zone()).date_naive(), reader.today)) }
                        td class="r" {
                            @if session.current { span class="tag" { "This one" } } @else {
                                (button(reader, &format!("/account/sessions/{}/end", session.id), "Sign out"))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The name of the program in what a browser calls itself.
fn browser(agent: &str) -> &str {
    let known = ["Edg", "OPR", "Firefox", "Chrome", "Safari"].into_iter().find(|name| agent.contains(name));
    match known {
        Some("Edg") => "Edge",
        Some("OPR") => "Opera",
        Some(name) => name,
        None if agent.is_empty() => "Unknown",
        None => agent,
    }
}

fn tokens_part(reader: &Reader, account: &Account, entries: &Entries) -> Markup {
    let scopes = [("read", "Read"), ("write", "Read and write"), ("admin", "Everything you may do")];
    let scopes = scopes.map(|(value, text)| (value.to_owned(), text.to_owned()));
    let expires = Field {
        name: "expires_on",
        label: "Last day",
        kind: "date",
        optional: true,
        help: "Empty: it works until it is revoked.",
        ..Field::default()
    };
    html! {
        @if let Some(made) = &account.made {
            div class="in-card" {
                (banner(Tone::Info, "This is your token.", "It is shown this once; copy it now.", &html! {}))
                p class="secret" { code { (made) } }
            }
        }
        @if !account.tokens.is_empty() { (tokens_list(reader, &account.tokens)) }
        form method="post" action="/account/tokens" class="in-card fg" {
            (entries.banner())
            (form::hidden(&reader.csrf, &reader.once))
            (form::input(&Field { name: "name", label: "What it is for", required: true, ..Field::default() }, entries))
            (form::select(&Field { name: "scope", label: "How far it reaches", ..Field::default() }, entries, &scopes))
            (form::input(&expires, entries))
            div { button class="btn" { "Make a token" } }
        }
    }
}

fn tokens_list(reader: &Reader, tokens: &[Token]) -> Markup {
    html! {
        table class="tbl" {
            thead { tr {
                th scope="col" { "Token" } th scope="col" { "Reach" } th scope="col" class="wide-only" { "Last used" }
                th scope="col" { "Last day" } th scope="col" { span class="vh" { "Revoke" } }
            } }
            tbody {
                @for token in tokens {
                    @let used = token.last_used_at.map(|at| times::age(at, reader.now, reader.zone()));
                    @let last = token.expires_on.map(|day| times::day(day, reader.today));
                    tr {
                        td { (token.name) }
                        td { (format!("{:?}", token.scope)) }
                        td class="num wide-only" { (used.as_deref().unwrap_or("never")) }
                        td class="num" { (last.as_deref().unwrap_or("none")) }
                        td class="r" { (button(reader, &format!("/account/tokens/{}/revoke", token.id), "Revoke")) }
                    }
                }
            }
        }
    }
}

fn button(reader: &Reader, to: &str, verb: &str) -> Markup {
    html! { form method="post" action=(to) { (form::hidden(&reader.csrf, &reader.once)) button class="btn sm" { (verb) } } }
}
