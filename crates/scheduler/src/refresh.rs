//! One refresh: a query is read, proved, and recorded with what it means for each of its links, or it fails and the last
//! good readings stay.

use crate::{
    context::Context,
    departures,
    lease::{self, Gauge},
    links::Links,
    measuring::Measuring,
    pass::okrs_of,
    plan, proof,
    visit::Visit,
    walk::{Trouble, Walked, Walker},
};
use okrsync_connections::Error;
use okrsync_domain::{
    Instant, Problem,
    issue::IssueId,
    moves::Gone,
    problem::ProblemCode,
    reading::{Warning, WarningCode},
    refresh::RefreshState,
};
use okrsync_store::{Claim, Failure, Recording, StoreError};

/// How a refresh ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Proved and recorded.
    Done {
        /// Issues that matched.
        issues: u64,
    },
    /// Failed; earlier values stay.
    Failed,
    /// It fails with its whole connection, as soon as that is written down.
    Stranded(Box<Failure>),
    /// Somebody else has the lease, or the database could not be reached: another attempt will follow.
    Lost,
    /// Given back at shutdown before it began.
    Released,
}

impl Ended {
    /// The word for the metric's label.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Failed | Self::Stranded(_) => "failed",
            Self::Lost => "lost",
            Self::Released => "released",
        }
    }
}

/// What was found and proved.
struct Proved {
    walked: Walked,
    links: Links,
    warnings: Vec<Warning>,
    gone: Vec<(IssueId, Gone)>,
}

/// A claimed query on a visit to its connection.
pub(crate) struct Refresh<'a> {
    pub(crate) context: &'a Context,
    pub(crate) visit: &'a Visit,
    pub(crate) claim: &'a Claim,
}

impl Refresh<'_> {
    /// Runs it to its end.
    pub(crate) async fn run(&self) -> Ended {
        let began = self.context.clock.now();
        let gauge = Gauge::default();
        let mut again = self.context.config.unstable_retries;
        let ended = loop {
            let held = lease::hold(self.context, &self.claim.lease, &gauge, Box::pin(self.prove(&gauge))).await;
            match self.end(held, began, &gauge).await {
                // Somebody fetched the same with less, or found it gone: the next walk fetches it again.
                Err(StoreError::NotMirrored { .. }) if again > 0 => again -= 1,
                ended => break ended,
            }
        };
        ended.unwrap_or_else(|error| {
            tracing::warn!(%error, refresh.id = %self.claim.lease.refresh_id, "a refresh was given up");
            Ended::Lost
        })
    }

    async fn end(
        &self,
        held: Option<Result<Proved, Trouble>>,
        began: Instant,
        gauge: &Gauge,
    ) -> Result<Ended, StoreError> {
        match held {
            None => Err(StoreError::LeaseLost { refresh_id: self.claim.lease.refresh_id }),
            Some(Ok(proved)) => self.record(proved, gauge).await,
            Some(Err(trouble)) if trouble.is_switch() => {
                self.context.store.release(&self.claim.lease).await.map(|()| Ended::Released)
            }
            Some(Err(trouble)) => self.fail(&trouble, began, gauge).await,
        }
    }

    async fn prove(&self, gauge: &Gauge) -> Result<Proved, Trouble> {
        if let Some(problem) = self.visit.broken() {
            return Err(Trouble::Refused(problem.clone()));
        }
        let before = self.visit.site.requests();
        let proved = self.ask(gauge).await;
        let sent = self.visit.site.requests().saturating_sub(before);
        gauge.update(|progress| progress.requests = sent);
        proved
    }

    async fn ask(&self, gauge: &Gauge) -> Result<Proved, Trouble> {
        self.visit.prove_account(self.context).await.map_err(Trouble::Refused)?;
        let links = Links::judge(self.context, self.visit, &self.claim.links).await;
        let links = links.map_err(Trouble::Refused)?;
        if let Some(problem) = links.hopeless() {
            return Err(Trouble::Refused(problem));
        }
        let walk = Walker { context: self.context, visit: self.visit, claim: self.claim, gauge };
        let mut again = self.context.config.unstable_retries;
        let (walked, warnings) = loop {
            let walked = walk.walk(&links).await?;
            match self.believe(&walked).await {
                Err(Trouble::Jira(Error::ResultChanged { .. })) if again > 0 => again -= 1,
                believed => break (walked, believed?),
            }
        };
        let gone = departures::ask(self.context, self.visit, self.claim, walked.members.clone()).await;
        Ok(Proved { walked, links, warnings, gone })
    }

    /// Rule 5: what looks like a loss is believed only after a second look; the warnings that come with it.
    async fn believe(&self, walked: &Walked) -> Result<Vec<Warning>, Trouble> {
        let (before, now) = (self.claim.query.last_matched, walked.matched());
        let doubts = proof::doubts(before, now, self.context.config.drop_brake_percent);
        let mut said = walked.warnings.clone();
        if doubts.strict_check {
            said.extend(self.check_strictly().await?);
        }
        let mut warnings = proof::jira_warnings(&said);
        if doubts.health_probe {
            self.check_health(before.unwrap_or(0), now).await?;
            warnings.push(WarningCode::SuddenDrop.into());
        }
        Ok(warnings)
    }

    /// Nothing matches, says the walk: Jira must accept the query and find nothing once more.
    async fn check_strictly(&self) -> Result<Vec<String>, Trouble> {
        let verdict = self.visit.site.check_query(&self.claim.query.canonical).await?;
        if !verdict.accepted() {
            let messages: Vec<_> = verdict.errors.into_iter().map(|error| error.message).collect();
            return Err(Trouble::Refused(proof::refused(&messages, self.context.clock.now())));
        }
        if !proof::confirms_nothing(verdict.matches_nothing) {
            let detail = "a walk found nothing, and right after it something matches".to_owned();
            return Err(Error::ResultChanged { detail }.into());
        }
        Ok(verdict.warnings)
    }

    async fn check_health(&self, before: u64, now: u64) -> Result<(), Trouble> {
        let report = self.visit.site.probe().await;
        let unconfirmed = || Trouble::Refused(proof::unconfirmed_drop(before, now, self.context.clock.now()));
        if report.ok { Ok(()) } else { Err(report.first_error.map_or_else(unconfirmed, Trouble::from)) }
    }

    async fn record(&self, proved: Proved, gauge: &Gauge) -> Result<Ended, StoreError> {
        // A full lease for the one transaction that no heartbeat accompanies.
        lease::insist(|| lease::extend(self.context, &self.claim.lease, gauge)).await?;
        self.visit.praise(self.context).await;
        let Proved { walked, links, warnings, gone } = proved;
        let (finished_at, measured_at, matched) = (self.context.clock.now(), walked.at, walked.matched());
        let query = &self.claim.query;
        let recording = Recording {
            lease: self.claim.lease.clone(),
            at: measured_at,
            finished_at,
            next_due: plan::next_slot(query.connection_id, query.period_minutes, finished_at),
            requests: gauge.read().requests,
            members: walked.members,
            fields: links.fields(),
            done: walked.done,
            story_points_fields: links.story_points_fields(),
            gone,
        };
        let names = (query.id, self.claim.lease.refresh_id);
        let measuring = Measuring::new(links, warnings, names, finished_at, self.context.random.clone());
        match lease::insist(|| self.context.store.record(recording.clone(), Box::new(measuring.clone()))).await {
            Ok(changes) => tracing::debug!(refresh.id = %self.claim.lease.refresh_id, ?changes, matched, "recorded"),
            Err(
                error @ (StoreError::LeaseLost { .. }
                | StoreError::NotMirrored { .. }
                | StoreError::Busy(_)
                | StoreError::Unavailable(_)),
            ) => return Err(error),
            Err(error @ StoreError::Unmeasurable(_)) => {
                return self.fail(&Trouble::Store(error), measured_at, gauge).await;
            }
            Err(error) => {
                tracing::error!(%error, refresh.id = %self.claim.lease.refresh_id, "a proved result could not be recorded");
                return self.fail(&Trouble::Store(error), measured_at, gauge).await;
            }
        }
        self.tell(RefreshState::Done, matched);
        Ok(Ended::Done { issues: matched })
    }

    async fn fail(&self, trouble: &Trouble, at: Instant, gauge: &Gauge) -> Result<Ended, StoreError> {
        if let Trouble::Store(StoreError::LeaseLost { refresh_id }) = trouble {
            return Err(StoreError::LeaseLost { refresh_id: *refresh_id });
        }
        // Only who still holds the lease may judge the query, or its connection.
        lease::insist(|| lease::extend(self.context, &self.claim.lease, gauge)).await?;
        let finished_at = self.context.clock.now();
        let problem = trouble.problem(finished_at);
        let (lease, requests) = (self.claim.lease.clone(), gauge.read().requests);
        if self.visit.broken().is_some() || self.concerns_all(trouble, &problem).await {
            let next_due = self.visit.break_off(self.context, &problem);
            let failure = Failure { lease, problem, at, finished_at, next_due, requests };
            return Ok(Ended::Stranded(Box::new(failure)));
        }
        let next_due = self.next_try(&problem, finished_at);
        let query = &self.claim.query;
        tracing::info!(
            query.id = %query.id, connection.id = %query.connection_id, code = problem.code.as_str(), next_due = %next_due,
            "a query could not be refreshed; its last readings stay: {}", problem.message
        );
        let failure = Failure { lease, problem, at, finished_at, next_due, requests };
        lease::insist(|| self.context.store.fail(failure.clone())).await?;
        self.tell(RefreshState::Failed, gauge.read().done);
        Ok(Ended::Failed)
    }

    /// Whether the connection itself is in trouble. An endpoint that wants a rest is not asked for so long by anybody, and
    /// what needs only others goes on.
    async fn concerns_all(&self, trouble: &Trouble, problem: &Problem) -> bool {
        let is_local = matches!(trouble, Trouble::Jira(error) if error.leaves_others_alone());
        !is_local && self.visit.concerns_all(problem).await
    }

    fn next_try(&self, problem: &Problem, now: Instant) -> Instant {
        let Context { config, random, .. } = self.context;
        let query = &self.claim.query;
        let slot = plan::next_slot(query.connection_id, query.period_minutes, now);
        plan::retry_query_at(problem, query.failures.saturating_add(1), slot, now, config, random)
    }

    fn tell(&self, state: RefreshState, done: u64) {
        self.context.events.refresh_ended(self.claim.lease.refresh_id, state, done, &okrs_of(self.claim));
    }
}

pub(crate) fn too_large(message: &str, at: Instant) -> Problem {
    Problem {
        code: ProblemCode::NumberTooLarge,
        message: message.to_owned(),
        hint: Some("Correct the value in Jira, or choose another metric.".to_owned()),
        at,
        retry_at: None,
    }
}
