//! The narrow column: why it moved, shares, data source, refresh history.

use super::{load::OkrPage, main::issues_counted, moves};
use crate::{
    board::Shown,
    components::{
        figures::percent,
        icons::{Icon, icon, small},
        row::metric,
        surfaces::card,
        times,
    },
    freshness::FreshnessState,
    pages::connect::code::lines,
};
use maud::{Markup, html};
use okrsync_domain::{
    connection::Deployment,
    measure::Measure,
    okr::{OkrKind, ProgressMode},
    refresh::{Refresh, RefreshState},
};
use okrsync_store::Linked;

/// The column.
pub(super) fn column(page: &OkrPage, shown: &Shown<'_>) -> Markup {
    html! {
        (moves::feed(page))
        @if shown.row.okr.kind == OkrKind::Objective && shown.standing.children.count > 0 { (shares(page, shown)) }
        @if let Some(linked) = &shown.row.link { (source(page, shown, linked)) (history(page)) }
        @else if shown.row.okr.progress_mode == ProgressMode::Manual { (by_hand(page, shown)) }
    }
}

/// How much each key result counts.
fn shares(page: &OkrPage, shown: &Shown<'_>) -> Markup {
    let children = page.board.all().filter(|it| it.row.okr.parent_id == Some(page.id));
    let beside = html! {
        span class="grow" {}
        @if page.rights.edits { a class="btn sm" href={ "/okrs/" (page.id) "/shares" } data-dialog { (small(Icon::Pencil, "")) "Edit" } }
    };
    let standing = shown.standing;
    card(
        "Shares",
        &beside,
        "",
        &html! {
            div class="in-card" data-part="shares" {
                dl class="kv shares" {
                    @for child in children {
                        dt { a class="link" href={ "/okrs/" (child.row.okr.id) } { (child.row.okr.title) } }
                        dd class="num" {
                            @match &child.standing.share { Some(share) => { (percent(share)) "%" } None => { "–" } }
                            @if child.row.okr.share.is_none() { " " span class="mut" { "equal" } }
                        }
                    }
                }
                @if standing.children.with_data < standing.children.count {
                    p class="help" { "Average of " (standing.children.with_data) " of " (standing.children.count) ": the rest has no value." }
                }
            }
        },
    )
}

fn source(page: &OkrPage, shown: &Shown<'_>, linked: &Linked) -> Markup {
    let (icon_of, health) = match shown.freshness.state {
        FreshnessState::Fresh => ("c-ok", "Healthy"),
        FreshnessState::Never => ("c-none", "First sync"),
        FreshnessState::Stale => ("c-mid", "Not read for two periods"),
        FreshnessState::Failing => ("c-bad", "Failing"),
        FreshnessState::Paused => ("c-none", "Paused"),
    };
    let drawing = match shown.freshness.state {
        FreshnessState::Fresh => Icon::Tick,
        FreshnessState::Never | FreshnessState::Paused => Icon::Dashed,
        FreshnessState::Stale => Icon::Clock,
        FreshnessState::Failing => Icon::Triangle,
    };
    let cloud = linked.connection.deployment == Deployment::Cloud;
    let edited = linked.link.edited_at.with_timezone(&page.reader.zone()).date_naive();
    let path = format!("/okrs/{}/connect", page.id);
    let edits = page.rights.edits && shown.row.okr.closed.is_none();
    let beside = html! {
        span class="grow" {}
        @if edits { a class="btn sm" href=(path) data-dialog { (small(Icon::Pencil, "")) "Edit" } }
    };
    card(
        "Data source",
        &beside,
        "",
        &html! {
            div class="in-card" data-part="source" {
                pre class="jqlview" { code { (lines(&linked.link.jql, &[])) } }
                dl class="kv" {
                    dt { "Connection" }
                    dd class="row" { (small(if cloud { Icon::Cloud } else { Icon::Server }, "")) (linked.connection.name) }
                    dt { "Health" }
                    dd class="row" { span class=(icon_of) { (small(drawing, "")) } (health) }
                    dt { "Measure" }
                    dd { (measure(&shown.row.okr.measure)) }
                    dt { "Metric" }
                    dd { (metric(&linked.link.metric)) @if linked.link.completed_only { ", completed issues only" } }
                    dt { "Refreshed" }
                    dd { "Every " (linked.query.period_minutes) " minutes" }
                    dt { "Edited" }
                    dd { (times::day(edited, page.reader.today)) }
                }
            }
        },
    )
}

/// Where a number comes from that nobody measures.
fn by_hand(page: &OkrPage, shown: &Shown<'_>) -> Markup {
    card(
        "Data source",
        &html! {},
        "",
        &html! {
            div class="in-card" {
                dl class="kv" {
                    dt { "Measure" }
                    dd { (measure(&shown.row.okr.measure)) }
                    dt { "Value" }
                    dd { "Entered by hand" }
                }
                @if page.rights.edits && shown.row.okr.closed.is_none() {
                    p class="help" { "Each check-in with a number sets the value. Connected to Jira, a query sets it." }
                    a class="btn connect" href={ "/okrs/" (page.id) "/connect" } data-dialog { (small(Icon::Plug, "")) "Connect data source" }
                }
            }
        },
    )
}

fn measure(measure: &Measure) -> &'static str {
    match measure {
        Measure::PercentComplete {} => "Percent complete",
        Measure::Kpi { .. } => "KPI, from a start to a target",
        Measure::StayBelow(_) => "Stay below a line",
        Measure::StayAbove(_) => "Stay above a line",
    }
}

fn history(page: &OkrPage) -> Markup {
    let beside = html! {
        span class="grow" {}
        @if page.parts.whole_history { a class="link t12" href={ "/okrs/" (page.id) } { "The last ones" } }
        @else { a class="link t12" href={ "/okrs/" (page.id) "?refreshes=all" } { "All refreshes" } }
    };
    card(
        "Refresh history",
        &beside,
        "",
        &html! {
            div data-part="history" {
                @if page.history.is_empty() { p class="quiet" { "Not refreshed yet." } }
                @else { ul class="hist" { @for refresh in &page.history { (entry(page, refresh)) } } }
            }
        },
    )
}

fn entry(page: &OkrPage, refresh: &Refresh) -> Markup {
    let (class, drawing, word) = match refresh.state {
        RefreshState::Done => ("c-ok", Icon::Tick, "Succeeded"),
        RefreshState::Failed => ("c-bad", Icon::Triangle, "Failed"),
        RefreshState::Queued | RefreshState::Running => ("c-acc", Icon::Sync, "Under way"),
    };
    let said = match (&refresh.error, refresh.state) {
        (Some(problem), _) => problem.message.clone(),
        (None, RefreshState::Queued | RefreshState::Running) => "Under way".to_owned(),
        (None, _) => issues_counted(refresh.issues),
    };
    let took = refresh.started_at.zip(refresh.finished_at).map(|(start, end)| (end - start).num_milliseconds().max(0));
    html! {
        li {
            span class=(class) role="img" aria-label=(word) { (icon(drawing)) }
            span class="num" {
                @if let Some(at) = refresh.started_at { (times::clock(at, page.reader.now, page.reader.zone())) }
            }
            span class="ell" title=(said) { (said) }
            span class="mut num" { @if let Some(took) = took { (took / 1000) "." (took % 1000 / 100) " s" } }
        }
    }
}
