//! The wide column: hero, chart, what is below, contributing issues, check-ins.

use super::{issues, load::OkrPage};
use crate::{
    board::Shown,
    components::{
        avatar::avatar,
        bar::{Bar, bar, gap},
        chart::{Chart, chart, legend},
        figures::{counted, figure},
        icons::{Icon, icon, small},
        pill::pill,
        row::{Frame, row, unit},
        surfaces::card,
        times,
    },
    pages::tree::groups,
};
use maud::{Markup, html};
use okrsync_domain::{
    Date,
    check_in::{CheckIn, Entered, Hold, StatedStatus},
    measure::Measure,
    okr::{OkrKind, ProgressMode},
};
use okrsync_metrics::{
    Status,
    forecast::{Forecast, NoForecast},
};

/// The column.
pub(super) fn column(page: &OkrPage, shown: &Shown<'_>) -> Markup {
    let objective = shown.row.okr.kind == OkrKind::Objective;
    html! {
        (hero(page, shown))
        @if objective { (below(page, shown)) }
        @if shown.row.okr.progress_mode != ProgressMode::RollUp { (drawing(page, shown)) }
        @if let Some(behind) = &page.issues { (issues::table(page, shown, behind)) }
        (check_ins(page, shown))
    }
}

fn hero(page: &OkrPage, shown: &Shown<'_>) -> Markup {
    let standing = shown.standing;
    let figures = Bar {
        progress: standing.progress.as_ref(),
        expected: standing.expected.as_ref(),
        status: standing.status,
        stale: shown.freshness.state.is_old(),
        height: 12,
    };
    html! {
        section class="card hero" aria-label="Progress" data-part="hero" {
            div class="hero-top" {
                div class="row" {
                    @match &standing.progress {
                        Some(progress) => { div class="pct" { (progress.page()) small { "%" } } }
                        None => { div class="pct none" { "No value" } }
                    }
                    div {
                        (pill(standing.status))
                        @if let Some(on) = page.reached.get(&page.id) {
                            div class="t13 sub" { (times::reached(*on, page.reader.today)) }
                        } @else if let Some((progress, expected)) = standing.progress.as_ref().zip(standing.expected.as_ref()) {
                            div class="t13 sub num" { (gap(progress, expected)) }
                        }
                    }
                }
                (stats(page, shown))
            }
            @if let Some(expected) = &standing.expected {
                svg class="exp" aria-hidden="true" {
                    text x={ (expected.page()) "%" } y="13" text-anchor=(anchor(&expected.page())) { "Expected " (expected.page()) "%" }
                }
            }
            (bar(figures))
            div class="scale" aria-hidden="true" { span { "0%" } span { "100%" } }
            div class="running" data-progress hidden {
                svg class="bar run" aria-hidden="true" { rect class="track" y="4" width="100%" height="6" rx="3" {} rect class="fill" y="4" width="0" height="6" rx="3" {} }
                span class="t12 mut num" { "Reading issues: " span data-progress-text {} }
            }
        }
    }
}

/// Text at the ends of the bar must not hang over.
fn anchor(percent: &str) -> &'static str {
    match percent.parse::<rust_decimal::Decimal>() {
        Ok(at) if at < 12.into() => "start",
        Ok(at) if at > 88.into() => "end",
        _ => "middle",
    }
}

fn stats(page: &OkrPage, shown: &Shown<'_>) -> Markup {
    let (okr, standing, today) = (&shown.row.okr, shown.standing, page.reader.today);
    let left = (okr.due_on - today).num_days();
    html! {
        dl class="stats" {
            @if let Some((done, total)) = standing.done.zip(standing.total).filter(|_| okr.measure.is_percent_complete()) {
                div { dt { "Done" } dd { (figure(done)) " " span { "of " (figure(total)) " " (unit(shown)) } } }
            }
            @if okr.progress_mode != ProgressMode::RollUp { (measured(okr, standing.value)) }
            @if okr.progress_mode == ProgressMode::RollUp {
                div { dt { "Key results" } dd { (standing.children.with_data) " " span { "of " (standing.children.count) " with a value" } } }
            }
            @if let Some(Ok(forecast)) = &page.forecast { div { dt { "Chance to hit the target" } dd { (chance(forecast)) } } }
            @if okr.closed.is_none() {
                div {
                    dt { "Time left" }
                    dd { @if left < 0 { "Over" } @else { (left) " " span { (if left == 1 { "day" } else { "days" }) } } }
                }
            }
        }
    }
}

/// The value on its way, and the attainment where it is more than the bar can show.
fn measured(okr: &okrsync_domain::okr::Okr, value: Option<rust_decimal::Decimal>) -> Markup {
    let Some(value) = value.map(figure) else { return html! {} };
    html! {
        @match &okr.measure {
            Measure::PercentComplete {} => {}
            Measure::Kpi { name, unit, start, target } => {
                div {
                    dt { (if name.is_empty() { "Value" } else { name }) }
                    dd { (value) " " span { "from " (figure(*start)) " to " (figure(*target)) " " (unit) } }
                }
            }
            Measure::StayBelow(line) => {
                div { dt { (if line.name.is_empty() { "Value" } else { &line.name }) } dd { (value) " " span { "stay under " (figure(line.target)) " " (line.unit) } } }
            }
            Measure::StayAbove(line) => {
                div { dt { (if line.name.is_empty() { "Value" } else { &line.name }) } dd { (value) " " span { "stay over " (figure(line.target)) " " (line.unit) } } }
            }
        }
    }
}

fn drawing(page: &OkrPage, shown: &Shown<'_>) -> Markup {
    let okr = &shown.row.okr;
    let expected = shown.standing.expected.as_ref();
    // An override is not what was measured: the cone would begin beside the line.
    let cone = match &page.forecast {
        Some(Ok(forecast)) if shown.standing.status != Status::Achieved => forecast.cone.as_slice(),
        _ => &[],
    };
    let (first, last, today) = (okr.starts_on, okr.due_on, page.reader.today);
    let drawn = Chart { first, last, today, points: &page.points, expected, cone };
    let title = match (expected.is_some(), cone.is_empty()) {
        (true, false) => "Actual, expected and forecast",
        (true, true) => "Actual and expected",
        (false, false) => "Actual and forecast",
        (false, true) => "Actual",
    };
    let inside = html! {
        div data-part="chart" {
            (legend(expected.is_some(), !cone.is_empty(), &page.points))
            (chart(&drawn))
            @if let Some(forecast) = &page.forecast { (outlook(forecast, page)) }
        }
    };
    card(title, &html! {}, "chart-card", &inside)
}

/// What the forecast says, and from what it says so.
fn outlook(forecast: &Result<Forecast, NoForecast>, page: &OkrPage) -> Markup {
    let day = |day: Date| times::day(day, page.reader.today);
    html! {
        div class="foot-note" {
            span class="c-acc" { (icon(Icon::Flag)) }
            @match forecast {
                Ok(forecast) => {
                    span {
                        b class="b6" { "Chance to hit the target: " (chance(forecast)) "." }
                        " The forecast repeats the pace of the last " (forecast.days) " days 10,000 times; on "
                        (forecast.active_days) " of them something was done."
                        @match (forecast.even_on, forecast.likely_on) {
                            (Some(even), Some(likely)) => { " Half of the trials reach it by " (day(even)) ", 85 of 100 by " (day(likely)) "." }
                            (Some(even), None) => { " Half of the trials reach it by " (day(even)) "." }
                            _ => {}
                        }
                    }
                }
                Err(reason) => { span { (reason.message()) } }
            }
        }
    }
}

/// "71%".
fn chance(forecast: &Forecast) -> String {
    forecast.chance.to_string().replace(" %", "%")
}

/// The tree below an objective.
fn below(page: &OkrPage, shown: &Shown<'_>) -> Markup {
    let id = shown.row.okr.id;
    let frame = Frame {
        people: &page.people,
        reader: &page.reader,
        writes: page.rights.refreshes,
        trends: None,
        reached: &page.reached,
    };
    let groups = groups(&page.board, &|_| true);
    let rows: Vec<_> = groups.iter().flatten().filter(|placed| placed.shown.row.okr.id != id).collect();
    let beside = html! {
        span class="tag num" { (rows.len()) }
        span class="grow" {}
        @if page.rights.edits {
            a class="btn sm" href={ "/okrs/new?parent=" (id) } { (small(Icon::Plus, "")) "New key result" }
        }
    };
    card(
        "Key results",
        &beside,
        "below",
        &html! {
            @if rows.is_empty() {
                p class="quiet" { "Nothing is below this objective yet, so it has no value." }
            } @else {
                div class="tree" role="treegrid" aria-label="Below this objective" {
                    @for placed in rows { (row(&placed.shown, placed.depth.saturating_sub(1), placed.context, &frame)) }
                }
            }
        },
    )
}

fn check_ins(page: &OkrPage, shown: &Shown<'_>) -> Markup {
    let beside = html! {
        span class="grow" {}
        @if page.rights.edits && shown.row.okr.closed.is_none() {
            a class="btn sm" href={ "/okrs/" (page.id) "/check-in" } data-dialog { (small(Icon::Comment, "")) "Write a check-in" }
        }
    };
    card(
        "Check-ins",
        &beside,
        "check-ins",
        &html! {
            div data-part="check-ins" {
                @if page.check_ins.is_empty() { p class="quiet" { "Nobody has written one yet." } }
                @else { ul class="checks" { @for it in &page.check_ins { (check_in(page, shown, it)) } } }
            }
        },
    )
}

fn check_in(page: &OkrPage, shown: &Shown<'_>, it: &CheckIn) -> Markup {
    let author = page.people.get(&it.author_id);
    let number = it.entered.map(|entered| match entered {
        Entered::Progress(percent) => format!("{}%", figure(percent)),
        Entered::Value(value) if shown.row.okr.measure.is_percent_complete() => format!("{}%", figure(value)),
        Entered::Value(value) => format!("{} {}", figure(value), unit(shown)).trim().to_owned(),
    });
    html! {
        li {
            @if let Some(author) = author { (avatar(author)) } @else { span {} }
            div {
                header {
                    b class="b6" { (author.map_or("Somebody who is gone", |user| &user.name)) }
                    span class="mut" { (times::clock(it.at, page.reader.now, page.reader.zone())) }
                    @if let Some(number) = number { span class="tag line num" { (number) } }
                    @if let Some(status) = it.status { (pill(stated(status))) }
                    @if it.entered.is_some() && it.hold == Hold::UntilResumed && it.released_at.is_none() {
                        span class="tag" { "Holds until resumed" }
                    }
                }
                @if !it.note.is_empty() { p { (it.note) } }
            }
        }
    }
}

fn stated(status: StatedStatus) -> Status {
    status.into()
}

/// "14 issues".
pub(super) fn issues_counted(number: u64) -> String {
    counted(number, "issue", "issues")
}
