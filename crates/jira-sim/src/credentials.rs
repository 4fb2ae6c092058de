//! Tokens of a site, and who a request comes from.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::catalogue::Catalogue;
use crate::clock::Instant;
use crate::oauth::{Problem, Signer};

/// The kind of a token decides through which door it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Cloud API token: Basic with the e-mail address, at the site's own host.
    Classic,
    /// Cloud API token with scopes: only through the gateway.
    Scoped,
    /// Data Center personal access token: Bearer.
    Personal,
}

/// How a request tried to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthKind {
    /// Not at all.
    None,
    /// `Authorization: Basic`.
    Basic,
    /// `Authorization: Bearer`.
    Bearer,
    /// `Authorization: OAuth`, signed by OAuth 1.0a.
    Oauth1,
    /// Another scheme.
    Other,
}

/// Which host a request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// The site's own host.
    Site,
    /// Stands for `api.atlassian.com`.
    Gateway,
    /// Stands for `auth.atlassian.com`.
    Auth,
}

/// Who a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Signed in, by user id.
    User(Arc<str>),
    /// Nothing was presented, or the server ignores what was.
    Nobody,
    /// Something was presented and refused.
    Refused,
    /// A good credential at the wrong host: a scoped token at the site, a classic one at the gateway.
    WrongDoor,
    /// A grant that does not reach so far.
    ScopeMissing,
    /// OAuth 1.0a, refused for a reason.
    Problem(Problem),
}

impl Caller {
    /// The user's id, if somebody signed in.
    pub(crate) fn user(&self) -> Option<&str> {
        match self {
            Self::User(id) => Some(id),
            Self::Nobody | Self::Refused | Self::WrongDoor | Self::ScopeMissing | Self::Problem(_) => None,
        }
    }
}

#[derive(Debug)]
struct Token {
    text: String,
    user: String,
    kind: TokenKind,
    expires: Option<Instant>,
    revoked: bool,
}

/// All tokens of a site.
#[derive(Debug, Default)]
pub(crate) struct Credentials(Vec<Token>);

impl Credentials {
    /// Makes a token with a text that nothing else contains, so that tests can search for leaks.
    pub(crate) fn issue(&mut self, user: &str, kind: TokenKind) -> String {
        let prefix = match kind {
            TokenKind::Classic => "ATATT3xSim",
            TokenKind::Scoped => "ATCTT3xSim",
            TokenKind::Personal => "NjSimPat",
        };
        let text = format!("{prefix}{:04}x{user}", self.0.len() + 1);
        self.set(user, kind, &text);
        text
    }

    /// Registers a token with a known text; an older one with that text is replaced.
    pub(crate) fn set(&mut self, user: &str, kind: TokenKind, text: &str) {
        self.0.retain(|token| token.text != text);
        self.0.push(Token { text: text.to_owned(), user: user.to_owned(), kind, expires: None, revoked: false });
    }

    /// Changes when a token expires. False if there is no such token.
    pub(crate) fn set_expiry(&mut self, text: &str, expires: Option<Instant>) -> bool {
        self.with(text, |token| token.expires = expires)
    }

    /// Revokes a token. False if there is no such token.
    pub(crate) fn revoke(&mut self, text: &str) -> bool {
        self.with(text, |token| token.revoked = true)
    }

    fn with(&mut self, text: &str, change: impl FnOnce(&mut Token)) -> bool {
        self.0.iter_mut().find(|token| token.text == text).map(change).is_some()
    }

    /// Judges Cloud's Basic sign-in, and Bearer where service accounts use it.
    pub(crate) fn sign_in_cloud(&self, door: Door, header: &Presented, people: &Catalogue, now: Instant) -> Caller {
        let (email, text) = match header {
            Presented::Nothing => return Caller::Nobody,
            Presented::Basic { user, secret } => (Some(user), secret),
            Presented::Bearer(text) if door == Door::Gateway => (None, text),
            Presented::Bearer(_) | Presented::Oauth1(_) | Presented::Other => return Caller::Refused,
        };
        let (wanted, other) = match door {
            Door::Gateway => (TokenKind::Scoped, TokenKind::Classic),
            Door::Site | Door::Auth => (TokenKind::Classic, TokenKind::Scoped),
        };
        if self.valid(text, other, now).is_some() {
            return Caller::WrongDoor;
        }
        let owner = self.valid(text, wanted, now).and_then(|id| people.user(id));
        match owner {
            Some(user) if email.is_none_or(|email| user.email.eq_ignore_ascii_case(email)) => {
                Caller::User(user.id.as_str().into())
            }
            _ => Caller::Refused,
        }
    }

    /// Judges Data Center's Bearer sign-in. Basic is for passwords, which the simulator has none of.
    pub(crate) fn sign_in_data_center(&self, header: &Presented, knows_bearer: bool, now: Instant) -> Caller {
        match header {
            Presented::Nothing => Caller::Nobody,
            Presented::Bearer(_) if !knows_bearer => Caller::Nobody,
            Presented::Bearer(text) => {
                self.valid(text, TokenKind::Personal, now).map_or(Caller::Refused, |user| Caller::User(user.into()))
            }
            Presented::Basic { .. } | Presented::Oauth1(_) | Presented::Other => Caller::Refused,
        }
    }

    fn valid(&self, text: &str, kind: TokenKind, now: Instant) -> Option<&str> {
        let token = self.0.iter().find(|token| token.text == text && token.kind == kind)?;
        let alive = !token.revoked && token.expires.is_none_or(|end| now < end);
        alive.then_some(&token.user)
    }
}

/// What the `Authorization` header presented.
#[derive(Debug)]
pub(crate) enum Presented {
    Nothing,
    Basic { user: String, secret: String },
    Bearer(String),
    Oauth1(Signer),
    Other,
}

impl Presented {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let Some(header) = headers.get(AUTHORIZATION) else { return Self::Nothing };
        let Some((scheme, rest)) = header.to_str().ok().and_then(|text| text.split_once(' ')) else {
            return Self::Other;
        };
        match scheme.to_ascii_lowercase().as_str() {
            "basic" => basic(rest).unwrap_or(Self::Other),
            "oauth" => Signer::parse(rest).map_or(Self::Other, Self::Oauth1),
            "bearer" => Self::Bearer(rest.trim().to_owned()),
            _ => Self::Other,
        }
    }

    pub(crate) fn kind(&self) -> AuthKind {
        match self {
            Self::Nothing => AuthKind::None,
            Self::Basic { .. } => AuthKind::Basic,
            Self::Bearer(_) => AuthKind::Bearer,
            Self::Oauth1(_) => AuthKind::Oauth1,
            Self::Other => AuthKind::Other,
        }
    }
}

fn basic(encoded: &str) -> Option<Presented> {
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, secret) = decoded.split_once(':')?;
    Some(Presented::Basic { user: user.to_owned(), secret: secret.to_owned() })
}
