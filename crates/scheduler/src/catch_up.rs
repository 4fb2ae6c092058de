//! What a visit knows of the connection's issues: how statuses count, which facts are worth keeping, and that the mirror
//! is current.
//!
//! The look at what changed is asked in minutes before the site's own now, so that no two clocks are compared, and reaches
//! back behind the look before, because an index may lag. What it lists is fetched for all queries together. It is never
//! the only cursor: every query lists all its members all the same, and what a look cannot see (an issue that left, a
//! status whose category was changed, a change without a trace) shows by that, by the status catalogue, and by the
//! limited life of everything that is mirrored.

use crate::{context::Context, fetch::Fetch, links::known_fields, visit::Visit, walk::Trouble};
use chrono::TimeDelta;
use okrsync_connections::{Error, Wanted};
use okrsync_domain::{Instant, Problem, issue::IssueId};
use okrsync_store::AFTER_LOOK;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::{Mutex, OnceCell};

/// How far a look reaches back behind the one before.
const OVERLAP: TimeDelta = TimeDelta::minutes(10);
/// After a longer pause the mirror begins anew: looking back costs more than reading.
const LONGEST_LOOK: TimeDelta = TimeDelta::days(7);
/// A look at more pages costs more than reading anew.
const MOST_PAGES: u32 = 100;

/// Statuses by id: whether their category is `done`.
pub(crate) type Done = Arc<HashMap<String, bool>>;

/// What is asked once a visit.
#[derive(Default)]
pub(crate) struct Ground {
    statuses: OnceCell<Result<Done, Problem>>,
    wanted: OnceCell<Result<Wanted, Problem>>,
    caught_up: OnceCell<CaughtUp>,
    /// One refresh at a time fetches much, so that nothing is fetched twice.
    pub(crate) fetching: Mutex<()>,
}

/// That the mirror is current.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CaughtUp {
    /// As of when.
    pub(crate) at: Instant,
    /// Where this look stands among all looks and fetches of the connection. The same as `at`, unless the clock stood
    /// still or is behind another process's: then a little later than everything before.
    pub(crate) mark: Instant,
}

/// What a look at changes found.
enum Look {
    /// These changed.
    Changed(Vec<IssueId>),
    /// It cannot be told what changed; listings tell it themselves.
    Unknown,
    /// So much that reading anew is cheaper.
    TooMuch,
}

impl Visit {
    /// The status catalogue of now: an admin can change what a status means without touching an issue.
    pub(crate) async fn statuses(&self, context: &Context) -> Result<Done, Problem> {
        let read = Box::pin(async {
            let statuses = self.answered(context, self.site.statuses().await)?;
            Ok(Arc::new(statuses.into_iter().map(|status| (status.id, status.done)).collect()))
        });
        self.ground.statuses.get_or_init(|| read).await.clone()
    }

    /// Everything that any link of the connection measures and the account sees: what is fetched serves all of them.
    pub(crate) async fn wanted(&self, context: &Context) -> Result<Wanted, Trouble> {
        let metrics = context.store.linked_metrics(self.connection.id).await?;
        let judge = Box::pin(async { Ok(known_fields(context, self, &metrics).await?.with_display()) });
        self.ground.wanted.get_or_init(|| judge).await.clone().map_err(Trouble::Refused)
    }

    /// Brings the mirror up to date, once a visit.
    pub(crate) async fn catch_up(&self, context: &Context) -> Result<CaughtUp, Trouble> {
        let look = || Box::pin(self.look(context));
        self.ground.caught_up.get_or_try_init(look).await.copied()
    }

    async fn look(&self, context: &Context) -> Result<CaughtUp, Trouble> {
        if let Some(problem) = self.broken() {
            return Err(Trouble::Refused(problem.clone()));
        }
        let (id, at) = (self.connection.id, context.clock.now());
        let before = context.store.mirror_mark(id).await?;
        let mark = before.map_or(at, |before| at.max(before + AFTER_LOOK + AFTER_LOOK));
        let look = match before.and_then(|before| minutes_since(before, at)) {
            Some(minutes) => self.changed_within(minutes).await?,
            None => Look::TooMuch,
        };
        match look {
            Look::TooMuch => {
                context.store.restart_mirror(id, before, self.opened_at).await?;
                return Ok(CaughtUp { at: self.opened_at, mark });
            }
            Look::Unknown => {}
            Look::Changed(listed) => {
                let known = context.store.note_changed(id, listed, mark).await?;
                let mut fetch = Fetch::new(context, self, known, mark).await?;
                while fetch.next().await?.is_some() {}
                context.store.unmirror(id, fetch.missing).await?;
            }
        }
        Ok(CaughtUp { at, mark })
    }

    async fn changed_within(&self, minutes: u32) -> Result<Look, Trouble> {
        let (mut pages, mut listed) = (self.site.changed_within(minutes), Vec::new());
        for _ in 0..MOST_PAGES {
            match pages.next().await {
                Ok(Some(page)) => listed.extend(page.issues.iter().map(|issue| issue.id)),
                Ok(None) => return Ok(Look::Changed(listed)),
                // More changed meanwhile. Where listings tell when each issue changed, nothing is lost.
                Err(Error::ResultChanged { .. }) if self.site.stamps() => return Ok(Look::Unknown),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(if self.site.stamps() { Look::Unknown } else { Look::TooMuch })
    }
}

/// How many minutes before now a look must reach back; none if that is too far. Processes' clocks may differ a little.
fn minutes_since(mark: Instant, now: Instant) -> Option<u32> {
    let since = now - mark;
    if since < -OVERLAP || since > LONGEST_LOOK {
        return None;
    }
    let back = since.max(TimeDelta::zero()) + OVERLAP;
    u32::try_from(back.num_minutes() + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_reaches_back_behind_the_one_before() {
        let now: Instant = "2026-11-20T12:00:00Z".parse().unwrap();
        let back = |minutes: i64| minutes_since(now - TimeDelta::minutes(minutes), now);
        assert_eq!((back(0), back(60), back(-5)), (Some(11), Some(71), Some(11)));
        assert_eq!(minutes_since(now - TimeDelta::seconds(61), now), Some(12), "never short of a minute");
        assert_eq!((back(8 * 24 * 60), back(-11)), (None, None));
    }
}
