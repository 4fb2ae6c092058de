//! Notices between the processes on one `PostgreSQL`, by LISTEN and NOTIFY. They save waiting, and nothing depends on them: who
//! misses one finds out by looking. On SQLite there is nobody else to tell.

use crate::{Store, error::StoreError, pool::Db, target::Target};
use diesel::{RunQueryDsl, sql_query, sql_types::Text};
use std::{future::poll_fn, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinHandle,
    time::sleep,
};
use tokio_postgres::{AsyncMessage, Client};

/// The name that notices are sent under.
const CHANNEL: &str = "okrsync";
/// Bytes of a notice; `PostgreSQL` takes fewer than 8000.
pub const LONGEST_NOTICE: usize = 7900;
/// Pauses between tries to reach the database: each twice as long, up to the last.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(5)];

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Somebody said this; perhaps oneself.
    Said(String),
    /// The line is up from now on. What was said before is lost.
    Listening,
}

/// An ear at the database, with a connection of its own that it opens anew whenever it breaks.
pub struct Listener {
    target: Arc<Target>,
    line: Option<Line>,
    pause: Duration,
}

struct Line {
    said: UnboundedReceiver<String>,
    carrier: JoinHandle<()>,
    /// Closes the connection when dropped.
    _client: Client,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.carrier.abort();
    }
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("listening", &self.line.is_some()).finish_non_exhaustive()
    }
}

impl Listener {
    /// The next notice; waits as long as it takes, over any number of broken lines. Cancel-safe.
    pub async fn next(&mut self) -> Notice {
        loop {
            match &mut self.line {
                Some(line) => match line.said.recv().await {
                    Some(text) => return Notice::Said(text),
                    None => self.line = None,
                },
                None => match listen(&self.target).await {
                    Ok(line) => {
                        (self.line, self.pause) = (Some(line), PAUSES[0]);
                        return Notice::Listening;
                    }
                    Err(error) => {
                        tracing::debug!(%error, "other processes are not heard; their work is found by looking");
                        sleep(self.pause).await;
                        self.pause = (self.pause * 2).min(PAUSES[1]);
                    }
                },
            }
        }
    }
}

async fn listen(target: &Target) -> Result<Line, StoreError> {
    let (client, mut connection) = target.raw_connection().await?;
    let (tell, said) = unbounded_channel();
    let carrier = tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(notice) = message
                && tell.send(notice.payload().to_owned()).is_err()
            {
                return;
            }
        }
    });
    let begun = client.batch_execute(&format!("LISTEN {CHANNEL}")).await;
    let line = Line { said, carrier, _client: client };
    begun.map(|()| line).map_err(|error| StoreError::Unavailable(error.to_string()))
}

impl Store {
    /// Hears what processes on this database say. None where there can be no other process.
    pub fn listener(&self) -> Option<Listener> {
        match &*self.target {
            Target::Sqlite(_) => None,
            Target::Postgres(..) => Some(Listener { target: Arc::clone(&self.target), line: None, pause: PAUSES[0] }),
        }
    }

    /// Says something to every process on this database that listens, this one included: at most [`LONGEST_NOTICE`] bytes.
    pub async fn notify(&self, text: String) -> Result<(), StoreError> {
        self.read(move |db| {
            if let Db::Pg(c) = db {
                sql_query("SELECT pg_notify($1, $2)").bind::<Text, _>(CHANNEL).bind::<Text, _>(text).execute(c)?;
            }
            Ok(())
        })
        .await
    }
}
