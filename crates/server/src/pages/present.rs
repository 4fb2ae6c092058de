//! From stored rows and their standing to what the board shows.

use super::{
    board::{Board as View, Group, Note, Period, Row, Source, SourceKind, Summary, Value},
    layout::Frame,
    quarter::Quarter,
    words::{age, exactly, number},
};
use crate::{
    board::{Board, Shown},
    components::{
        avatar::Person,
        bar::{Bar, Thickness},
    },
    freshness::FreshnessState,
};
use okrsync_domain::{
    OkrId, UserId,
    connection::{Connection, ConnectionState},
    measure::{Measure, Metric},
    okr::{Okr, OkrKind, ProgressMode},
    person::User,
    reading::WarningCode,
};
use okrsync_metrics::{
    company::{company, count_by_status},
    ratio::{Percent, Progress},
    standing::Standing,
    status::{Status, gap},
};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The board as a page shows it.
pub(crate) fn present(board: &Board, frame: Frame, quarter: Quarter, people: &BTreeMap<UserId, User>, connections: &[Connection]) -> View {
    let period = Period {
        name: quarter.name(),
        dates: quarter.dates(board.today),
        previous: quarter.previous(),
        next: quarter.next(),
    };
    View { frame, period, summary: summary(board, connections), groups: groups(board, people) }
}

/// Where the company stands, and which connections are in trouble.
fn summary(board: &Board, connections: &[Connection]) -> Summary {
    let company = company(&board.nodes, &board.standings, &board.organisation.limits);
    let standings: Vec<&Standing> = board.key_results().map(|shown| shown.standing).collect();
    let counted = count_by_status(standings.iter().copied());
    let always = [Status::OnTrack, Status::Behind, Status::AtRisk, Status::Achieved, Status::NoData];
    let counts = always
        .into_iter()
        .map(|status| (status, counted.get(&status).copied().unwrap_or(0)))
        .chain(counted.get(&Status::NotStarted).map(|number| (Status::NotStarted, *number)))
        .collect();
    let failing = |connection: &&Connection| connection.state == ConnectionState::Failing;
    Summary {
        bar: bar(company.progress.as_ref(), company.expected.as_ref(), company.status, false, Thickness::Summary),
        gap: company.progress.as_ref().zip(company.expected.as_ref()).map(|(progress, expected)| gap_words(expected, progress)),
        key_results: standings.len() as u64,
        counts,
        trouble: connections.iter().filter(failing).filter_map(trouble).collect(),
    }
}

fn trouble(connection: &Connection) -> Option<String> {
    connection.last_error.as_ref().map(|problem| format!("{}: {}", connection.name, problem.message))
}

/// "1.8 pt under expected".
fn gap_words(expected: &Percent, progress: &Progress) -> String {
    let gap = gap(expected, progress);
    let side = if gap > Percent::zero() { "under" } else { "over" };
    format!("{} pt {side} expected", number(gap.api().abs()))
}

fn bar(progress: Option<&Progress>, expected: Option<&Percent>, status: Status, stale: bool, thickness: Thickness) -> Bar {
    let (progress, expected) = (progress.map(Progress::page), expected.map(Percent::page));
    Bar { progress, expected, status, stale, thickness }
}

/// Objectives with what hangs below them, in the order in which they were written; OKRs without an objective come last.
fn groups(board: &Board, people: &BTreeMap<UserId, User>) -> Vec<Group> {
    let mut below: BTreeMap<Option<OkrId>, Vec<Shown<'_>>> = BTreeMap::new();
    for shown in board.all() {
        let parent = shown.row.okr.parent_id.filter(|parent| board.standings.contains_key(parent));
        below.entry(parent).or_default().push(shown);
    }
    let mut groups = vec![];
    let mut open = below.remove(&None).unwrap_or_default();
    open.reverse();
    // Depth first: an objective under an objective follows as a group of its own.
    while let Some(shown) = open.pop() {
        let children = below.remove(&Some(shown.row.okr.id)).unwrap_or_default();
        let (leaves, objectives): (Vec<_>, Vec<_>) =
            children.into_iter().partition(|child| child.row.okr.kind == OkrKind::KeyResult);
        let rows = leaves.iter().map(|leaf| row(board, leaf, people)).collect();
        groups.push(Group { head: row(board, &shown, people), rows });
        open.extend(objectives.into_iter().rev());
    }
    groups
}

fn row(board: &Board, shown: &Shown<'_>, people: &BTreeMap<UserId, User>) -> Row {
    let (okr, standing) = (&shown.row.okr, shown.standing);
    let old = standing.stale && okr.progress_mode == ProgressMode::DataSource;
    Row {
        id: okr.id.to_string(),
        title: okr.title.clone(),
        team: okr.team.clone().filter(|_| okr.kind == OkrKind::Objective),
        meta: meta(shown),
        owner: Person { id: okr.owner_id.to_string(), name: people.get(&okr.owner_id).map_or_else(|| "Somebody".to_owned(), |user| user.name.clone()) },
        bar: bar(standing.progress.as_ref(), standing.expected.as_ref(), standing.status, old, Thickness::Row),
        value: value(shown),
        status: standing.status,
        source: source(board, shown),
        note: note(shown),
    }
}

/// "Story points · parent = AE-786".
fn meta(shown: &Shown<'_>) -> String {
    match &shown.row.link {
        Some(linked) => format!("{} · {}", metric_name(&linked.link.metric), linked.link.jql),
        None if shown.row.okr.kind == OkrKind::KeyResult => "Entered by hand".to_owned(),
        None => String::new(),
    }
}

fn metric_name(metric: &Metric) -> &'static str {
    match metric {
        Metric::Count => "Count",
        Metric::TimeSpent => "Time spent",
        Metric::OriginalEstimate => "Original estimate",
        Metric::RemainingEstimate => "Remaining estimate",
        Metric::Progress => "Progress",
        Metric::StoryPoints => "Story points",
        Metric::CustomField { .. } => "Custom field",
    }
}

/// The unit behind "34 of 64".
fn metric_unit(metric: &Metric) -> &'static str {
    match metric {
        Metric::Count => "issues",
        Metric::TimeSpent | Metric::OriginalEstimate | Metric::RemainingEstimate => "h",
        Metric::Progress => "%",
        Metric::StoryPoints => "pts",
        Metric::CustomField { .. } => "",
    }
}

fn value(shown: &Shown<'_>) -> Value {
    let standing = shown.standing;
    let percent = standing.progress.as_ref().map(|progress| format!("{}%", progress.page()));
    let Some(percent) = percent else { return missing(shown) };
    match (&shown.row.okr.measure, standing.value) {
        _ if shown.row.okr.progress_mode == ProgressMode::RollUp => Value { main: percent, rest: None, detail: None, missing: false },
        (Measure::Kpi { unit, start, target, .. }, Some(value)) => {
            Value { main: number(value), rest: Some(towards(*start, *target, unit)), detail: Some(percent), missing: false }
        }
        (Measure::StayBelow(line), Some(value)) => kept(value, "below", line.target, &line.unit),
        (Measure::StayAbove(line), Some(value)) => kept(value, "above", line.target, &line.unit),
        _ => Value { main: percent, rest: None, detail: parts(shown), missing: false },
    }
}

/// "/ 20 bugs", or "→ 8 open" where less is better.
fn towards(start: Decimal, target: Decimal, unit: &str) -> String {
    let sign = if target < start { "→" } else { "/" };
    format!("{sign} {} {unit}", number(target)).trim_end().to_owned()
}

fn kept(value: Decimal, side: &str, line: Decimal, unit: &str) -> Value {
    let rest = format!("{side} {} {unit}", number(line)).trim_end().to_owned();
    Value { main: number(value), rest: Some(rest), detail: None, missing: false }
}

/// "34 of 64 pts".
fn parts(shown: &Shown<'_>) -> Option<String> {
    let (done, total) = shown.standing.done.zip(shown.standing.total)?;
    let unit = shown.row.link.as_ref().map_or("", |linked| metric_unit(&linked.link.metric));
    Some(format!("{} of {} {unit}", number(done), number(total)).trim_end().to_owned())
}

fn missing(shown: &Shown<'_>) -> Value {
    let matched = shown.row.reading.as_ref().map(|reading| format!("{} issues", reading.tally.matched));
    Value { main: "No value".to_owned(), rest: None, detail: matched, missing: true }
}

fn source(board: &Board, shown: &Shown<'_>) -> Source {
    let okr = &shown.row.okr;
    let zone = board.organisation.time_zone;
    let told = |at| age(at, board.now, zone);
    match okr.progress_mode {
        ProgressMode::RollUp => Source { kind: SourceKind::RollUp, text: average(shown.standing), tooltip: "Rolled up from what is below".to_owned() },
        ProgressMode::Manual => {
            let text = shown.standing.value_at.map_or_else(|| "No check-in yet".to_owned(), told);
            Source { kind: SourceKind::ByHand, text, tooltip: "Entered by hand".to_owned() }
        }
        ProgressMode::DataSource => {
            let synced = shown.freshness.synced_at;
            let exact = synced.map_or_else(|| "Not measured yet".to_owned(), |at| format!("Measured {}", exactly(at, zone)));
            let next = shown.freshness.next_at.map_or_else(String::new, |at| format!(", next {}", exactly(at, zone)));
            let text = synced.map_or_else(|| "Not measured yet".to_owned(), told);
            Source { kind: SourceKind::Jira, text, tooltip: format!("{exact}{next}") }
        }
    }
}

/// "Average of 3", "Average of 2 of 3".
fn average(standing: &Standing) -> String {
    let children = standing.children;
    match (children.count, children.with_data) {
        (0, _) => "Nothing below yet".to_owned(),
        (count, with_data) if count == with_data => format!("Average of {count}"),
        (count, with_data) => format!("Average of {with_data} of {count}"),
    }
}

/// The worst thing to know, if anything.
fn note(shown: &Shown<'_>) -> Option<Note> {
    let okr: &Okr = &shown.row.okr;
    if okr.progress_mode != ProgressMode::DataSource {
        return None;
    }
    let failing = |text: String| Some(Note { failing: true, text });
    let site = shown.row.link.as_ref().map_or("Jira", |linked| linked.connection.name.as_str());
    match (shown.freshness.state, shown.freshness.error) {
        (FreshnessState::Failing, Some(problem)) => failing(format!("{site}: {} This is the last good value.", sentence(&problem.message))),
        (FreshnessState::Failing, None) => failing(format!("{site} waits for somebody to sign in. This is the last good value.")),
        (FreshnessState::Paused, _) => Some(Note { failing: false, text: "Jira sync is switched off, so this value stands still.".to_owned() }),
        (FreshnessState::Stale, _) => Some(Note { failing: false, text: "This value is older than two periods.".to_owned() }),
        _ => warning(shown),
    }
}

fn warning(shown: &Shown<'_>) -> Option<Note> {
    let text = |code: WarningCode, message: &str| match code {
        WarningCode::NoIssueMatches if shown.standing.progress.is_none() => {
            "The query matches no issues, so this row is left out of the roll-up.".to_owned()
        }
        _ => message.to_owned(),
    };
    shown.warnings.first().map(|warning| Note { failing: false, text: text(warning.code, &warning.message) })
}

/// With a full stop.
fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
