//! Families: an objective's children taken together, and the order in which a tree is worked through.

use crate::{
    ratio::{Percent, Progress},
    rollup::{roll_up, spread},
    standing::{Children, Node, Standing},
};
use okrsync_domain::{Instant, OkrId, reading::WarningCode};
use std::collections::{BTreeMap, BTreeSet};

/// What the children make of their parent.
#[derive(Debug)]
pub(crate) struct Family {
    /// The share of each child.
    pub(crate) shares: Vec<(OkrId, Percent)>,
    /// Their progress rolled up.
    pub(crate) progress: Option<Progress>,
    /// How many there are.
    pub(crate) children: Children,
    /// What a person should know of them.
    pub(crate) warnings: Vec<WarningCode>,
    /// When the newest of their values was measured or entered.
    pub(crate) value_at: Option<Instant>,
}

impl Family {
    /// Of children whose standing is known (one whose is not has no data).
    pub(crate) fn of(children: &[&Node], standings: &BTreeMap<OkrId, Standing>) -> Self {
        let shares = spread(&children.iter().map(|child| child.share).collect::<Vec<_>>());
        let members: Vec<_> = children.iter().map(|child| standings.get(&child.id)).zip(&shares).collect();
        let with_data = |standing: &&Standing| standing.progress.is_some();
        let data: Vec<_> = members.iter().filter_map(|(standing, _)| standing.filter(with_data)).collect();
        let contributing = |wanted: fn(Option<&Standing>) -> bool| {
            members.iter().any(|(standing, share)| **share != Percent::zero() && wanted(*standing))
        };
        let missing = contributing(|child| child.is_none_or(|child| child.progress.is_none()));
        let stale = contributing(|child| child.is_some_and(|child| child.stale));
        let warnings = [(missing, WarningCode::ChildWithoutData), (stale, WarningCode::ChildStale)];
        Self {
            progress: roll_up(members.iter().map(|(child, share)| (*share, child.and_then(|c| c.progress.as_ref())))),
            children: Children {
                count: children.len() as u64,
                with_data: data.len() as u64,
                stale: data.iter().filter(|child| child.stale).count() as u64,
            },
            warnings: warnings.into_iter().filter_map(|(applies, code)| applies.then_some(code)).collect(),
            value_at: data.iter().filter_map(|child| child.value_at).max(),
            shares: children.iter().map(|child| child.id).zip(shares).collect(),
        }
    }
}

/// The nodes in an order in which children come before their parents; a ring of parents comes last. No recursion, so
/// that a long chain cannot exhaust the stack.
pub(crate) fn leaves_first<'a>(nodes: &'a [Node], children: &BTreeMap<OkrId, Vec<&'a Node>>) -> Vec<&'a Node> {
    let by_id: BTreeMap<OkrId, &Node> = nodes.iter().map(|node| (node.id, node)).collect();
    let mut waiting: BTreeMap<OkrId, usize> = children.iter().map(|(id, children)| (*id, children.len())).collect();
    let mut order: Vec<&Node> = by_id.values().copied().filter(|node| waiting.get(&node.id) == Some(&0)).collect();
    let mut next = 0;
    while let Some(node) = order.get(next).copied() {
        next += 1;
        let Some(parent) = node.parent_id.and_then(|id| by_id.get(&id)) else { continue };
        if let Some(left) = waiting.get_mut(&parent.id) {
            *left = left.saturating_sub(1);
            if *left == 0 {
                order.push(parent);
            }
        }
    }
    let placed: BTreeSet<OkrId> = order.iter().map(|node| node.id).collect();
    order.extend(by_id.values().filter(|node| !placed.contains(&node.id)));
    order
}
