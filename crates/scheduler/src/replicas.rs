//! Processes that share one database tell each other what happens: that there is work, what is news, and the events that their
//! browsers wait for. Nothing depends on it: whoever hears nothing looks at every tick, and a browser is told when it may have
//! missed something.

use crate::{Engine, events::Event};
use okrsync_domain::ConnectionId;
use okrsync_store::{LONGEST_NOTICE, Notice};
use serde::{Deserialize, Serialize};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

/// News that wait to be told; beyond, the others are told that they missed some.
const WAITING: usize = 1024;
/// How long the first news wait for others, so that they travel together.
const GATHER: Duration = Duration::from_millis(20);

/// One piece of news.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum News {
    /// There is something to do.
    Work,
    /// Issues of a connection changed.
    Hint(ConnectionId),
    /// Something that browsers want to know.
    Event(Event),
}

/// What one process tells.
#[derive(Debug, Serialize, Deserialize)]
struct Message {
    /// The process.
    from: String,
    news: Vec<News>,
}

/// News on their way out. Clones are the same way; without anybody to tell, all of it is dropped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outbox(Arc<Way>);

#[derive(Debug, Default)]
struct Way {
    out: Mutex<Option<Sender<News>>>,
    /// Whether something had no room.
    lost: AtomicBool,
}

impl Outbox {
    /// Puts news down. Never blocks.
    pub(crate) fn put(&self, news: News) {
        let out = self.0.out.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(out) = &*out
            && out.try_send(news).is_err()
        {
            self.0.lost.store(true, Ordering::SeqCst);
        }
    }

    fn open(&self) -> Receiver<News> {
        let (sender, receiver) = channel(WAITING);
        *self.0.out.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }

    /// All that waits behind the first.
    fn take(&self, first: News, waiting: &mut Receiver<News>) -> Vec<News> {
        let mut news = vec![first];
        while let Ok(more) = waiting.try_recv() {
            if !news.contains(&more) {
                news.push(more);
            }
        }
        if self.0.lost.swap(false, Ordering::SeqCst) {
            news.push(News::Event(Event::Missed));
        }
        news
    }
}

impl Engine {
    /// Tells the other processes and hears them, until `stop`.
    pub(crate) async fn run_replicas(&self, stop: CancellationToken) {
        let Some(mut listener) = self.context.store.listener() else { return };
        let mut waiting = self.context.outbox.open();
        let mut was_listening = false;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                notice = listener.next() => self.hear_notice(notice, &mut was_listening),
                Some(first) = waiting.recv() => {
                    sleep(GATHER).await;
                    let news = self.context.outbox.take(first, &mut waiting);
                    self.tell(news).await;
                }
            }
        }
        if let Ok(first) = waiting.try_recv() {
            self.tell(self.context.outbox.take(first, &mut waiting)).await;
        }
    }

    fn hear_notice(&self, notice: Notice, was_listening: &mut bool) {
        match notice {
            // What was said while nobody listened is lost.
            Notice::Listening if std::mem::replace(was_listening, true) => {
                self.context.events.relay(Event::Missed);
                self.context.waker.note_news();
                self.context.waker.wake();
            }
            Notice::Listening => {}
            Notice::Said(text) => match serde_json::from_str::<Message>(&text) {
                Ok(message) if message.from == self.worker() => {}
                Ok(message) => message.news.into_iter().for_each(|news| self.learn(news)),
                // another version of okrsync, during an upgrade
                Err(error) => tracing::debug!(%error, "another process is not understood"),
            },
        }
    }

    fn learn(&self, news: News) {
        match news {
            News::Work => {
                self.context.waker.note_news();
                self.context.waker.wake();
            }
            News::Hint(connection) => {
                self.context.waker.note_hint(connection);
                self.context.waker.wake();
            }
            News::Event(event) => self.context.events.relay(event),
        }
    }

    async fn tell(&self, news: Vec<News>) {
        for text in messages(self.worker(), &news) {
            if let Err(error) = self.context.store.notify(text).await {
                tracing::debug!(%error, "other processes could not be told; they find out by looking");
            }
        }
    }
}

/// News in as few notices as they fit in.
fn messages(from: &str, news: &[News]) -> Vec<String> {
    let text = |news: &[News]| {
        let message = Message { from: from.to_owned(), news: news.to_vec() };
        serde_json::to_string(&message).expect("news are plain")
    };
    let whole = text(news);
    match news.len() {
        _ if whole.len() <= LONGEST_NOTICE => vec![whole],
        0 | 1 => Vec::new(),
        number => {
            let (first, second) = news.split_at(number / 2);
            [first, second].into_iter().flat_map(|half| messages(from, half)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use okrsync_domain::OkrId;
    use ulid::Ulid;

    fn updated(number: u128) -> News {
        News::Event(Event::OkrUpdated { okr_id: OkrId::from(Ulid::from(number)) })
    }

    #[test]
    fn news_fit_into_notices_and_come_back_in_their_order() {
        let news: Vec<News> = (0..500).map(updated).chain([News::Work]).collect();
        let texts = messages("me", &news);
        assert!(texts.len() > 2 && texts.iter().all(|text| text.len() <= LONGEST_NOTICE));
        let back = texts.iter().flat_map(|text| serde_json::from_str::<Message>(text).unwrap().news);
        assert_eq!(back.collect::<Vec<_>>(), news);
    }

    #[test]
    fn what_has_no_room_is_said_to_be_missed() {
        let outbox = Outbox::default();
        outbox.put(updated(0));
        let mut waiting = outbox.open();
        for number in 0..=1024 {
            outbox.put(updated(number));
        }
        let first = waiting.try_recv().unwrap();
        let news = outbox.take(first, &mut waiting);
        assert_eq!((news.len(), news.last()), (1025, Some(&News::Event(Event::Missed))));
    }
}
