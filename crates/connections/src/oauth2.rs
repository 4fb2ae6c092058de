//! OAuth 2.0 with the `oauth2` crate over the one client. What differs between Cloud and Data Center is a [`Provider`].
//!
//! Sources: [Jira's OAuth 2.0 provider](https://confluence.atlassian.com/adminjiraserver/jira-oauth-2-0-provider-api-1115659070.html),
//! [OAuth 2.0 (3LO) apps](https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/).

use crate::{
    Error, Site,
    answer::{Answer, Expectation, shortened},
    auth::sensitive,
    call::Call,
    client::Client,
    grant::{Application, Consent, Grant, GrantedSite},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope,
    TokenResponse, TokenUrl,
    basic::{BasicClient, BasicErrorResponse, BasicErrorResponseType, BasicTokenResponse},
};
use okrsync_domain::{Instant, Random};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::collections::HashSet;
use url::Url;

/// A provider's addresses and habits.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    /// The consent page.
    pub authorize: Url,
    /// Where codes and refresh tokens become tokens.
    pub token: Url,
    /// Where the sites of a grant are listed, if one grant may reach several.
    pub sites: Option<Url>,
    /// What is asked for.
    pub scopes: &'static [&'static str],
    /// What is asked for besides, where webhooks are to be registered.
    pub webhook_scope: Option<&'static str>,
    /// What else the consent page wants to know.
    pub parameters: &'static [(&'static str, &'static str)],
    /// Whether it knows PKCE.
    pub pkce: bool,
    /// Whether a renewal must repeat the callback.
    pub callback_on_renewal: bool,
}

type Oauth2 = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

fn crate_client(provider: &Provider, application: &Application, callback: &Url) -> Result<Oauth2, Error> {
    let Application::Oauth2 { client_id, client_secret } = application else {
        return Err(Error::Settings { detail: "OAuth 2.0 needs a client id and secret".to_owned() });
    };
    Ok(BasicClient::new(ClientId::new(client_id.clone()))
        .set_client_secret(ClientSecret::new(client_secret.expose_secret().trim().to_owned()))
        .set_auth_type(AuthType::RequestBody) // neither deployment reads Basic here
        .set_auth_uri(AuthUrl::from_url(provider.authorize.clone()))
        .set_token_uri(TokenUrl::from_url(provider.token.clone()))
        .set_redirect_uri(RedirectUrl::from_url(callback.clone())))
}

/// 256 random bits as text that is safe in a URL: a state, or a PKCE verifier of the shortest lawful length.
fn random_text(random: &Random) -> String {
    URL_SAFE_NO_PAD.encode(random.bytes::<32>())
}

/// The consent page, with a state and, where the provider knows it, a PKCE challenge (S256).
pub(crate) fn consent(
    site: &Site,
    application: &Application,
    callback: &Url,
    webhooks: bool,
) -> Result<Consent, Error> {
    let (provider, random) = (site.oauth2_provider()?, site.client().random());
    let client = crate_client(&provider, application, callback)?;
    let state = random_text(random);
    let mut request = client.authorize_url(|| CsrfToken::new(state.clone()));
    for scope in provider.scopes.iter().chain(provider.webhook_scope.iter().filter(|_| webhooks)) {
        request = request.add_scope(Scope::new((*scope).to_owned()));
    }
    for (name, value) in provider.parameters {
        request = request.add_extra_param(*name, *value);
    }
    let verifier = provider.pkce.then(|| PkceCodeVerifier::new(random_text(random)));
    if let Some(verifier) = &verifier {
        request = request.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(verifier));
    }
    let (url, _) = request.url();
    Ok(Consent { url, state: state.into(), secret: verifier.map(|verifier| verifier.into_secret().into()) })
}

/// Turns a code into a grant.
pub(crate) async fn redeem(
    site: &Site,
    application: &Application,
    callback: &Url,
    verifier: Option<&SecretString>,
    code: &SecretString,
) -> Result<Grant, Error> {
    let client = crate_client(&site.oauth2_provider()?, application, callback)?;
    let mut request = client.exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()));
    if let Some(verifier) = verifier {
        request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()));
    }
    let http = |request| deliver(site.client().clone(), request);
    let answer = request.request_async(&http).await;
    grant(answer, site.client().clock().now())
}

/// Turns a refresh token into the next grant.
pub(crate) async fn renew(
    site: &Site,
    application: &Application,
    callback: &Url,
    renewal: &SecretString,
) -> Result<Grant, Error> {
    let provider = site.oauth2_provider()?;
    let client = crate_client(&provider, application, callback)?;
    let token = RefreshToken::new(renewal.expose_secret().to_owned());
    let mut request = client.exchange_refresh_token(&token);
    if provider.callback_on_renewal {
        request = request.add_extra_param("redirect_uri", callback.as_str());
    }
    let http = |request| deliver(site.client().clone(), request);
    let answer = request.request_async(&http).await;
    grant(answer, site.client().clock().now())
}

fn grant(
    answer: Result<BasicTokenResponse, RequestTokenError<Error, BasicErrorResponse>>,
    now: Instant,
) -> Result<Grant, Error> {
    let answer = answer.map_err(understand)?;
    let lasts = answer.expires_in().and_then(|lasts| TimeDelta::from_std(lasts).ok());
    Ok(Grant {
        access: answer.access_token().secret().clone().into(),
        renewal: answer.refresh_token().map(|token| token.secret().clone().into()),
        expires_at: lasts.and_then(|lasts| now.checked_add_signed(lasts)),
        renewable_until: None,
    })
}

/// The crate's request as a call of the one client, and the answer back.
async fn deliver(client: Client, request: HttpRequest) -> Result<HttpResponse, Error> {
    let (parts, body) = request.into_parts();
    let body = String::from_utf8(body).map_err(|error| Error::Settings { detail: error.to_string() })?;
    let answer = client.peek(&Call::form(parts.uri.to_string(), body)).await?;
    if !is_oauth_refusal(&answer) {
        answer.judge(Expectation::default())?;
    }
    let mut response = HttpResponse::new(answer.body);
    *response.status_mut() = answer.status;
    Ok(response)
}

/// RFC 6749's error body. Everything else that is no success is a server, a proxy or a page in the way.
fn is_oauth_refusal(answer: &Answer) -> bool {
    #[derive(Deserialize)]
    struct Refusal {
        #[expect(dead_code, reason = "only whether it is there")]
        error: String,
    }
    matches!(answer.status.as_u16(), 400 | 401 | 403) && answer.read::<Refusal>().is_ok()
}

/// What the crate makes of an answer, in our words. Bodies are never repeated: they may hold tokens.
fn understand(error: RequestTokenError<Error, BasicErrorResponse>) -> Error {
    match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::ServerResponse(refusal) => {
            let word = refusal.error().to_string();
            let detail = match refusal.error_description() {
                Some(words) => format!("{} ({word})", shortened(words)),
                None => word,
            };
            match refusal.error() {
                BasicErrorResponseType::InvalidGrant => Error::GrantLost { detail },
                BasicErrorResponseType::InvalidClient | BasicErrorResponseType::UnauthorizedClient => {
                    Error::ApplicationRefused { detail }
                }
                _ => Error::UnexpectedAnswer { detail: format!("the request for a token is refused: {detail}") },
            }
        }
        RequestTokenError::Parse(error, _) => {
            Error::UnexpectedAnswer { detail: format!("the answer with the token is unreadable at `{}`", error.path()) }
        }
        RequestTokenError::Other(detail) => Error::UnexpectedAnswer { detail: shortened(&detail) },
    }
}

/// The Jira sites that a grant reaches, each once.
pub(crate) async fn sites(client: &Client, address: &Url, access: &SecretString) -> Result<Vec<GrantedSite>, Error> {
    #[derive(Deserialize)]
    struct Resource {
        id: String,
        name: String,
        url: String,
        #[serde(default)]
        scopes: Vec<String>,
    }
    let bearer = SecretString::from(format!("Bearer {}", access.expose_secret()));
    let call = Call::get(address.as_str()).anonymous().with_authorization(sensitive(&bearer, "the token")?);
    let resources: Vec<Resource> = client.send(&call).await?.read()?;
    let mut seen = HashSet::new();
    let of_jira = resources.into_iter().filter(|resource| resource.scopes.iter().any(|scope| scope.contains("jira")));
    Ok(of_jira
        .filter(|resource| seen.insert(resource.id.clone()))
        .map(|resource| GrantedSite { cloud_id: resource.id, name: resource.name, url: resource.url })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use okrsync_domain::{Clock, connection::Deployment};
    use std::collections::BTreeMap;

    fn asked(
        deployment: Deployment,
        change: impl FnOnce(&mut crate::SiteConfig),
    ) -> (Url, BTreeMap<String, String>, bool) {
        let server = "https://jira.example/jira".parse().unwrap();
        let mut config = crate::SiteConfig::new(server, deployment, crate::Credential::Nobody);
        change(&mut config);
        let site = Site::open(config, Clock::system(), Random::seeded(1)).unwrap();
        let application = Application::Oauth2 { client_id: "id".into(), client_secret: "s3cret".into() };
        let callback = "https://okrs.example/oauth/callback".parse().unwrap();
        let consent = consent(&site, &application, &callback, false).unwrap();
        assert!(!consent.url.as_str().contains("s3cret"));
        let parameters = consent.url.query_pairs().into_owned().collect();
        (consent.url, parameters, consent.secret.is_some())
    }

    #[test]
    fn self_managed_jira_is_asked_to_read_with_a_challenge() {
        let (url, parameters, kept) = asked(Deployment::SelfManaged, |_| {});
        assert_eq!(url.path(), "/jira/rest/oauth2/latest/authorize");
        let part = |name: &str| parameters[name].as_str();
        assert_eq!((part("scope"), part("response_type"), part("client_id")), ("READ", "code", "id"));
        assert_eq!((part("code_challenge_method"), part("code_challenge").len(), kept), ("S256", 43, true));
        assert_eq!((part("redirect_uri"), part("state").len()), ("https://okrs.example/oauth/callback", 43));
    }

    #[test]
    fn cloud_is_asked_at_atlassians_or_the_configured_host() {
        let (url, parameters, kept) = asked(Deployment::Cloud, |_| {});
        assert!(url.as_str().starts_with("https://auth.atlassian.com/authorize?"), "{url}");
        let part = |name: &str| parameters[name].as_str();
        assert_eq!((part("audience"), part("prompt"), kept), ("api.atlassian.com", "consent", false));
        assert_eq!(part("scope"), "read:jira-work read:jira-user offline_access");
        let (url, ..) =
            asked(Deployment::Cloud, |config| config.auth_url = Some("http://127.0.0.1:9".parse().unwrap()));
        assert!(url.as_str().starts_with("http://127.0.0.1:9/authorize?"), "{url}");
    }
}
