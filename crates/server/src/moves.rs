//! Why it moved: the moves of an OKR and their sum. The API and the pages ask the same functions.

mod objective;

use crate::{app::App, error::ApiResult};
use okrsync_domain::{
    Instant, OkrId, ReadingId,
    moves::{Account, Effect, Evidence, Neighbours, Step},
    okr::{Okr, ProgressMode},
    person::User,
    reading::Repeats,
};
use okrsync_metrics::moves::{Total, delta, explain};
use okrsync_store::{Cursor, Page, Slice, Span};
use rust_decimal::Decimal;
use std::ops::ControlFlow;

/// A move between two neighbouring readings.
#[derive(Debug, Clone)]
pub(crate) struct Move {
    /// The reading that shows it.
    pub(crate) to: ReadingId,
    /// The reading before; none where a key result below an objective got its first number.
    pub(crate) from: Option<ReadingId>,
    /// Whose readings they are: in an objective's moves, an OKR below it. None if the viewer may not know of it.
    pub(crate) okr_id: Option<OkrId>,
    /// When the later one was measured.
    pub(crate) at: Instant,
    /// How often the later one was measured again without a change.
    pub(crate) repeats: Option<Repeats>,
    /// Why.
    pub(crate) account: Account,
}

/// The moves of a span as one.
#[derive(Debug, Clone)]
pub(crate) struct Interval {
    /// The reading at which it begins; none without a move, and for objectives.
    pub(crate) from: Option<ReadingId>,
    /// The reading at which it ends.
    pub(crate) to: Option<ReadingId>,
    /// Why.
    pub(crate) account: Account,
}

/// The moves of an OKR, newest first.
pub(crate) async fn list(app: &App, okr: &Okr, viewer: &User, span: Span, page: Page) -> ApiResult<Slice<Move>> {
    if okr.progress_mode == ProgressMode::RollUp {
        return objective::list(app, okr, viewer, span, page).await;
    }
    let size = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let (okr, more) = (okr.id, size.saturating_add(1));
    let take = move |found: &mut Vec<(Cursor, Move)>, cursor, neighbours| {
        found.extend(told(okr, neighbours).map(|told| (cursor, told)));
        if found.len() < more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let found = app.store().moves(okr, span, page.after, Vec::new(), take).await?;
    Ok(cut(found, size))
}

/// The sum of an OKR's moves within a span.
pub(crate) async fn total(app: &App, okr: &Okr, viewer: &User, span: Span) -> ApiResult<Interval> {
    if okr.progress_mode == ProgressMode::RollUp {
        return objective::total(app, okr, viewer, span).await;
    }
    let take = |sum: &mut Sum, _, neighbours| {
        if let Neighbours::Step(step) = neighbours {
            sum.add(*step);
        }
        ControlFlow::Continue(())
    };
    Ok(app.store().moves(okr.id, span, None, Sum::default(), take).await?.finish())
}

/// A sum under way: newest first.
#[derive(Default)]
struct Sum {
    total: Total,
    ends: Option<(Evidence, Evidence)>,
}

impl Sum {
    fn add(&mut self, step: Step) {
        let Some(account) = explain(&step) else { return };
        self.total.add(account);
        let newest = self.ends.take().map_or(step.to, |(_, newest)| newest);
        self.ends = Some((step.from, newest));
    }

    fn finish(self) -> Interval {
        let Some((from, to)) = self.ends else { return Interval::still() };
        let account = self.total.finish(delta(&from, &to));
        Interval { from: Some(from.reading.id), to: Some(to.reading.id), account }
    }
}

impl Interval {
    /// Nothing moved.
    fn still() -> Self {
        let zero = Effect { value: Some(Decimal::ZERO), progress: Some(Decimal::ZERO) };
        Self { from: None, to: None, account: Account { delta: zero, causes: Vec::new() } }
    }
}

fn told(okr: OkrId, neighbours: Neighbours) -> Option<Move> {
    let Neighbours::Step(step) = neighbours else { return None };
    let (from, to) = (&step.from.reading, &step.to.reading);
    let (from, to, at, repeats) = (Some(from.id), to.id, to.at, to.repeats);
    explain(&step).map(|account| Move { to, from, okr_id: Some(okr), at, repeats, account })
}

/// The first `size`, and the cursor behind them if there are more.
fn cut(mut found: Vec<(Cursor, Move)>, size: usize) -> Slice<Move> {
    let more = found.len() > size;
    found.truncate(size);
    let next = found.last().filter(|_| more).map(|(cursor, _)| cursor.clone());
    Slice { items: found.into_iter().map(|(_, told)| told).collect(), next }
}
