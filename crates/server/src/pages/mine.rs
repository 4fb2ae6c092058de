//! My OKRs: what one answers for, and first what waits for one.

use super::{PageError, Visitor, reader::Reader};
use crate::{
    app::App,
    auth::policy::{Act, Verdict, judge},
    board::{Board, Shown, people},
    components::{
        icons::{Icon, small},
        note::worst,
        row::{Frame, row},
        shell::{Place, Shell, crumbs, shell},
        surfaces::card,
    },
    error::ApiResult,
    reached::Reached,
};
use axum::extract::State;
use chrono::TimeDelta;
use maud::{Markup, html};
use okrsync_domain::{UserId, okr::ProgressMode, person::User};
use okrsync_metrics::Status;
use okrsync_store::BoardScope;
use std::collections::BTreeMap;

/// An OKR by hand waits for its owner after so long without a check-in.
const QUIET: TimeDelta = TimeDelta::days(14);

/// Everything that the page says.
pub(crate) struct MinePage {
    /// Every OKR, coloured.
    pub(crate) board: Board,
    /// When what is achieved got there.
    pub(crate) reached: Reached,
    /// Everybody.
    pub(crate) people: BTreeMap<UserId, User>,
    /// Who reads it.
    pub(crate) reader: Reader,
}

/// The page.
pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Markup, PageError> {
    visitor.caller.may(Act::Look)?;
    Ok(render(&read(&app, visitor).await?))
}

async fn read(app: &App, visitor: Visitor) -> ApiResult<MinePage> {
    let reader = Reader::of(app, visitor).await?;
    let mut board = Board::load(app, BoardScope::All).await?;
    let (me, today) = (reader.user.id, reader.today);
    board.keep(|okr| okr.owner_id == me && okr.closed.is_none() && okr.due_on >= today);
    let reached = app.stretches().of(app.store(), &board).await?;
    Ok(MinePage { board, reached, people: people(app).await?, reader })
}

/// Why an OKR waits for its owner, if it does.
fn waits(shown: &Shown<'_>, reader: &Reader) -> bool {
    let okr = &shown.row.okr;
    let quiet = || {
        let last = shown.row.value_check_in.as_ref().map_or(okr.created_at, |check_in| check_in.at);
        okr.progress_mode == ProgressMode::Manual && okr.starts_on <= reader.today && reader.now - last > QUIET
    };
    worst(shown).is_some() || shown.standing.status == Status::AtRisk || quiet()
}

/// Draws it.
pub(crate) fn render(page: &MinePage) -> Markup {
    let reader = &page.reader;
    let (waiting, others): (Vec<_>, Vec<_>) = page.board.all().partition(|shown| waits(shown, reader));
    let content = html! {
        div class="page" data-live {
            div class="dh" {
                h1 class="grow" { "My OKRs" }
                @if judge(&reader.user, Act::CreateOkr(reader.user.id)) == Verdict::Allowed {
                    a class="btn pri" href="/okrs/new?kind=objective" { (small(Icon::Plus, "")) "New objective" }
                }
            }
            @if page.board.rows.is_empty() {
                p class="sub" { "You answer for no objective or key result that is under way. " a class="link" href="/" { "All OKRs" } }
            } @else {
                div class="stack" {
                    @if !waiting.is_empty() { (list(page, "Waits for you", &waiting)) }
                    @if !others.is_empty() { (list(page, "On their way", &others)) }
                }
            }
        }
    };
    let frame = Shell { title: "My OKRs", place: Place::Mine, reader, top: crumbs(&[], "My OKRs"), back: None };
    shell(&frame, &content)
}

fn list(page: &MinePage, title: &str, rows: &[Shown<'_>]) -> Markup {
    let writes = judge(&page.reader.user, Act::RefreshAll) == Verdict::Allowed;
    let frame = Frame { people: &page.people, reader: &page.reader, writes, trends: None, reached: &page.reached };
    let beside = html! { span class="tag num" { (rows.len()) } };
    card(
        title,
        &beside,
        "below wide",
        &html! {
            div class="tree" role="treegrid" aria-label=(title) { @for shown in rows { (row(shown, 0, false, &frame)) } }
        },
    )
}
