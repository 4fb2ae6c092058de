//! What came of the query: what is wrong with it, under the editor; what the link would show, beside the form.

use super::{ConnectPage, Outcome, code::line_and_column};
use crate::{
    api::links::preview::Looked,
    components::{
        bar::{Bar, bar},
        figures::{counted, figure, percent},
        icons::{Icon, icon, small},
        issue_status::UnderWay,
        pill::pill,
    },
};
use axum::http::StatusCode;
use maud::{Markup, html};
use okrsync_domain::{issue::Issue, measure::Measure};
use okrsync_jql::{
    Span,
    lint::{Fix, Lint},
};
use okrsync_metrics::Status;

/// Something wrong with the query.
pub(super) struct Wrong {
    message: String,
    pub(super) place: Option<Span>,
    fix: Option<Fix>,
}

/// What is wrong with the query: what is seen without Jira, else what Jira refused.
pub(super) fn wrong(page: &ConnectPage) -> Vec<Wrong> {
    if page.entries.get("jql").trim().is_empty() {
        return Vec::new();
    }
    let seen = page.check.errors.iter().map(|error| Wrong {
        message: [Some(error.message.as_str()), error.hint.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
        place: error.start.zip(error.end).map(|(start, end)| Span::new(start, end)),
        fix: error.fix.clone(),
    });
    let seen: Vec<Wrong> = seen.collect();
    let Outcome::Refused(refused) = &page.outcome else { return seen };
    if !seen.is_empty() || refused.code() == "matches_nothing" {
        return seen;
    }
    let of_query = refused.fields().iter().filter(|error| error.field == "jql");
    let refused = of_query.map(|error| Wrong {
        message: error.message.clone(),
        place: error.start.zip(error.end).map(|(start, end)| Span::new(start, end)),
        // A name that the catalogue does not know either has its mend there.
        fix: page
            .check
            .lints
            .iter()
            .find(|lint| Some(lint.span.start) == error.start)
            .and_then(|lint| lint.fix.clone()),
    });
    refused.collect()
}

/// The line under the editor.
pub(super) fn foot(page: &ConnectPage) -> Markup {
    let (text, wrong) = (page.entries.get("jql"), wrong(page));
    if let Some(first) = wrong.first() {
        let place = first.place.map(|place| line_and_column(text, place.start));
        return html! {
            div class="sb bad" data-part="foot" data-rejected role="alert" id="jql-error" {
                (small(Icon::Triangle, ""))
                span class="grow" {
                    @if let Some((line, column)) = place { b { "Line " (line) ", column " (column) ": " } }
                    (first.message.replace('`', ""))
                }
                @if let Some(fix) = &first.fix { (mend(fix)) }
            }
        };
    }
    let (class, drawing, title, rest) = match &page.outcome {
        _ if text.trim().is_empty() => {
            ("sb", Icon::Info, "", "Down arrow shows what fits, Ctrl+Enter saves.".to_owned())
        }
        Outcome::Looked(looked) => ("sb", Icon::Tick, "Valid.", matches(looked)),
        Outcome::Refused(error) if is_silent(error.status()) => {
            let means = "Jira does not answer, so the query is not checked. It can be saved; the last value is kept.";
            ("sb mid", Icon::Triangle, means, format!("({})", error.detail()))
        }
        Outcome::Refused(error) => ("sb mid", Icon::Triangle, "", error.detail().replace('`', "")),
        Outcome::Unasked => ("sb", Icon::Circle, "", "Not checked by Jira yet.".to_owned()),
    };
    html! {
        div class=(class) data-part="foot" {
            span class=(if drawing == Icon::Tick { "c-ok" } else { "mut" }) { (small(drawing, "")) }
            span class="grow" { @if !title.is_empty() { b class="b6" { (title) } " " } (rest) }
        }
    }
}

/// The query where Jira itself shows what it finds, as far as a connection is chosen.
pub(super) fn try_in_jira(page: &ConnectPage) -> Markup {
    let chosen = page.connections.iter().find(|it| it.id.to_string() == page.entries.get("connection_id"));
    let jql = page.entries.get("jql").trim();
    html! {
        span data-part="try" {
            @if let (Some(connection), false) = (chosen, jql.is_empty()) {
                a class="btn ghost sm" href={ (connection.server_url) "/issues/?jql=" (crate::pages::encode(jql)) }
                    target="_blank" rel="noopener noreferrer" { (small(Icon::Outside, "")) "Try in Jira" }
            }
        }
    }
}

/// The button that mends; the script carries it out.
fn mend(fix: &Fix) -> Markup {
    let word = match (fix.text.as_str(), fix.span) {
        ("", _) => "Leave it out".to_owned(),
        (text, Span { start, end }) if start == end => format!("Insert {text}"),
        (text, _) => format!("Use {}", text.trim_matches('"')),
    };
    html! {
        button class="btn sm" type="button" data-mend=(fix.text) data-start=(fix.span.start) data-end=(fix.span.end) hidden { (word) }
    }
}

fn is_silent(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE)
}

fn matches(looked: &Looked) -> String {
    let about = if looked.preview.estimate { "About " } else { "" };
    let verb = if looked.preview.matched == 1 { "matches" } else { "match" };
    format!("{about}{} {verb}", counted(looked.preview.matched, "issue", "issues"))
}

/// Whether nothing matches, so that saving wants a confirmation.
pub(super) fn is_empty(page: &ConnectPage) -> bool {
    match &page.outcome {
        Outcome::Looked(looked) => looked.preview.matched == 0,
        Outcome::Refused(error) => error.code() == "matches_nothing",
        Outcome::Unasked => false,
    }
}

/// What the link would show.
pub(super) fn preview(page: &ConnectPage) -> Markup {
    html! {
        aside class="prev" data-part="preview" aria-live="polite" aria-labelledby="preview" {
            h2 id="preview" { "Preview" }
            @match &page.outcome {
                Outcome::Looked(looked) => { (shown(looked, &page.under_way)) }
                _ => { (nothing(page)) }
            }
            (hints(page))
        }
    }
}

fn nothing(page: &ConnectPage) -> Markup {
    let line = wrong(page)
        .first()
        .and_then(|wrong| wrong.place)
        .map(|it| line_and_column(page.entries.get("jql"), it.start).0);
    html! {
        div class="blank" {
            @if line.is_some() { span class="c-bad" { (icon(Icon::Triangle)) } }
            b { "Nothing to preview yet" }
            p class="sub" {
                @if let Some(line) = line { "Correct line " (line) " of the query and the numbers appear here." }
                @else if is_empty(page) { "0 issues match at this moment." }
                @else { "Write a query, and what it would show appears here." }
            }
        }
    }
}

fn shown(looked: &Looked, under_way: &UnderWay) -> Markup {
    let preview = &looked.preview;
    let figure_of = |measure: &Measure| match (measure, looked.value, &looked.progress) {
        (Measure::PercentComplete {}, _, Some(progress)) => format!("{}%", progress.page()),
        (Measure::PercentComplete {}, _, None) | (_, None, _) => "No value".to_owned(),
        (_, Some(value), _) => figure(value),
    };
    let status = looked.status.unwrap_or(Status::NoData);
    html! {
        div class="row big" { span class="num" { (figure_of(&looked.measure)) } (pill(status)) }
        p class="sub" {
            b class="b6" {
                (matches(looked))
                @if let Some(completed) = preview.completed { ", " (figure(completed.into())) " done" }
            }
            @if preview.tally.is_none() { ". The value is computed on saving." }
            @else if let Some(expected) = &looked.expected { ". Expected today: " (percent(expected)) "%." }
        }
        (bar(Bar { progress: looked.progress.as_ref(), expected: looked.expected.as_ref(), status, stale: false, height: 8 }))
        @if looked.progress.is_some() { div class="scale" aria-hidden="true" { span { "0%" } span { "100%" } } }
        @if let Some(coverage) = preview.tally.as_ref().map(|tally| tally.coverage).filter(|it| it.without_value > 0) {
            p class="sub" { (figure(coverage.without_value.into())) " of them have no value of the metric." }
        }
        @if let Some(current) = &looked.current {
            dl class="ba" {
                dt { "Now" }
                dd class="num" {
                    @match (&current.progress, current.value) {
                        (Some(progress), _) => { (progress.page()) "%" }
                        (None, Some(value)) => { (figure(value)) }
                        (None, None) => { "No value" }
                    }
                }
                dt { "After saving, from Jira" }
                dd class="num b6" { (looked.progress.as_ref().map_or_else(|| figure_of(&looked.measure), |it| format!("{}%", it.page()))) }
            }
        }
        @if !preview.issues.is_empty() {
            h3 class="cap" {
                @let shown = preview.issues.len() as u64;
                @if shown < preview.matched { "First " (shown) " of " (counted(preview.matched, "issue", "issues")) }
                @else { (counted(shown, "issue", "issues")) }
            }
            ul class="first" { @for issue in &preview.issues { (issue_line(issue, under_way)) } }
        }
    }
}

fn issue_line(issue: &Issue, under_way: &UnderWay) -> Markup {
    html! {
        li {
            div class="between" {
                span class="key" { (issue.key) }
                (under_way.status(issue))
            }
            div class="ell" { (issue.title.as_deref().unwrap_or_default()) }
        }
    }
}

/// What the query means, though it may not be meant; what Jira warns of; what nobody can check.
fn hints(page: &ConnectPage) -> Markup {
    let lints: &[Lint] = match &page.outcome {
        Outcome::Looked(looked) => &looked.preview.lints,
        _ if page.check.is_valid() => &page.check.lints,
        _ => &[],
    };
    let warnings: &[String] = match &page.outcome {
        Outcome::Looked(looked) => &looked.preview.warnings,
        _ => &[],
    };
    let open = page.check.unchecked.iter().map(|part| part.message.as_str());
    let open: Vec<&str> = open.filter(|_| page.check.is_valid()).collect();
    html! {
        @if !(lints.is_empty() && warnings.is_empty() && open.is_empty()) {
            h3 class="cap" { "Worth knowing about this query" }
            @for lint in lints {
                div class="lint" data-code=(lint.code.as_str()) {
                    span class="c-mid" { (icon(Icon::Triangle)) }
                    span { (lint.message.replace('`', "")) }
                    @if let Some(fix) = &lint.fix { (mend(fix)) } @else { span {} }
                }
            }
            @for text in warnings.iter().map(String::as_str).chain(open) {
                div class="lint" { span class="mut" { (icon(Icon::Info)) } span { (text) } span {} }
            }
        }
    }
}
