//! The board: where every objective and key result of a period stands.

mod empty;
mod filter;

use super::{
    PageError, Visitor,
    copy::earlier,
    period::{Quarter, switcher},
    reader::Reader,
    tree::{Placed, groups},
};
use crate::{
    app::App,
    auth::policy::{Act, Verdict, judge, sees_okr},
    board::{Board, people},
    components::{
        figures::counted,
        form::hidden,
        icons::{Icon, small},
        row::{Frame, row},
        shell::{Place, Shell, shell},
        summary::{Summary, summary},
        surfaces::{Tone, banner},
        times,
    },
    error::ApiResult,
    extract::Params,
    reached::Reached,
    trends::{Trends, roll_up},
};
use axum::extract::State;
pub(crate) use filter::{Asked, Filter};
use maud::{Markup, html};
use okrsync_domain::{UserId, measure::Measure, person::User};
use okrsync_metrics::{Company, company, count_by_status, expected};
use okrsync_store::BoardScope;
use std::collections::BTreeMap;

/// Rows of a period that are shown on one page; where there are more, so many rows make a page.
const WHOLE: usize = 1000;
const PAGE: usize = 100;

/// Everything that the page says.
pub(crate) struct BoardPage {
    /// OKRs of the period that the reader may see.
    pub(crate) board: Board,
    /// Everybody.
    pub(crate) people: BTreeMap<UserId, User>,
    /// The period.
    pub(crate) quarter: Quarter,
    /// An earlier period that this one can be filled from, while it is empty.
    pub(crate) earlier: Option<Quarter>,
    /// Which rows are wanted.
    pub(crate) filter: Filter,
    /// Which page of them, from 1.
    pub(crate) number: usize,
    /// The way of each OKR since its first day.
    pub(crate) trends: Trends,
    /// When what is achieved got there.
    pub(crate) reached: Reached,
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
    Ok(render(&Box::pin(read(&app, visitor, asked)).await?))
}

async fn read(app: &App, visitor: Visitor, asked: Asked) -> ApiResult<BoardPage> {
    let reader = Reader::of(app, visitor).await?;
    let mut board = Board::load(app, BoardScope::All).await?;
    let quarter = asked.period.parse().unwrap_or_else(|()| Quarter::of(board.today));
    let earlier = earlier(board.rows.iter().map(|row| &row.okr), &reader.user, quarter);
    board.keep(|okr| sees_okr(&reader.user, okr) && okr.starts_on <= quarter.last() && okr.due_on >= quarter.first());
    let filter = Filter::of(app, &asked).await?;
    let mut trends = app.trends().of(app.store(), &board.rows, &board.organisation).await?;
    roll_up(&mut trends, &board.rows, &board.standings);
    let reached = app.stretches().of(app.store(), &board).await?;
    let number = asked.page.parse().unwrap_or(1);
    Ok(BoardPage { people: people(app).await?, quarter, earlier, filter, number, trends, reached, board, reader })
}

impl BoardPage {
    /// The address of this board with another filter.
    fn address(&self, filter: &Filter) -> String {
        format!("/?period={}{}", self.quarter, filter.query())
    }

    fn may(&self, act: Act<'_>) -> bool {
        judge(&self.reader.user, act) == Verdict::Allowed
    }

    fn groups(&self) -> Vec<Vec<Placed<'_>>> {
        groups(&self.board, &|shown| self.filter.fits(shown))
    }
}

/// The page.
pub(crate) fn render(page: &BoardPage) -> Markup {
    let content = html! {
        div class="page" data-live data-board {
            @if !page.board.organisation.jira_enabled {
                (banner(Tone::Mid, "Jira sync is switched off.", "The last values stay until an admin switches it on.", &html! {}))
            }
            @if page.board.rows.is_empty() { (empty::board(page)) } @else { (filled(page)) }
        }
    };
    let frame = Shell {
        title: &format!("OKRs · {}", page.quarter.label()),
        place: Place::Board,
        reader: &page.reader,
        top: html! { (switcher(page.quarter, page.board.today)) span class="grow" {} (buttons(page)) },
        back: None,
    };
    shell(&frame, &content)
}

fn buttons(page: &BoardPage) -> Markup {
    let reader = &page.reader;
    let filled = !page.board.rows.is_empty();
    html! {
        @if filled && page.may(Act::RefreshAll) {
            form method="post" action="/refresh" data-refresh="/api/v1/refreshes" data-body="{\"scope\":\"all\"}" {
                (hidden(&reader.csrf, &reader.once))
                input type="hidden" name="next" value=(reader.path);
                button class="btn" { (small(Icon::Refresh, "")) "Refresh all" }
            }
        }
        @if page.may(Act::CreateOkr(reader.user.id)) {
            a class=(if filled { "btn pri" } else { "btn" }) href={ "/okrs/new?kind=objective&period=" (page.quarter) } {
                (small(Icon::Plus, "")) "New objective"
            }
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
        chosen: page.filter.status,
        address: &|status| page.address(&Filter { status, ..page.filter.clone() }),
        failing: &page.reader.failing,
        connections: page.reader.connections,
    };
    html! { (summary(&head)) (filter::tools(page)) (rows(page)) }
}

/// "4 objectives · 12 key results".
fn size(page: &BoardPage) -> String {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let key_results = page.board.key_results().count();
    let objectives = count(page.board.rows.len().saturating_sub(key_results));
    let key_results = counted(count(key_results), "key result", "key results");
    format!("{} · {key_results}", counted(objectives, "objective", "objectives"))
}

fn rows(page: &BoardPage) -> Markup {
    let frame = Frame {
        people: &page.people,
        reader: &page.reader,
        writes: page.may(Act::RefreshAll),
        trends: Some(&page.trends),
        reached: &page.reached,
    };
    let pages = pages(page.groups());
    let number = page.number.clamp(1, pages.len().max(1));
    html! {
        @if pages.is_empty() {
            p class="sub" { "No key result matches. " a class="link" href=(page.address(&Filter::default())) { "Clear filters" } }
        } @else {
            div class="tree" role="treegrid" aria-label="Objectives and key results" {
                (heads(page))
                @for group in &pages[number - 1] {
                    div class="grp" role="rowgroup" {
                        @for placed in group { (row(&placed.shown, placed.depth, placed.context, &frame)) }
                    }
                }
            }
            @if pages.len() > 1 { (pager(page, number, pages.len())) }
        }
    }
}

fn heads(page: &BoardPage) -> Markup {
    html! {
        div class="tr th" role="row" {
            span class="tt" role="columnheader" { "Objective / key result" }
            span class="c-owner" role="columnheader" { "Owner" }
            span class="c-bar row" role="columnheader" { "Progress" (expected_key(page)) }
            span class="c-val" role="columnheader" { "Value" }
            span class="c-status" role="columnheader" { "Status" }
            span class="c-trend" role="columnheader" { "Since " (times::day(page.quarter.first(), page.board.today)) }
            span class="c-src" role="columnheader" { "Source" }
        }
    }
}

/// The groups of each page: as many as make a page's rows, with an objective and what is below it on one page.
fn pages(groups: Vec<Vec<Placed<'_>>>) -> Vec<Vec<Vec<Placed<'_>>>> {
    let whole = groups.iter().map(Vec::len).sum::<usize>() <= WHOLE;
    let (mut pages, mut page, mut rows) = (vec![], vec![], 0);
    for group in groups.into_iter().flat_map(|group| if whole { vec![group] } else { pieces(group) }) {
        rows += group.len();
        page.push(group);
        if rows >= PAGE && !whole {
            pages.push(std::mem::take(&mut page));
            rows = 0;
        }
    }
    if !page.is_empty() {
        pages.push(page);
    }
    pages
}

/// Key results without an objective belong to nothing that would have to stay together.
fn pieces(mut group: Vec<Placed<'_>>) -> Vec<Vec<Placed<'_>>> {
    let mut pieces = vec![];
    while group.len() > PAGE && group.iter().all(|placed| placed.depth == 0) {
        let rest = group.split_off(PAGE);
        pieces.push(std::mem::replace(&mut group, rest));
    }
    pieces.push(group);
    pieces
}

fn pager(page: &BoardPage, number: usize, last: usize) -> Markup {
    let address = |number: usize| format!("{}&page={number}", page.address(&page.filter));
    html! {
        nav class="pager" aria-label="Pages of the board" {
            @if number > 1 { a class="btn sm" href=(address(number - 1)) { "Page before" } } @else { span {} }
            span class="t12 mut num" { "Page " (number) " of " (last) }
            @if number < last { a class="btn sm" href=(address(number + 1)) { "Next page" } } @else { span {} }
        }
    }
}

/// What the marker on the bars means, with where an OKR of the whole period should be.
fn expected_key(page: &BoardPage) -> Markup {
    let (first, last) = (page.quarter.first(), page.quarter.last());
    let expected = expected(&Measure::default(), first, last, page.board.today);
    html! {
        @if let Some(expected) = expected {
            svg class="marker" width="4" height="12" aria-hidden="true" { line class="mark" x1="2" x2="2" y1="1" y2="11" {} }
            "expected " (expected.page()) "%"
        }
    }
}
