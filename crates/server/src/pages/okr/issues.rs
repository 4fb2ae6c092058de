//! The issues behind a number, each with what it adds and the way to Jira.

use super::load::OkrPage;
use crate::{
    api::issues::{Behind, Contributing},
    board::Shown,
    components::{
        avatar::named,
        figures::figure,
        icons::{Icon, small},
        surfaces::card,
    },
};
use maud::{Markup, html};
use okrsync_domain::measure::Metric;
use rust_decimal::{Decimal, RoundingStrategy};

/// The table, with paging by the server.
pub(super) fn table(page: &OkrPage, shown: &Shown<'_>, behind: &Behind) -> Markup {
    let tally = shown.row.reading.as_ref().map(|reading| &reading.tally);
    let jql = shown.row.link.as_ref().map(|linked| linked.link.jql.as_str()).unwrap_or_default();
    let jira = format!("{}/issues/?jql={}", behind.connection.server_url, crate::pages::encode(jql));
    let beside = html! {
        @if let Some(tally) = tally {
            span class="tag num" { (figure(tally.matched.into())) }
            span class="t12 mut num" { (figure(tally.completed.into())) " done · " (figure(tally.matched.saturating_sub(tally.completed).into())) " open" }
        }
        span class="grow" {}
        a class="btn sm" href=(jira) target="_blank" rel="noopener noreferrer" { (small(Icon::Outside, "")) "Open in Jira" }
    };
    let column = column(shown);
    card(
        "Contributing issues",
        &beside,
        "issues",
        &html! {
            div data-part="issues" {
                @if behind.issues.is_empty() {
                    p class="quiet" { (if tally.is_some() { "The query matches no issues." } else { "Not read yet." }) }
                } @else {
                    table class="tbl iss" {
                        thead {
                            tr {
                                th scope="col" { "Key" }
                                th scope="col" { "Summary" }
                                th scope="col" { "Type" }
                                th scope="col" { "Status" }
                                th scope="col" { "Who" }
                                th scope="col" class="r" { (column.unwrap_or("Value")) }
                                th scope="col" class="r" { "Contribution" }
                            }
                        }
                        tbody { @for it in &behind.issues { (issue(page, behind, it, column.is_some())) } }
                    }
                }
                (pager(page, behind))
            }
        },
    )
}

/// What the metric's column is called; counting has none.
fn column(shown: &Shown<'_>) -> Option<&'static str> {
    Some(match shown.row.link.as_ref()?.link.metric {
        Metric::Count => return None,
        Metric::StoryPoints => "Points",
        Metric::TimeSpent | Metric::OriginalEstimate | Metric::RemainingEstimate => "Hours",
        Metric::Progress => "Progress",
        Metric::CustomField { .. } => "Value",
    })
}

fn issue(page: &OkrPage, behind: &Behind, it: &Contributing, valued: bool) -> Markup {
    let Contributing { issue, value, contribution, at_most } = it;
    let title = issue.title.as_deref().filter(|_| behind.titles);
    html! {
        tr {
            td { a class="key" href={ (behind.connection.server_url) "/browse/" (issue.key) } target="_blank" rel="noopener noreferrer" { (issue.key) } }
            td class="what" { span class="ell" title=[title] { (title.unwrap_or("Title hidden")) } }
            td { span class="st" { @if let Some(kind) = &issue.issue_type { (small(drawing(kind), "mut")) (kind) } @else { "–" } } }
            td { (page.under_way.status(issue)) }
            td { @match &issue.assignee { Some(name) => { (named(name)) } None => { "–" } } }
            td class="r" { @match value.filter(|_| valued) { Some(value) => { (figure(value)) } None => { "–" } } }
            td class="r nowrap" { (added(*contribution, *at_most)) }
        }
    }
}

/// The drawing of an issue type, by what its name is on most sites.
fn drawing(kind: &str) -> Icon {
    let kind = kind.to_lowercase();
    let is = |word: &str| kind.contains(word);
    if is("bug") || is("incident") || is("defect") {
        Icon::Bug
    } else if is("story") || is("feature") || is("epic") {
        Icon::Bookmark
    } else {
        Icon::Box
    }
}

/// "+3.1 pt" for what counts, "up to 7.8 pt" for what would.
fn added(contribution: Option<Decimal>, at_most: Option<Decimal>) -> Markup {
    html! {
        @match (contribution, at_most) {
            (None, _) => { span class="mut" { "–" } }
            (Some(nothing), Some(most)) if nothing.is_zero() => { span class="mut" { "up to " (points(most, "")) " pt" } }
            (Some(nothing), _) if nothing.is_zero() => { span class="mut" { "0 pt" } }
            (Some(adds), _) => { b class="b6" { (points(adds, "+")) } " " span class="mut" { "pt" } }
        }
    }
}

/// Points with one place and their sign.
pub(super) fn points(value: Decimal, plus: &str) -> String {
    let rounded = value.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero);
    let sign = if rounded.is_sign_negative() && !rounded.is_zero() { "−" } else { plus };
    format!("{sign}{:.1}", rounded.abs())
}

fn pager(page: &OkrPage, behind: &Behind) -> Markup {
    let path = format!("/okrs/{}", page.id);
    html! {
        @if !page.parts.first_issues || behind.next.is_some() {
            nav class="pager" aria-label="Pages of issues" {
                @if page.parts.first_issues { span {} } @else { a class="btn sm" href=(path) { "First page" } }
                @if let Some(next) = behind.next { a class="btn sm" href={ (path) "?issues_after=" (next) } { "Next page" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contributions_read_as_points() {
        let number = |text: &str| Some(text.parse::<Decimal>().unwrap());
        for (contribution, most, expected) in [
            (number("3.125"), None, "+3.1"),
            (number("0"), number("7.8125"), "up to 7.8 pt"),
            (number("-10"), None, "−10.0"),
            (number("0"), None, "0 pt"),
            (None, None, "–"),
        ] {
            assert!(added(contribution, most).0.contains(expected), "{expected}");
        }
    }
}
