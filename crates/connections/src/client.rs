//! The one function that sends HTTP to Jira: signed, limited, retried, metered, logged, judged.

mod bases;
mod reading;

pub(crate) use bases::gateway_base;

use crate::{
    AccessToken, Error, Retry, SiteConfig, Wait, address,
    answer::{Answer, Expectation},
    call::{Call, Kind},
    limits::{Hold, Limits},
    transport,
};
use bases::{gateway, permit};
use okrsync_domain::{Clock, Random};
use reqwest::{
    Request,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::SemaphorePermit, time};
use tracing::{Instrument, Span, debug, debug_span, field::Empty};
use url::Url;

/// Sends for one connection. A cheap clone; clones share traffic and what was learned of the account.
#[derive(Clone)]
pub(crate) struct Client {
    shared: Arc<Shared>,
    /// Base of the REST API: the site, or the gateway.
    api: Url,
    retry: Retry,
}

struct Shared {
    http: reqwest::Client,
    config: SiteConfig,
    clock: Clock,
    random: Random,
    traffic: Arc<Traffic>,
    /// The account that `myself` named, where the settings did not.
    account: OnceLock<String>,
    /// Whether answers name the account in a header, as seen once.
    named: AtomicBool,
}

/// What Jira and we count: the same for all settings with which one site is spoken to.
struct Traffic {
    limits: Limits,
    sent: AtomicU64,
    /// Whether naming a field makes the pages of a listing smaller, as seen once.
    stamps_shrink_pages: AtomicBool,
    /// The most rows that a page by offset had while more were to come: servers clamp what is asked for.
    page_limit: AtomicU32,
}

impl Traffic {
    fn new(limits: Limits) -> Self {
        let (sent, stamps_shrink_pages) = Default::default();
        Self { limits, sent, stamps_shrink_pages, page_limit: AtomicU32::new(u32::MAX) }
    }
}

impl Client {
    /// A client with `more` headers than every client sends.
    pub(crate) fn open(
        config: SiteConfig,
        clock: Clock,
        random: Random,
        more: &[(&'static str, &'static str)],
    ) -> Result<Self, Error> {
        let limits = Limits::new(config.concurrency, config.requests_per_second, clock.clone());
        Self::assemble(config, (clock, random), more, Arc::new(Traffic::new(limits)))
    }

    /// A client with other settings. At the same site, limits and meter go on.
    pub(crate) fn reopen(&self, config: SiteConfig, more: &[(&'static str, &'static str)]) -> Result<Self, Error> {
        let Shared { clock, random, traffic, .. } = &*self.shared;
        if !self.config().is_same_site(&config) {
            return Self::open(config, clock.clone(), random.clone(), more);
        }
        let (concurrency, per_second) = (config.concurrency, config.requests_per_second);
        let client = Self::assemble(config, (clock.clone(), random.clone()), more, Arc::clone(traffic))?;
        traffic.limits.resize(concurrency, per_second);
        Ok(client)
    }

    fn assemble(
        config: SiteConfig,
        (clock, random): (Clock, Random),
        more: &[(&'static str, &'static str)],
        traffic: Arc<Traffic>,
    ) -> Result<Self, Error> {
        let bases = [Some(&config.server_url), config.gateway_url.as_ref(), config.auth_url.as_ref()];
        for url in bases.into_iter().chain([config.proxy_url.as_ref()]).flatten() {
            permit(&config, url)?;
        }
        let http = transport::client(&config, more)?;
        let api = match (&config.cloud_id, config.via_gateway) {
            (Some(cloud_id), true) => gateway(&config, cloud_id)?,
            _ => address::with_trailing_slash(config.server_url.clone()),
        };
        let retry = config.retry;
        let (account, named) = Default::default();
        let shared = Arc::new(Shared { http, config, clock, random, traffic, account, named });
        Ok(Self { shared, api, retry })
    }

    pub(crate) fn config(&self) -> &SiteConfig {
        &self.shared.config
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    pub(crate) fn random(&self) -> &Random {
        &self.shared.random
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.traffic.limits
    }

    /// Requests sent so far, retries included.
    pub(crate) fn sent(&self) -> u64 {
        self.shared.traffic.sent.load(Ordering::Relaxed)
    }

    /// Whether naming a field makes the pages of a listing smaller.
    pub(crate) fn stamps_shrink_pages(&self) -> bool {
        self.shared.traffic.stamps_shrink_pages.load(Ordering::Relaxed)
    }

    /// From now on listings ask for ids alone.
    pub(crate) fn note_that_stamps_shrink_pages(&self) {
        self.shared.traffic.stamps_shrink_pages.store(true, Ordering::Relaxed);
    }

    /// The most rows that a page by offset has, as far as is known.
    pub(crate) fn page_limit(&self) -> u32 {
        self.shared.traffic.page_limit.load(Ordering::Relaxed)
    }

    /// Learns from a page that had `given` of the `asked` rows while more were to come.
    pub(crate) fn note_page(&self, asked: u32, given: usize) {
        let given = u32::try_from(given).unwrap_or(u32::MAX);
        if given > 0 && (given < asked || given > self.page_limit()) {
            self.shared.traffic.page_limit.store(given, Ordering::Relaxed);
        }
    }

    /// The account that answers must come from.
    pub(crate) fn account(&self) -> Option<&str> {
        self.shared.config.expected_account.as_deref().or_else(|| self.shared.account.get().map(String::as_str))
    }

    /// From now on answers must come from `account`, unless the settings name one.
    pub(crate) fn expect_account(&self, account: &str) {
        self.shared.account.get_or_init(|| account.to_owned());
    }

    /// The same with another patience.
    pub(crate) fn with_retry(&self, retry: Retry) -> Self {
        Self { retry, ..self.clone() }
    }

    /// The same through the gateway.
    pub(crate) fn through_gateway(&self, cloud_id: &str) -> Result<Self, Error> {
        Ok(Self { api: gateway(self.config(), cloud_id)?, ..self.clone() })
    }

    /// The same at the site itself.
    pub(crate) fn at_site(&self) -> Self {
        Self { api: address::with_trailing_slash(self.config().server_url.clone()), ..self.clone() }
    }

    /// Asks until there is an answer that can be trusted, or an error that does not pass by itself.
    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, Error> {
        let began = time::Instant::now();
        let mut replaced = None;
        for attempt in 0.. {
            let pause = self.retry.pause(attempt, &self.shared.random);
            let failed = match self.attempt(call, replaced.as_ref(), attempt, pause).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            if replaced.is_none() {
                replaced = self.replace(&failed).await?;
                if replaced.is_some() {
                    continue;
                }
            }
            let Failed { error, again: true, .. } = failed else { return Err(failed.error) };
            let wait = error.retry_after().unwrap_or(pause);
            if attempt >= self.retry.retries || wait > self.retry.cap || began.elapsed() + wait > self.retry.patience {
                return Err(error);
            }
            debug!(%error, attempt, "asking Jira again");
            if error.retry_after().is_none() {
                time::sleep(wait).await; // after a hold, the gate makes everybody wait
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// Asks once and gives whatever answers, unjudged: to find out what is there.
    pub(crate) async fn peek(&self, call: &Call) -> Result<Answer, Error> {
        self.visit(call, None, 0, Duration::ZERO).await.map_err(|failed| failed.error)
    }

    /// The present token of what was granted, unless `replaced` is newer.
    async fn token(&self, call: &Call, replaced: Option<&AccessToken>) -> Result<Option<AccessToken>, Error> {
        match self.config().credential.granted() {
            Some(granted) if call.kind != Kind::Anonymous => match replaced {
                Some(token) => Ok(Some(token.clone())),
                None => granted.tokens.current().await.map(Some),
            },
            _ => Ok(None),
        }
    }

    /// Another token than the one that was refused, if there may be one: it may have been rotated meanwhile.
    async fn replace(&self, failed: &Failed) -> Result<Option<AccessToken>, Error> {
        match (self.config().credential.granted(), &failed.refused) {
            (Some(granted), Some(refused)) => granted.tokens.instead_of(refused.clone()).await,
            _ => Ok(None),
        }
    }

    async fn attempt(
        &self,
        call: &Call,
        replaced: Option<&AccessToken>,
        attempt: u32,
        pause: Duration,
    ) -> Result<Answer, Failed> {
        let token = self.token(call, replaced).await?;
        let answer = self.visit(call, token.as_ref(), attempt, pause).await?;
        answer.judge(self.expectation(call)).map_err(|error| {
            let refused = token.filter(|_| error.refuses_token());
            Failed { refused, ..Failed::from(error) }
        })?;
        if call.kind != Kind::Anonymous && answer.account().is_some() {
            self.shared.named.store(true, Ordering::Relaxed);
        }
        Ok(answer)
    }

    /// Waits for a turn, asks, and heeds what the answer says about limits.
    async fn visit(
        &self,
        call: &Call,
        token: Option<&AccessToken>,
        attempt: u32,
        pause: Duration,
    ) -> Result<Answer, Failed> {
        let (limits, endpoint) = (self.limits(), call.endpoint());
        let permit = self.turn(&endpoint).await.map_err(Failed::for_good)?;
        let trial = limits.breaker().pass(self.retry.retries == 0)?;
        let request = self.request(call, token).map_err(Failed::for_good)?;
        // Last, so that what is counted as sent is sent.
        if let Some(admission) = &self.config().admission {
            admission.admit().await.map_err(Failed::for_good)?;
        }
        let answer = match self.exchange(request, call, attempt).await {
            Ok(answer) => answer,
            Err(error) => {
                trial.failed(&error, pause);
                return Err(error.into());
            }
        };
        match answer.outage() {
            Some(outage) => trial.failed(&outage, pause),
            None => trial.answered(),
        }
        drop(permit);
        limits.heed(&endpoint, &answer.headers);
        let now = self.shared.clock.now();
        if let Some(hold) = Hold::of(answer.status, &answer.headers, now, pause) {
            limits.shut(&endpoint, hold.clone());
            self.note(endpoint, &hold).await;
            return Err(Failed { again: !hold.quota, error: hold.into_error(now), refused: None });
        }
        Ok(answer)
    }

    /// Waits for a turn at an endpoint, also behind what Jira asked other processes to wait for.
    async fn turn(&self, endpoint: &str) -> Result<SemaphorePermit<'_>, Error> {
        let limits = self.limits();
        loop {
            // A hold that outlasts our patience is not waited for twice.
            let permit = limits.enter(endpoint, self.retry.cap).await?;
            let Some(admission) = &self.config().admission else { return Ok(permit) };
            limits.learn(&admission.waits().await);
            if limits.is_open(endpoint) {
                return Ok(permit);
            }
        }
    }

    /// Tells other processes of a wait.
    async fn note(&self, endpoint: String, hold: &Hold) {
        if let Some(admission) = &self.config().admission {
            admission.note(Wait { endpoint: (!hold.whole).then_some(endpoint), until: hold.until }).await;
        }
    }

    fn expectation(&self, call: &Call) -> Expectation<'_> {
        Expectation {
            kind: call.kind,
            account: self.account().filter(|_| call.kind != Kind::WhoAmI),
            named: self.shared.named.load(Ordering::Relaxed),
        }
    }

    fn request(&self, call: &Call, token: Option<&AccessToken>) -> Result<Request, Error> {
        let anonymous = call.kind == Kind::Anonymous;
        let base = if anonymous { &address::with_trailing_slash(self.config().server_url.clone()) } else { &self.api };
        let mut url = base.join(&call.path).map_err(|error| Error::Settings { detail: error.to_string() })?;
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        let mut request = Request::new(call.method.clone(), url);
        *request.body_mut() = call.body.clone().map(Into::into);
        if call.form {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers_mut().insert(CONTENT_TYPE, form);
        }
        if let Some(value) = &call.authorization {
            request.headers_mut().insert(AUTHORIZATION, value.clone());
        } else if !anonymous {
            self.config().credential.apply(&mut request, token, (self.shared.clock.now(), &self.shared.random))?;
        }
        Ok(request)
    }

    /// The one place where a request leaves.
    async fn exchange(&self, request: Request, call: &Call, attempt: u32) -> Result<Answer, Error> {
        let method = call.method.as_str();
        let span = debug_span!("jira_request", method, path = call.path, attempt, status = Empty, duration_ms = Empty);
        async {
            permit(self.config(), request.url())?;
            self.shared.traffic.sent.fetch_add(1, Ordering::Relaxed);
            let began = time::Instant::now();
            #[expect(clippy::disallowed_methods, reason = "the one lawful home of sending")]
            let response = self.shared.http.execute(request).await;
            let answer = match response {
                Ok(response) => reading::read(response, &call.path).await,
                Err(error) => Err(transport::failure(&error)),
            };
            Span::current().record("duration_ms", u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
            reading::log(&answer);
            answer
        }
        .instrument(span)
        .await
    }
}

/// Why an attempt failed, and whether another may help.
struct Failed {
    error: Error,
    again: bool,
    /// The token that was refused.
    refused: Option<AccessToken>,
}

impl Failed {
    fn for_good(error: Error) -> Self {
        Self { error, again: false, refused: None }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { again: error.is_transient(), error, refused: None }
    }
}
