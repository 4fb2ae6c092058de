//! Moves: the exact account of the difference between two readings, issue by issue.
//!
//! Every difference is split into **causes**, and their effects add up to it *exactly*: in progress points (4 decimals,
//! as the API shows progress) and in the reading's own unit. This is the method; pages and API say the same numbers.
//!
//! # Percent complete
//! With `D₀` of `T₀` done before and `D₁` of `T₁` after, an issue that brought `dᵢ` more done and `tᵢ` more in total has
//!
//! ```text
//! cᵢ = 100 × (dᵢ − p₀ × tᵢ) ÷ T₁        p₀ = D₀ ÷ T₀
//! ```
//!
//! These add up to `100 × (D₁ ÷ T₁ − D₀ ÷ T₀)`, whatever the order of the issues: the effect on the denominator, which all
//! share, falls to those who moved it. An open issue that joins 3 of 10 has −30 % ÷ 11 = −2.7273 points; a completed one
//! brings its weight at today's total.
//!
//! # Key figures
//! Of a sum, an issue's effect `vᵢ` on the value is what it brings more or less (with "completed issues only": while it is
//! completed). Of a mean, median, least or largest it is how far the value moves when the issues' changes are applied one
//! after another by their ids; over nothing the value stays where it was.
//!
//! Progress follows the value along the measure's own line. What is beyond start or target moves nothing, so each effect
//! is taken in proportion:
//!
//! ```text
//! cᵢ = vᵢ × ΔP ÷ ΔV        or, while ΔV = 0 between start and target, vᵢ × 100 ÷ (target − start)
//! ```
//!
//! The same proportion holds percent complete between 0 and 100. A line to be kept moves by 100 points at once: they are
//! spread over the issues that moved the value towards the crossing, in proportion to how far.
//!
//! # Several changes
//! An issue whose number changed and that was completed at the same time has two causes: first the number, then the
//! completion. Edits come after the issues: query, metric, toggle, start, target, each with what the number makes of it
//! when everything before is done. An edited query is one cause for all issues that one of the two queries does not
//! find. Where the metric was edited, the other facts of that time were not read, so the whole difference is the edit's.
//!
//! # Rounding
//! Effects are rounded half away from zero, and the rest of the rounding goes to the largest. A rest that no rounding
//! explains is never hidden in another cause: it is [`CauseKind::Unexplained`].

mod changes;
mod effects;
mod objective;
mod settings;
mod settle;
mod split;
mod total;
mod turns;

pub use objective::{Leaves, Rolled, Tree, carry};
pub use split::{KindSum, Split, signed, words};
pub use total::Total;

use crate::{Rule, fraction::literal, progress, value};
use effects::Raw;
use num_rational::BigRational;
use num_traits::Zero;
use okrsync_domain::{
    decimal::plain,
    measure::Measure,
    moves::{Account, Cause, CauseKind, Effect, Evidence, Step},
    reading::{Reading, ReadingKind},
};
use rust_decimal::Decimal;
use std::cmp::Reverse;

/// A cause whose effect is not rounded yet.
pub(crate) struct Part {
    cause: Cause,
    raw: Raw,
}

/// Accounts for a step; none where nothing happened that concerns the number.
///
/// Three of ten are done, and an eleventh joins:
/// ```
/// use okrsync_domain::{
///     Random, issue::{Facts, IssueId, IssueKey}, link::Settings, measure::{Measure, Metric},
///     moves::{CauseKind, Compared, Evidence, IssueChange, Step}, reading::{Reading, ReadingKind, Tally},
/// };
/// let at: okrsync_domain::Instant = "2026-11-20T10:00:00Z".parse().unwrap();
/// let random = Random::seeded(1);
/// let reading = |total: i64| Evidence {
///     reading: Reading {
///         id: random.id(at), okr_id: random.id(at), at, kind: ReadingKind::Automatic, query_id: None, refresh_id: None, repeats: None,
///         measure: Measure::default(),
///         tally: Tally { done: Some(3.into()), total: Some(total.into()), ..Tally::default() },
///     },
///     settings: Some(Settings {
///         jql: "parent = AE-786".into(), metric: Metric::Count, completed_only: false, story_points_fields: vec![],
///     }),
/// };
/// let joined = IssueChange {
///     id: IssueId(11), key: IssueKey("AE-797".into()), title: None, before: None, after: Some(Facts::default()), gone: None,
/// };
/// let from = reading(10);
/// let step = Step {
///     measured: Some(from.clone()), from, to: reading(11),
///     issues: Compared { changed: vec![joined], same: vec![] },
/// };
/// let account = okrsync_metrics::moves::explain(&step).unwrap();
/// assert_eq!(account.delta.progress, Some("-2.7273".parse().unwrap()));
/// assert_eq!((account.causes[0].kind, account.causes[0].effect), (CauseKind::Joined, account.delta));
/// assert_eq!(okrsync_metrics::moves::words(&account), "AE-797 joined, 0 lost");
/// ```
pub fn explain(step: &Step) -> Option<Account> {
    let parts = parts(step);
    let (from, to) = (&step.from, &step.to);
    if parts.is_empty() && shown_value(&from.reading) == shown_value(&to.reading) {
        return None;
    }
    Some(account(parts, Ends { from, to }))
}

/// The two readings that an account lies between.
#[derive(Clone, Copy)]
struct Ends<'a> {
    from: &'a Evidence,
    to: &'a Evidence,
}

fn parts(step: &Step) -> Vec<Part> {
    if step.to.reading.kind == ReadingKind::CheckIn {
        let (from, to) = (Raw::of(&step.from.reading), Raw::of(&step.to.reading));
        return vec![check_in(shown_value(&step.from.reading), shown_value(&step.to.reading), &from, &to)];
    }
    let Some(measured) = &step.measured else { return vec![first_measured(step)] };
    let mut parts = settings::parts(measured, &step.to, &step.issues);
    if step.from.reading.kind == ReadingKind::CheckIn {
        let (from, to) = (Raw::of(&step.from.reading), Raw::of(&measured.reading));
        parts.push(check_in(shown_value(&step.from.reading), None, &from, &to));
    }
    parts
}

/// From a number by hand to the first measured one.
fn first_measured(step: &Step) -> Part {
    let cause = Cause {
        field: Some("link".to_owned()),
        to: step.to.settings.as_ref().map(|settings| settings.jql.clone()),
        ..cause(CauseKind::Setting)
    };
    Part { cause, raw: Raw::between(&Raw::of(&step.from.reading), &Raw::of(&step.to.reading)) }
}

fn check_in(from: Option<Decimal>, to: Option<Decimal>, before: &Raw, after: &Raw) -> Part {
    let cause = Cause { from: from.map(plain), to: to.map(plain), ..cause(CauseKind::CheckIn) };
    Part { cause, raw: Raw::between(before, after) }
}

pub(crate) fn cause(kind: CauseKind) -> Cause {
    Cause { kind, issue: None, okr_id: None, field: None, from: None, to: None, effect: Effect::default() }
}

/// The causes with their effects rounded so that they add up.
fn account(parts: Vec<Part>, ends: Ends<'_>) -> Account {
    let raw = |number: fn(&Raw) -> &BigRational| -> Vec<&BigRational> {
        parts.iter().map(|part| number(&part.raw)).collect()
    };
    let progress_ends = (shown_progress(&ends.from.reading), shown_progress(&ends.to.reading));
    let progress = settle::settle(&raw(|raw| &raw.progress), progress_ends, settle::POINTS);
    let percent = |evidence: &Evidence| evidence.reading.measure.is_percent_complete();
    let values = match (percent(ends.from), percent(ends.to)) {
        // the value of percent complete is its progress
        (true, true) => progress.clone(),
        (false, false) if same_unit(ends) => {
            let value_ends = (ends.from.reading.tally.value, ends.to.reading.tally.value);
            settle::settle(&raw(|raw| &raw.value), value_ends, settle::UNITS)
        }
        _ => None,
    };
    let delta = Effect {
        value: values.as_ref().map(|settled| settled.delta),
        progress: progress.as_ref().map(|settled| settled.delta),
    };
    let effect = |index: usize| Effect {
        value: values.as_ref().map(|settled| settled.effects[index]),
        progress: progress.as_ref().map(|settled| settled.effects[index]),
    };
    let mut causes: Vec<Cause> = parts.into_iter().map(|part| part.cause).collect();
    for (index, cause) in causes.iter_mut().enumerate() {
        cause.effect = effect(index);
    }
    let rest = Effect {
        value: values.as_ref().map(|settled| settled.rest),
        progress: progress.as_ref().map(|settled| settled.rest),
    };
    if [rest.value, rest.progress].into_iter().flatten().any(|rest| !rest.is_zero()) {
        causes.push(Cause { effect: rest, ..cause(CauseKind::Unexplained) });
    }
    sort(&mut causes);
    Account { delta, causes }
}

/// The largest effects first; edits before issues of the same effect, issues by id.
pub(crate) fn sort(causes: &mut [Cause]) {
    causes.sort_by_cached_key(|cause| {
        let size = |number: Option<Decimal>| Reverse(number.unwrap_or_default().abs());
        let issue = cause.issue.as_ref().map(|issue| issue.id);
        (size(cause.effect.progress), size(cause.effect.value), issue, cause.kind)
    });
}

/// Whether the values of both can be compared. A number by hand is in the unit of its neighbour.
fn same_unit(ends: Ends<'_>) -> bool {
    match (&ends.from.settings, &ends.to.settings) {
        (Some(from), Some(to)) => from.metric == to.metric,
        _ => true,
    }
}

fn shown_progress(reading: &Reading) -> Option<Decimal> {
    progress(&reading.measure, &reading.tally).map(|progress| progress.api())
}

fn shown_value(reading: &Reading) -> Option<Decimal> {
    value(&reading.measure, &reading.tally)
}

/// The difference of two readings, as it is shown.
pub fn delta(from: &Evidence, to: &Evidence) -> Effect {
    account(Vec::new(), Ends { from, to }).delta
}

/// The rule by which a reading was measured; none of a check-in.
fn rule(evidence: &Evidence) -> Option<Rule> {
    let settings = evidence.settings.as_ref()?;
    let fields = settings.story_points_fields.as_slice();
    Some(Rule::new(&evidence.reading.measure, &settings.metric, settings.completed_only, fields))
}

/// Start and target, where the measure has them.
fn way(measure: &Measure) -> Option<(BigRational, BigRational)> {
    match measure {
        Measure::Kpi { start, target, .. } => Some((literal(*start), literal(*target))),
        _ => None,
    }
}

/// `a ÷ b`, 0 where there is nothing to divide by.
fn ratio(a: &BigRational, b: &BigRational) -> BigRational {
    if b.is_zero() { BigRational::zero() } else { a / b }
}
