//! Moves of objectives: what a move of something below does to the roll-up above it.
//!
//! The progress of an objective is a weighted mean of its leaves: `P = Σ wₗ × pₗ`, where a leaf's weight `wₗ` is the
//! product of its shares on the way up, each among the children that have data. While the same leaves have data, a leaf
//! that moves by `c` moves the objective by `wₗ × c`. When a leaf gets its first number, or loses it, the weights of all
//! others change with it: that is one cause, [`CauseKind::Children`].
//!
//! Shares and tree are those of today; what they were at some time is not kept.

use super::{cause, settle, sort};
use crate::{
    Node, Progress,
    family::leaves_first,
    ratio::Percent,
    rollup::{roll_up, spread},
};
use num_rational::BigRational;
use num_traits::{One, Zero};
use okrsync_domain::{
    OkrId,
    moves::{Account, Cause, CauseKind, Effect},
    okr::ProgressMode,
};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The progress of each leaf that has one.
pub type Leaves = BTreeMap<OkrId, Progress>;

/// An objective and everything below it.
#[derive(Debug)]
pub struct Tree<'a> {
    root: OkrId,
    order: Vec<&'a Node>,
    children: BTreeMap<OkrId, Vec<&'a Node>>,
}

/// What leaves make of an objective.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rolled {
    /// Its progress.
    pub progress: Progress,
    /// How much of it moves with one point of each leaf.
    weights: BTreeMap<OkrId, BigRational>,
}

impl<'a> Tree<'a> {
    /// The tree below `root`; `nodes` may hold more.
    pub fn new(nodes: &'a [Node], root: OkrId) -> Self {
        let mut children: BTreeMap<OkrId, Vec<&Node>> = BTreeMap::new();
        for node in nodes {
            children.entry(node.id).or_default();
            if let Some(parent) = node.parent_id {
                children.entry(parent).or_default().push(node);
            }
        }
        Self { root, order: leaves_first(nodes, &children), children }
    }

    /// Those below the root that have numbers of their own.
    pub fn leaves(&self) -> Vec<OkrId> {
        let (mut waiting, mut found) = (vec![self.root], Vec::new());
        while let Some(id) = waiting.pop() {
            // each is seen once: a node has one parent, and a ring is never reached from outside
            for child in self.children.get(&id).into_iter().flatten() {
                match child.mode {
                    ProgressMode::RollUp => waiting.push(child.id),
                    _ => found.push(child.id),
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// What leaves with this progress make of the root; none without data.
    pub fn roll(&self, leaves: &Leaves) -> Option<Rolled> {
        let mut done: BTreeMap<OkrId, Rolled> = BTreeMap::new();
        for node in &self.order {
            let rolled = match node.mode {
                ProgressMode::RollUp => self.of_children(node.id, &done),
                _ => leaves.get(&node.id).map(|progress| Rolled {
                    progress: progress.clone(),
                    weights: [(node.id, BigRational::one())].into(),
                }),
            };
            done.extend(rolled.map(|rolled| (node.id, rolled)));
        }
        done.remove(&self.root)
    }

    fn of_children(&self, id: OkrId, done: &BTreeMap<OkrId, Rolled>) -> Option<Rolled> {
        let children = self.children.get(&id)?;
        let shares = spread(&children.iter().map(|child| child.share).collect::<Vec<_>>());
        let members: Vec<(Percent, Option<&Rolled>)> =
            shares.into_iter().zip(children.iter().map(|child| done.get(&child.id))).collect();
        let progress = roll_up(members.iter().map(|(share, child)| (share, child.map(|child| &child.progress))))?;
        let data = || members.iter().filter_map(|(share, child)| Some((share.fraction(), (*child)?)));
        let whole: BigRational = data().map(|(share, _)| share).sum();
        let mut weights = BTreeMap::new();
        for (share, child) in data().filter(|(share, _)| !share.is_zero()) {
            let part = share / &whole;
            weights.extend(child.weights.iter().map(|(leaf, weight)| (*leaf, weight * &part)));
        }
        Some(Rolled { progress, weights })
    }
}

/// What a leaf's move did to the objective, which stood at `before` and then at `after`.
pub fn carry(account: Account, leaf: OkrId, before: Option<&Rolled>, after: Option<&Rolled>) -> Account {
    let shown = |rolled: Option<&Rolled>| rolled.map(|rolled| rolled.progress.api());
    let weight = |rolled: Option<&Rolled>| rolled.and_then(|rolled| rolled.weights.get(&leaf)).cloned();
    let counts = |rolled: Option<&Rolled>| rolled.map(|rolled| rolled.weights.len());
    let same = counts(before) == counts(after) && account.delta.progress.is_some();
    let (mut causes, raw): (Vec<Cause>, Vec<BigRational>) = if same {
        let weight = weight(after).unwrap_or_else(BigRational::zero);
        let points = |cause: &Cause| crate::fraction::literal(cause.effect.progress.unwrap_or_default()) * &weight;
        account.causes.into_iter().map(|cause| (cause.clone(), points(&cause))).unzip()
    } else {
        let number = |rolled: Option<&Rolled>| counts(rolled).unwrap_or(0).to_string();
        let moved = before.zip(after).map(|(before, after)| after.progress.percent() - before.progress.percent());
        let children = Cause { from: Some(number(before)), to: Some(number(after)), ..cause(CauseKind::Children) };
        (vec![children], vec![moved.map_or_else(BigRational::zero, |points| points.fraction().clone())])
    };
    let settled = settle::settle(&raw.iter().collect::<Vec<_>>(), (shown(before), shown(after)), settle::POINTS);
    let effect = |points: Option<Decimal>| Effect { value: points, progress: points };
    for (index, cause) in causes.iter_mut().enumerate() {
        cause.okr_id = Some(leaf);
        cause.effect = effect(settled.as_ref().map(|settled| settled.effects[index]));
    }
    if let Some(rest) = settled.as_ref().map(|settled| settled.rest).filter(|rest| !rest.is_zero()) {
        causes.push(Cause { okr_id: Some(leaf), effect: effect(Some(rest)), ..cause(CauseKind::Unexplained) });
    }
    sort(&mut causes);
    Account { delta: effect(settled.map(|settled| settled.delta)), causes }
}
