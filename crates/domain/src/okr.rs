//! Objectives and key results.

use crate::{
    Date, Instant, Invalid, OkrId, UserId,
    invalid::Fields,
    measure::{Control, Measure},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Longest title in characters.
pub const MAX_TITLE: usize = 200;

/// Objective or key result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OkrKind {
    /// May have children.
    Objective,
    /// A leaf under an objective.
    KeyResult,
}

/// Where an OKR's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProgressMode {
    /// From check-ins.
    Manual,
    /// From its children.
    RollUp,
    /// From its link.
    DataSource,
}

/// Who may see an OKR.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everyone who is signed in.
    #[default]
    Everyone,
    /// Its owner and admins.
    Private,
}

/// How an OKR ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// A person's verdict.
    #[serde(with = "crate::decimal::optional_text", default)]
    pub score: Option<Decimal>,
    /// Why.
    pub note: String,
    /// When.
    pub at: Instant,
}

/// An objective or a key result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Okr {
    /// Its id.
    pub id: OkrId,
    /// Objective or key result.
    pub kind: OkrKind,
    /// The objective above it.
    pub parent_id: Option<OkrId>,
    /// One line.
    pub title: String,
    /// Longer text.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner_id: UserId,
    /// Name of the team.
    pub team: Option<String>,
    /// First day.
    pub starts_on: Date,
    /// Last day.
    pub due_on: Date,
    /// Where the value comes from.
    pub progress_mode: ProgressMode,
    /// What it is measured against.
    pub measure: Measure,
    /// Fixed share of the parent in percent; none takes an equal part of what is left.
    pub share: Option<Decimal>,
    /// Who may see it.
    pub visibility: Visibility,
    /// How it ended, if it did.
    pub closed: Option<Closing>,
    /// When it was written down.
    pub created_at: Instant,
    /// Counts edits, so that two editors notice each other.
    pub version: i64,
}

impl Okr {
    /// Checks everything that can be judged without other OKRs.
    ///
    /// # Errors
    /// [`Invalid`] naming every field that is wrong at once.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut wrong = Fields::default();
        let title = self.title.trim().chars().count();
        wrong.require(title > 0, "title", "give it a title");
        wrong.require(title <= MAX_TITLE, "title", "a title has at most 200 characters");
        wrong.require(
            self.starts_on <= self.due_on,
            "due_on",
            "the due date must not lie before the start: swap `starts_on` and `due_on`",
        );
        wrong.require(
            self.share.is_none_or(|share| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&share)),
            "share",
            "a share lies between 0 and 100",
        );
        wrong.require(
            self.kind == OkrKind::Objective || self.progress_mode != ProgressMode::RollUp,
            "progress_mode",
            "a key result has no children to roll up: use `manual` or `data_source`",
        );
        wrong.into_result("invalid_okr", "The OKR is not sound.")?;
        check_measure(&self.measure)
    }
}

/// Checks that a measure can be computed.
///
/// # Errors
/// `start_equals_target` or `invalid_risk_line`.
///
/// ```
/// use okrsync_domain::{measure::Measure, okr::check_measure};
/// let kpi = |start: i64, target: i64| Measure::Kpi {
///     name: String::new(), unit: String::new(), start: start.into(), target: target.into(),
/// };
/// assert!(check_measure(&kpi(3, 0)).is_ok());
/// assert_eq!(check_measure(&kpi(3, 3)).unwrap_err().code, "start_equals_target");
/// ```
pub fn check_measure(measure: &Measure) -> Result<(), Invalid> {
    let beyond = |control: &Control, ok: fn(&Decimal, &Decimal) -> bool| {
        control.risk_line.is_none_or(|line| ok(&line, &control.target))
    };
    match measure {
        Measure::Kpi { start, target, .. } if start == target => Err(Invalid::new(
            "start_equals_target",
            "measure.target",
            "Start and target are the same number, so progress between them cannot be measured.",
        )
        .hint("Give the value at the beginning as `start` and the value to reach as `target`.")),
        Measure::StayBelow(control) if !beyond(control, Decimal::gt) => Err(risk_line("above")),
        Measure::StayAbove(control) if !beyond(control, Decimal::lt) => Err(risk_line("below")),
        _ => Ok(()),
    }
}

fn risk_line(side: &str) -> Invalid {
    Invalid::new("invalid_risk_line", "measure.risk_line", format!("The risk line must lie {side} the target."))
        .hint("Leave `risk_line` out to call every broken line at risk.")
}
