//! An OKR as it is answered: what it is, where it stands, how fresh that is.

use crate::{
    api::{
        measures::{MeasureBody, MetricBody},
        number::{Number, number},
    },
    board::Shown,
    freshness::{Freshness, FreshnessState},
    quality::Quality,
};
use chrono::{DateTime, Utc};
use okrsync_domain::{
    ConnectionId, Date, OkrId, UserId,
    link::Link,
    okr::{Okr, OkrKind, ProgressMode, Visibility},
    reading::Warning,
};
use okrsync_metrics::{Colour, Standing, Status};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an OKR lies below, as somebody sees it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Parent {
    /// An objective, or nothing.
    Shown(Option<OkrId>),
    /// It is private to others.
    Hidden,
}

impl Parent {
    fn is_hidden(&self) -> bool {
        matches!(self, Self::Hidden)
    }
}

/// Objective or key result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KindWord {
    /// May have children.
    Objective,
    /// A leaf under an objective.
    KeyResult,
}

/// Where an OKR's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ModeWord {
    /// From check-ins.
    Manual,
    /// From its children.
    RollUp,
    /// From its link.
    DataSource,
}

/// Who may see an OKR.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VisibilityWord {
    /// Everyone who is signed in.
    #[default]
    Everyone,
    /// Its owner and admins.
    Private,
}

/// Where an OKR stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StatusWord {
    /// No value.
    NoData,
    /// Its first day is to come.
    NotStarted,
    /// Progress is 100.
    Achieved,
    /// As planned.
    OnTrack,
    /// Late.
    Behind,
    /// In danger.
    AtRisk,
}

/// Colour of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ColourWord {
    /// On track or achieved.
    Green,
    /// Behind.
    Orange,
    /// At risk.
    Red,
    /// Not started or without data.
    Grey,
}

/// What is known about a number besides its value.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WarningView {
    /// Stable word, such as `no_issue_matches`.
    code: String,
    /// Sentence for people.
    message: String,
}

/// How fresh the automatic value is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FreshnessView {
    /// In a word.
    pub(crate) state: FreshnessWord,
    /// When the last good reading was measured.
    synced_at: Option<DateTime<Utc>>,
    /// When Jira is asked next.
    next_at: Option<DateTime<Utc>>,
    /// The instant whose state of Jira the reading shows.
    exact_as_of: Option<DateTime<Utc>>,
    /// Why the last attempt failed.
    error: Option<FreshnessError>,
}

/// How fresh the automatic value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FreshnessWord {
    /// Never measured (also: not linked).
    Never,
    /// Measured within the last two periods.
    Fresh,
    /// The last good reading is older than two periods.
    Stale,
    /// The last attempt failed.
    Failing,
    /// The integration or the connection is off.
    Paused,
}

/// Why the last attempt failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FreshnessError {
    code: String,
    message: String,
    hint: Option<String>,
    /// When it failed first.
    since: DateTime<Utc>,
}

/// What an OKR's automatic value is measured from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkView {
    #[schema(value_type = String)]
    connection_id: ConnectionId,
    jql: String,
    metric: MetricBody,
    completed_only: bool,
    period_minutes: Option<u32>,
    edited_at: DateTime<Utc>,
}

impl From<&Link> for LinkView {
    fn from(link: &Link) -> Self {
        Self {
            connection_id: link.connection_id,
            jql: link.jql.clone(),
            metric: (&link.metric).into(),
            completed_only: link.completed_only,
            period_minutes: link.period_minutes,
            edited_at: link.edited_at,
        }
    }
}

/// What lies below an objective.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChildrenView {
    count: u64,
    with_data: u64,
    stale: u64,
}

/// How an OKR ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClosedView {
    score: Option<Number>,
    note: String,
    at: DateTime<Utc>,
}

/// An objective or key result and where it stands today. Numbers are null where there is no data.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OkrView {
    #[schema(value_type = String)]
    id: OkrId,
    kind: KindWord,
    /// Left out where it is private to others.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Parent::is_hidden")]
    parent_id: Parent,
    title: String,
    description: Option<String>,
    #[schema(value_type = String)]
    owner_id: UserId,
    team: Option<String>,
    starts_on: Date,
    due_on: Date,
    progress_mode: ModeWord,
    measure: MeasureBody,
    /// Fixed share of the parent in percent.
    share: Option<Number>,
    visibility: VisibilityWord,
    value: Option<Number>,
    progress: Option<Number>,
    attainment: Option<Number>,
    expected: Option<Number>,
    status: StatusWord,
    colour: ColourWord,
    freshness: FreshnessView,
    warnings: Vec<WarningView>,
    /// What makes the number say less than it seems to, or count something twice; only where one OKR is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<Vec<QualityView>>,
    link: Option<LinkView>,
    children: ChildrenView,
    /// What the link or the children say while a check-in overrides it.
    automatic_progress: Option<Number>,
    closed: Option<ClosedView>,
    created_at: DateTime<Utc>,
}

impl OkrView {
    /// As it is shown to somebody who may see it, and perhaps what it lies below.
    pub(super) fn of(shown: &Shown<'_>, sees_parent: bool) -> Self {
        let (okr, standing) = (&shown.row.okr, shown.standing);
        let Numbers { value, progress, attainment, expected } = Numbers::of(standing);
        Self {
            id: okr.id,
            kind: okr.kind.into(),
            parent_id: if sees_parent { Parent::Shown(okr.parent_id) } else { Parent::Hidden },
            title: okr.title.clone(),
            description: okr.description.clone(),
            owner_id: okr.owner_id,
            team: okr.team.clone(),
            starts_on: okr.starts_on,
            due_on: okr.due_on,
            progress_mode: okr.progress_mode.into(),
            measure: (&okr.measure).into(),
            share: number(okr.share),
            visibility: okr.visibility.into(),
            value,
            progress,
            attainment,
            expected,
            status: standing.status.into(),
            colour: standing.colour.into(),
            freshness: (&shown.freshness).into(),
            warnings: warnings(&shown.warnings),
            quality: None,
            link: shown.row.link.as_ref().map(|linked| (&linked.link).into()),
            children: ChildrenView {
                count: standing.children.count,
                with_data: standing.children.with_data,
                stale: standing.children.stale,
            },
            automatic_progress: standing.automatic_progress.as_ref().map(|progress| progress.api().into()),
            closed: closed(okr),
            created_at: okr.created_at,
        }
    }
}

impl OkrView {
    /// With what is to be known about its number.
    pub(crate) fn with_quality(self, quality: Vec<Quality>) -> Self {
        Self { quality: Some(quality.into_iter().map(QualityView::from).collect()), ..self }
    }
}

/// Something to know about what a number is made of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QualityView {
    /// `values_missing`, `parents_and_subtasks`, `counted_twice` or `definitions_differ`.
    code: String,
    message: String,
    /// How many issues it concerns.
    issues: Option<u64>,
    /// Of how many.
    of: Option<u64>,
    /// The other OKR that it concerns.
    #[schema(value_type = Option<String>)]
    okr_id: Option<OkrId>,
}

impl From<Quality> for QualityView {
    fn from(Quality { code, message, issues, of, okr_id }: Quality) -> Self {
        Self { code: code.to_owned(), message, issues, of, okr_id }
    }
}

/// The numbers of a standing as the API says them.
struct Numbers {
    value: Option<Number>,
    progress: Option<Number>,
    attainment: Option<Number>,
    expected: Option<Number>,
}

impl Numbers {
    fn of(standing: &Standing) -> Self {
        Self {
            value: number(standing.value),
            progress: standing.progress.as_ref().map(|progress| progress.api().into()),
            attainment: standing.attainment.as_ref().map(|attainment| attainment.api().into()),
            expected: standing.expected.as_ref().map(|expected| expected.api().into()),
        }
    }
}

fn closed(okr: &Okr) -> Option<ClosedView> {
    let closing = okr.closed.as_ref()?;
    Some(ClosedView { score: number(closing.score), note: closing.note.clone(), at: closing.at })
}

/// Warnings as they are answered.
pub(crate) fn warnings(warnings: &[Warning]) -> Vec<WarningView> {
    let view = |warning: &Warning| WarningView { code: word(&warning.code), message: warning.message.clone() };
    warnings.iter().map(view).collect()
}

/// The word by which a plain enum is serialised.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => other.map(|value| value.to_string()).unwrap_or_default(),
    }
}

impl From<&Freshness<'_>> for FreshnessView {
    fn from(freshness: &Freshness<'_>) -> Self {
        Self {
            state: match freshness.state {
                FreshnessState::Never => FreshnessWord::Never,
                FreshnessState::Fresh => FreshnessWord::Fresh,
                FreshnessState::Stale => FreshnessWord::Stale,
                FreshnessState::Failing => FreshnessWord::Failing,
                FreshnessState::Paused => FreshnessWord::Paused,
            },
            synced_at: freshness.synced_at,
            next_at: freshness.next_at,
            exact_as_of: freshness.synced_at,
            error: freshness.error.map(|problem| FreshnessError {
                code: problem.code.as_str().to_owned(),
                message: problem.message.clone(),
                hint: problem.hint.clone(),
                since: problem.at,
            }),
        }
    }
}

/// The same words on both sides: `word!(Outer <=> Inner: A, B)`.
macro_rules! words {
    ($word:ty, $inner:ty: $($variant:ident),+) => {
        impl From<$inner> for $word {
            fn from(inner: $inner) -> Self {
                match inner { $(<$inner>::$variant => Self::$variant),+ }
            }
        }
        impl From<$word> for $inner {
            fn from(word: $word) -> Self {
                match word { $(<$word>::$variant => Self::$variant),+ }
            }
        }
    };
}
words!(KindWord, OkrKind: Objective, KeyResult);
words!(ModeWord, ProgressMode: Manual, RollUp, DataSource);
words!(VisibilityWord, Visibility: Everyone, Private);
words!(StatusWord, Status: NoData, NotStarted, Achieved, OnTrack, Behind, AtRisk);
words!(ColourWord, Colour: Green, Orange, Red, Grey);
