//! OAuth 2.0 as a state machine: consent, codes, access tokens, refresh tokens that rotate. The time is handed in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use super::OauthClient;
use crate::clock::Instant;

/// What differs between the deployments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    /// What a new client may ask for.
    scopes: &'static str,
    code_lasts: TimeDelta,
    access_lasts: TimeDelta,
    /// A refresh token that nobody uses for so long is dead.
    idle: TimeDelta,
    /// How long a refresh token that was used may be used once more, for answers that got lost.
    leeway: Option<TimeDelta>,
    /// Whether a renewal must repeat the redirect address.
    redirect_on_renewal: bool,
    /// Whether a renewal ends the access token before it.
    ends_access: bool,
    /// The scope without which no refresh token is given.
    offline_scope: Option<&'static str>,
    /// How an `invalid_grant` is answered.
    dead_status: u16,
}

impl Habits {
    pub(crate) fn cloud() -> Self {
        Self {
            scopes: "read:jira-work read:jira-user offline_access",
            code_lasts: TimeDelta::minutes(5),
            access_lasts: TimeDelta::hours(1),
            idle: TimeDelta::days(90),
            leeway: Some(TimeDelta::minutes(10)),
            redirect_on_renewal: false,
            ends_access: false,
            offline_scope: Some("offline_access"),
            dead_status: 403,
        }
    }

    pub(crate) fn data_center() -> Self {
        Self {
            scopes: "READ",
            code_lasts: TimeDelta::seconds(10),
            access_lasts: TimeDelta::hours(2),
            idle: TimeDelta::days(90),
            leeway: None,
            redirect_on_renewal: true,
            ends_access: true,
            offline_scope: None,
            dead_status: 400,
        }
    }
}

#[derive(Clone, Debug)]
struct Registered {
    client: OauthClient,
    redirect_uri: String,
    scopes: String,
}

/// What a client asks somebody to consent to.
#[derive(Clone, Debug)]
pub(crate) struct ConsentRequest {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    pub(crate) state: Option<String>,
    /// PKCE's challenge and its method.
    pub(crate) challenge: Option<(String, String)>,
}

#[derive(Clone, Debug)]
struct Code {
    text: String,
    request: ConsentRequest,
    family: usize,
    ends: Instant,
    used: bool,
}

/// Everything that goes back to one consent.
#[derive(Debug)]
struct Family {
    user: String,
    client_id: String,
    redirect_uri: String,
    scope: String,
    revoked: bool,
}

#[derive(Debug)]
struct Access {
    text: String,
    family: usize,
    ends: Instant,
}

#[derive(Debug)]
struct Refresh {
    text: String,
    family: usize,
    given: Instant,
    used: Option<Instant>,
}

/// Finds a parameter of a request for tokens.
pub(crate) type Asked<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Tokens as they are answered.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
    pub(crate) expires_in: i64,
    pub(crate) scope: String,
}

/// A refusal by RFC 6749: status, error, description.
pub(crate) type Refusal = (u16, &'static str, &'static str);

/// All clients, and all that was granted to them.
#[derive(Debug)]
pub(crate) struct Apps {
    habits: Habits,
    clients: Vec<Registered>,
    requests: Vec<ConsentRequest>,
    codes: Vec<Code>,
    families: Vec<Family>,
    access: Vec<Access>,
    refresh: Vec<Refresh>,
    made: u32,
}

impl Apps {
    pub(crate) fn new(habits: Habits) -> Self {
        let (clients, requests, codes, families, access, refresh) = Default::default();
        Self { habits, clients, requests, codes, families, access, refresh, made: 0 }
    }

    /// A text that nothing else contains, so that tests can search for leaks.
    fn text(&mut self, prefix: &str) -> String {
        self.made += 1;
        let digest = Sha256::digest(format!("{prefix}{}", self.made));
        format!("{prefix}{:04}x{}", self.made, &URL_SAFE_NO_PAD.encode(digest)[..16])
    }

    pub(crate) fn register(&mut self, redirect_uri: &str) -> OauthClient {
        let client = OauthClient { id: self.text("SimClient"), secret: self.text("SimClientSecret") };
        let (redirect_uri, scopes) = (redirect_uri.to_owned(), self.habits.scopes.to_owned());
        self.clients.push(Registered { client: client.clone(), redirect_uri, scopes });
        client
    }

    pub(crate) fn set_scopes(&mut self, id: &str, scopes: &str) -> bool {
        let known = self.clients.iter_mut().find(|known| known.client.id == id);
        known.map(|known| scopes.clone_into(&mut known.scopes)).is_some()
    }

    /// Takes a request for consent. `Err(false)`: the client or its address is not known, so nobody is sent back.
    /// `Err(true)`: it asks for more than it may.
    pub(crate) fn ask(&mut self, request: ConsentRequest) -> Result<usize, bool> {
        let known = self.clients.iter().find(|known| known.client.id == request.client_id).ok_or(false)?;
        if known.redirect_uri != request.redirect_uri {
            return Err(false);
        }
        let mut wanted = request.scope.split(' ').filter(|scope| !scope.is_empty()).peekable();
        if wanted.peek().is_none() || wanted.any(|scope| !known.scopes.split(' ').any(|allowed| allowed == scope)) {
            return Err(true);
        }
        self.requests.push(request);
        Ok(self.requests.len() - 1)
    }

    pub(crate) fn request(&self, number: usize) -> Option<&ConsentRequest> {
        self.requests.get(number)
    }

    /// Somebody allows it: the code that goes back.
    pub(crate) fn allow(&mut self, number: usize, user: &str, now: Instant) -> Option<String> {
        let request = self.requests.get(number)?.clone();
        self.families.push(Family {
            user: user.to_owned(),
            client_id: request.client_id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            scope: request.scope.clone(),
            revoked: false,
        });
        let text = self.text("SimCode");
        let (family, ends) = (self.families.len() - 1, now + self.habits.code_lasts);
        self.codes.push(Code { text: text.clone(), request, family, ends, used: false });
        Some(text)
    }

    /// Answers a request for tokens.
    pub(crate) fn token(&mut self, asked: Asked<'_>, now: Instant) -> Result<Issued, Refusal> {
        let part = |name: &str| asked(name).unwrap_or_default();
        let client = OauthClient { id: part("client_id"), secret: part("client_secret") };
        if !self.clients.iter().any(|known| known.client == client) {
            return Err((401, "invalid_client", "Client authentication failed"));
        }
        match part("grant_type").as_str() {
            "authorization_code" => self.redeem(&part, &client.id, now),
            "refresh_token" => self.renew(&part, &client.id, now),
            "" => Err((400, "invalid_request", "Missing parameter: grant_type")),
            _ => Err((400, "unsupported_grant_type", "The grant type is not supported")),
        }
    }

    fn dead(&self, why: &'static str) -> Refusal {
        (self.habits.dead_status, "invalid_grant", why)
    }

    fn redeem(&mut self, part: &dyn Fn(&str) -> String, client: &str, now: Instant) -> Result<Issued, Refusal> {
        let invalid = (400, "invalid_grant", "The authorization code is invalid or expired");
        let text = part("code");
        let code = self.codes.iter_mut().find(|code| code.text == text && code.request.client_id == client);
        let code = code.ok_or(invalid)?;
        if std::mem::replace(&mut code.used, true) {
            let family = code.family;
            self.families[family].revoked = true; // somebody else has it, too
            return Err(invalid);
        }
        let fits = match &code.request.challenge {
            None => true,
            Some((challenge, method)) => is_answer(challenge, method, &part("code_verifier")),
        };
        if now >= code.ends || code.request.redirect_uri != part("redirect_uri") || !fits {
            return Err(invalid);
        }
        let family = code.family;
        Ok(self.issue(family, now))
    }

    fn renew(&mut self, part: &dyn Fn(&str) -> String, client: &str, now: Instant) -> Result<Issued, Refusal> {
        let unknown = self.dead("Unknown or invalid refresh token.");
        let text = part("refresh_token");
        let place = self.refresh.iter().position(|token| token.text == text).ok_or(unknown)?;
        let token = &self.refresh[place];
        let (number, used, idle) = (token.family, token.used, now - token.given);
        let family = &self.families[number];
        if family.revoked || family.client_id != client || idle >= self.habits.idle {
            return Err(unknown);
        }
        if self.habits.redirect_on_renewal && family.redirect_uri != part("redirect_uri") {
            return Err(self.dead("The redirect_uri does not match"));
        }
        let lost = |used: Instant| self.habits.leeway.is_none_or(|leeway| now - used >= leeway);
        if used.is_some_and(lost) {
            self.families[number].revoked = true; // one of the two who have it is a thief
            return Err(unknown);
        }
        self.refresh[place].used.get_or_insert(now);
        if self.habits.ends_access {
            self.access.retain(|token| token.family != number);
        }
        Ok(self.issue(number, now))
    }

    fn issue(&mut self, family: usize, now: Instant) -> Issued {
        let access = self.text("SimAccess");
        let scope = self.families[family].scope.clone();
        let offline = self.habits.offline_scope.is_none_or(|wanted| scope.split(' ').any(|scope| scope == wanted));
        let refresh = offline.then(|| self.text("SimRefresh"));
        self.access.push(Access { text: access.clone(), family, ends: now + self.habits.access_lasts });
        let given = refresh.clone().map(|text| Refresh { text, family, given: now, used: None });
        self.refresh.extend(given);
        Issued { access, refresh, expires_in: self.habits.access_lasts.num_seconds(), scope }
    }

    /// Whose access token it is, and for what.
    pub(crate) fn bearer(&self, text: &str, now: Instant) -> Option<(&str, &str)> {
        let token = self.access.iter().find(|token| token.text == text && now < token.ends)?;
        let family = &self.families[token.family];
        (!family.revoked).then_some((&family.user, &family.scope))
    }

    /// The client that an access token was given to.
    pub(crate) fn client(&self, text: &str, now: Instant) -> Option<OauthClient> {
        let token = self.access.iter().find(|token| token.text == text && now < token.ends)?;
        let id = &self.families[token.family].client_id;
        self.clients.iter().find(|known| known.client.id == *id).map(|known| known.client.clone())
    }

    pub(crate) fn revoke(&mut self, user: &str) {
        self.families.iter_mut().filter(|family| family.user == user).for_each(|family| family.revoked = true);
    }
}

/// Whether a PKCE verifier is the answer to a challenge (RFC 7636, 4.6).
fn is_answer(challenge: &str, method: &str, verifier: &str) -> bool {
    if !(43..=128).contains(&verifier.len()) {
        return false;
    }
    match method {
        "S256" => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge,
        "plain" => verifier == challenge,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn a_verifier_answers_its_challenge() {
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(is_answer(challenge, "S256", verifier));
        assert!(!is_answer(challenge, "S256", &verifier.replace('d', "e")));
        assert!(!is_answer(verifier, "S256", verifier) && is_answer(verifier, "plain", verifier));
        assert!(!is_answer("short", "plain", "short"));
    }
}
