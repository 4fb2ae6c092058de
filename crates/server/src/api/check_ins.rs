//! People's own updates.

use crate::{
    api::{
        listing::{Listing, Paging},
        number::{Number, number},
        okrs::{self, view::OkrView},
        reply,
    },
    app::App,
    auth::{caller::Caller, policy::Act},
    error::{ApiError, ApiResult},
    extract::{Body, Id, Params},
};
use axum::{Json, extract::State, response::Response};
use chrono::{DateTime, Utc};
use okrsync_domain::{
    CheckInId, Instant, Invalid, OkrId, UserId,
    check_in::{CheckIn, Entered, Hold, StatedStatus},
    measure::Measure,
    okr::Okr,
    reading::{Reading, ReadingKind, Tally},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// A status that a person states.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StatedWord {
    /// As planned.
    OnTrack,
    /// Late.
    Behind,
    /// In danger.
    AtRisk,
    /// Reached.
    Achieved,
}

/// How long a check-in overrides the automatic value.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HoldWord {
    /// Until the next automatic reading.
    #[default]
    NextReading,
    /// Until automatic updates are resumed.
    UntilResumed,
}

/// A check-in to enter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckInBody {
    /// Words.
    #[serde(default)]
    note: String,
    /// The measure's own value.
    #[serde(default)]
    value: Option<Number>,
    /// Progress in percent, instead of the value.
    #[serde(default)]
    progress: Option<Number>,
    /// Status as the person sees it.
    #[serde(default)]
    status: Option<StatedWord>,
    /// How long it overrides the automatic value.
    #[serde(default)]
    hold: HoldWord,
}

/// A check-in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckInView {
    #[schema(value_type = String)]
    id: CheckInId,
    #[schema(value_type = String)]
    author_id: UserId,
    at: DateTime<Utc>,
    note: String,
    value: Option<Number>,
    progress: Option<Number>,
    status: Option<StatedWord>,
    hold: HoldWord,
    /// When automatic updates were resumed.
    released_at: Option<DateTime<Utc>>,
}

impl From<CheckIn> for CheckInView {
    fn from(check_in: CheckIn) -> Self {
        let (value, progress) = match check_in.entered {
            Some(Entered::Value(value)) => (Some(value), None),
            Some(Entered::Progress(progress)) => (None, Some(progress)),
            None => (None, None),
        };
        Self {
            id: check_in.id,
            author_id: check_in.author_id,
            at: check_in.at,
            note: check_in.note,
            value: number(value),
            progress: number(progress),
            status: check_in.status.map(|status| match status {
                StatedStatus::OnTrack => StatedWord::OnTrack,
                StatedStatus::Behind => StatedWord::Behind,
                StatedStatus::AtRisk => StatedWord::AtRisk,
                StatedStatus::Achieved => StatedWord::Achieved,
            }),
            hold: match check_in.hold {
                Hold::NextReading => HoldWord::NextReading,
                Hold::UntilResumed => HoldWord::UntilResumed,
            },
            released_at: check_in.released_at,
        }
    }
}

impl CheckInBody {
    fn entered(&self) -> Result<Option<Entered>, Invalid> {
        match (self.value, self.progress) {
            (Some(_), Some(_)) => {
                Err(Invalid::new("invalid_check_in", "progress", "Enter the value or the progress, not both."))
            }
            (Some(Number(value)), None) => Ok(Some(Entered::Value(value))),
            (None, Some(Number(progress))) if !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&progress) => {
                Err(Invalid::new("invalid_check_in", "progress", "Progress lies between 0 and 100."))
            }
            (None, Some(Number(progress))) => Ok(Some(Entered::Progress(progress))),
            (None, None) if self.status.is_none() && self.note.trim().is_empty() => {
                Err(Invalid::new("invalid_check_in", "note", "Enter a value, a progress, a status or a note."))
            }
            (None, None) => Ok(None),
        }
    }

    fn status(&self) -> Option<StatedStatus> {
        self.status.map(|status| match status {
            StatedWord::OnTrack => StatedStatus::OnTrack,
            StatedWord::Behind => StatedStatus::Behind,
            StatedWord::AtRisk => StatedStatus::AtRisk,
            StatedWord::Achieved => StatedStatus::Achieved,
        })
    }

    fn hold(&self) -> Hold {
        match self.hold {
            HoldWord::NextReading => Hold::NextReading,
            HoldWord::UntilResumed => Hold::UntilResumed,
        }
    }
}

/// Routes of check-ins.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(resume))
}

/// Check-ins of an OKR, newest first.
#[utoipa::path(get, path = "/okrs/{id}/check-ins", tag = "Check-ins", params(("id" = String, Path), Paging),
    responses((status = 200, body = Listing<CheckInView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<OkrId>,
    Params(paging): Params<Paging>,
) -> ApiResult<Json<Listing<CheckInView>>> {
    caller.may(Act::SeeOkr(&app.store().get_okr(id).await?))?;
    Ok(Json(Listing::of(app.store().check_ins(id, paging.page()?).await?, CheckInView::from)))
}

/// Enters a check-in. On an automatic OKR it overrides the value, once or until resumed.
#[utoipa::path(post, path = "/okrs/{id}/check-ins", tag = "Check-ins", params(("id" = String, Path)),
    request_body = CheckInBody, responses((status = 201, body = CheckInView, headers(("Location" = String)))))]
async fn add(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<OkrId>,
    Body(body): Body<CheckInBody>,
) -> ApiResult<Response> {
    let check_in = enter(&app, &caller, id, body).await?;
    Ok(reply::created(&format!("/okrs/{id}/check-ins"), CheckInView::from(check_in)))
}

/// Enters a check-in: what the API and the form have in common.
pub(crate) async fn enter(app: &App, caller: &Caller, id: OkrId, body: CheckInBody) -> ApiResult<CheckIn> {
    let okr = app.store().get_okr(id).await?;
    caller.may(Act::EditOkr(&okr))?;
    let at = app.now();
    let check_in = CheckIn {
        id: app.random().id(at),
        okr_id: id,
        author_id: caller.user.id,
        at,
        entered: body.entered()?,
        status: body.status(),
        hold: body.hold(),
        note: body.note,
        released_at: None,
    };
    let reading = check_in.entered.map(|entered| reading(app, &okr, entered, at)).transpose()?;
    let note = caller.did(app, "okr.check_in", &okr).after(&CheckInView::from(check_in.clone()));
    app.store().noting(note).add_check_in(&check_in, reading).await?;
    okrs::announce(app, &okr).await?;
    Ok(check_in)
}

/// The same number as a reading, so that the history has it.
///
/// # Errors
/// The number is too large to be kept exactly.
pub fn reading(app: &App, okr: &Okr, entered: Entered, at: Instant) -> ApiResult<Reading> {
    let tally = tally(&okr.measure, entered)
        .ok_or_else(|| ApiError::field("invalid_check_in", "value", "This number is too large to be kept exactly."))?;
    Ok(Reading {
        id: app.random().id(at),
        okr_id: okr.id,
        at,
        kind: ReadingKind::CheckIn,
        query_id: None,
        refresh_id: None,
        repeats: None,
        measure: okr.measure.clone(),
        tally,
    })
}

/// What would have been measured for this number to come out.
fn tally(measure: &Measure, entered: Entered) -> Option<Tally> {
    let percent = |done: Decimal| Tally { done: Some(done), total: Some(Decimal::ONE_HUNDRED), ..Tally::default() };
    let value = |value: Decimal| Tally { value: Some(value), ..Tally::default() };
    Some(match (measure, entered) {
        (Measure::PercentComplete {}, Entered::Value(done) | Entered::Progress(done)) => percent(done),
        (_, Entered::Value(given)) => value(given),
        (Measure::Kpi { start, target, .. }, Entered::Progress(progress)) => {
            let way = target.checked_sub(*start)?;
            value(start.checked_add(way.checked_mul(progress)?.checked_div(Decimal::ONE_HUNDRED)?)?)
        }
        // A kept or broken line has no way to it: the number alone says nothing about the value.
        (Measure::StayBelow(_) | Measure::StayAbove(_), Entered::Progress(_)) => Tally::default(),
    })
}

/// Ends the overriding: the automatic value shows again.
#[utoipa::path(post, path = "/okrs/{id}/resume", tag = "Check-ins", params(("id" = String, Path)),
    responses((status = 200, body = OkrView)))]
async fn resume(State(app): State<App>, caller: Caller, Id(id): Id<OkrId>) -> ApiResult<Json<OkrView>> {
    release(&app, &caller, id).await?;
    Ok(Json(okrs::answer(&app, &caller, id).await?))
}

/// Ends the overriding: what the API and the button have in common.
pub(crate) async fn release(app: &App, caller: &Caller, id: OkrId) -> ApiResult<()> {
    let okr = app.store().get_okr(id).await?;
    caller.may(Act::EditOkr(&okr))?;
    app.store().noting(caller.did(app, "okr.resume", &okr)).resume(id, app.now()).await?;
    okrs::announce(app, &okr).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use okrsync_metrics::progress;

    #[test]
    fn an_entered_number_reads_back_as_the_same_progress() {
        let kpi = Measure::Kpi { name: String::new(), unit: String::new(), start: 48.into(), target: 8.into() };
        let way = tally(&kpi, Entered::Progress("27.5".parse().unwrap())).unwrap();
        assert_eq!(way.value, Some(37.into()));
        assert_eq!(progress(&kpi, &way).unwrap().api(), "27.5".parse().unwrap());
        let percent = tally(&Measure::default(), Entered::Value(40.into())).unwrap();
        assert_eq!(progress(&Measure::default(), &percent).unwrap().api(), 40.into());
    }
}
