//! What lies between two measured readings: first the issues, then each edit in its turn.

use super::{
    Part, Raw, cause,
    changes::{State, happenings},
    effects::Between,
    rule,
};
use crate::{Rule, measure as measured};
use okrsync_domain::{
    decimal::plain,
    issue::{Facts, IssueKey},
    link::Settings,
    measure::{Measure, Metric},
    moves::{Cause, CauseKind, Compared, Evidence, IssueChange},
    reading::Tally,
};
use rust_decimal::Decimal;

/// The causes between two measured readings.
pub(super) fn parts(from: &Evidence, to: &Evidence, issues: &Compared) -> Vec<Part> {
    let (Some(old), Some(new)) = (rule(from), rule(to)) else { return Vec::new() };
    let (measure, before) = (&from.reading.measure, &from.reading.tally);
    let edits = edits(from, to);
    if edits.is_empty() {
        let between = Between { measure, rule: &old, before, after: &to.reading.tally };
        return issue_parts(&between, issues, true);
    }
    let same_query = from.reading.query_id == to.reading.query_id;
    if old.metric != new.metric || old.story_points_fields != new.story_points_fields {
        let mut parts = uncounted(issues, &old, same_query);
        parts.extend(in_order(edits, from, to, [before, before]));
        return parts;
    }
    let settled = recount(issues, same_query, &old).unwrap_or_else(|| before.clone());
    let mut parts = issue_parts(&Between { measure, rule: &old, before, after: &settled }, issues, same_query);
    let queried = recount(issues, true, &old).unwrap_or_else(|| settled.clone());
    parts.extend(in_order(edits, from, to, [&settled, &queried]));
    parts
}

/// What the issues did. With `all`, also those that came and went; else these are the edited query's.
fn issue_parts(between: &Between<'_>, issues: &Compared, all: bool) -> Vec<Part> {
    let (told, kept): (Vec<_>, Vec<_>) = issues.changed.iter().partition(|change| all || stays(change));
    let all: Vec<_> = told.into_iter().flat_map(|change| happenings(change, between.rule)).collect();
    let others = issues.same.iter().chain(kept.into_iter().filter_map(|change| change.before.as_ref()));
    let effects = between.effects(&all, others.map(|facts| State::of(facts, between.rule)));
    all.into_iter().zip(effects).map(|(happening, raw)| Part { cause: happening.cause, raw }).collect()
}

/// Who came, went, or was completed while the metric was edited: that has no number of its own.
fn uncounted(issues: &Compared, old: &Rule, all: bool) -> Vec<Part> {
    let told = issues.changed.iter().filter(|change| all || stays(change));
    let count = Rule { metric: Metric::Count, ..old.clone() };
    let happened = told.flat_map(|change| happenings(change, &count));
    happened.map(|happening| Part { cause: happening.cause, raw: Raw::default() }).collect()
}

/// Whether it matched before and after.
fn stays(change: &IssueChange) -> bool {
    change.before.is_some() && change.after.is_some()
}

/// The issues as they are afterwards by the old rule; without `all`, those that came or went only by the edited query
/// stay as they were. None if they cannot be added up.
fn recount(issues: &Compared, all: bool, rule: &Rule) -> Option<Tally> {
    let facts = issues.changed.iter().filter_map(|change| {
        let side = if all || stays(change) { &change.after } else { &change.before };
        side.as_ref()
    });
    let key = IssueKey(String::new());
    measured(issues.same.iter().chain(facts).map(|facts: &Facts| (&key, facts)), rule).ok()
}

/// An edit, and what counts once it is made.
struct Edit {
    field: &'static str,
    from: Option<String>,
    to: Option<String>,
    then: Then,
}

/// Where an edit leads.
enum Then {
    /// To the issues of the other query, by the old rule and measure.
    Queried,
    /// To the new tally against this measure.
    Against(Measure),
}

/// What was edited, in the order in which it is told.
fn edits(from: &Evidence, to: &Evidence) -> Vec<Edit> {
    let (Some(was), Some(is)) = (&from.settings, &to.settings) else { return Vec::new() };
    let (old, new) = (&from.reading.measure, &to.reading.measure);
    let mut edits = Vec::new();
    let mut note = |field, was: Option<String>, is: Option<String>, then| {
        if was != is {
            edits.push(Edit { field, from: was, to: is, then });
        }
    };
    let against = |measure: &Measure| Then::Against(measure.clone());
    if from.reading.query_id != to.reading.query_id {
        let id = |evidence: &Evidence| evidence.reading.query_id.map(|id| id.to_string());
        if was.jql == is.jql {
            note("connection", id(from), id(to), Then::Queried);
        } else {
            note("jql", Some(was.jql.clone()), Some(is.jql.clone()), Then::Queried);
        }
    }
    note("metric", Some(metric_word(was)), Some(metric_word(is)), against(old));
    note("story_points_fields", points_word(was), points_word(is), against(old));
    if !old.is_percent_complete() && !new.is_percent_complete() {
        let word = |settings: &Settings| Some(settings.completed_only.to_string());
        note("completed_only", word(was), word(is), against(old));
    }
    if kind_word(old) == kind_word(new) {
        note("measure.start", start(old).map(plain), start(new).map(plain), against(&with_start(old, new)));
        note("measure.target", target(old).map(plain), target(new).map(plain), against(new));
    } else {
        note("measure.kind", Some(kind_word(old).to_owned()), Some(kind_word(new).to_owned()), against(new));
    }
    edits
}

/// Each edit with what it makes of the number when everything before is done; the last one ends at the reading.
fn in_order(edits: Vec<Edit>, from: &Evidence, to: &Evidence, [settled, queried]: [&Tally; 2]) -> Vec<Part> {
    let measure = &from.reading.measure;
    let mut before = Raw::at(measure, settled).unwrap_or_else(|| Raw::of(&from.reading));
    let last = edits.len().saturating_sub(1);
    let part = |(index, edit): (usize, Edit)| {
        let after = match &edit.then {
            _ if index == last => Raw::at(&to.reading.measure, &to.reading.tally),
            Then::Queried => Raw::at(measure, queried),
            Then::Against(measure) => Raw::at(measure, &to.reading.tally),
        };
        let after = after.unwrap_or_else(|| before.clone());
        let raw = Raw::between(&before, &after);
        before = after;
        let field = Some(edit.field.to_owned());
        Part { cause: Cause { field, from: edit.from, to: edit.to, ..cause(CauseKind::Setting) }, raw }
    };
    edits.into_iter().enumerate().map(part).collect()
}

fn metric_word(settings: &Settings) -> String {
    let Metric::CustomField { field_id, aggregate } = &settings.metric else {
        return settings.metric.kind().to_owned();
    };
    format!("{} of {field_id}", aggregate.as_str())
}

/// The fields by which points are measured; none where other things are.
fn points_word(settings: &Settings) -> Option<String> {
    let fields: Vec<&str> = settings.story_points_fields.iter().map(|field| field.0.as_str()).collect();
    (settings.metric == Metric::StoryPoints).then(|| fields.join(", "))
}

fn kind_word(measure: &Measure) -> &'static str {
    match measure {
        Measure::PercentComplete {} => "percent_complete",
        Measure::Kpi { .. } => "kpi",
        Measure::StayBelow(_) => "stay_below",
        Measure::StayAbove(_) => "stay_above",
    }
}

fn start(measure: &Measure) -> Option<Decimal> {
    if let Measure::Kpi { start, .. } = measure { Some(*start) } else { None }
}

fn target(measure: &Measure) -> Option<Decimal> {
    match measure {
        Measure::PercentComplete {} => None,
        Measure::Kpi { target, .. } => Some(*target),
        Measure::StayBelow(line) | Measure::StayAbove(line) => Some(line.target),
    }
}

/// The old measure with the new start.
fn with_start(old: &Measure, new: &Measure) -> Measure {
    let mut edited = old.clone();
    if let (Measure::Kpi { start: at, .. }, Some(new)) = (&mut edited, start(new)) {
        *at = new;
    }
    edited
}
