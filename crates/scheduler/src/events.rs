//! What happened, for browsers that listen: numbered, with a memory short enough to keep and long enough to resume.

use crate::replicas::{News, Outbox};
use okrsync_domain::{Clock, ConnectionId, OkrId, RefreshId, connection::ConnectionState, refresh::RefreshState};
use serde::{Deserialize, Serialize};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::broadcast::{self, error::RecvError};

/// Events that a listener who lost the line can catch up on.
const REMEMBERED: usize = 1024;

/// Something worth telling a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// An OKR's numbers, freshness or text changed.
    OkrUpdated {
        /// The OKR.
        okr_id: OkrId,
    },
    /// A refresh went on.
    RefreshProgress {
        /// The refresh of one query.
        refresh_id: RefreshId,
        /// How far it has come.
        state: RefreshState,
        /// Issues read so far.
        done: u64,
        /// Issues to read, once known.
        total: Option<u64>,
    },
    /// A connection's state changed.
    ConnectionState {
        /// The connection.
        connection_id: ConnectionId,
        /// How it is now.
        state: ConnectionState,
    },
    /// Events were lost on the way to this listener: read everything again.
    Missed,
}

/// An event with its place in the order of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequenced {
    /// Grows by one per event; also over restarts it only grows.
    pub sequence: u64,
    /// What happened.
    pub event: Event,
}

/// The events of this process, and those that other processes on the database tell of. Clones are the same stream.
#[derive(Debug, Clone)]
pub struct Events {
    memory: Arc<Mutex<Memory>>,
    live: broadcast::Sender<Sequenced>,
    outbox: Outbox,
}

#[derive(Debug)]
struct Memory {
    next: u64,
    recent: VecDeque<Sequenced>,
}

impl Events {
    /// An empty stream. Numbers start at the clock's microseconds, so that a number from before a restart is
    /// recognised as old.
    ///
    /// ```
    /// use okrsync_domain::Clock;
    /// use okrsync_scheduler::events::{Event, Events};
    /// let events = Events::new(&Clock::system());
    /// events.publish(Event::Missed);
    /// ```
    pub fn new(clock: &Clock) -> Self {
        let next = u64::try_from(clock.now().timestamp_micros()).unwrap_or(0);
        let memory = Memory { next, recent: VecDeque::with_capacity(REMEMBERED) };
        let live = broadcast::Sender::new(REMEMBERED);
        Self { memory: Arc::new(Mutex::new(memory)), live, outbox: Outbox::default() }
    }

    /// The same stream, which other processes are told of as well.
    pub(crate) fn telling(self, outbox: &Outbox) -> Self {
        Self { outbox: outbox.clone(), ..self }
    }

    /// Tells everybody, here and elsewhere.
    pub fn publish(&self, event: Event) {
        self.outbox.put(News::Event(event.clone()));
        self.relay(event);
    }

    /// Tells everybody here.
    pub(crate) fn relay(&self, event: Event) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let sequenced = Sequenced { sequence: memory.next, event };
        memory.next += 1;
        if memory.recent.len() == REMEMBERED {
            memory.recent.pop_front();
        }
        memory.recent.push_back(sequenced.clone());
        // Sent under the lock, so that live events arrive in their order. Nobody listening is no error.
        let _ = self.live.send(sequenced);
    }

    /// Tells that a refresh ended, and whose numbers it was about.
    pub(crate) fn refresh_ended(&self, refresh_id: RefreshId, state: RefreshState, done: u64, okrs: &[OkrId]) {
        self.publish(Event::RefreshProgress { refresh_id, state, done, total: Some(done) });
        for okr_id in okrs {
            self.publish(Event::OkrUpdated { okr_id: *okr_id });
        }
    }

    /// Listens from now on, or, with the number of the last event that was heard, from the one behind it. Where that
    /// one is no longer remembered the first event is [`Event::Missed`].
    pub fn subscribe(&self, after: Option<u64>) -> Subscription {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let live = self.live.subscribe();
        let mut backlog = VecDeque::new();
        if let Some(after) = after {
            let oldest = memory.recent.front().map_or(memory.next, |event| event.sequence);
            if after.saturating_add(1) < oldest || after >= memory.next {
                backlog.push_back(Sequenced { sequence: memory.next.saturating_sub(1), event: Event::Missed });
            } else {
                backlog.extend(memory.recent.iter().filter(|event| event.sequence > after).cloned());
            }
        }
        Subscription { backlog, live, heard: memory.next.saturating_sub(1) }
    }
}

/// One listener.
#[derive(Debug)]
pub struct Subscription {
    backlog: VecDeque<Sequenced>,
    live: broadcast::Receiver<Sequenced>,
    heard: u64,
}

impl Subscription {
    /// The next event; none once the engine is gone. Cancel-safe.
    pub async fn next(&mut self) -> Option<Sequenced> {
        if let Some(event) = self.backlog.pop_front() {
            return Some(event);
        }
        match self.live.recv().await {
            Ok(event) => {
                self.heard = event.sequence;
                Some(event)
            }
            Err(RecvError::Lagged(lost)) => {
                self.heard = self.heard.saturating_add(lost);
                Some(Sequenced { sequence: self.heard, event: Event::Missed })
            }
            Err(RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    fn updated(number: u128) -> Event {
        Event::OkrUpdated { okr_id: OkrId::from(Ulid::from(number)) }
    }

    #[tokio::test]
    async fn a_listener_resumes_behind_what_it_heard() {
        let events = Events::new(&Clock::system());
        let mut first = events.subscribe(None);
        for number in 0..3 {
            events.publish(updated(number));
        }
        let heard = first.next().await.unwrap();
        assert_eq!(heard.event, updated(0));
        let mut again = events.subscribe(Some(heard.sequence));
        events.publish(updated(3));
        for number in 1..4 {
            assert_eq!(again.next().await.unwrap().event, updated(number));
        }
    }

    #[tokio::test]
    async fn a_gap_is_said_not_hidden() {
        let clock = Clock::manual("2026-11-20T12:00:00Z".parse().unwrap());
        let before = Events::new(&clock);
        before.publish(updated(0));
        clock.advance(chrono::TimeDelta::seconds(1));
        let events = Events::new(&clock);
        let old = u64::try_from(clock.now().timestamp_micros()).unwrap() - 1_000_000;
        let mut resumed = events.subscribe(Some(old));
        assert_eq!(resumed.next().await.unwrap().event, Event::Missed, "from before a restart");
        let mut slow = events.subscribe(None);
        for number in 0..=REMEMBERED as u128 {
            events.publish(updated(number));
        }
        let missed = slow.next().await.unwrap();
        assert_eq!(missed.event, Event::Missed, "too slow for the memory");
        let next = slow.next().await.unwrap();
        assert_eq!((next.event, next.sequence), (updated(1), missed.sequence + 1));
        assert_eq!(events.subscribe(Some(0)).next().await.unwrap().event, Event::Missed);
        assert_eq!(events.subscribe(Some(u64::MAX)).next().await.unwrap().event, Event::Missed);
    }
}
