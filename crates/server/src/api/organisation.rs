//! Settings of the whole installation, and the switch of the Jira integration.

use crate::{
    accounts,
    api::number::Number,
    app::App,
    auth::{caller::Caller, policy::Act},
    error::{ApiError, ApiResult},
    extract::Patch,
};
use axum::{Json, extract::State};
use okrsync_domain::{
    audit::{Note, Subject},
    link::{MAX_PERIOD_MINUTES, MIN_PERIOD_MINUTES},
    organisation::{GapReading, Organisation, StatusLimits},
};
use okrsync_metrics::status::check_limits;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Settings of the whole installation.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganisationBody {
    /// Display name.
    name: String,
    /// IANA zone in which "today" is a date.
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    /// A gap over this is behind.
    behind_above: Number,
    /// A gap over this is at risk.
    at_risk_above: Number,
    /// Whether the gap is percentage points or a share of the expected progress.
    gap_reading: GapWord,
    /// Minutes between refreshes: 5 to 1440.
    period_minutes: u32,
}

/// How the gap between expected and actual progress is read.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GapWord {
    /// Percentage points.
    Points,
    /// Share of the expected progress.
    Ratio,
}

impl From<&Organisation> for OrganisationBody {
    fn from(organisation: &Organisation) -> Self {
        let limits = &organisation.limits;
        Self {
            name: organisation.name.clone(),
            time_zone: organisation.time_zone.name().to_owned(),
            behind_above: limits.behind_above.into(),
            at_risk_above: limits.at_risk_above.into(),
            gap_reading: match limits.reading {
                GapReading::Points => GapWord::Points,
                GapReading::Ratio => GapWord::Ratio,
            },
            period_minutes: organisation.period_minutes,
        }
    }
}

impl OrganisationBody {
    fn organisation(self, jira_enabled: bool) -> ApiResult<Organisation> {
        let zone = self.time_zone.parse().map_err(|_| {
            let detail = format!("`{}` is not a time zone.", self.time_zone);
            ApiError::field("invalid_time_zone", "time_zone", detail)
                .hint("Use an IANA name such as \"Europe/Berlin\".")
        })?;
        let limits = StatusLimits {
            behind_above: self.behind_above.0,
            at_risk_above: self.at_risk_above.0,
            reading: match self.gap_reading {
                GapWord::Points => GapReading::Points,
                GapWord::Ratio => GapReading::Ratio,
            },
        };
        check_limits(&limits)?;
        check_period(self.period_minutes)?;
        let name = accounts::check_name(&self.name)?;
        Ok(Organisation { name, time_zone: zone, limits, period_minutes: self.period_minutes, jira_enabled })
    }
}

/// Whether Jira may be asked that often.
pub(crate) fn check_period(minutes: u32) -> ApiResult<()> {
    if (MIN_PERIOD_MINUTES..=MAX_PERIOD_MINUTES).contains(&minutes) {
        return Ok(());
    }
    let detail = format!("A period lies between {MIN_PERIOD_MINUTES} minutes and a day ({MAX_PERIOD_MINUTES}).");
    Err(ApiError::field("invalid_value", "period_minutes", detail))
}

/// Whether Jira is asked at all.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Integration {
    /// Off: values stay, nothing is asked of Jira.
    enabled: bool,
}

/// Routes of the organisation.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get, change)).routes(routes!(integration, switch))
}

/// Settings of the whole installation.
#[utoipa::path(get, path = "/organisation", tag = "Organisation", responses((status = 200, body = OrganisationBody)))]
async fn get(State(app): State<App>, caller: Caller) -> ApiResult<Json<OrganisationBody>> {
    caller.may(Act::Look)?;
    Ok(Json(OrganisationBody::from(&app.store().organisation().await?)))
}

/// Changes them (admins).
#[utoipa::path(patch, path = "/organisation", tag = "Organisation", request_body = OrganisationBody,
    responses((status = 200, body = OrganisationBody)))]
async fn change(State(app): State<App>, caller: Caller, patch: Patch) -> ApiResult<Json<OrganisationBody>> {
    Ok(Json(save(&app, &caller, patch).await?))
}

/// Changes the settings, for admins.
pub(crate) async fn save(app: &App, caller: &Caller, patch: Patch) -> ApiResult<OrganisationBody> {
    caller.may(Act::Administer)?;
    let before = app.store().organisation().await?;
    let current = serde_json::to_value(OrganisationBody::from(&before)).map_err(ApiError::internal)?;
    let after = patch.apply::<OrganisationBody>(current)?.organisation(before.jira_enabled)?;
    let note = did(app, caller, "organisation.change", &after);
    let note = note.before(&OrganisationBody::from(&before)).after(&OrganisationBody::from(&after));
    app.store().noting(note).update_organisation(&after, app.now()).await?;
    app.engine().wake();
    Ok(OrganisationBody::from(&after))
}

/// The only organisation there is.
fn did(app: &App, caller: &Caller, action: &str, organisation: &Organisation) -> Note {
    caller.did(app, action, Subject::new("organisation", &1, &organisation.name))
}

/// Whether Jira is asked at all.
#[utoipa::path(get, path = "/integrations/jira", tag = "Connections", responses((status = 200, body = Integration)))]
async fn integration(State(app): State<App>, caller: Caller) -> ApiResult<Json<Integration>> {
    caller.may(Act::Look)?;
    Ok(Json(Integration { enabled: app.store().organisation().await?.jira_enabled }))
}

/// Switches the integration on or off (admins). Off, the values stay and nothing is asked of Jira.
#[utoipa::path(patch, path = "/integrations/jira", tag = "Connections", request_body = Integration,
    responses((status = 200, body = Integration)))]
async fn switch(State(app): State<App>, caller: Caller, patch: Patch) -> ApiResult<Json<Integration>> {
    caller.may(Act::Administer)?;
    let current = Integration { enabled: app.store().organisation().await?.jira_enabled };
    let current = serde_json::to_value(current).map_err(ApiError::internal)?;
    let wished: Integration = patch.apply(current)?;
    switch_integration(&app, &caller, wished.enabled).await?;
    Ok(Json(wished))
}

/// Switches the integration for somebody who may.
pub(crate) async fn switch_integration(app: &App, caller: &Caller, enabled: bool) -> ApiResult<()> {
    let before = app.store().organisation().await?;
    let note = did(app, caller, "integration.switch", &before);
    let note = note.before(&Integration { enabled: before.jira_enabled }).after(&Integration { enabled });
    let after = Organisation { jira_enabled: enabled, ..before };
    app.store().noting(note).update_organisation(&after, app.now()).await?;
    app.engine().wake();
    Ok(())
}
