//! One walk over everything a query matches: pages go to the stage and into the tallies as they come.

use crate::{
    context::Context,
    error::{internal, jira},
    events::Event,
    lease::{self, Gauge},
    links::Links,
};
use okrsync_connections::{Error, Page, Site};
use okrsync_domain::{Instant, Problem, problem::ProblemCode, refresh::RefreshState};
use okrsync_metrics::Tallier;
use okrsync_store::{Claim, StoreError};

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
    /// When it began: the instant of its readings.
    pub(crate) at: Instant,
    /// Issues that matched.
    pub(crate) matched: u64,
    /// One per measurable link, in their order.
    pub(crate) talliers: Vec<Tallier>,
    /// What Jira said beside the pages.
    pub(crate) warnings: Vec<String>,
}

/// A refresh's tools for walking.
pub(crate) struct Walker<'a> {
    pub(crate) context: &'a Context,
    pub(crate) site: &'a Site,
    pub(crate) claim: &'a Claim,
    pub(crate) gauge: &'a Gauge,
}

impl Walker<'_> {
    /// Walks until a walk holds. What changed while it was read is read again a few times; a field whose numbers are
    /// too large costs the links that need it, not the others.
    pub(crate) async fn walk(&self, links: &mut Links) -> Result<Walked, Trouble> {
        let mut unstable = 0;
        loop {
            let error = match self.once(links).await {
                Ok(walked) => return Ok(walked),
                Err(error) => error,
            };
            match &error {
                Trouble::Jira(Error::ResultChanged { .. }) | Trouble::Store(StoreError::Duplicate { .. })
                    if unstable < self.context.config.unstable_retries =>
                {
                    unstable += 1;
                }
                Trouble::Jira(too_large @ Error::NumberTooLarge { field, .. }) => {
                    let problem = jira(too_large, self.context.clock.now());
                    if !links.give_up(field, &problem) || links.measurable.is_empty() {
                        return Err(error);
                    }
                }
                _ => return Err(error),
            }
            tracing::debug!(refresh.id = %self.claim.lease.refresh_id, %error, "the result is read again from its start");
            self.context.store.clear_stage(&self.claim.lease).await?;
        }
    }

    async fn once(&self, links: &Links) -> Result<Walked, Trouble> {
        let mut walked = Walked {
            at: self.context.clock.now(),
            matched: 0,
            talliers: links.measurable.iter().map(crate::links::Measurable::tallier).collect(),
            warnings: Vec::new(),
        };
        let mut pages = self.site.search(&self.claim.query.canonical, &links.wanted());
        while let Some(page) = pages.next().await? {
            self.take(page, &mut walked).await?;
        }
        Ok(walked)
    }

    async fn take(&self, page: Page, walked: &mut Walked) -> Result<(), Trouble> {
        for issue in &page.issues {
            for tallier in &mut walked.talliers {
                tallier.add(&issue.key, &issue.facts);
            }
        }
        walked.matched += u64::try_from(page.issues.len()).unwrap_or(u64::MAX);
        walked.warnings.extend(page.warnings);
        if !page.issues.is_empty() {
            self.context.store.stage(&self.claim.lease, page.issues).await?;
        }
        let (done, total) = (walked.matched, page.total);
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
            // An issue that comes twice in one walk, and again after the retries.
            Self::Store(StoreError::Duplicate { .. }) => Problem {
                code: ProblemCode::JiraUnexpectedAnswer,
                message: "Jira gave the same issue twice in one result.".to_owned(),
                hint: Some("It is tried again by itself.".to_owned()),
                at,
                retry_at: None,
            },
            Self::Store(error) => internal(&error.to_string(), at),
        }
    }
}
