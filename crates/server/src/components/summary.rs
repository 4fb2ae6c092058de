//! The head of the board: where the company stands, how many stand how, which connections are in trouble.

use crate::{
    components::{
        bar::{Bar, bar, gap},
        figures::counted,
        icons::{Icon, icon},
        pill::{look, pill},
    },
    pages::reader::Failing,
};
use maud::{Markup, html};
use okrsync_metrics::{Company, Status};
use std::collections::BTreeMap;

/// What the head says.
pub(crate) struct Summary<'a> {
    /// Where the company stands.
    pub(crate) company: &'a Company,
    /// Key results by status.
    pub(crate) counts: &'a BTreeMap<Status, u64>,
    /// The status that the board is filtered by.
    pub(crate) chosen: Option<Status>,
    /// Address of the board filtered by a status, or by none.
    pub(crate) address: &'a dyn Fn(Option<Status>) -> String,
    /// Failing connections.
    pub(crate) failing: &'a [Failing],
    /// All connections that the reader sees.
    pub(crate) connections: usize,
}

/// Statuses in the order of the strip.
const ORDER: [Status; 6] =
    [Status::OnTrack, Status::Behind, Status::AtRisk, Status::Achieved, Status::NotStarted, Status::NoData];

/// The head of the board.
pub(crate) fn summary(summary: &Summary<'_>) -> Markup {
    let total: u64 = summary.counts.values().sum();
    html! {
        section class="sum" aria-label="Summary" data-part="summary" {
            div { (company(summary.company)) }
            div {
                div class="cap only-d" { (counted(total, "key result", "key results")) }
                div class="counts" role="group" aria-label="Key results by status" {
                    @for status in ORDER { (count(summary, status)) }
                }
                (strip(summary.counts, total))
            }
            div { (connections(summary)) }
        }
    }
}

fn company(company: &Company) -> Markup {
    let figures = Bar {
        progress: company.progress.as_ref(),
        expected: company.expected.as_ref(),
        status: company.status,
        stale: false,
        height: 8,
    };
    html! {
        div class="cap" { "Company progress" }
        div class="row lead" {
            span class="big" { @match &company.progress { Some(progress) => { (progress.page()) "%" } None => { "–" } } }
            (pill(company.status))
            @if let Some((progress, expected)) = company.progress.as_ref().zip(company.expected.as_ref()) {
                span class="t13 mut num" { (gap(progress, expected)) }
            }
        }
        (bar(figures))
    }
}

fn count(summary: &Summary<'_>, status: Status) -> Markup {
    let number = summary.counts.get(&status).copied().unwrap_or(0);
    let chosen = summary.chosen == Some(status);
    // A sixth count that is hardly ever there would only make noise.
    if status == Status::NotStarted && number == 0 && !chosen {
        return html! {};
    }
    let look = look(status);
    let href = (summary.address)((!chosen).then_some(status));
    html! {
        a href=(href) aria-current=[chosen.then_some("true")] {
            span class="k" { span class={ "c-" (look.class) } { (icon(look.icon)) } (look.word) }
            div class="v" { (number) }
        }
    }
}

/// The counts as a strip of proportional parts.
fn strip(counts: &BTreeMap<Status, u64>, total: u64) -> Markup {
    let mut start = 0;
    let mut parts = vec![];
    for status in ORDER {
        let number = counts.get(&status).copied().unwrap_or(0);
        if number > 0 {
            parts.push((start, number, look(status).class));
            start += number;
        }
    }
    // Thousandths of the whole, so that no float is needed.
    let share = |number: u64| {
        let thousandths = (number * 1000).checked_div(total).unwrap_or(0);
        format!("{}.{}%", thousandths / 10, thousandths % 10)
    };
    html! {
        svg class="split" aria-hidden="true" {
            @for (start, number, class) in &parts {
                rect class=(class) x=(share(*start)) width=(share(*number)) height="6" rx="2" {}
            }
            @for (start, ..) in parts.iter().skip(1) {
                line x1=(share(*start)) x2=(share(*start)) y1="0" y2="6" {}
            }
        }
    }
}

fn connections(summary: &Summary<'_>) -> Markup {
    let (failing, all) = (summary.failing, summary.connections);
    html! {
        @if let Some(first) = failing.first() {
            div class="cap" { "Connections" }
            div class="trouble" {
                span class="c-bad" { (icon(Icon::Triangle)) }
                (failing.len()) " of " (all) @if failing.len() == 1 { " is failing" } @else { " are failing" }
            }
            p class="t12 mut" {
                (first.trouble.trim_end_matches('.'))
                @if let Some(since) = &first.since { ", since " (since) }
                "."
                @if first.links > 0 {
                    " " (counted(first.links, "key result depends", "key results depend")) " on it."
                }
            }
            a class="link t12" href="/connections" { "Review connection" }
        }
    }
}
