//! The board's rows in the order of the tree.

use crate::board::{Board, Shown};
use okrsync_domain::{
    OkrId,
    okr::{Okr, OkrKind},
};
use std::collections::{BTreeMap, BTreeSet};

/// A row with its place in the tree.
pub(crate) struct Placed<'a> {
    /// The row.
    pub(crate) shown: Shown<'a>,
    /// 0 at the top.
    pub(crate) depth: usize,
    /// Whether it is there only for the rows below it.
    pub(crate) context: bool,
}

/// Groups of rows: each top-level objective with everything below it, and last the key results without one.
/// `fits` chooses rows; what lies above a chosen row comes along as context.
pub(crate) fn groups<'a>(board: &'a Board, fits: &dyn Fn(&Shown<'_>) -> bool) -> Vec<Vec<Placed<'a>>> {
    let rows: Vec<Shown<'a>> = board.all().collect();
    let known: BTreeSet<OkrId> = rows.iter().map(|shown| shown.row.okr.id).collect();
    let mut below: BTreeMap<Option<OkrId>, Vec<&Shown<'a>>> = BTreeMap::new();
    for shown in &rows {
        below.entry(shown.row.okr.parent_id.filter(|parent| known.contains(parent))).or_default().push(shown);
    }
    let walk = Walk { below: &below, fits };
    let (mut groups, mut alone) = (vec![], vec![]);
    for top in below.get(&None).into_iter().flatten() {
        let mut group = vec![];
        walk.collect(top, 0, &mut group);
        match top.row.okr.kind {
            OkrKind::Objective => groups.push(group),
            OkrKind::KeyResult => alone.append(&mut group),
        }
    }
    groups.push(alone);
    groups.retain(|group| !group.is_empty());
    groups
}

struct Walk<'w, 'a> {
    below: &'w BTreeMap<Option<OkrId>, Vec<&'w Shown<'a>>>,
    fits: &'w dyn Fn(&Shown<'_>) -> bool,
}

impl<'a> Walk<'_, 'a> {
    /// Adds a row and what is below it, if anything of that fits. The store refuses circles, so this ends.
    fn collect(&self, shown: &Shown<'a>, depth: usize, rows: &mut Vec<Placed<'a>>) {
        let fits = (self.fits)(shown);
        let at = rows.len();
        rows.push(Placed { shown: shown.clone(), depth, context: !fits });
        // Key results before objectives, so that an objective's own rows stay together.
        let children = self.below.get(&Some(shown.row.okr.id)).map(Vec::as_slice).unwrap_or_default();
        for wanted in [OkrKind::KeyResult, OkrKind::Objective] {
            for child in children.iter().filter(|child| child.row.okr.kind == wanted) {
                self.collect(child, depth + 1, rows);
            }
        }
        if !fits && rows.len() == at + 1 {
            rows.pop();
        }
    }
}

/// Whether a text is in the title or the query.
pub(crate) fn mentions(shown: &Shown<'_>, text: &str) -> bool {
    let Okr { title, .. } = &shown.row.okr;
    let text = text.to_lowercase();
    let query = shown.row.link.as_ref().map(|linked| linked.link.jql.to_lowercase());
    title.to_lowercase().contains(&text) || query.is_some_and(|query| query.contains(&text))
}
