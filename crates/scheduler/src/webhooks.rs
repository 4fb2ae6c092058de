//! What Jira tells us by itself: hints are gathered for a moment, then the queries that they concern are refreshed.
//!
//! | part | what it does |
//! |---|---|
//! | `mailbox` | gathers hints by connection |
//! | `joining` | which queries an issue may match now that it did not match before |
//! | `set_up` | addresses and secrets; webhooks that we register ourselves, and renew |
//!
//! A hint is never truth: it has queries read and proved as always, only sooner. What it names is fetched again and searched
//! past a lagging index. One that is lost, doubled, late or made up changes nothing in the end: every query is swept once a
//! period all the same. Hints are kept in memory until they are looked at, and a flood of them gets no more than half of the
//! time and half of the connection's budget.

mod joining;
mod mailbox;
mod set_up;

pub(crate) use mailbox::Mailbox;
pub use set_up::SetUp;

use crate::{Engine, SyncError, replicas::News};
use chrono::TimeDelta;
use okrsync_connections::webhook::{self, Refused};
use okrsync_domain::{
    ConnectionId, Instant, QueryId, RefreshId,
    connection::{Connection, ConnectionState},
    issue::IssueId,
};
use okrsync_store::{Webhook, WebhookKind};
use std::time::Duration;
use tokio::{task::JoinSet, time};
use tokio_util::sync::CancellationToken;

/// How long the first hint waits for others: an edit in Jira often comes as several events.
const GATHER: Duration = Duration::from_millis(150);
/// The least rest between two batches of one connection. A batch that took longer is followed by a rest as long.
const SHORTEST_REST: Duration = Duration::from_millis(250);
/// The refreshes of a batch are not waited for any longer: one may be a first sync.
const LONGEST_BATCH: Duration = Duration::from_secs(10);
/// Percent of a connection's hourly budget up to which hints are heeded; the rest is the sweep's.
const BUDGET_PERCENT: u64 = 50;

/// What a delivery brings to prove where it comes from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Proofs<'a> {
    /// `X-Hub-Signature`.
    pub signature: Option<&'a str>,
    /// `Authorization`.
    pub authorization: Option<&'a str>,
}

impl Engine {
    /// The webhook at an address: of this connection, with this secret behind it. None if there is no such address.
    ///
    /// # Errors
    /// The database.
    pub async fn webhook_at(&self, id: ConnectionId, in_address: &str) -> Result<Option<Webhook>, SyncError> {
        let webhook = self.context.store.find_webhook(id).await?;
        let hash = webhook::address_hash(in_address);
        Ok(webhook.filter(|webhook| webhook.address_hash == hash))
    }

    /// Takes a delivery. It is looked at in a moment: how many issues it is about.
    ///
    /// # Errors
    /// The database, or a key that does not open the webhook's secret. What is not believed is refused, which is no error.
    pub async fn hear(
        &self,
        webhook: &Webhook,
        body: &[u8],
        proofs: Proofs<'_>,
    ) -> Result<Result<usize, Refused>, SyncError> {
        let checked = match webhook.kind {
            WebhookKind::Registered => self.check_token(webhook, proofs.authorization).await?,
            WebhookKind::Manual if webhook.signed => {
                let secret = self.hook_secret(webhook)?.signing();
                webhook::check_signature(&secret, body, proofs.signature)
            }
            // The address alone guards it: older servers sign nothing.
            WebhookKind::Manual => Ok(()),
        };
        Ok(checked.and_then(|()| webhook::issues_of(body)).map(|issues| {
            let number = issues.len();
            metrics_facade::counter!("okrsync_hints_total").increment(u64::try_from(number).unwrap_or(u64::MAX));
            self.mailbox.put(webhook.connection_id, issues);
            number
        }))
    }

    /// Looks at hints until `stop`, each connection for itself.
    pub(crate) async fn run_hints(&self, stop: CancellationToken) {
        let mut at_work = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                id = self.mailbox.next() => {
                    let engine = self.clone();
                    at_work.spawn(async move { engine.heed(id).await });
                }
                Some(ended) = at_work.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "the hints of a connection were given up");
                    }
                }
            }
        }
    }

    /// Looks at a connection's hints until there are none.
    async fn heed(&self, id: ConnectionId) {
        time::sleep(GATHER).await;
        while let Some(issues) = self.mailbox.take(id) {
            let begun = time::Instant::now();
            if let Err(error) = Box::pin(self.look_at(id, issues)).await {
                tracing::warn!(%error, connection.id = %id, "a hint could not be looked at; the next sweep finds what changed");
            }
            time::sleep(begun.elapsed().max(SHORTEST_REST)).await;
        }
    }

    /// Has the queries refreshed that some issues concern, and waits until that is done.
    async fn look_at(&self, id: ConnectionId, issues: Vec<IssueId>) -> Result<(), SyncError> {
        let context = &self.context;
        let Some(connection) = context.store.find_connection(id).await? else { return Ok(()) };
        if !self.may_be_asked(&connection).await? {
            tracing::debug!(connection.id = %id, issues = issues.len(), "hints wait for the next sweep");
            return Ok(());
        }
        // Before they can be claimed, so that they are not measured by what was learnt before.
        context.waker.note_hint(id);
        let holding = context.store.note_hints(id, issues.clone(), context.clock.now()).await?;
        // Visits from now on know of the hint: one of them serves all queries that it concerns.
        let noted_at = context.clock.now();
        self.tell_hint(id);
        tracing::debug!(connection.id = %id, issues = issues.len(), queries = holding.len(), "Jira hints at changes");
        let known: Vec<QueryId> = holding.iter().map(|(query, _)| *query).collect();
        let joining = match Box::pin(self.joining(&connection, &issues, &known)).await {
            Ok(joining) => joining,
            Err(error) => {
                tracing::debug!(%error, connection.id = %id, "what an issue may match now is left to the next sweep");
                Vec::new()
            }
        };
        context.sites.account(id).await;
        let joined = if joining.is_empty() {
            Vec::new()
        } else {
            let joined = context.store.hint_queries(id, joining, noted_at).await?;
            self.tell_hint(id);
            joined
        };
        self.wait_for(holding.into_iter().chain(joined)).await
    }

    /// Says, here and elsewhere, that queries of a connection are to be looked at again.
    fn tell_hint(&self, id: ConnectionId) {
        self.context.waker.wake();
        self.context.outbox.put(News::Hint(id));
    }

    /// Waits until refreshes have ended, for a while.
    async fn wait_for(&self, refreshes: impl IntoIterator<Item = (QueryId, RefreshId)>) -> Result<(), SyncError> {
        let deadline = time::Instant::now() + LONGEST_BATCH;
        for (_, refresh) in refreshes {
            self.wait(refresh, deadline.saturating_duration_since(time::Instant::now())).await?;
        }
        Ok(())
    }

    /// Whether hints of a connection are worth a request: it is on, signed in, in no trouble, and has budget left.
    async fn may_be_asked(&self, connection: &Connection) -> Result<bool, SyncError> {
        let (context, now) = (&self.context, self.context.clock.now());
        let resting = |until: Option<Instant>| until.is_some_and(|until| until > now);
        let retry_at = connection.last_error.as_ref().and_then(|problem| problem.retry_at);
        let is_on =
            matches!(connection.state, ConnectionState::Untested | ConnectionState::Ok | ConnectionState::Failing);
        if !is_on || resting(connection.paused_until) || resting(retry_at) {
            return Ok(false);
        }
        if !context.store.organisation().await?.jira_enabled {
            return Ok(false);
        }
        context.sites.account(connection.id).await;
        let used = context.store.requests_since(connection.id, now - TimeDelta::hours(1)).await?;
        Ok(used < u64::from(connection.budget_per_hour).saturating_mul(BUDGET_PERCENT) / 100)
    }
}
