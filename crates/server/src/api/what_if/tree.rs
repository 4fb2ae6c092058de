//! The tree that an OKR belongs to, as it is and as it would be.

use super::{body::ShareBody, issues::Edited};
use crate::{
    app::App,
    board::Board,
    error::{ApiError, ApiResult},
};
use okrsync_domain::{OkrId, okr::Okr};
use okrsync_metrics::{
    Measured, Node, Standing, Status, shares,
    standing::stand,
    what_if::{NotAdditive, Scenario},
};
use okrsync_store::{BoardRow, BoardScope};
use std::collections::BTreeMap;

/// An OKR's whole tree.
pub(super) struct Tree {
    board: Board,
    id: OkrId,
}

/// The tree as it would be.
pub(super) struct After {
    nodes: Vec<Node>,
    /// Where each OKR would stand.
    pub(super) standings: BTreeMap<OkrId, Standing>,
}

impl Tree {
    /// Reads the tree that an OKR belongs to.
    pub(super) async fn load(app: &App, okr: &Okr) -> ApiResult<Self> {
        let (mut root, mut parent, mut passed) = (okr.id, okr.parent_id, vec![okr.id]);
        // a ring of parents ends where it began
        while let Some(id) = parent.filter(|id| !passed.contains(id)) {
            passed.push(id);
            (root, parent) = (id, app.store().get_okr(id).await?.parent_id);
        }
        let board = Board::load(app, BoardScope::Trees(vec![root])).await?;
        Ok(Self { board, id: okr.id })
    }

    /// What is stored of an OKR in it.
    pub(super) fn row(&self, id: OkrId) -> Option<&BoardRow> {
        self.board.rows.iter().find(|row| row.okr.id == id)
    }

    /// Where an OKR stands.
    pub(super) fn now(&self, id: OkrId) -> Option<&Standing> {
        self.board.standings.get(&id)
    }

    /// The objectives above the OKR, the nearest first.
    pub(super) fn above(&self) -> Vec<&Okr> {
        let mut above: Vec<&Okr> = Vec::new();
        let mut parent = self.row(self.id).and_then(|row| row.okr.parent_id);
        while let Some(row) = parent.and_then(|id| self.row(id)) {
            if row.okr.id == self.id || above.iter().any(|okr| okr.id == row.okr.id) {
                break;
            }
            above.push(&row.okr);
            parent = row.okr.parent_id;
        }
        above
    }

    /// The tree after the edits.
    pub(super) fn after(&self, changed: &Okr, edited: Option<&Edited>, moved: &[ShareBody]) -> ApiResult<After> {
        let mut nodes = self.board.nodes.clone();
        for (number, body) in moved.iter().enumerate() {
            let field = format!("shares[{number}].okr_id");
            let Some(node) = nodes.iter_mut().find(|node| node.id == body.okr_id) else {
                return Err(ApiError::missing("OKR in this tree", body.okr_id, &field));
            };
            node.share = body.share.map(|share| share.0);
        }
        check_shares(&nodes, moved)?;
        if let Some(node) = nodes.iter_mut().find(|node| node.id == self.id) {
            node.measure = changed.measure.clone();
            (node.starts_on, node.due_on) = (changed.starts_on, changed.due_on);
            if let Some(edited) = edited {
                node.reading = Some(Measured { at: self.board.now, tally: edited.tally.clone() });
            }
        }
        let standings = stand(&nodes, self.board.today, &self.board.organisation.limits);
        Ok(After { nodes, standings })
    }

    /// The fewest places of the scenario to complete for the OKR to be on track, and where it would then stand.
    pub(super) fn way_back(
        &self,
        then: &After,
        scenario: &Scenario,
    ) -> Result<Option<(Vec<usize>, Standing)>, NotAdditive> {
        let Some(node) = then.nodes.iter().find(|node| node.id == self.id) else { return Ok(None) };
        let standing = |tally: &okrsync_domain::reading::Tally| {
            let reading = Some(Measured { at: self.board.now, tally: tally.clone() });
            // a person's word would stand over any number of issues
            let node = Node { reading, check_ins: vec![], parent_id: None, ..node.clone() };
            stand(&[node], self.board.today, &self.board.organisation.limits).remove(&self.id)
        };
        let is_fine = |status| matches!(status, Status::OnTrack | Status::Achieved | Status::NotStarted);
        let places = scenario.way_back(|tally| standing(tally).is_some_and(|standing| is_fine(standing.status)))?;
        Ok(places.and_then(|places| {
            let mut done = scenario.clone();
            for place in &places {
                done.issues[*place].facts.completed = true;
            }
            let standing = standing(&done.settle(&[], &places).tally().ok()?)?;
            Some((places, standing))
        }))
    }
}

/// The shares of every family that was touched must add up, as when they are stored.
fn check_shares(nodes: &[Node], moved: &[ShareBody]) -> ApiResult<()> {
    for body in moved {
        let parent = nodes.iter().find(|node| node.id == body.okr_id).and_then(|node| node.parent_id);
        let Some(parent) = parent else { continue };
        let fixed: Vec<_> = nodes.iter().filter(|node| node.parent_id == Some(parent)).map(|node| node.share).collect();
        shares(&fixed)?;
    }
    Ok(())
}
