//! Actual against expected progress over the time of an OKR, as an `svg` that needs no script.
//!
//! Of our own, and small: the maintained libraries that draw SVG (plotters, charts-rs, poloto, charming) write colours and
//! fonts into the drawing or bring a style element, which our policy for pages forbids and which follows no theme; none
//! gives the drawing a role, a sentence and a table. Coordinates are decimals, so that no number passes through a float.

use crate::components::{figures::percent, icons::Icon, icons::small, times};
use chrono::Datelike as _;
use maud::{Markup, html};
use okrsync_domain::Date;
use okrsync_metrics::{Percent, Progress, forecast::Spread};
use rust_decimal::Decimal;
use std::{cmp::Ordering, fmt::Write as _};

/// The last value of a day.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// The day, in the organisation's zone.
    pub(crate) day: Date,
    /// What was measured last on it.
    pub(crate) progress: Progress,
    /// Where it should have been.
    pub(crate) expected: Option<Percent>,
    /// Whether there was more to do, or less, than the day before.
    pub(crate) scope: Ordering,
}

/// What a chart shows.
pub(crate) struct Chart<'a> {
    /// First day.
    pub(crate) first: Date,
    /// Last day.
    pub(crate) last: Date,
    /// The day it is.
    pub(crate) today: Date,
    /// One a day, oldest first.
    pub(crate) points: &'a [Point],
    /// Where it should be today; none draws no line for it (lines that are kept).
    pub(crate) expected: Option<&'a Percent>,
    /// Where it may be on each day to come; empty draws no cone.
    pub(crate) cone: &'a [Spread],
}

/// The measures of a drawing in its own units.
struct Canvas {
    width: u32,
    height: u32,
    left: u32,
    right: u32,
    top: u32,
    bottom: u32,
    phone: bool,
    first: Date,
    /// Days from left to right, at least one.
    span: i64,
}

impl Canvas {
    fn new(chart: &Chart<'_>, phone: bool) -> Self {
        let (width, height, left, right, bottom) =
            if phone { (340, 236, 42, 294, 210) } else { (760, 296, 40, 702, 266) };
        let end = chart.points.last().map_or(chart.last, |point| point.day.max(chart.last));
        let span = (end - chart.first).num_days().max(1);
        Self { width, height, left, right, top: 26, bottom, phone, first: chart.first, span }
    }

    fn x(&self, day: Date) -> Decimal {
        let days = (day - self.first).num_days().clamp(0, self.span);
        Decimal::from(self.left)
            + Decimal::from(days) * Decimal::from(self.right - self.left) / Decimal::from(self.span)
    }

    fn y(&self, percent: Decimal) -> Decimal {
        let part = percent.clamp(Decimal::ZERO, Decimal::ONE_HUNDRED) / Decimal::ONE_HUNDRED;
        Decimal::from(self.bottom) - part * Decimal::from(self.bottom - self.top)
    }

    /// Days with a label below the axis: the 1st and the 15th, on phones and over long times the 1st alone.
    fn ticks(&self) -> Vec<Date> {
        let days = (0..=self.span).filter_map(|day| self.first.checked_add_signed(chrono::TimeDelta::days(day)));
        let sparse = self.phone || self.span > 200;
        let months = self.span / 250 + 1;
        let wanted = |day: &Date| match day.day() {
            1 => i64::from(day.month0()) % months == 0,
            15 => !sparse,
            _ => false,
        };
        // The label of the first day begins at it, all others are centred: they want more room beside it.
        let room = self.span / if self.phone { 4 } else { 9 };
        let far = |day: &Date| {
            let at = (*day - self.first).num_days();
            at > room && self.span - at > room
        };
        days.filter(|day| wanted(day) && far(day)).collect()
    }
}

fn place(value: Decimal) -> String {
    value.round_dp(1).normalize().to_string()
}

/// The chart in both sizes; the style sheet shows one of them. Below it, the same as a table.
pub(crate) fn chart(chart: &Chart<'_>) -> Markup {
    let said = sentence(chart);
    html! {
        div class="plot" data-chart {
            (drawing(chart, &Canvas::new(chart, false), "chart wide", &said))
            (drawing(chart, &Canvas::new(chart, true), "chart phone", &said))
        }
        (table(chart))
    }
}

/// What the drawing shows, in a sentence.
fn sentence(chart: &Chart<'_>) -> String {
    match (chart.points.last(), chart.expected) {
        (Some(point), Some(expected)) => format!(
            "Progress reached {}% on {} against {}% expected today",
            point.progress.page(),
            times::day(point.day, chart.today),
            expected.page()
        ),
        (Some(point), None) => {
            format!("Progress reached {}% on {}", point.progress.page(), times::day(point.day, chart.today))
        }
        (None, Some(expected)) => format!("No value yet; {}% expected today", expected.page()),
        (None, None) => "No value yet".to_owned(),
    }
}

fn drawing(chart: &Chart<'_>, canvas: &Canvas, class: &str, said: &str) -> Markup {
    let quarter = |step: u32| Decimal::from(step * 25);
    html! {
        svg class=(class) viewBox={ "0 0 " (canvas.width) " " (canvas.height) } role="img" aria-label=(said) {
            @for step in 0..=4_u32 {
                @let y = place(canvas.y(quarter(step)));
                line class=(if step == 4 { "goal" } else { "grid" }) x1=(canvas.left) x2=(canvas.right) y1=(y) y2=(y) {}
                text x=(canvas.left - 8) y=(place(canvas.y(quarter(step)) + Decimal::from(4))) text-anchor="end" {
                    (step * 25) "%"
                }
            }
            (dates(chart, canvas))
            (cone(chart, canvas))
            @if chart.expected.is_some() { (expected(chart, canvas)) }
            (today(chart, canvas))
            (actual(chart, canvas))
            (scope(chart, canvas))
            line class="end" x1=(place(canvas.x(chart.last))) x2=(place(canvas.x(chart.last))) y1=(canvas.top) y2=(canvas.bottom) {}
            text class="ink" x=(canvas.right + 9) y=(canvas.top + 4) { "100%" }
        }
    }
}

fn dates(chart: &Chart<'_>, canvas: &Canvas) -> Markup {
    let y = canvas.bottom + if canvas.phone { 17 } else { 21 };
    html! {
        text x=(canvas.left) y=(y) { (times::day(chart.first, chart.today)) }
        @for day in canvas.ticks() {
            text x=(place(canvas.x(day))) y=(y) text-anchor="middle" { (times::day(day, chart.today)) }
        }
        text x=(place(canvas.x(chart.last))) y=(y) text-anchor="middle" { (times::day(chart.last, chart.today)) }
    }
}

fn expected(chart: &Chart<'_>, canvas: &Canvas) -> Markup {
    html! {
        line class="line-expected" x1=(canvas.left) y1=(canvas.bottom) x2=(place(canvas.x(chart.last))) y2=(canvas.top) {}
    }
}

/// Where it may go: 80 and 50 of 100 trials within the bands, half of them under the dotted line. Never under today.
fn cone(chart: &Chart<'_>, canvas: &Canvas) -> Markup {
    let (Some(now), Some(end)) = (chart.points.last(), chart.cone.last()) else { return html! {} };
    let least = now.progress.api();
    let percent = |value: f64| Decimal::try_from(value).unwrap_or_default().max(least);
    let point = |day: Date, value: Decimal| format!("{} {}", place(canvas.x(day)), place(canvas.y(value)));
    let start = point(chart.today, least);
    let band = |low: fn(&Spread) -> f64, high: fn(&Spread) -> f64| {
        let up = chart.cone.iter().map(|it| point(it.on, percent(high(it))));
        let back = chart.cone.iter().rev().map(|it| point(it.on, percent(low(it))));
        format!("M{start}L{}Z", up.chain(back).collect::<Vec<_>>().join("L"))
    };
    let median: Vec<String> = chart.cone.iter().map(|it| point(it.on, percent(it.median))).collect();
    let low = percent(end.low_80);
    html! {
        path class="band-80" d=(band(|it| it.low_80, |it| it.high_80)) {}
        path class="band-50" d=(band(|it| it.low_50, |it| it.high_50)) {}
        path class="line-median" d={ "M" (start) "L" (median.join("L")) } {}
        @if low < Decimal::from(92) {
            text x=(canvas.right + 9) y=(place(canvas.y(low) + Decimal::from(4))) {
                (Percent::from(low.round()).page().trim_end_matches(".0")) "%" @if !canvas.phone { " low" }
            }
        }
    }
}

fn today(chart: &Chart<'_>, canvas: &Canvas) -> Markup {
    let within = (chart.first..=chart.last).contains(&chart.today);
    let x = canvas.x(chart.today);
    let anchor = match (chart.today - chart.first).num_days() * 8 {
        early if early < canvas.span => "start",
        late if late > canvas.span * 7 => "end",
        _ => "middle",
    };
    html! {
        @if within {
            line class="today" x1=(place(x)) x2=(place(x)) y1=(canvas.top - 6) y2=(canvas.bottom) {}
            text class="ink" x=(place(x)) y="14" text-anchor=(anchor) { "Today, " (times::day(chart.today, chart.today)) }
        }
    }
}

/// Steps, since progress jumps: along to the day, then up or down.
fn actual(chart: &Chart<'_>, canvas: &Canvas) -> Markup {
    let Some(newest) = chart.points.last() else { return html! {} };
    let mut path = String::new();
    for point in chart.points {
        let (x, y) = (place(canvas.x(point.day)), place(canvas.y(point.progress.api())));
        // Writing to a text cannot fail.
        let _ = if path.is_empty() { write!(path, "M{x} {y}") } else { write!(path, "H{x}V{y}") };
    }
    let end = chart.today.min(chart.last).max(newest.day);
    let _ = write!(path, "H{}", place(canvas.x(end)));
    let (x, y) = (canvas.x(end), canvas.y(newest.progress.api()));
    let inside = x > Decimal::from(canvas.left + 60);
    html! {
        path class="line-actual" d=(path) {}
        circle class="dot" cx=(place(x)) cy=(place(y)) r="4.5" {}
        text class="ink" x=(place(if inside { x - Decimal::TEN } else { x + Decimal::TEN })) y=(place(if y < Decimal::from(canvas.top + 14) { y + Decimal::from(18) } else { y - Decimal::from(9) }))
            text-anchor=(if inside { "end" } else { "start" }) { (newest.progress.page()) "%" }
    }
}

/// Days on which the work to be done grew or shrank: arrows on the axis.
fn scope(chart: &Chart<'_>, canvas: &Canvas) -> Markup {
    let bottom = canvas.bottom;
    html! {
        @for point in chart.points.iter().filter(|point| point.scope != Ordering::Equal) {
            @let x = place(canvas.x(point.day));
            @if point.scope == Ordering::Greater {
                path class="scope-stem" d={ "M" (x) " " (bottom - 3) "v-8" } {}
                path class="scope-head" d={ "M" (x) " " (bottom - 15) "l3.5 5h-7z" } {}
            } @else {
                path class="scope-stem" d={ "M" (x) " " (bottom - 15) "v8" } {}
                path class="scope-head" d={ "M" (x) " " (bottom - 3) "l3.5 -5h-7z" } {}
            }
        }
    }
}

/// What is said of a day's scope; nothing where it stayed.
fn scope_word(scope: Ordering) -> &'static str {
    match scope {
        Ordering::Greater => ", scope grew",
        Ordering::Less => ", scope shrank",
        Ordering::Equal => "",
    }
}

fn table(chart: &Chart<'_>) -> Markup {
    html! {
        details class="as-table" {
            summary class="btn ghost sm" { (small(Icon::List, "")) "View as table" }
            div class="scroll" tabindex="0" role="region" aria-label="Progress by day" {
                table class="tbl" data-points {
                    thead { tr { th scope="col" { "Day" } th scope="col" class="r" { "Actual" } th scope="col" class="r" { "Expected" } } }
                    tbody {
                        @for point in chart.points.iter().rev() {
                            tr {
                                td { time datetime=(point.day) { (times::day(point.day, chart.today)) } (scope_word(point.scope)) }
                                td class="r" { (point.progress.page()) "%" }
                                td class="r" { @match &point.expected { Some(expected) => { (percent(expected)) "%" } None => { "–" } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What the lines mean.
pub(crate) fn legend(with_expected: bool, with_cone: bool, points: &[Point]) -> Markup {
    let scope = |wanted| points.iter().any(|point| point.scope == wanted);
    html! {
        div class="legend" aria-hidden="true" {
            span { svg width="18" height="8" { path class="line-actual" d="M0 4h18" {} } "Actual" }
            @if with_expected { span { svg width="18" height="8" { path class="line-expected" d="M0 4h18" {} } "Expected" } }
            @if with_cone {
                span {
                    svg width="18" height="12" { rect class="band-80" width="18" height="12" rx="2" {} path class="line-median" d="M1 6h17" {} }
                    "Forecast, 80% and 50% range"
                }
            }
            @if scope(Ordering::Greater) {
                span { svg width="8" height="12" { path class="scope-stem" d="M4 12V4" {} path class="scope-head" d="M4 0l3.5 5h-7z" {} } "Scope grew" }
            }
            @if scope(Ordering::Less) {
                span { svg width="8" height="12" { path class="scope-stem" d="M4 0v8" {} path class="scope-head" d="M4 12l3.5 -5h-7z" {} } "Scope shrank" }
            }
        }
    }
}

#[cfg(test)]
mod tests;
