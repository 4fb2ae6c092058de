//! Standing: where every OKR of a tree stands on a day.

use crate::{
    check_in::{holds, latest_entry, stated_status},
    colour::Colour,
    expected::expected,
    family::{Family, leaves_first},
    progress::{attainment, entered, value},
    ratio::{Percent, Progress},
    status::{Judgement, Status, status},
};
use okrsync_domain::{
    Date, Instant, OkrId,
    check_in::{CheckIn, Entered},
    measure::Measure,
    okr::{Okr, OkrKind, ProgressMode},
    organisation::StatusLimits,
    reading::{Tally, Warning},
};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What must be known of an OKR to say where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The OKR.
    pub id: OkrId,
    /// The objective above it. One that is not among the nodes is as good as none.
    pub parent_id: Option<OkrId>,
    /// Objective or key result.
    pub kind: OkrKind,
    /// First day.
    pub starts_on: Date,
    /// Last day.
    pub due_on: Date,
    /// Where the value comes from.
    pub mode: ProgressMode,
    /// What it is measured against now. A roll-up is measured by its children alone.
    pub measure: Measure,
    /// Fixed share of the parent in percent; none takes an equal part of what is left.
    pub share: Option<Decimal>,
    /// The day on which it was closed, in the organisation's time zone. Expectation and status stay as of that day.
    pub closed_on: Option<Date>,
    /// The newest automatic reading. A manual OKR may have one: its link was deleted, and the value stays.
    pub reading: Option<Measured>,
    /// Whether that reading is old, or renewing it fails or is paused. It counts, and the parent says so.
    pub stale: bool,
    /// Its check-ins in any order. Two suffice: the latest that entered a number, and the latest that entered a number
    /// or stated a status.
    pub check_ins: Vec<CheckIn>,
}

/// An automatic reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// When Jira was asked.
    pub at: Instant,
    /// What it gave.
    pub tally: Tally,
}

impl Node {
    /// An OKR without any value yet; `closed_on` is the day of its closing in the organisation's time zone.
    pub fn of(okr: &Okr, closed_on: Option<Date>) -> Self {
        Self {
            id: okr.id,
            parent_id: okr.parent_id,
            kind: okr.kind,
            starts_on: okr.starts_on,
            due_on: okr.due_on,
            mode: okr.progress_mode,
            measure: okr.measure.clone(),
            share: okr.share,
            closed_on,
            reading: None,
            stale: false,
            check_ins: Vec::new(),
        }
    }

    /// What counts as its measure: a roll-up is a percentage, whatever it was measured against before.
    fn effective_measure(&self) -> Measure {
        if self.mode == ProgressMode::RollUp { Measure::default() } else { self.measure.clone() }
    }
}

/// Where an OKR stands on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The value as shown: of a KPI its measure, of percent complete and of roll-ups the progress as the API shows it.
    /// None also of a KPI on which a person entered a percentage.
    pub value: Option<Decimal>,
    /// The metric over the completed issues, while the value shown was measured.
    pub done: Option<Decimal>,
    /// The metric over all matches, while the value shown was measured.
    pub total: Option<Decimal>,
    /// Progress; none is no data.
    pub progress: Option<Progress>,
    /// The same, not clamped.
    pub attainment: Option<Percent>,
    /// Where it should be; none for lines to be kept.
    pub expected: Option<Percent>,
    /// Status, as stated by a check-in that holds, else as computed.
    pub status: Status,
    /// Its colour.
    pub colour: Colour,
    /// Its children.
    pub children: Children,
    /// Its share of its parent; none without one.
    pub share: Option<Percent>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
    /// Whether a check-in stands over the automatic value.
    pub overridden: bool,
    /// The automatic progress, while overridden.
    pub automatic_progress: Option<Progress>,
    /// Whether the value shown is stale, or rests on a stale one.
    pub stale: bool,
    /// When the value shown was measured or entered; of a roll-up, its newest child's.
    pub value_at: Option<Instant>,
}

/// How many children there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Children {
    /// All.
    pub count: u64,
    /// Those with a value.
    pub with_data: u64,
    /// Those with a stale value.
    pub stale: u64,
}

/// Where every OKR stands on `today`, the date in the organisation's time zone.
///
/// Nothing fails: shares that do not add up count in proportion, and a ring of parents has no data from itself.
///
/// ```
/// use okrsync_domain::{Date, OkrId, Random, measure::Measure, okr::{OkrKind, ProgressMode}, organisation::StatusLimits, reading::Tally};
/// use okrsync_metrics::{Measured, Node, Status, stand};
/// let at: okrsync_domain::Instant = "2026-11-20T09:00:00Z".parse().unwrap();
/// let random = Random::seeded(1);
/// let [objective, stories, bugs]: [OkrId; 3] = std::array::from_fn(|_| random.id(at));
/// let node = |id, parent_id, mode| Node {
///     id, parent_id, mode, kind: OkrKind::Objective, measure: Measure::default(), share: None,
///     starts_on: "2026-10-01".parse().unwrap(), due_on: "2026-12-31".parse().unwrap(), closed_on: None,
///     reading: None, stale: false, check_ins: vec![],
/// };
/// let tally = Tally { done: Some(3.into()), total: Some(10.into()), ..Tally::default() };
/// let tree = [
///     node(objective, None, ProgressMode::RollUp),
///     Node { reading: Some(Measured { at, tally }), ..node(stories, Some(objective), ProgressMode::DataSource) },
///     node(bugs, Some(objective), ProgressMode::Manual),
/// ];
/// let standings = stand(&tree, "2026-11-20".parse::<Date>().unwrap(), &StatusLimits::default());
/// assert_eq!(standings[&stories].value, Some(30.into()));
/// assert_eq!(standings[&bugs].status, Status::NoData);
/// // the average of 1 of 2
/// assert_eq!(standings[&objective].progress.as_ref().unwrap().api(), 30.into());
/// assert_eq!((standings[&objective].children.with_data, standings[&objective].children.count), (1, 2));
/// // 54.9451 expected, 30 there: less than 25 points late
/// assert_eq!(standings[&objective].status, Status::Behind);
/// ```
pub fn stand(nodes: &[Node], today: Date, limits: &StatusLimits) -> BTreeMap<OkrId, Standing> {
    let mut children: BTreeMap<OkrId, Vec<&Node>> = BTreeMap::new();
    for node in nodes {
        children.entry(node.id).or_default();
        if let Some(parent) = node.parent_id {
            children.entry(parent).or_default().push(node);
        }
    }
    let mut standings = BTreeMap::new();
    for node in leaves_first(nodes, &children) {
        let family = Family::of(&children[&node.id], &standings);
        let standing = stand_one(node, &family, today, limits);
        for (child, share) in family.shares {
            if let Some(child) = standings.get_mut(&child) {
                child.share = Some(share);
            }
        }
        standings.insert(node.id, standing);
    }
    standings
}

/// A value with what belongs to it.
#[derive(Debug, Clone, Default)]
struct Shown {
    value: Option<Decimal>,
    attainment: Option<Percent>,
    at: Option<Instant>,
    stale: bool,
}

impl Shown {
    fn progress(&self) -> Option<Progress> {
        self.attainment.clone().map(Percent::clamped)
    }
}

fn stand_one(node: &Node, family: &Family, today: Date, limits: &StatusLimits) -> Standing {
    let measure = node.effective_measure();
    let automatic = automatic(node, &measure, family);
    let entry = entry_in_force(node, automatic.at);
    let overridden = entry.is_some() && node.mode != ProgressMode::Manual;
    let automatic_progress = automatic.progress().filter(|_| overridden);
    let tally = node.reading.as_ref().filter(|_| node.mode != ProgressMode::RollUp && entry.is_none());
    let stated = stated_status(&node.check_ins, automatic.at);
    let shown = entry.map_or(automatic, |check_in| entered_by_hand(&measure, check_in));

    let day = node.closed_on.map_or(today, |closed| closed.min(today));
    let (progress, expected) = (shown.progress(), expected(&measure, node.starts_on, node.due_on, day));
    let judgement = Judgement {
        measure: &measure,
        progress: progress.as_ref(),
        value: shown.value,
        expected: expected.as_ref(),
        starts_on: node.starts_on,
        today: day,
    };
    let status = stated.map_or_else(|| status(&judgement, limits), Status::from);
    Standing {
        value: shown.value,
        done: tally.and_then(|reading| reading.tally.done),
        total: tally.and_then(|reading| reading.tally.total),
        value_at: shown.at.filter(|_| progress.is_some()),
        stale: shown.stale && progress.is_some(),
        attainment: shown.attainment,
        progress,
        expected,
        status,
        colour: status.colour(),
        children: family.children,
        share: None,
        warnings: warnings(node, family),
        overridden,
        automatic_progress,
    }
}

/// The value without any check-in: of the children or of the newest reading.
fn automatic(node: &Node, measure: &Measure, family: &Family) -> Shown {
    if node.mode == ProgressMode::RollUp {
        return Shown {
            value: family.progress.as_ref().map(Progress::api),
            attainment: family.progress.as_ref().map(|progress| progress.percent().clone()),
            at: family.value_at,
            stale: family.children.stale > 0,
        };
    }
    let Some(Measured { at, tally }) = &node.reading else { return Shown::default() };
    Shown { value: value(measure, tally), attainment: attainment(measure, tally), at: Some(*at), stale: node.stale }
}

/// The check-in whose number is shown. A manual OKR that was never measured keeps its last one in any case.
fn entry_in_force(node: &Node, automatic_at: Option<Instant>) -> Option<&CheckIn> {
    let never_measured = node.mode == ProgressMode::Manual && node.reading.is_none();
    latest_entry(&node.check_ins).filter(|check_in| never_measured || holds(check_in, automatic_at))
}

fn entered_by_hand(measure: &Measure, check_in: &CheckIn) -> Shown {
    let value = match check_in.entered {
        Some(Entered::Value(value)) => Some(value),
        Some(Entered::Progress(percent)) if measure.is_percent_complete() => Some(percent),
        _ => None,
    };
    let attainment = check_in.entered.and_then(|number| entered(measure, number));
    Shown { value, attainment, at: Some(check_in.at), stale: false }
}

fn warnings(node: &Node, family: &Family) -> Vec<Warning> {
    match node.mode {
        ProgressMode::Manual => Vec::new(),
        ProgressMode::RollUp => family.warnings.iter().copied().map(Warning::from).collect(),
        ProgressMode::DataSource => {
            node.reading.as_ref().map(|reading| reading.tally.warnings.clone()).unwrap_or_default()
        }
    }
}
