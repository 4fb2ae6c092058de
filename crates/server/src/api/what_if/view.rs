//! What would be, beside what is.

use super::{
    issues::Edited,
    tree::{After, Tree},
};
use crate::{
    api::{
        forecast::{ChanceView, NoForecastView},
        issues::IssueView,
        number::{Number, number},
        okrs::view::{ColourWord, StatusWord},
    },
    app::App,
    auth::{
        caller::Caller,
        policy::{Act, sees_titles},
    },
    error::{ApiError, ApiResult},
    outlook::Outlook,
};
use okrsync_domain::{Date, OkrId, okr::Okr};
use okrsync_metrics::{
    Standing,
    forecast::{Forecast, NoForecast, Position, Question, Series, forecast},
    issue_value,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What would be, beside what is. Nothing of it is stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhatIfView {
    okr: PairView,
    /// The objectives above it that you may see, the nearest first.
    parents: Vec<PairView>,
    forecast: ForecastsView,
    /// The way back after these edits; null where nothing is measured.
    back_on_track: Option<WayBackView>,
}

/// An OKR as it is and as it would be.
#[derive(Debug, Serialize, ToSchema)]
struct PairView {
    #[schema(value_type = String)]
    id: OkrId,
    title: String,
    now: StandingView,
    then: StandingView,
}

/// Where an OKR stands.
#[derive(Debug, Serialize, ToSchema)]
struct StandingView {
    value: Option<Number>,
    done: Option<Number>,
    total: Option<Number>,
    progress: Option<Number>,
    attainment: Option<Number>,
    expected: Option<Number>,
    status: StatusWord,
    colour: ColourWord,
    /// Its share of its parent in percent.
    share: Option<Number>,
    /// Whether a check-in stands over the measured value.
    overridden: bool,
}

/// The forecast as it is and as it would be.
#[derive(Debug, Serialize, ToSchema)]
struct ForecastsView {
    now: OutlookView,
    then: OutlookView,
}

/// A forecast in short.
#[derive(Debug, Serialize, ToSchema)]
struct OutlookView {
    none_because: Option<NoForecastView>,
    chance: Option<ChanceView>,
    /// The first day by which half of the trials reach the target.
    even_on: Option<Date>,
    /// The same for 85 %.
    likely_on: Option<Date>,
}

/// The fewest open issues that bring an OKR on track.
#[derive(Debug, Serialize, ToSchema)]
struct WayBackView {
    /// Whether completing open issues can do it; `issues` is empty if it is on track anyway.
    possible: bool,
    /// Why it cannot; null if it can.
    because: Option<String>,
    /// The issues to complete, those that go farthest first.
    issues: Vec<IssueView>,
    /// Where the OKR would then stand; null if it is not possible.
    then: Option<StandingView>,
}

impl From<&Standing> for StandingView {
    fn from(standing: &Standing) -> Self {
        Self {
            value: number(standing.value),
            done: number(standing.done),
            total: number(standing.total),
            progress: standing.progress.as_ref().map(|progress| progress.api().into()),
            attainment: standing.attainment.as_ref().map(|attainment| attainment.api().into()),
            expected: standing.expected.as_ref().map(|expected| expected.api().into()),
            status: standing.status.into(),
            colour: standing.colour.into(),
            share: standing.share.as_ref().map(|share| share.api().into()),
            overridden: standing.overridden,
        }
    }
}

impl From<&Result<Forecast, NoForecast>> for OutlookView {
    fn from(outlook: &Result<Forecast, NoForecast>) -> Self {
        let forecast = outlook.as_ref().ok();
        Self {
            none_because: outlook.as_ref().err().map(|reason| (*reason).into()),
            chance: forecast.map(|forecast| forecast.chance.into()),
            even_on: forecast.and_then(|forecast| forecast.even_on),
            likely_on: forecast.and_then(|forecast| forecast.likely_on),
        }
    }
}

impl WhatIfView {
    /// Everything that is answered.
    pub(super) async fn of(
        app: &App,
        caller: &Caller,
        tree: &Tree,
        then: &After,
        changed: &Okr,
        edited: Option<Edited>,
    ) -> ApiResult<Self> {
        let okr = tree.row(changed.id).map(|row| &row.okr).ok_or_else(|| ApiError::not_found("OKR", changed.id))?;
        let seen = tree.above().into_iter().filter(|parent| caller.may(Act::SeeOkr(parent)).is_ok());
        Ok(Self {
            okr: pair(tree, then, okr)?,
            parents: seen.map(|parent| pair(tree, then, parent)).collect::<ApiResult<_>>()?,
            forecast: ForecastsView::of(app, okr, changed, edited.as_ref()).await?,
            back_on_track: edited.map(|edited| WayBackView::of(caller, tree, then, edited)),
        })
    }
}

fn pair(tree: &Tree, then: &After, okr: &Okr) -> ApiResult<PairView> {
    let missing = || ApiError::not_found("OKR", okr.id);
    let now = tree.now(okr.id).ok_or_else(missing)?.into();
    let then = then.standings.get(&okr.id).ok_or_else(missing)?.into();
    Ok(PairView { id: okr.id, title: okr.title.clone(), now, then })
}

impl ForecastsView {
    async fn of(app: &App, okr: &Okr, changed: &Okr, edited: Option<&Edited>) -> ApiResult<Self> {
        let (question, readings) = Outlook::ground(app, okr, true).await?;
        let imagined = Question { measure: changed.measure.clone(), due_on: changed.due_on, ..question.clone() };
        let end = edited.and_then(|edited| Position::of(&changed.measure, &edited.tally));
        let closed = okr.closed.is_some();
        // twice ten thousand trials are work for the machine, not a wait
        tokio::task::spawn_blocking(move || {
            let outlook = |question, series: &Series| {
                OutlookView::from(&if closed { Err(NoForecast::Closed) } else { forecast(series, question) })
            };
            let series = Series::of(&readings, &imagined.measure);
            let series = match end {
                Some(end) => series.ending_at(end),
                None => series,
            };
            Self {
                now: outlook(&question, &Series::of(&readings, &question.measure)),
                then: outlook(&imagined, &series),
            }
        })
        .await
        .map_err(ApiError::internal)
    }
}

impl WayBackView {
    fn of(caller: &Caller, tree: &Tree, then: &After, edited: Edited) -> Self {
        let found = tree.way_back(then, &edited.scenario);
        let impossible = |because: String| Self { possible: false, because: Some(because), issues: vec![], then: None };
        let Edited { connection, issues, scenario, .. } = edited;
        let titles = sees_titles(&caller.user, &connection);
        match found {
            Err(not_additive) => impossible(format!("There is no smallest set: {not_additive}.")),
            Ok(None) => impossible("Completing all open issues would not bring it on track.".to_owned()),
            Ok(Some((places, standing))) => Self {
                possible: true,
                because: None,
                issues: places
                    .into_iter()
                    .map(|place| {
                        let issue = issues[place].clone();
                        let value = issue_value(&scenario.issues[place].facts, &scenario.rule);
                        IssueView::of(issue, &connection, value, None, titles)
                    })
                    .collect(),
                then: Some((&standing).into()),
            },
        }
    }
}
