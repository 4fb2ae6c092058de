//! Faults that a test asks for: what goes wrong, on which requests, how often.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::random_faults::RandomFaults;
use crate::sync::lock;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    Status { code: u16, html: bool },
    RateLimited { retry_after: Option<u32>, reason: Option<String> },
    Unavailable { retry_after: u32 },
    Reset,
    Slow(Duration),
    Truncated,
    LoginPage,
    LoginRedirect,
    Gone,
    RepeatedToken,
    DuplicateAcrossPages,
    MissingAcrossPages,
    TokenRejected,
    OtherAccount(String),
    Anonymous,
    Expired,
    EmptyBody,
    Captcha,
    Maintenance,
    NearLimit,
}

/// What a condition sees of a request.
#[derive(Clone, Debug)]
pub struct RequestFacts {
    /// `GET`, `POST`…
    pub method: String,
    /// The path as it was asked for, context path included.
    pub path: String,
    /// Number of the page of a search, from 1; None for everything else.
    pub page: Option<u32>,
}

type Condition = Arc<dyn Fn(&RequestFacts) -> bool + Send + Sync>;

/// A fault: its effect, the requests that it is meant for, how many it skips and how often it strikes (once unless
/// said otherwise).
///
/// ```
/// use okrsync_jira_sim::Fault;
///
/// let twice_on_second_pages = Fault::status(503).on_path("/search").on_page(2).times(2);
/// ```
#[derive(Clone)]
pub struct Fault {
    effect: Effect,
    conditions: Vec<Condition>,
    skip: u32,
    left: Option<u32>,
}

impl Fault {
    /// This status with Jira's JSON error body.
    pub fn status(code: u16) -> Self {
        Self::new(Effect::Status { code, html: false })
    }

    /// This status with an HTML page, as gateways and proxies answer.
    pub fn html(code: u16) -> Self {
        Self::new(Effect::Status { code, html: true })
    }

    /// 429, with or without `Retry-After` (seconds).
    pub fn rate_limited(retry_after: Option<u32>) -> Self {
        Self::new(Effect::RateLimited { retry_after, reason: None })
    }

    /// 503 with `Retry-After` (seconds).
    pub fn unavailable(retry_after: u32) -> Self {
        Self::new(Effect::Unavailable { retry_after })
    }

    /// The `RateLimit-Reason` of a 429, for example `jira-burst-based`.
    #[must_use]
    pub fn reason(mut self, text: &str) -> Self {
        if let Effect::RateLimited { reason, .. } = &mut self.effect {
            *reason = Some(text.to_owned());
        }
        self
    }

    /// The connection is reset before an answer.
    pub fn reset() -> Self {
        Self::new(Effect::Reset)
    }

    /// The answer takes this much longer. Later faults for the same request strike too.
    pub fn slow(by: Duration) -> Self {
        Self::new(Effect::Slow(by))
    }

    /// `Content-Length` promises more than the body holds.
    pub fn truncated() -> Self {
        Self::new(Effect::Truncated)
    }

    /// 200 with the HTML of a login page.
    pub fn login_page() -> Self {
        Self::new(Effect::LoginPage)
    }

    /// 302 to the login page.
    pub fn login_redirect() -> Self {
        Self::new(Effect::LoginRedirect)
    }

    /// 410, as for an operation that was removed.
    pub fn gone() -> Self {
        Self::new(Effect::Gone)
    }

    /// The page's token is that of the page before (Cloud).
    pub fn repeated_token() -> Self {
        Self::new(Effect::RepeatedToken)
    }

    /// The page begins with the last issue of the page before.
    pub fn duplicate_across_pages() -> Self {
        Self::new(Effect::DuplicateAcrossPages)
    }

    /// The page leaves its first issue out.
    pub fn missing_across_pages() -> Self {
        Self::new(Effect::MissingAcrossPages)
    }

    /// 400 for the page token (Cloud).
    pub fn token_rejected() -> Self {
        Self::new(Effect::TokenRejected)
    }

    /// The answer's identity header names another account, by user id.
    pub fn other_account(id: &str) -> Self {
        Self::new(Effect::OtherAccount(id.to_owned()))
    }

    /// The credential is ignored: what anybody may see, with the headers of an anonymous answer.
    pub fn anonymous() -> Self {
        Self::new(Effect::Anonymous)
    }

    /// The credential counts as expired.
    pub fn expired() -> Self {
        Self::new(Effect::Expired)
    }

    /// 200 without a body.
    pub fn empty_body() -> Self {
        Self::new(Effect::EmptyBody)
    }

    /// 403 that asks for a CAPTCHA.
    pub fn captcha() -> Self {
        Self::new(Effect::Captcha)
    }

    /// 503 with the page of a server that starts.
    pub fn maintenance() -> Self {
        Self::new(Effect::Maintenance)
    }

    /// The answer is fine and says that a rate limit is near.
    pub fn near_limit() -> Self {
        Self::new(Effect::NearLimit)
    }

    /// Only requests whose path contains this.
    #[must_use]
    pub fn on_path(self, part: &str) -> Self {
        let part = part.to_owned();
        self.when(move |request| request.path.contains(&part))
    }

    /// Only this page of a search, from 1.
    #[must_use]
    pub fn on_page(self, page: u32) -> Self {
        self.when(move |request| request.page == Some(page))
    }

    /// Only this page of a search and those after it.
    #[must_use]
    pub fn from_page(self, page: u32) -> Self {
        self.when(move |request| request.page.is_some_and(|number| number >= page))
    }

    /// Only requests that fulfil this.
    #[must_use]
    pub fn when(mut self, condition: impl Fn(&RequestFacts) -> bool + Send + Sync + 'static) -> Self {
        self.conditions.push(Arc::new(condition));
        self
    }

    /// Lets so many matching requests pass first.
    #[must_use]
    pub fn after(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }

    /// Strikes so many times.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }

    /// Strikes until it is cleared.
    #[must_use]
    pub fn forever(mut self) -> Self {
        self.left = None;
        self
    }

    fn new(effect: Effect) -> Self {
        Self { effect, conditions: Vec::new(), skip: 0, left: Some(1) }
    }

    pub(crate) fn effect(&self) -> &Effect {
        &self.effect
    }

    /// Whether it is meant for a request, whatever it has done before.
    pub(crate) fn fits(&self, request: &RequestFacts) -> bool {
        self.conditions.iter().all(|condition| condition(request))
    }

    /// Counts a request and says whether the fault strikes it.
    fn strikes(&mut self, request: &RequestFacts) -> bool {
        if self.left == Some(0) || !self.fits(request) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.left = self.left.map(|left| left - 1);
        true
    }
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fault").field("effect", &self.effect).field("left", &self.left).finish_non_exhaustive()
    }
}

/// Names an added fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultId(usize);

/// The faults of a site.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    faults: Vec<(Fault, usize)>,
    random: Option<RandomFaults>,
    fired: usize,
}

impl Faults {
    /// Adds a fault. Several for one request: delays add up, of the others the first added strikes.
    pub fn add(&self, fault: Fault) -> FaultId {
        let mut book = lock(&self.0);
        book.faults.push((fault, 0));
        FaultId(book.faults.len() - 1)
    }

    /// Strikes at random from now on, beside the faults that were added.
    pub fn randomly(&self, random: RandomFaults) {
        lock(&self.0).random = Some(random);
    }

    /// Ends all faults, random ones included. Counts start anew.
    pub fn clear(&self) {
        *lock(&self.0) = Book::default();
    }

    /// How many faults have struck.
    pub fn fired(&self) -> usize {
        lock(&self.0).fired
    }

    /// How often one fault has struck.
    pub fn fired_by(&self, id: FaultId) -> usize {
        lock(&self.0).faults.get(id.0).map_or(0, |(_, fired)| *fired)
    }

    /// What strikes this request.
    pub(crate) fn plan(&self, request: &RequestFacts) -> Plan {
        let mut book = lock(&self.0);
        let mut plan = Plan::default();
        for (fault, fired) in &mut book.faults {
            let delays = matches!(fault.effect, Effect::Slow(_));
            if (delays || plan.effect.is_none()) && fault.strikes(request) {
                *fired += 1;
                plan.add(fault.effect.clone());
            }
        }
        let chance = if plan.effect.is_none() { book.random.as_mut().and_then(|r| r.choose(request)) } else { None };
        if let Some(effect) = chance {
            plan.add(effect);
        }
        book.fired += plan.names.len();
        plan
    }
}

/// What goes wrong with one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) delay: Duration,
    pub(crate) effect: Option<Effect>,
    pub(crate) names: Vec<String>,
}

impl Plan {
    fn add(&mut self, effect: Effect) {
        self.names.push(format!("{effect:?}"));
        match effect {
            Effect::Slow(by) => self.delay += by,
            other => self.effect = Some(other),
        }
    }

    /// Whether this is what goes wrong.
    pub(crate) fn is(&self, effect: &Effect) -> bool {
        self.effect.as_ref() == Some(effect)
    }
}
