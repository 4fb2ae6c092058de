//! OKRs with everything that is shown of them, coloured for today.

use crate::{
    app::App,
    error::ApiResult,
    freshness::{Freshness, freshness, previous_query},
};
use okrsync_domain::{
    Date, Instant, OkrId, UserId,
    okr::{Okr, OkrKind},
    organisation::Organisation,
    person::User,
    reading::Warning,
};
use okrsync_metrics::standing::{Measured, Node, Standing, stand};
use okrsync_store::{BoardRow, BoardScope, Page};
use std::collections::{BTreeMap, BTreeSet};

/// OKRs with everything that is shown of them. Numbers count private children too, so that an objective shows everybody
/// the same; who may see which row is decided where rows are shown.
pub(crate) struct Board {
    /// Settings that colour it.
    pub(crate) organisation: Organisation,
    /// The day it is coloured for.
    pub(crate) today: Date,
    /// The moment it was read.
    pub(crate) now: Instant,
    /// OKRs by `created_at, id`.
    pub(crate) rows: Vec<BoardRow>,
    /// The rows as the arithmetic takes them, in the same order.
    pub(crate) nodes: Vec<Node>,
    /// Where each OKR stands.
    pub(crate) standings: BTreeMap<OkrId, Standing>,
}

/// One OKR of a board.
#[derive(Clone)]
pub(crate) struct Shown<'a> {
    /// What is stored.
    pub(crate) row: &'a BoardRow,
    /// Where it stands.
    pub(crate) standing: &'a Standing,
    /// How fresh that is.
    pub(crate) freshness: Freshness<'a>,
    /// What a person should know.
    pub(crate) warnings: Vec<Warning>,
}

impl Board {
    /// Reads and colours a part of the tree. Roll-ups need everything below them: ask for whole trees.
    pub(crate) async fn load(app: &App, scope: BoardScope) -> ApiResult<Self> {
        let organisation = app.store().organisation().await?;
        let rows = app.store().board(scope, None).await?;
        Ok(Self::of(rows, organisation, app.now()))
    }

    /// Colours rows as of `now`.
    pub(crate) fn of(rows: Vec<BoardRow>, organisation: Organisation, now: Instant) -> Self {
        let today = organisation.today(now);
        let nodes: Vec<Node> = rows.iter().map(|row| node(row, &organisation, now)).collect();
        let standings = stand(&nodes, today, &organisation.limits);
        Self { organisation, today, now, rows, nodes, standings }
    }

    /// One OKR of the board.
    pub(crate) fn find(&self, id: OkrId) -> Option<Shown<'_>> {
        self.show(self.rows.iter().find(|row| row.okr.id == id)?)
    }

    /// All OKRs of the board in their order.
    pub(crate) fn all(&self) -> impl Iterator<Item = Shown<'_>> {
        self.rows.iter().filter_map(|row| self.show(row))
    }

    /// The key results of the board.
    pub(crate) fn key_results(&self) -> impl Iterator<Item = Shown<'_>> {
        self.all().filter(|shown| shown.row.okr.kind == OkrKind::KeyResult)
    }

    /// Leaves out what does not fit. The numbers stay as they are: they were computed over everything.
    pub(crate) fn keep(&mut self, fits: impl Fn(&Okr) -> bool) {
        self.rows.retain(|row| fits(&row.okr));
        let ids: BTreeSet<OkrId> = self.rows.iter().map(|row| row.okr.id).collect();
        self.nodes.retain(|node| ids.contains(&node.id));
    }

    fn show<'a>(&'a self, row: &'a BoardRow) -> Option<Shown<'a>> {
        let standing = self.standings.get(&row.okr.id)?;
        let mut warnings = standing.warnings.clone();
        warnings.extend(previous_query(row));
        Some(Shown { row, standing, freshness: freshness(row, self.organisation.jira_enabled, self.now), warnings })
    }
}

fn node(row: &BoardRow, organisation: &Organisation, now: Instant) -> Node {
    let closed_on = row.okr.closed.as_ref().map(|closing| organisation.today(closing.at));
    let mut node = Node::of(&row.okr, closed_on);
    node.reading = row.reading.as_ref().map(|reading| Measured { at: reading.at, tally: reading.tally.clone() });
    node.stale = freshness(row, organisation.jira_enabled, now).state.is_old();
    node.check_ins = row.value_check_in.iter().chain(&row.status_check_in).cloned().collect();
    node
}

/// Everybody by id, for names and initials.
pub(crate) async fn people(app: &App) -> ApiResult<BTreeMap<UserId, User>> {
    let users = app.store().users(Page::all()).await?.items;
    Ok(users.into_iter().map(|user| (user.id, user)).collect())
}
