//! A link as it is handed in.

use crate::{
    api::{
        measures::{MeasureBody, MetricBody},
        organisation::check_period,
    },
    app::App,
    auth::{caller::Caller, policy::Act},
    error::{ApiError, ApiResult},
};
use okrsync_domain::{
    ConnectionId, Invalid, OkrId,
    connection::Connection,
    link::Link,
    measure::{Measure, Metric},
    okr::{Okr, check_measure},
};
use okrsync_store::PutLink;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A link to make or replace.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkBody {
    /// The connection that asks Jira.
    #[schema(value_type = String)]
    connection_id: ConnectionId,
    /// The query. Its ORDER BY has no effect.
    #[schema(example = "\"Epic Link\" = AE-786")]
    jql: String,
    /// What is measured over the matching issues.
    metric: MetricBody,
    /// Whether a KPI counts completed issues only; each metric has its own usual.
    #[serde(default)]
    completed_only: Option<bool>,
    /// Minutes between refreshes, 5 to 1440; null follows the organisation.
    #[serde(default)]
    period_minutes: Option<u32>,
    /// Accept that the query matches nothing at this moment.
    #[serde(default)]
    confirm_empty: bool,
    /// A new measure for the OKR.
    #[serde(default)]
    measure: Option<MeasureBody>,
}

/// A link whose parts fit each other.
pub(crate) struct Draft {
    connection_id: ConnectionId,
    pub(crate) jql: String,
    metric: Metric,
    completed_only: bool,
    period_minutes: Option<u32>,
    pub(crate) confirm_empty: bool,
    measure: Option<Measure>,
}

impl LinkBody {
    /// Checks everything that can be judged without asking Jira.
    pub(crate) fn settle(self, okr: &Okr) -> ApiResult<Draft> {
        let measure = self.measure.map(MeasureBody::measure).transpose()?;
        let against = measure.as_ref().unwrap_or(&okr.measure);
        let (metric, completed_only) = fit(self.metric, against, self.completed_only)?;
        self.period_minutes.map_or(Ok(()), check_period)?;
        Ok(Draft {
            connection_id: self.connection_id,
            jql: self.jql,
            metric,
            completed_only,
            period_minutes: self.period_minutes,
            confirm_empty: self.confirm_empty,
            measure,
        })
    }
}

/// What the audit log keeps of a link.
#[derive(Debug, Serialize)]
pub(crate) struct LinkNote<'a> {
    connection_id: ConnectionId,
    jql: &'a str,
    metric: MetricBody,
    completed_only: bool,
    period_minutes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    measure: Option<MeasureBody>,
}

impl<'a> From<&'a Link> for LinkNote<'a> {
    fn from(link: &'a Link) -> Self {
        Self {
            connection_id: link.connection_id,
            jql: &link.jql,
            metric: (&link.metric).into(),
            completed_only: link.completed_only,
            period_minutes: link.period_minutes,
            measure: None,
        }
    }
}

impl<'a> From<&'a PutLink> for LinkNote<'a> {
    fn from(put: &'a PutLink) -> Self {
        Self {
            connection_id: put.connection_id,
            jql: &put.jql,
            metric: (&put.metric).into(),
            completed_only: put.completed_only,
            period_minutes: put.period_minutes,
            measure: put.measure.as_ref().map(Into::into),
        }
    }
}

/// The metric and whether it counts completed issues only, if the measure takes them.
pub(crate) fn fit(metric: MetricBody, against: &Measure, asked: Option<bool>) -> Result<(Metric, bool), Invalid> {
    let metric = metric.metric()?;
    check_measure(against)?;
    okrsync_metrics::check(against, &metric, asked)?;
    let completed_only = okrsync_metrics::completed_only(against, &metric, asked);
    Ok((metric, completed_only))
}

/// A connection that the caller may let ask Jira.
pub(crate) async fn usable(app: &App, caller: &Caller, id: ConnectionId) -> ApiResult<Connection> {
    let missing = || ApiError::missing("connection", id, "connection_id");
    let connection = app.store().find_connection(id).await?.ok_or_else(missing)?;
    caller.may(Act::SeeConnection(&connection)).map_err(|_| missing())?;
    caller.may(Act::UseConnection(&connection))?;
    Ok(connection)
}

impl Draft {
    /// The connection, if the caller may use it.
    pub(crate) async fn connection(&self, app: &App, caller: &Caller) -> ApiResult<Connection> {
        usable(app, caller, self.connection_id).await
    }

    /// What the store keeps.
    pub(crate) fn put(self, okr_id: OkrId, canonical: String) -> PutLink {
        PutLink {
            okr_id,
            connection_id: self.connection_id,
            jql: self.jql,
            canonical,
            metric: self.metric,
            completed_only: self.completed_only,
            period_minutes: self.period_minutes,
            measure: self.measure,
        }
    }
}
