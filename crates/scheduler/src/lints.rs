//! What is known around a query when it is judged: its site's catalogue, the account that asks, the clock there.

use crate::{Engine, SyncError};
use chrono_tz::Tz;
use okrsync_domain::{catalogue::Catalogue, connection::Connection, measure::Measure};
use okrsync_jql::{
    Query,
    lint::{Context, Counts, Lint, Measured, check},
};

/// What a link makes of its matches.
///
/// ```
/// use okrsync_domain::measure::Measure;
/// use okrsync_jql::lint::Measured;
/// assert_eq!(okrsync_scheduler::measured(&Measure::default(), false), Measured::PercentComplete);
/// ```
pub fn measured(measure: &Measure, completed_only: bool) -> Measured {
    match (measure.is_percent_complete(), completed_only) {
        (true, _) => Measured::PercentComplete,
        (false, true) => Measured::CompletedOnly,
        (false, false) => Measured::All,
    }
}

/// A query that was read, and what is known of it.
pub(crate) struct Known<'a> {
    pub(crate) text: &'a str,
    pub(crate) query: &'a Query,
    pub(crate) connection: Option<&'a Connection>,
    pub(crate) catalogue: Option<&'a Catalogue>,
    pub(crate) measured: Measured,
    pub(crate) counts: Counts,
}

impl Engine {
    /// What a query means, though it may not be meant. Jira is not asked.
    pub(crate) async fn lints(&self, known: &Known<'_>) -> Result<Vec<Lint>, SyncError> {
        let account = known.connection.and_then(|connection| connection.account.as_ref());
        // Jira reads dates in the account's own zone.
        let own: Option<Tz> = account.and_then(|account| account.time_zone.as_deref()?.parse().ok());
        let zone = match own {
            Some(zone) => zone,
            None => self.context.store.organisation().await?.time_zone,
        };
        let context = Context {
            catalogue: known.catalogue,
            deployment: known.connection.map(|connection| connection.deployment),
            measured: Some(known.measured),
            counts: known.counts,
            asked_at: Some(self.context.clock.now().with_timezone(&zone)),
            account: account.map(|account| account.id.as_str()),
        };
        Ok(check(known.text, known.query, &context))
    }
}
