//! The ledger of requests: what was asked, by whom, how it was answered, and what should not have been asked.

use std::sync::Mutex;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant as Tick;

use crate::clock::Instant;
use crate::credentials::AuthKind;
use crate::sync::lock;

/// Requests that were on their way when a `Retry-After` was answered are not held against the client, unless said otherwise.
const GRACE: Duration = Duration::from_millis(100);

/// One request.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Place in the order of arrival, from 0.
    pub seq: usize,
    /// The site's time at arrival.
    pub at: Instant,
    /// `GET`, `POST`…
    pub method: String,
    /// The path as asked for, context path included.
    pub path: String,
    /// The query string, empty if there was none.
    pub query: String,
    /// The request's body where the site keeps bodies.
    pub request_body: Vec<u8>,
    /// Size of the request's body in bytes.
    pub request_bytes: usize,
    /// Size of the answer's body in bytes.
    pub response_bytes: usize,
    /// Status of the answer; 0 for a reset connection or a client that went away.
    pub status: u16,
    /// How it tried to sign in.
    pub auth: AuthKind,
    /// Who it was, by user id, once signed in.
    pub user: Option<String>,
    /// Page of a search, from 1.
    pub page: Option<u32>,
    /// What went wrong on purpose.
    pub fault: Option<String>,
    /// A `Retry-After` that concerns this request was running when it arrived: the client should have waited.
    pub retry_after_running: bool,
    /// Requests under way at its arrival, itself included.
    pub in_flight: usize,
    /// The `User-Agent`.
    pub user_agent: String,
}

/// A `Retry-After` that was answered.
#[derive(Debug)]
struct Wait {
    /// Only this path (burst limits), else everything.
    path: Option<String>,
    from: Tick,
    until: Tick,
    /// The same by the site's clock: a test that lets that one jump has waited, too.
    site_until: Instant,
}

/// All requests of a site since the last [`Ledger::clear`].
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    entries: Vec<Entry>,
    waits: Vec<Wait>,
    next: usize,
    in_flight: usize,
    peak: usize,
    grace: Option<Duration>,
}

impl Ledger {
    /// Every answered request, in the order of arrival.
    pub fn entries(&self) -> Vec<Entry> {
        self.since(0)
    }

    /// What arrived after so many others and was answered, in the order of arrival: `since(ledger.arrived())` of an
    /// earlier moment. What was under way at that moment is not among it, however late it is answered.
    pub fn since(&self, arrived: usize) -> Vec<Entry> {
        let mut entries: Vec<Entry> =
            lock(&self.0).entries.iter().filter(|entry| entry.seq >= arrived).cloned().collect();
        entries.sort_by_key(|entry| entry.seq);
        entries
    }

    /// How many requests arrived so far, answered or under way, [`Ledger::clear`] or not.
    pub fn arrived(&self) -> usize {
        lock(&self.0).next
    }

    /// How many requests were answered.
    pub fn len(&self) -> usize {
        lock(&self.0).entries.len()
    }

    /// Whether nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many requests had this in their path.
    pub fn count(&self, path_part: &str) -> usize {
        lock(&self.0).entries.iter().filter(|entry| entry.path.contains(path_part)).count()
    }

    /// Bytes of all answers.
    pub fn bytes_out(&self) -> usize {
        lock(&self.0).entries.iter().map(|entry| entry.response_bytes).sum()
    }

    /// The most requests that were under way at once.
    pub fn in_flight_peak(&self) -> usize {
        lock(&self.0).peak
    }

    /// How many requests arrived while a `Retry-After` that concerned them was running: by the machine's time and by
    /// the site's clock, so that whoever waited by either is in the right.
    pub fn sent_while_retry_after(&self) -> usize {
        lock(&self.0).entries.iter().filter(|entry| entry.retry_after_running).count()
    }

    /// How long after the answer a `Retry-After` begins to count: several processes need time to tell each other.
    pub fn forgive(&self, grace: Duration) {
        lock(&self.0).grace = Some(grace);
    }

    /// Forgets everything but the requests that are under way.
    pub fn clear(&self) {
        let mut book = lock(&self.0);
        book.entries.clear();
        book.waits.clear();
        book.peak = book.in_flight;
    }

    /// A request arrives; the entry is written when the visit ends.
    pub(crate) fn arrive(&self, mut entry: Entry) -> Visit<'_> {
        let mut book = lock(&self.0);
        entry.seq = book.next;
        book.next += 1;
        book.in_flight += 1;
        book.peak = book.peak.max(book.in_flight);
        entry.in_flight = book.in_flight;
        let now = Tick::now();
        let concerns = |wait: &Wait| wait.path.as_ref().is_none_or(|path| *path == entry.path);
        entry.retry_after_running = book
            .waits
            .iter()
            .any(|wait| wait.from < now && now < wait.until && entry.at < wait.site_until && concerns(wait));
        drop(book);
        Visit { ledger: self, entry }
    }

    /// A `Retry-After` was answered.
    pub(crate) fn retry_after(&self, path: Option<String>, seconds: u32, site_now: Instant) {
        let now = Tick::now();
        let until = now + Duration::from_secs(seconds.into());
        let site_until = site_now + TimeDelta::seconds(seconds.into());
        let mut book = lock(&self.0);
        let from = now + book.grace.unwrap_or(GRACE);
        book.waits.push(Wait { path, from, until, site_until });
    }
}

/// A request under way. It is written down when dropped, also when the client went away.
#[derive(Debug)]
pub(crate) struct Visit<'a> {
    ledger: &'a Ledger,
    pub(crate) entry: Entry,
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let mut book = lock(&self.ledger.0);
        book.in_flight -= 1;
        book.entries.push(self.entry.clone());
    }
}
