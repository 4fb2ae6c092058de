//! A circuit breaker: a site that does not answer is spared, and asked by one request at a time until it does.

use super::End;
use crate::Error;
use okrsync_domain::{Clock, Instant};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// So many requests in a row without an answer open it.
const OPENS_AFTER: u32 = 5;

/// Whether a site answers.
pub(crate) struct Breaker {
    state: Mutex<State>,
    clock: Clock,
}

#[derive(Default)]
struct State {
    /// Requests in a row that got no answer.
    unanswered: u32,
    /// What the last of them ended in.
    error: Option<Error>,
    /// The next probe is sent then.
    rest: Option<End>,
    probing: bool,
}

impl State {
    fn is_open(&self) -> bool {
        self.unanswered >= OPENS_AFTER
    }

    fn rests(&self, now: Instant) -> bool {
        self.probing || self.rest.is_some_and(|rest| !rest.is_over(now))
    }
}

/// Leave to send one request, to be given back with what came of it.
pub(crate) struct Trial<'a> {
    breaker: &'a Breaker,
    /// Whether others wait for it.
    is_probe: bool,
}

impl Breaker {
    pub(super) fn new(clock: Clock) -> Self {
        Self { state: Mutex::default(), clock }
    }

    /// Lets a request pass. While the breaker is open only a probe does, after a rest; and whoever insists, because a
    /// person waits for the true answer.
    ///
    /// # Errors
    /// What the last request ended in: nothing is sent.
    pub(crate) fn pass(&self, insists: bool) -> Result<Trial<'_>, Error> {
        let now = self.clock.now();
        self.with(|state| {
            let is_probe = state.is_open() && !insists;
            if is_probe && state.rests(now) {
                let error = state.error.clone();
                return Err(error.unwrap_or(Error::ServerError { status: 503, detail: String::new() }));
            }
            state.probing |= is_probe;
            Ok(Trial { breaker: self, is_probe })
        })
    }

    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Trial<'_> {
    /// Somebody is at home: everybody may ask again.
    pub(crate) fn answered(self) {
        self.breaker.with(|state| *state = State::default());
    }

    /// Nobody answered, or only to say so. Another probe is sent after `rest` at the earliest.
    pub(crate) fn failed(self, error: &Error, rest: Duration) {
        let now = self.breaker.clock.now();
        let end = End::new(now + chrono::TimeDelta::from_std(rest).unwrap_or_default(), now);
        self.breaker.with(|state| {
            state.unanswered = state.unanswered.saturating_add(1);
            state.error = Some(error.clone());
            state.rest = Some(state.rest.map_or(end, |rest| rest.and(end)));
        });
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        if self.is_probe {
            self.breaker.with(|state| state.probing = false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn outage() -> Error {
        Error::ServerError { status: 502, detail: "bad gateway".to_owned() }
    }

    #[test]
    fn an_open_breaker_lets_one_probe_through_after_each_rest() {
        let clock = Clock::manual("2026-11-20T10:00:00Z".parse().unwrap());
        let breaker = Breaker::new(clock.clone());
        let rest = Duration::from_mins(1);
        for _ in 0..OPENS_AFTER {
            breaker.pass(false).unwrap().failed(&outage(), rest);
        }
        assert_eq!(breaker.pass(false).err(), Some(outage()), "it rests");
        drop(breaker.pass(true).unwrap());
        clock.advance(TimeDelta::minutes(1));
        let probe = breaker.pass(false).unwrap();
        assert_eq!(breaker.pass(false).err(), Some(outage()), "one at a time");
        probe.failed(&outage(), rest);
        assert!(breaker.pass(false).is_err(), "it rests again");
        clock.advance(TimeDelta::minutes(1));
        drop(breaker.pass(false).unwrap());
        let probe = breaker.pass(false).expect("a probe that was given up is made up for");
        probe.answered();
        let (one, two) = (breaker.pass(false), breaker.pass(false));
        assert!(one.is_ok() && two.is_ok(), "closed");
    }

    #[test]
    fn an_answer_in_between_keeps_it_closed() {
        let breaker = Breaker::new(Clock::system());
        for _ in 0..3 {
            for _ in 1..OPENS_AFTER {
                breaker.pass(false).unwrap().failed(&outage(), Duration::from_mins(1));
            }
            breaker.pass(false).unwrap().answered();
        }
        assert!(breaker.pass(false).is_ok());
    }
}
