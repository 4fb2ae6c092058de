//! The board: where every objective and key result of a period stands.

use super::{
    PageError, Visitor, encode,
    period::{Quarter, switcher},
    reader::Reader,
    tree::{Placed, groups, mentions},
};
use crate::{
    app::App,
    auth::policy::{Act, Verdict, judge, sees_okr},
    board::{Board, people},
    components::{
        figures::counted,
        form::hidden,
        icons::{Icon, icon, small},
        row::{Frame, row},
        shell::{Place, Shell, shell},
        summary::{Summary, summary},
        surfaces::{Tone, banner},
    },
    error::ApiResult,
    extract::Params,
};
use axum::extract::State;
use maud::{Markup, html};
use okrsync_domain::{UserId, measure::Measure, person::User};
use okrsync_metrics::{Company, Status, company, count_by_status, expected};
use okrsync_store::BoardScope;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the reader asked for. Anything unknown is as good as nothing: addresses are typed and shared.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    period: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    mine: String,
}

/// Everything that the page says.
pub(crate) struct BoardPage {
    /// OKRs of the period that the reader may see.
    pub(crate) board: Board,
    /// Everybody.
    pub(crate) people: BTreeMap<UserId, User>,
    /// The period.
    pub(crate) quarter: Quarter,
    /// Words that rows must mention.
    pub(crate) search: String,
    /// Status that rows must have.
    pub(crate) status: Option<Status>,
    /// One's own only.
    pub(crate) mine: bool,
    /// Who reads it.
    pub(crate) reader: Reader,
}

/// The board of a period.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Params(asked): Params<Asked>,
) -> Result<Markup, PageError> {
    visitor.caller.may(Act::Look)?;
    Ok(render(&read(&app, visitor, asked).await?))
}

async fn read(app: &App, visitor: Visitor, asked: Asked) -> ApiResult<BoardPage> {
    let reader = Reader::of(app, visitor).await?;
    let mut board = Board::load(app, BoardScope::All).await?;
    let quarter = asked.period.parse().unwrap_or_else(|()| Quarter::of(board.today));
    board.keep(|okr| sees_okr(&reader.user, okr) && okr.starts_on <= quarter.last() && okr.due_on >= quarter.first());
    Ok(BoardPage {
        people: people(app).await?,
        quarter,
        search: asked.q.trim().to_owned(),
        status: asked.status.parse().ok(),
        mine: asked.mine == "true",
        board,
        reader,
    })
}

impl BoardPage {
    /// The address of this board with another status.
    fn address(&self, status: Option<Status>) -> String {
        let mut parts = vec![format!("period={}", self.quarter)];
        if let Some(status) = status {
            parts.push(format!("status={}", status.as_str()));
        }
        if !self.search.is_empty() {
            parts.push(format!("q={}", encode(&self.search)));
        }
        if self.mine {
            parts.push("mine=true".to_owned());
        }
        format!("/?{}", parts.join("&"))
    }

    fn writes(&self) -> bool {
        judge(&self.reader.user, Act::RefreshAll) == Verdict::Allowed
    }

    fn is_filtered(&self) -> bool {
        self.status.is_some() || !self.search.is_empty() || self.mine
    }

    fn groups(&self) -> Vec<Vec<Placed<'_>>> {
        groups(&self.board, &|shown| {
            self.status.is_none_or(|status| shown.standing.status == status)
                && (self.search.is_empty() || mentions(shown, &self.search))
                && (!self.mine || shown.row.okr.owner_id == self.reader.user.id)
        })
    }
}

/// The page.
pub(crate) fn render(page: &BoardPage) -> Markup {
    let organisation = &page.board.organisation;
    let content = html! {
        div class="page" data-live data-board {
            @if !organisation.jira_enabled {
                (banner(Tone::Mid, "Jira sync is switched off.", "The last values stay until an admin switches it on.", &html! {}))
            }
            @if page.board.rows.is_empty() { (empty(page)) } @else { (filled(page)) }
        }
    };
    let frame = Shell {
        title: &format!("OKRs · {}", page.quarter.label()),
        place: if page.mine { Place::Mine } else { Place::Board },
        reader: &page.reader,
        top: html! {
            (switcher(page.quarter, page.board.today))
            span class="grow" {}
            @if page.writes() { (refresh_all(&page.reader)) }
        },
        back: None,
    };
    shell(&frame, &content)
}

fn refresh_all(reader: &Reader) -> Markup {
    html! {
        form method="post" action="/refresh" data-refresh="/api/v1/refreshes" data-body="{\"scope\":\"all\"}" {
            (hidden(&reader.csrf, &reader.once))
            input type="hidden" name="next" value=(reader.path);
            button class="btn" { (small(Icon::Refresh, "")) "Refresh all" }
        }
    }
}

fn filled(page: &BoardPage) -> Markup {
    let board = &page.board;
    let whole: Company = company(&board.nodes, &board.standings, &board.organisation.limits);
    let counts = count_by_status(board.key_results().map(|shown| shown.standing));
    let head = Summary {
        company: &whole,
        counts: &counts,
        chosen: page.status,
        address: &|status| page.address(status),
        failing: &page.reader.failing,
        connections: page.reader.connections,
    };
    html! { (summary(&head)) (tools(page, counts.values().sum())) (rows(page)) }
}

fn tools(page: &BoardPage, key_results: u64) -> Markup {
    let objectives = u64::try_from(page.board.rows.len()).unwrap_or(u64::MAX).saturating_sub(key_results);
    html! {
        form class="tools" method="get" action="/" role="search" {
            input type="hidden" name="period" value=(page.quarter);
            @if let Some(status) = page.status { input type="hidden" name="status" value=(status.as_str()); }
            @if page.mine { input type="hidden" name="mine" value="true"; }
            label class="in sm" {
                (small(Icon::Search, ""))
                span class="vh" { "Filter by title or query" }
                input type="search" name="q" value=(page.search) placeholder="Filter by title or query";
            }
            @if page.is_filtered() {
                a class="chip" href={ "/?period=" (page.quarter) } { "Clear filters" (icon(Icon::Cross)) }
            }
            span class="grow" {}
            span class="t12 mut only-d" data-part="size" {
                (counted(objectives, "objective", "objectives")) " · " (counted(key_results, "key result", "key results"))
            }
        }
    }
}

fn rows(page: &BoardPage) -> Markup {
    let frame = Frame { people: &page.people, reader: &page.reader, writes: page.writes(), trends: None };
    let groups = page.groups();
    html! {
        @if groups.is_empty() {
            p class="sub" { "No key result matches. " a class="link" href={ "/?period=" (page.quarter) } { "Clear filters" } }
        } @else {
            div class="tree" role="table" aria-label="Objectives and key results" {
                div class="tr th" role="row" {
                    span class="tt" role="columnheader" { "Objective / key result" }
                    span class="c-owner" role="columnheader" { "Owner" }
                    span class="row" role="columnheader" { "Progress" (expected_key(page)) }
                    span class="c-val" role="columnheader" { "Value" }
                    span role="columnheader" { "Status" }
                    span role="columnheader" { "Source" }
                }
                @for group in &groups {
                    div class="grp" role="rowgroup" {
                        @for placed in group { (row(&placed.shown, placed.depth, placed.context, &frame)) }
                    }
                }
            }
        }
    }
}

/// What the marker on the bars means, with where an OKR of the whole period should be.
fn expected_key(page: &BoardPage) -> Markup {
    let (first, last) = (page.quarter.first(), page.quarter.last());
    let expected = expected(&Measure::default(), first, last, page.board.today);
    html! {
        @if let Some(expected) = expected {
            svg class="key" width="4" height="12" aria-hidden="true" { line class="mark" x1="2" x2="2" y1="1" y2="11" {} }
            "expected " (expected.page()) "%"
        }
    }
}

fn empty(page: &BoardPage) -> Markup {
    html! {
        div class="empty-board" {
            h2 { "No objectives in " (page.quarter.label()) " yet" }
            p class="sub" { "Connect Jira once. After that, key results fill themselves from the issues you point them at." }
            ol class="card steps" {
                (step(1, "Connect Jira", "Cloud or self-managed, read access is enough.", "POST /api/v1/connections"))
                (step(2, "Write an objective", "What should be true at the end of the period?", "POST /api/v1/okrs"))
                (step(3, "Link its key results to JQL queries", "You see the number before you save.", "PUT /api/v1/okrs/{id}/link"))
            }
            p class="t13 mut" {
                "These pages come later; until then the " a class="link" href="/api/docs" { "API" } " does it."
            }
        }
    }
}

fn step(number: u8, title: &str, text: &str, call: &str) -> Markup {
    html! {
        li {
            span class="no" { (number) }
            div { b class="b6" { (title) } p class="t13 mut" { (text) } code { (call) } }
        }
    }
}
