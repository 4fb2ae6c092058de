//! Moves of objectives: those of everything below, by what they did to the roll-up.

use super::{Interval, Move, cut};
use crate::{app::App, auth::policy::sees_okr, board::Board, error::ApiResult};
use okrsync_domain::{
    OkrId, ReadingId,
    moves::{Account, Cause, CauseKind, Effect, Neighbours},
    okr::Okr,
    person::User,
    reading::Reading,
};
use okrsync_metrics::{
    Progress,
    moves::{Leaves, Rolled, Total, Tree, carry, explain},
    progress,
};
use okrsync_store::{BoardScope, Cursor, Page, Slice, Span};
use std::{cmp::Reverse, collections::BTreeSet, ops::ControlFlow};

/// A move of a leaf, before it is known what it did to the objective.
struct Leaf {
    cursor: Cursor,
    okr: OkrId,
    from: Option<(ReadingId, Option<Progress>)>,
    to: ReadingId,
    account: Option<Account>,
}

/// A move with where the objective stood before and after.
struct Carried {
    cursor: Cursor,
    told: Move,
    before: Option<Rolled>,
    after: Option<Rolled>,
}

/// The newest moves of a span, at most as many as the page has.
pub(super) async fn list(app: &App, okr: &Okr, viewer: &User, span: Span, page: Page) -> ApiResult<Slice<Move>> {
    let size = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let carried = gather(app, okr, viewer, span, page.after, size.saturating_add(1)).await?;
    Ok(cut(carried.into_iter().map(|carried| (carried.cursor, carried.told)).collect(), size))
}

/// All moves of a span as one.
pub(super) async fn total(app: &App, okr: &Okr, viewer: &User, span: Span) -> ApiResult<Interval> {
    let mut carried = gather(app, okr, viewer, span, None, usize::MAX).await?;
    // From nothing to a first number is no difference.
    while carried.last().is_some_and(|oldest| oldest.before.is_none()) {
        carried.pop();
    }
    let (Some(newest), Some(oldest)) = (carried.first(), carried.last()) else { return Ok(Interval::still()) };
    let shown = |rolled: &Option<Rolled>| rolled.as_ref().map(|rolled| rolled.progress.api());
    let points = shown(&newest.after).zip(shown(&oldest.before)).map(|(to, from)| to - from);
    let mut total = Total::default();
    for Carried { told, .. } in carried {
        total.add(told.account);
    }
    Ok(Interval { from: None, to: None, account: total.finish(Effect { value: points, progress: points }) })
}

async fn gather(
    app: &App,
    okr: &Okr,
    viewer: &User,
    span: Span,
    after: Option<Cursor>,
    most: usize,
) -> ApiResult<Vec<Carried>> {
    let board = Board::load(app, BoardScope::Trees(vec![okr.id])).await?;
    let tree = Tree::new(&board.nodes, okr.id);
    let leaves = tree.leaves();
    let mut moves: Vec<Leaf> = Vec::new();
    for leaf in &leaves {
        // What is older than the last one that is wanted need not be looked at.
        let floor = moves.get(most.saturating_sub(1)).map(|last| last.cursor.at).or(span.from);
        moves.extend(of_leaf(app, *leaf, Span { from: floor, ..span }, after.clone(), most).await?);
        moves.sort_by_key(|leaf| Reverse((leaf.cursor.at, leaf.cursor.id.clone())));
        moves.truncate(most);
    }
    let last = app.store().last_readings(leaves, span.before, after).await?;
    let state: Leaves = last.into_iter().filter_map(|(okr, reading)| Some((okr, standing(&reading)?))).collect();
    let seen: BTreeSet<OkrId> =
        board.rows.iter().filter(|row| sees_okr(viewer, &row.okr)).map(|row| row.okr.id).collect();
    Ok(carried(&tree, moves, state, &seen))
}

/// Walks back through the moves, from where the leaves stand after the newest.
fn carried(tree: &Tree<'_>, moves: Vec<Leaf>, mut state: Leaves, seen: &BTreeSet<OkrId>) -> Vec<Carried> {
    let mut after = tree.roll(&state);
    let mut all = Vec::new();
    for Leaf { cursor, okr, from, to, account } in moves {
        match from.as_ref().and_then(|(_, progress)| progress.clone()) {
            Some(progress) => state.insert(okr, progress),
            None => state.remove(&okr),
        };
        let before = tree.roll(&state);
        let first = account.is_none();
        if !first || before != after {
            let mut account = carry(account.unwrap_or_default(), okr, before.as_ref(), after.as_ref());
            if !seen.contains(&okr) {
                account = unnamed(&account);
            }
            let okr_id = Some(okr).filter(|okr| seen.contains(okr));
            let told = Move { to, from: from.map(|(id, _)| id), okr_id, at: cursor.at, repeats: None, account };
            all.push(Carried { cursor, told, before: before.clone(), after });
        }
        after = before;
    }
    all
}

async fn of_leaf(app: &App, okr: OkrId, span: Span, after: Option<Cursor>, most: usize) -> ApiResult<Vec<Leaf>> {
    let take = move |found: &mut Vec<Leaf>, cursor: Cursor, neighbours| {
        match neighbours {
            Neighbours::First(first) => {
                found.push(Leaf { cursor, okr, from: None, to: first.reading.id, account: None });
            }
            Neighbours::Step(step) => {
                let (before, to) = (&step.from.reading, step.to.reading.id);
                let from = Some((before.id, standing(before)));
                found.extend(explain(&step).map(|account| Leaf { cursor, okr, from, to, account: Some(account) }));
            }
        }
        if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    Ok(app.store().moves(okr, span, after, Vec::new(), take).await?)
}

fn standing(reading: &Reading) -> Option<Progress> {
    progress(&reading.measure, &reading.tally)
}

/// What somebody may know who may not see the key result: that something below moved, and by how much.
fn unnamed(account: &Account) -> Account {
    let effect = account.delta;
    let kind = CauseKind::Children;
    let cause = Cause { kind, issue: None, okr_id: None, field: None, from: None, to: None, effect };
    Account { delta: effect, causes: vec![cause] }
}
