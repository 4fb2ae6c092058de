//! One objective or key result on the board.

use crate::{
    auth::policy::{Act, Verdict, judge},
    board::Shown,
    components::{
        avatar::avatar,
        bar::{Bar, bar},
        figures::{counted, figure},
        form::hidden,
        icons::{Icon, icon, small},
        note::{note, worst},
        pill::pill,
        spark::spark,
        times,
    },
    pages::reader::Reader,
    reached::Reached,
    trends::Trends,
};
use maud::{Markup, html};
use okrsync_domain::{
    UserId,
    measure::{Aggregate, Measure, Metric},
    okr::{OkrKind, ProgressMode},
    person::User,
};
use okrsync_store::Linked;
use std::collections::BTreeMap;

/// What rows have in common.
pub(crate) struct Frame<'a> {
    /// Everybody.
    pub(crate) people: &'a BTreeMap<UserId, User>,
    /// Who reads the page, and when.
    pub(crate) reader: &'a Reader,
    /// Whether the reader may have Jira asked again.
    pub(crate) writes: bool,
    /// The way of each OKR since its first day; none leaves the column out.
    pub(crate) trends: Option<&'a Trends>,
    /// When what is achieved got there.
    pub(crate) reached: &'a Reached,
}

/// The row at a depth of the tree; `context` rows are there only for the ones below them.
pub(crate) fn row(shown: &Shown<'_>, depth: usize, context: bool, frame: &Frame<'_>) -> Markup {
    let okr = &shown.row.okr;
    let objective = okr.kind == OkrKind::Objective;
    let class = format!(
        "tr {} l{}{}",
        if objective { "ob" } else { "kr" },
        depth.min(3),
        if context { " context" } else { "" }
    );
    let figures = Bar {
        progress: shown.standing.progress.as_ref(),
        expected: shown.standing.expected.as_ref(),
        status: shown.standing.status,
        stale: shown.freshness.state.is_old(),
        height: 6,
    };
    let expanded = (objective && shown.standing.children.count > 0).then_some("true");
    html! {
        div class=(class) role="row" data-part=(okr.id) aria-level=(depth + 1) aria-expanded=[expanded] {
            div class="tt" role="gridcell" {
                @if expanded.is_some() {
                    button class="ib sm chev" type="button" data-toggle aria-label={ "Open or close " (okr.title) } { (icon(Icon::Down)) }
                }
                div class="grow" {
                    a class="row-link" data-row href={ "/okrs/" (okr.id) } { b { (okr.title) } }
                    @if objective { @if let Some(team) = &okr.team { span class="team" { (team) } } }
                    @else { small class="ell" { (origin(shown)) } }
                    @if let Some(trouble) = worst(shown) { (note(&trouble, frame.writes, may_edit(shown, frame).then_some(okr.id))) }
                }
            }
            div class="c-owner" role="gridcell" {
                @if let Some(owner) = frame.people.get(&okr.owner_id) { (avatar(owner)) }
            }
            div class="c-bar" role="gridcell" { (bar(figures)) }
            div class="c-val" role="gridcell" { (value(shown, frame)) }
            div class="c-status" role="gridcell" { (pill(shown.standing.status)) }
            @if let Some(trends) = frame.trends {
                div class="c-trend" role="gridcell" { (spark(trends.get(&okr.id).map_or(&[], Vec::as_slice), shown, frame.reader.today)) }
            }
            div class="c-src" role="gridcell" { (source(shown, frame)) }
        }
    }
}

/// What a key result is measured from, in a line.
fn origin(shown: &Shown<'_>) -> Markup {
    if let (Some(Linked { link, .. }), ProgressMode::DataSource) = (&shown.row.link, shown.row.okr.progress_mode) {
        return html! { (metric(&link.metric)) " · " span title=(link.jql) { (link.jql) } };
    }
    html! { "Entered by hand" }
}

/// The metric in words.
pub(crate) fn metric(metric: &Metric) -> String {
    match metric {
        Metric::Count => "Count".to_owned(),
        Metric::TimeSpent => "Time spent".to_owned(),
        Metric::OriginalEstimate => "Original estimate".to_owned(),
        Metric::RemainingEstimate => "Remaining estimate".to_owned(),
        Metric::Progress => "Progress".to_owned(),
        Metric::StoryPoints => "Story points".to_owned(),
        Metric::CustomField { field_id, aggregate } => {
            let word = match aggregate {
                Aggregate::Sum => "Sum",
                Aggregate::Average => "Average",
                Aggregate::Min => "Smallest",
                Aggregate::Max => "Largest",
                Aggregate::Median => "Median",
            };
            format!("{word} of {field_id}")
        }
    }
}

/// The number, and what it is made of.
fn value(shown: &Shown<'_>, frame: &Frame<'_>) -> Markup {
    let standing = shown.standing;
    let Some(progress) = &standing.progress else { return no_value(shown) };
    let percent = format!("{}%", progress.page());
    let reached = frame.reached.get(&shown.row.okr.id).map(|on| times::reached(*on, frame.reader.today));
    if shown.row.okr.progress_mode == ProgressMode::RollUp {
        return html! { b { (percent) } @if let Some(reached) = reached { small { (reached) } } };
    }
    let shown_value = standing.value.map(figure);
    match &shown.row.okr.measure {
        Measure::PercentComplete {} => html! {
            b { (percent) }
            @if let Some(reached) = reached { small { (reached) } }
            @else if let Some((done, total)) = standing.done.zip(standing.total) {
                small { (figure(done)) " of " (figure(total)) " " (unit(shown)) }
            }
        },
        Measure::Kpi { unit, start, target, .. } => {
            let joined = if target < start { "→" } else { "/" };
            html! {
                @if let Some(value) = shown_value {
                    b { (value) } " " span { (joined) " " (figure(*target)) " " (unit) }
                    small { (reached.unwrap_or(percent)) }
                } @else { b { (percent) } }
            }
        }
        Measure::StayBelow(line) => kept(shown_value, "under", &figure(line.target), &line.unit),
        Measure::StayAbove(line) => kept(shown_value, "over", &figure(line.target), &line.unit),
    }
}

fn kept(value: Option<String>, side: &str, line: &str, unit: &str) -> Markup {
    html! { b { (value.unwrap_or_default()) } " " span { (unit) } small { "stay " (side) " " (line) " " (unit) } }
}

fn no_value(shown: &Shown<'_>) -> Markup {
    let matched = shown.row.reading.as_ref().map(|reading| reading.tally.matched);
    html! {
        b class="mut" { "No value" }
        @if let (Some(matched), true) = (matched, shown.row.link.is_some()) {
            small { (counted(matched, "issue", "issues")) }
        }
    }
}

/// What the value counts.
pub(crate) fn unit<'a>(shown: &Shown<'a>) -> &'a str {
    match &shown.row.okr.measure {
        Measure::Kpi { unit, .. } => return unit,
        Measure::StayBelow(line) | Measure::StayAbove(line) => return &line.unit,
        Measure::PercentComplete {} => {}
    }
    match shown.row.link.as_ref().map(|linked| &linked.link.metric) {
        Some(Metric::Count) => "issues",
        Some(Metric::StoryPoints) => "pts",
        Some(Metric::TimeSpent | Metric::OriginalEstimate | Metric::RemainingEstimate) => "h",
        _ => "",
    }
}

/// Where the number comes from and how old it is.
fn source(shown: &Shown<'_>, frame: &Frame<'_>) -> Markup {
    let okr = &shown.row.okr;
    match (okr.progress_mode, &shown.row.link) {
        (ProgressMode::RollUp, _) => {
            let children = shown.standing.children;
            let text = match (children.with_data, children.count) {
                (_, 0) => "Nothing below".to_owned(),
                (with_data, count) if with_data == count => format!("Average of {count}"),
                (with_data, count) => format!("Average of {with_data} of {count}"),
            };
            html! { (small(Icon::Elbow, "lead")) span class="ell" { (text) } }
        }
        (ProgressMode::DataSource, Some(_)) => measured(shown, frame),
        _ => by_hand(shown, frame),
    }
}

fn measured(shown: &Shown<'_>, frame: &Frame<'_>) -> Markup {
    let freshness = &shown.freshness;
    let age = freshness
        .synced_at
        .map_or_else(|| "Not yet".to_owned(), |at| times::age(at, frame.reader.now, frame.reader.zone()));
    let exactly = freshness
        .synced_at
        .map_or_else(|| "Never synced".to_owned(), |at| format!("Synced {}", times::exact(at, frame.reader.zone())));
    let next =
        freshness.next_at.map(|at| format!(", next {}", times::exact(at, frame.reader.zone()))).unwrap_or_default();
    let id = shown.row.okr.id;
    html! {
        (small(Icon::Diamond, "lead"))
        span class="ell" data-age title={ (exactly) (next) } { (age) }
        @if frame.writes {
            form method="post" action={ "/okrs/" (id) "/refresh" } data-refresh={ "/api/v1/okrs/" (id) "/refresh" } {
                (hidden(&frame.reader.csrf, &frame.reader.once))
                input type="hidden" name="next" value=(frame.reader.path);
                button class="ib sm" aria-label={ "Refresh " (shown.row.okr.title) } { (icon(Icon::Refresh)) }
            }
        }
    }
}

fn may_edit(shown: &Shown<'_>, frame: &Frame<'_>) -> bool {
    let okr = &shown.row.okr;
    okr.closed.is_none() && judge(&frame.reader.user, Act::EditOkr(okr)) == Verdict::Allowed
}

fn by_hand(shown: &Shown<'_>, frame: &Frame<'_>) -> Markup {
    let last = shown.row.value_check_in.as_ref();
    let text = last.map_or_else(
        || "No check-in yet".to_owned(),
        |check_in| {
            let author = frame.people.get(&check_in.author_id).and_then(|user| user.name.split_whitespace().next());
            let at = times::coarse(check_in.at, frame.reader.now, frame.reader.zone());
            author.map_or_else(|| at.clone(), |name| format!("{at}, by {name}"))
        },
    );
    let okr = &shown.row.okr;
    html! {
        (small(Icon::Pencil, "lead"))
        span class="ell" title=(text) { (text) }
        @if may_edit(shown, frame) {
            a class="ib sm" href={ "/okrs/" (okr.id) "/check-in" } data-dialog aria-label={ "Check in on " (okr.title) } { (icon(Icon::Plus)) }
        }
    }
}
