//! Status and colour: is an OKR where it should be today?

use crate::{
    colour::Colour,
    fraction::{literal, meant},
    ratio::{Percent, Progress, hundred},
};
use num_traits::Zero;
use okrsync_domain::{
    Date, Invalid,
    check_in::StatedStatus,
    measure::Measure,
    organisation::{GapReading, StatusLimits},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Where an OKR stands. It depends on the day and is computed when shown, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No value: no reading or one without data, no check-in, no child with a value.
    NoData,
    /// Its first day is yet to come.
    NotStarted,
    /// Progress is 100 (never said of a line to be kept).
    Achieved,
    /// No gap, or a line that is kept.
    OnTrack,
    /// A gap, or a line that is broken before its risk line.
    Behind,
    /// A wide gap, or a line that is broken.
    AtRisk,
}

impl Status {
    /// All of them, in the order in which they are tried.
    pub const ALL: [Self; 6] =
        [Self::NoData, Self::NotStarted, Self::Achieved, Self::OnTrack, Self::Behind, Self::AtRisk];

    /// The word that the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoData => "no_data",
            Self::NotStarted => "not_started",
            Self::Achieved => "achieved",
            Self::OnTrack => "on_track",
            Self::Behind => "behind",
            Self::AtRisk => "at_risk",
        }
    }

    /// Its colour.
    ///
    /// ```
    /// use okrsync_metrics::{Colour, Status};
    /// assert_eq!(Status::ALL.map(Status::colour), [
    ///     Colour::Grey, Colour::Grey, Colour::Green, Colour::Green, Colour::Orange, Colour::Red,
    /// ]);
    /// ```
    pub fn colour(self) -> Colour {
        match self {
            Self::NoData | Self::NotStarted => Colour::Grey,
            Self::Achieved | Self::OnTrack => Colour::Green,
            Self::Behind => Colour::Orange,
            Self::AtRisk => Colour::Red,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a status: use no_data, not_started, achieved, on_track, behind or at_risk")]
pub struct NotAStatus(pub String);

impl FromStr for Status {
    type Err = NotAStatus;
    fn from_str(text: &str) -> Result<Self, NotAStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or_else(|| NotAStatus(text.to_owned()))
    }
}

impl From<StatedStatus> for Status {
    fn from(stated: StatedStatus) -> Self {
        match stated {
            StatedStatus::OnTrack => Self::OnTrack,
            StatedStatus::Behind => Self::Behind,
            StatedStatus::AtRisk => Self::AtRisk,
            StatedStatus::Achieved => Self::Achieved,
        }
    }
}

/// What a status is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Judgement<'a> {
    /// What the OKR is measured against.
    pub measure: &'a Measure,
    /// Its progress; none is no data.
    pub progress: Option<&'a Progress>,
    /// Its value, to be compared with a risk line.
    pub value: Option<Decimal>,
    /// Where it should be.
    pub expected: Option<&'a Percent>,
    /// Its first day.
    pub starts_on: Date,
    /// The day it is judged for, in the organisation's time zone.
    pub today: Date,
}

/// The status of an OKR; the first rule that fits wins: no data, not started, achieved, then the gap against the
/// limits. A line to be kept is on track while it is kept, behind while the value is strictly before the risk line, and
/// at risk otherwise.
///
/// ```
/// use okrsync_domain::{Date, measure::Measure, organisation::{GapReading, StatusLimits}};
/// use okrsync_metrics::{Judgement, Percent, Status, status};
/// let (day, percent) = ("2026-11-20".parse::<Date>().unwrap(), Measure::default());
/// let judge = |expected: i64, progress: i64, limits: &StatusLimits| {
///     let (expected, progress) = (Percent::of(expected.into(), 100.into()).unwrap(), Percent::of(progress.into(), 100.into()).unwrap().clamped());
///     status(&Judgement {
///         measure: &percent, progress: Some(&progress), value: None, expected: Some(&expected), starts_on: day, today: day,
///     }, limits)
/// };
/// let points = StatusLimits::default();
/// assert_eq!(judge(50, 50, &points), Status::OnTrack);
/// assert_eq!(judge(52, 47, &points), Status::Behind);
/// assert_eq!(judge(100, 75, &points), Status::Behind);
/// assert_eq!(judge(50, 20, &points), Status::AtRisk);
/// assert_eq!(judge(0, 100, &points), Status::Achieved);
/// // 16 points under an expectation of 20 are 80 % of it
/// let ratio = StatusLimits { reading: GapReading::Ratio, ..points };
/// assert_eq!((judge(20, 4, &points), judge(20, 4, &ratio)), (Status::Behind, Status::AtRisk));
/// assert_eq!(judge(0, 0, &ratio), Status::OnTrack);
/// // the limits are settings
/// let patient = StatusLimits { behind_above: 10.into(), at_risk_above: 40.into(), ..points };
/// assert_eq!((judge(52, 47, &patient), judge(50, 20, &patient)), (Status::OnTrack, Status::Behind));
/// ```
/// Before its first day, and without data, nothing is late:
/// ```
/// # use okrsync_domain::{Date, measure::Measure, organisation::StatusLimits};
/// # use okrsync_metrics::{Judgement, Percent, Progress, Status, status};
/// let (limits, percent) = (StatusLimits::default(), Measure::default());
/// let [eve, first] = ["2026-09-30", "2026-10-01"].map(|day| day.parse::<Date>().unwrap());
/// let (zero, hundred) = (Progress::zero(), Percent::hundred());
/// let early = Judgement {
///     measure: &percent, progress: Some(&zero), value: None, expected: Some(&hundred), starts_on: first, today: eve,
/// };
/// assert_eq!(status(&early, &limits), Status::NotStarted);
/// assert_eq!(status(&Judgement { today: first, ..early }, &limits), Status::AtRisk);
/// assert_eq!(status(&Judgement { progress: None, ..early }, &limits), Status::NoData);
/// ```
/// A line with a risk line behind it:
/// ```
/// # use okrsync_domain::{Date, measure::{Control, Measure}, organisation::StatusLimits, reading::Tally};
/// # use okrsync_metrics::{Judgement, Status, progress, status};
/// let day = "2026-11-20".parse::<Date>().unwrap();
/// let line = Measure::StayBelow(Control {
///     name: String::new(), unit: String::new(), target: 2.into(), risk_line: Some(3.into()),
/// });
/// let at = |value: &str| {
///     let tally = Tally { value: Some(value.parse().unwrap()), ..Tally::default() };
///     status(&Judgement {
///         measure: &line, progress: progress(&line, &tally).as_ref(), value: tally.value, expected: None,
///         starts_on: day, today: day,
///     }, &StatusLimits::default())
/// };
/// assert_eq!(["1.9", "2", "2.5", "3"].map(at), [Status::OnTrack, Status::Behind, Status::Behind, Status::AtRisk]);
/// ```
pub fn status(judgement: &Judgement<'_>, limits: &StatusLimits) -> Status {
    let Some(progress) = judgement.progress else { return Status::NoData };
    if judgement.today < judgement.starts_on {
        Status::NotStarted
    } else if judgement.measure.is_control() {
        line_status(judgement.measure, progress, judgement.value)
    } else if progress.is_complete() {
        Status::Achieved
    } else {
        judgement.expected.map_or(Status::OnTrack, |expected| gap_status(expected, progress, limits))
    }
}

/// How many percentage points progress is under what is expected; negative when it is over.
///
/// ```
/// use okrsync_metrics::{Percent, gap};
/// let percent = |n: i64| Percent::of(n.into(), 100.into()).unwrap();
/// assert_eq!(gap(&percent(52), &percent(47).clamped()), percent(5));
/// assert_eq!(gap(&percent(40), &percent(47).clamped()).page(), "−7.0");
/// ```
pub fn gap(expected: &Percent, progress: &Progress) -> Percent {
    expected - progress.percent()
}

/// The status by the gap alone.
pub(crate) fn gap_status(expected: &Percent, progress: &Progress, limits: &StatusLimits) -> Status {
    let gap = gap(expected, progress);
    let gap = match limits.reading {
        GapReading::Points => gap.fraction().clone(),
        GapReading::Ratio if expected.fraction().is_zero() => return Status::OnTrack,
        GapReading::Ratio => gap.fraction() * hundred() / expected.fraction(),
    };
    if gap <= literal(limits.behind_above) {
        Status::OnTrack
    } else if gap <= literal(limits.at_risk_above) {
        Status::Behind
    } else {
        Status::AtRisk
    }
}

/// The status of a line that should be kept.
fn line_status(measure: &Measure, progress: &Progress, value: Option<Decimal>) -> Status {
    let before_risk_line = match (measure, value.map(meant)) {
        (Measure::StayBelow(line), Some(value)) => line.risk_line.is_some_and(|risk| value < literal(risk)),
        (Measure::StayAbove(line), Some(value)) => line.risk_line.is_some_and(|risk| value > literal(risk)),
        _ => false,
    };
    if progress.is_complete() {
        Status::OnTrack
    } else if before_risk_line {
        Status::Behind
    } else {
        Status::AtRisk
    }
}

/// Checks that the limits can be told apart.
///
/// # Errors
/// `invalid_limits` unless `0 ≤ behind_above ≤ at_risk_above ≤ 100`.
///
/// ```
/// use okrsync_domain::organisation::StatusLimits;
/// use okrsync_metrics::check_limits;
/// assert!(check_limits(&StatusLimits::default()).is_ok());
/// let crossed = StatusLimits { behind_above: 30.into(), ..StatusLimits::default() };
/// assert_eq!(check_limits(&crossed).unwrap_err().code, "invalid_limits");
/// ```
pub fn check_limits(limits: &StatusLimits) -> Result<(), Invalid> {
    let sound = Decimal::ZERO <= limits.behind_above
        && limits.behind_above <= limits.at_risk_above
        && limits.at_risk_above <= Decimal::ONE_HUNDRED;
    if sound {
        return Ok(());
    }
    Err(Invalid::new(
        "invalid_limits",
        "at_risk_above",
        "The limits must satisfy 0 ≤ behind_above ≤ at_risk_above ≤ 100.",
    )
    .hint("The usual limits are 0 and 25."))
}
