//! The audit log, for admins.

use crate::{
    api::listing::{self, Listing},
    app::App,
    audit_export::{EntryView, ExportFormat, days, export},
    auth::{caller::Caller, policy::Act},
    error::ApiResult,
    extract::Params,
};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use okrsync_domain::{Date, UserId};
use okrsync_store::AuditFilter;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// How the log is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FormatWord {
    /// A page of a list.
    #[default]
    Json,
    /// All of it as comma-separated values.
    Csv,
    /// All of it as one JSON object a line.
    Jsonl,
}

/// Which entries.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditParams {
    /// First day, in the organisation's zone.
    pub(crate) from: Option<Date>,
    /// Last day.
    pub(crate) to: Option<Date>,
    /// Id of the person who did it.
    #[param(value_type = Option<String>)]
    pub(crate) actor: Option<UserId>,
    /// What was done, such as "okr.change".
    pub(crate) action: Option<String>,
    /// Id of what it was done to.
    pub(crate) subject: Option<String>,
    /// Entries on the page: 1 to 200, 50 if not said.
    pub(crate) limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// `csv` and `jsonl` answer everything at once, without pages.
    #[param(inline)]
    #[serde(default)]
    format: FormatWord,
}

impl AuditParams {
    /// The filter for the store.
    pub(crate) async fn filter(&self, app: &App) -> ApiResult<AuditFilter> {
        let days = days(app.store(), self.from, self.to).await?;
        let (action, subject) = (self.action.clone(), self.subject.clone());
        Ok(AuditFilter { actor: self.actor, action, subject, ..days })
    }
}

/// Routes of the audit log.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Who did what to what, newest first (admins).
#[utoipa::path(get, path = "/audit", tag = "People", params(AuditParams),
    responses((status = 200, body = Listing<EntryView>)))]
async fn list(State(app): State<App>, caller: Caller, Params(params): Params<AuditParams>) -> ApiResult<Response> {
    caller.may(Act::Administer)?;
    let filter = params.filter(&app).await?;
    let (format, kind, name) = match params.format {
        FormatWord::Json => {
            let page = listing::page(params.limit, params.cursor.as_deref())?;
            let entries = app.store().audit(&filter, page).await?;
            return Ok(Json(Listing::of(entries, EntryView::from)).into_response());
        }
        FormatWord::Csv => (ExportFormat::Csv, "text/csv; charset=utf-8", "audit.csv"),
        FormatWord::Jsonl => (ExportFormat::JsonLines, "application/x-ndjson", "audit.jsonl"),
    };
    let file = format!("attachment; filename=\"{name}\"");
    let body = Body::from_stream(export(app.store().clone(), filter, format));
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, file)], body).into_response())
}
