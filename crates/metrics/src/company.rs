//! Company progress: the top-level objectives together.

use crate::{
    colour::Colour,
    ratio::{Percent, Progress},
    rollup::mean,
    standing::{Node, Standing},
    status::{Status, gap_status},
};
use okrsync_domain::{OkrId, okr::OkrKind, organisation::StatusLimits};
use std::collections::BTreeMap;

/// Where the company stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// Plain mean over the objectives with data; none is no data.
    pub progress: Option<Progress>,
    /// Plain mean of what is expected of the same objectives.
    pub expected: Option<Percent>,
    /// By the gap between both: not started if none of them is.
    pub status: Status,
    /// Its colour.
    pub colour: Colour,
    /// Top-level objectives.
    pub objectives: u64,
    /// Of these, with data.
    pub with_data: u64,
}

/// The plain mean of the top-level objectives in `nodes`: hand in those that the reader may see. One without data is
/// left out.
///
/// ```
/// use okrsync_domain::organisation::StatusLimits;
/// use okrsync_metrics::{Status, company};
/// let nothing = company(&[], &Default::default(), &StatusLimits::default());
/// assert_eq!((nothing.progress, nothing.status), (None, Status::NoData));
/// ```
pub fn company(nodes: &[Node], standings: &BTreeMap<OkrId, Standing>, limits: &StatusLimits) -> Company {
    let top: Vec<&Standing> = nodes
        .iter()
        .filter(|node| node.kind == OkrKind::Objective && node.parent_id.is_none())
        .filter_map(|node| standings.get(&node.id))
        .collect();
    let data: Vec<_> = top.iter().filter_map(|standing| Some((*standing, standing.progress.as_ref()?))).collect();
    let progress = mean(data.iter().map(|(_, progress)| progress.percent())).map(Percent::clamped);
    let expected = mean(data.iter().filter_map(|(standing, _)| standing.expected.as_ref()));
    let status = match (&progress, &expected) {
        (None, _) => Status::NoData,
        _ if data.iter().all(|(standing, _)| standing.status == Status::NotStarted) => Status::NotStarted,
        (Some(progress), _) if progress.is_complete() => Status::Achieved,
        (Some(progress), Some(expected)) => gap_status(expected, progress, limits),
        (Some(_), None) => Status::OnTrack,
    };
    Company {
        progress,
        expected,
        status,
        colour: status.colour(),
        objectives: top.len() as u64,
        with_data: data.len() as u64,
    }
}

/// How many of these have each status; those without any are left out.
pub fn count_by_status<'a>(standings: impl IntoIterator<Item = &'a Standing>) -> BTreeMap<Status, u64> {
    let mut counts = BTreeMap::new();
    for standing in standings {
        *counts.entry(standing.status).or_default() += 1;
    }
    counts
}
