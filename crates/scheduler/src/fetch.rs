//! Fetching issues by id into the mirror: many at once, the newest first, a few requests at a time.

use crate::{context::Context, lease, visit::Visit, walk::Trouble};
use futures_util::{
    FutureExt, StreamExt,
    stream::{self, BoxStream},
};
use okrsync_connections::{Fetched, Wanted};
use okrsync_domain::{ConnectionId, Instant, issue::IssueId};
use okrsync_store::{AFTER_LOOK, Mirrored, StoreError};
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// A fetch under way.
pub(crate) struct Fetch<'a> {
    kept: BoxStream<'a, Result<Kept, Trouble>>,
    stopped: Arc<AtomicBool>,
    /// What Jira did not give.
    pub(crate) missing: Vec<IssueId>,
}

/// What came of one request, and what did not come.
#[derive(Default)]
struct Answer {
    mirrored: Vec<Mirrored>,
    missing: Vec<IssueId>,
}

/// How many issues of one answer are in the mirror now, and what did not come.
struct Kept {
    issues: u64,
    missing: Vec<IssueId>,
}

impl<'a> Fetch<'a> {
    /// Of issues that are not mirrored as they must be, after a look at what changed that stands at `look`.
    pub(crate) async fn new(
        context: &'a Context,
        visit: &'a Visit,
        mut ids: Vec<IssueId>,
        look: Instant,
    ) -> Result<Self, Trouble> {
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let wanted = if ids.is_empty() { Wanted::default() } else { visit.wanted(context).await? };
        let size = usize::try_from(visit.site.page_sizes().fetch.max(1)).unwrap_or(1);
        let batches: Vec<Vec<IssueId>> = ids.chunks(size).map(<[_]>::to_vec).collect();
        let stopped = Arc::new(AtomicBool::new(false));
        let heard = stopped.clone();
        let ask = move |batch| {
            let (wanted, heard) = (wanted.clone(), heard.clone());
            async move {
                let is_stopped = heard.load(Ordering::SeqCst);
                if is_stopped { Ok(Answer::default()) } else { ask(context, visit, wanted, batch, look).await }
            }
            .boxed()
        };
        let keep = move |answer: Result<Answer, Trouble>| {
            async move {
                let Answer { mirrored, missing } = answer?;
                let issues = u64::try_from(mirrored.len()).unwrap_or(u64::MAX);
                keep(context, visit.connection.id, mirrored).await?;
                Ok(Kept { issues, missing })
            }
            .boxed()
        };
        // Two steps, so that no request waits to be sent while an answer is written.
        let places = visit.concurrency();
        let kept = stream::iter(batches).map(ask).buffer_unordered(places).map(keep).buffer_unordered(places).boxed();
        Ok(Self { kept, stopped, missing: Vec::new() })
    }

    /// Waits for the next answer that is kept; how many issues it had, none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<u64>, Trouble> {
        match self.kept.next().await {
            None => Ok(None),
            Some(Ok(Kept { issues, missing })) => {
                self.missing.extend(missing);
                Ok(Some(issues))
            }
            Some(Err(trouble)) => {
                // Nothing more is asked; but what is under way was paid for, and is kept. The first trouble is the one to tell.
                self.stopped.store(true, Ordering::SeqCst);
                while self.kept.next().await.is_some() {}
                Err(trouble)
            }
        }
    }
}

async fn ask(
    context: &Context,
    visit: &Visit,
    wanted: Wanted,
    batch: Vec<IssueId>,
    look: Instant,
) -> Result<Answer, Trouble> {
    let seen_at = context.clock.now().max(look + AFTER_LOOK);
    let fetched = visit.site.fetch(&batch, &wanted).await?;
    let came: HashSet<IssueId> = fetched.iter().map(|fetched| fetched.issue.id).collect();
    let missing = batch.into_iter().filter(|id| !came.contains(id)).collect();
    Ok(Answer { mirrored: mirrored(fetched, &wanted, seen_at), missing })
}

/// Keeps in the mirror what came. It was paid for, so that a database that is only busy is waited for.
pub(crate) async fn keep(
    context: &Context,
    connection: ConnectionId,
    mirrored: Vec<Mirrored>,
) -> Result<(), StoreError> {
    if mirrored.is_empty() {
        return Ok(());
    }
    let mirrored: Arc<[Mirrored]> = mirrored.into();
    Box::pin(lease::insist(|| context.store.mirror(connection, mirrored.clone()))).await
}

/// As the mirror keeps it.
pub(crate) fn mirrored(fetched: Vec<Fetched>, wanted: &Wanted, seen_at: Instant) -> Vec<Mirrored> {
    let fields = Arc::new(wanted.fields.clone());
    let kept = |Fetched { issue, too_large }| Mirrored { issue, too_large, fields: fields.clone(), seen_at };
    fetched.into_iter().map(kept).collect()
}
