//! Work that goes on while the demo runs: every few seconds somebody does something, often with a key result.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use tokio_util::sync::CancellationToken;

use super::Northwind;
use super::board::{ARTICLES, CELLS, CHECKLIST, MIGRATIONS, OPEN_P1, STAGED_UPDATES, TRIALS, UPDATE_BUGS};
use crate::draft::IssueDraft;
use crate::error::SimError;
use crate::issue::IssueId;
use crate::sim::JiraSim;

/// People at work. The same seed does the same things in the same order.
#[derive(Debug)]
pub struct Live {
    northwind: Northwind,
    random: StdRng,
}

impl Live {
    pub(crate) fn new(northwind: Northwind, seed: u64) -> Self {
        Self { northwind, random: StdRng::seed_from_u64(seed ^ 0x11fe) }
    }

    /// Lets somebody do something at every interval (roughly), until cancelled. Three seconds move most key results
    /// within minutes.
    pub async fn run(mut self, every: Duration, cancelled: CancellationToken) {
        loop {
            let pause = every.mul_f64(self.random.random_range(0.5..1.5));
            tokio::select! {
                () = cancelled.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            if let Err(error) = self.step() {
                tracing::warn!(%error, "the simulated people could not go on");
            }
        }
    }

    /// One thing that somebody does.
    pub fn step(&mut self) -> Result<(), SimError> {
        let northwind = self.northwind.clone();
        let (cloud, support) = (&northwind.cloud, &northwind.support);
        match self.random.random_range(0..20) {
            0 => self.advance(cloud, STAGED_UPDATES),
            1 => self.advance(cloud, UPDATE_BUGS),
            2 => self.advance(cloud, MIGRATIONS),
            3 => self.advance(cloud, CHECKLIST),
            4 | 5 => self.log_trial(cloud),
            6 => self.advance(support, ARTICLES),
            7 | 8 => self.advance(support, OPEN_P1),
            9 => self.file(support, IssueDraft::new("SUP", "Request").priority("Highest").summary("Line stands still")),
            10 => self.advance(&northwind.halden, CELLS),
            11 => self.file(cloud, IssueDraft::new("UPD", "Bug").label("update-path").summary("Update fails again")),
            12 | 13 => self.file(cloud, IssueDraft::new("FW", "Task").points("2.0").summary("Follow up the review")),
            14 => self.advance(&northwind.lab, "project = LAB AND statusCategory != Done"),
            _ => self.advance(cloud, "project in (FW, WEB, AE, ROLL) AND statusCategory != Done"),
        }
    }

    /// Moves one open issue of a query a step on.
    fn advance(&mut self, sim: &JiraSim, jql: &str) -> Result<(), SimError> {
        let Some((id, status)) = self.any_open(sim, jql)? else { return Ok(()) };
        let next = match status.as_str() {
            "To Do" => "In Progress",
            "In Progress" if self.random.random_bool(0.3) => "In Review",
            _ => "Done",
        };
        sim.edit(id)?.transition(next)?;
        Ok(())
    }

    /// Logs half an hour to four hours on a trial.
    fn log_trial(&mut self, sim: &JiraSim) -> Result<(), SimError> {
        let seconds = 1800 * self.random.random_range(1..=8);
        if let Some((id, _)) = self.any_open(sim, TRIALS)? {
            sim.edit(id)?.log_work(seconds)?;
        }
        Ok(())
    }

    fn file(&mut self, sim: &JiraSim, draft: IssueDraft) -> Result<(), SimError> {
        let number = self.random.random_range(1..100);
        sim.create(draft.label(&format!("shift-{number}")))?;
        Ok(())
    }

    /// Any open issue of a query, with the name of its status.
    fn any_open(&mut self, sim: &JiraSim, jql: &str) -> Result<Option<(IssueId, String)>, SimError> {
        let open = sim.truth(jql)?.issues.into_iter().filter(|issue| !issue.completed).map(|issue| issue.id);
        let Some(id) = open.collect::<Vec<_>>().choose(&mut self.random).copied() else { return Ok(None) };
        Ok(Some((id.into(), sim.status(id.into())?)))
    }
}
