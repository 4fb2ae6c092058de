//! One walk over everything a query matches: which issues those are, all of them, with their facts in the mirror.

use crate::{
    catch_up::Done,
    context::Context,
    cost::{self, Unit, Way},
    error::{internal, jira},
    events::Event,
    fetch::{self, Fetch},
    gate::Promise,
    lease::{self, Gauge},
    links::Links,
    visit::Visit,
};
use okrsync_connections::Error;
use okrsync_domain::{Instant, Problem, issue::IssueId, problem::ProblemCode, refresh::RefreshState};
use okrsync_store::{Claim, Demand, Sighting, StoreError};
use std::sync::Arc;

/// Why a walk gave no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// Jira, or something in its place.
    #[error(transparent)]
    Jira(Error),
    /// Our own database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The answers did not stand the proof.
    #[error("{}", .0.message)]
    Refused(Problem),
    /// The integration was switched off meanwhile.
    #[error("the Jira integration was switched off")]
    SwitchedOff,
}

/// Everything that one walk found.
pub(crate) struct Walked {
    /// As of when: what was found was so between then and now.
    pub(crate) at: Instant,
    /// What matched, by id; all of it is mirrored.
    pub(crate) members: Arc<[IssueId]>,
    /// How statuses count. Empty where every category came with its issue.
    pub(crate) done: Done,
    /// What Jira said beside the pages.
    pub(crate) warnings: Vec<String>,
}

impl Walked {
    /// How many issues matched.
    pub(crate) fn matched(&self) -> u64 {
        count(&self.members)
    }
}

/// A refresh's tools for walking.
pub(crate) struct Walker<'a> {
    pub(crate) context: &'a Context,
    pub(crate) visit: &'a Visit,
    pub(crate) claim: &'a Claim,
    pub(crate) gauge: &'a Gauge,
}

impl Walker<'_> {
    /// Walks until a walk holds: what changed while it was read is read again a few times.
    pub(crate) async fn walk(&self, links: &Links) -> Result<Walked, Trouble> {
        let mut unstable = 0;
        loop {
            match Box::pin(self.once(links)).await {
                Err(Trouble::Jira(error @ Error::ResultChanged { .. }))
                    if unstable < self.context.config.unstable_retries =>
                {
                    unstable += 1;
                    tracing::debug!(refresh.id = %self.claim.lease.refresh_id, %error, "it is read again from its start");
                }
                ended => return ended,
            }
        }
    }

    async fn once(&self, links: &Links) -> Result<Walked, Trouble> {
        let matched = self.expected().await?;
        // Of what is not known yet, the first page tells.
        let way = cost::way(matched.unwrap_or(0), self.visit.site.page_sizes(), self.visit.unit());
        let promise = self.afford(matched, way).await?;
        match way {
            Way::Read => self.read(links, promise).await,
            Way::Sweep => self.sweep(links, promise).await,
        }
    }

    /// How many issues will match, as far as is known. Of a query that ran into the budget, Jira is asked.
    async fn expected(&self) -> Result<Option<u64>, Trouble> {
        let query = &self.claim.query;
        let ran_dry = query.problem.as_ref().is_some_and(|problem| problem.code == ProblemCode::BudgetUsedUp);
        if ran_dry { Ok(Some(self.visit.site.count(&query.canonical).await?.number)) } else { Ok(query.last_matched) }
    }

    /// Has room in the budget for what listing the query takes, where that is known to be more than a page.
    async fn afford(&self, matched: Option<u64>, way: Way) -> Result<Promise, Trouble> {
        let sizes = self.visit.site.page_sizes();
        let size = match way {
            Way::Read => sizes.facts,
            Way::Sweep => sizes.listing,
        };
        match cost::at_one_go(matched.unwrap_or(0), self.visit.site.added_by_page(size)) {
            1 => Ok(Promise::default()),
            needed => Ok(self.context.sites.promise(self.claim.query.connection_id, needed).await?),
        }
    }

    /// Reads everything with its facts; what turns out to be more than a page is swept, where that costs less.
    async fn read(&self, links: &Links, mut promise: Promise) -> Result<Walked, Trouble> {
        let (wanted, at) = (self.visit.wanted(self.context).await?, self.context.clock.now());
        let (mut members, mut warnings) = (Vec::new(), Vec::new());
        let mut pages = self.visit.site.read(&self.claim.query.canonical, &wanted);
        loop {
            let seen_at = self.context.clock.now();
            let Some(page) = pages.next().await? else { break };
            promise.spend();
            members.extend(page.issues.iter().map(|fetched| fetched.issue.id));
            warnings.extend(page.warnings);
            let came = fetch::mirrored(page.issues, &wanted, seen_at);
            fetch::keep(self.context, self.claim.query.connection_id, came).await?;
            if !pages.is_proved() && self.visit.unit() == Unit::Requests {
                return self.sweep(links, promise).await;
            }
            self.show(count(&members), page.total).await?;
        }
        Ok(walked(at, members, Done::default(), warnings))
    }

    /// Lists all members, and fetches those that are new to the mirror or have changed.
    async fn sweep(&self, links: &Links, mut promise: Promise) -> Result<Walked, Trouble> {
        let caught_up = self.visit.catch_up(self.context).await?;
        let done = self.visit.statuses(self.context).await.map_err(Trouble::Refused)?;
        let (mut listed, mut warnings) = (Vec::new(), Vec::new());
        let mut pages = self.visit.site.sweep(&self.claim.query.canonical);
        while let Some(page) = pages.next().await? {
            promise.spend();
            listed.extend(page.issues.iter().map(|issue| (issue.id, issue.updated)));
            warnings.extend(page.warnings);
            self.show(0, page.total.or(Some(count(&listed)))).await?;
        }
        drop(promise);
        self.complete(&listed, links, &done, caught_up.mark).await?;
        Ok(walked(caught_up.at, listed.into_iter().map(|(id, _)| id).collect(), done, warnings))
    }

    /// Has everything mirrored that is listed.
    async fn complete(&self, listed: &[Sighting], links: &Links, done: &Done, look: Instant) -> Result<(), Trouble> {
        let mut lacking = self.lacking(listed, links, done).await?;
        let size = usize::try_from(self.visit.site.page_sizes().fetch).unwrap_or(usize::MAX);
        let _alone = if lacking.len() > size {
            // Others may be fetching the same.
            let alone = self.visit.ground.fetching.lock().await;
            lacking = self.lacking(listed, links, done).await?;
            Some(alone)
        } else {
            None
        };
        let total = count(listed);
        let mut present = total - count(&lacking);
        let mut fetch = Fetch::new(self.context, self.visit, lacking, look).await?;
        while let Some(more) = fetch.next().await? {
            present += more;
            self.show(present, Some(total)).await?;
        }
        match fetch.missing.first() {
            None => self.show(total, Some(total)).await,
            Some(id) => Err(Error::ResultChanged { detail: format!("issue {id} was listed and is not there") }.into()),
        }
    }

    async fn lacking(&self, listed: &[Sighting], links: &Links, done: &Done) -> Result<Vec<IssueId>, Trouble> {
        let demand = Demand {
            fields: links.fields(),
            statuses: done.keys().cloned().collect(),
            now: self.context.clock.now(),
            believed_for: self.context.config.believed_for(),
        };
        Ok(self.context.store.unmirrored(self.claim.query.connection_id, listed.to_vec(), demand).await?)
    }

    async fn show(&self, done: u64, total: Option<u64>) -> Result<(), Trouble> {
        self.gauge.update(|progress| (progress.done, progress.total) = (done, total));
        if self.gauge.is_news() { self.tell(done, total).await } else { Ok(()) }
    }

    /// Shows progress to those who poll and those who listen, and looks whether it is still wanted.
    async fn tell(&self, done: u64, total: Option<u64>) -> Result<(), Trouble> {
        let shown = lease::extend(self.context, &self.claim.lease, self.gauge).await;
        // A long walk is not thrown away because its progress could not be shown.
        shown.or_else(|error| if error.is_transient() { Ok(()) } else { Err(error) })?;
        if self.context.store.organisation().await.is_ok_and(|organisation| !organisation.jira_enabled) {
            return Err(Trouble::SwitchedOff);
        }
        let refresh_id = self.claim.lease.refresh_id;
        self.context.events.publish(Event::RefreshProgress { refresh_id, state: RefreshState::Running, done, total });
        Ok(())
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        if error == Error::SwitchedOff { Self::SwitchedOff } else { Self::Jira(error) }
    }
}

fn walked(at: Instant, mut members: Vec<IssueId>, done: Done, warnings: Vec<String>) -> Walked {
    members.sort_unstable();
    Walked { at, members: members.into(), done, warnings }
}

fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

impl Trouble {
    /// Whether nothing is wrong but that nobody wants it any more.
    pub(crate) fn is_switch(&self) -> bool {
        match self {
            Self::SwitchedOff => true,
            Self::Refused(problem) => problem.code == ProblemCode::IntegrationDisabled,
            Self::Jira(_) | Self::Store(_) => false,
        }
    }

    /// As the OKR will say it.
    pub(crate) fn problem(&self, at: Instant) -> Problem {
        match self {
            Self::Jira(error) => jira(error, at),
            Self::Refused(problem) => problem.clone(),
            Self::SwitchedOff => internal(&self.to_string(), at),
            Self::Store(StoreError::Unmeasurable(problem)) => (**problem).clone(),
            Self::Store(error) => internal(&error.to_string(), at),
        }
    }
}
