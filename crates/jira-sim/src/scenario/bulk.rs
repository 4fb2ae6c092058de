//! Many issues and overlapping queries over them, for benches.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::draft::IssueDraft;
use crate::error::SimError;
use crate::issue::AsOf;
use crate::sim::JiraSim;
use crate::sync::read;

/// How much.
#[derive(Clone, Debug)]
pub struct Bulk {
    /// Issues of the site.
    pub issues: usize,
    /// Queries over them, all different.
    pub queries: usize,
    /// Issues that a query matches on average; queries differ from half to one and a half of it, and none matches more
    /// than 5,000.
    pub per_query: usize,
    /// Projects that the issues are spread over.
    pub projects: usize,
    /// The same seed makes the same issues.
    pub seed: u64,
}

impl Default for Bulk {
    fn default() -> Self {
        Self { issues: 20_000, queries: 100, per_query: 2000, projects: 20, seed: 7 }
    }
}

/// Most issues that a query matches.
const MOST: usize = 5000;

/// Fills an empty site and answers with the queries.
pub fn fill(sim: &JiraSim, bulk: &Bulk) -> Result<Vec<String>, SimError> {
    let mut random = StdRng::seed_from_u64(bulk.seed);
    let projects: Vec<String> = (0..bulk.projects.max(1)).map(|number| format!("P{number:02}")).collect();
    for key in &projects {
        sim.add_project(key, &format!("Project {key}"))?;
    }
    let sets = sets(bulk, &mut random);
    for (number, labels) in sets.iter().enumerate() {
        let kind = *["Story", "Task", "Bug"].choose(&mut random).unwrap_or(&"Task");
        let status = *["To Do", "In Progress", "In Review", "Done", "Done"].choose(&mut random).unwrap_or(&"To Do");
        let points = format!("{}.0", random.random_range(1..=13));
        let hours = random.random_range(1..40);
        let draft = IssueDraft::new(&projects[number % projects.len()], kind).status(status).points(&points);
        let draft = draft.estimate(hours * 3600).spent(random.random_range(0..=hours) * 1800);
        sim.create(labels.iter().fold(draft, |draft, set| draft.label(&format!("set-{set}"))))?;
    }
    Ok((0..bulk.queries).map(query).collect())
}

/// For each issue the queries that match it.
fn sets(bulk: &Bulk, random: &mut StdRng) -> Vec<Vec<usize>> {
    let mut sets = vec![Vec::new(); bulk.issues];
    let average = bulk.per_query.min(bulk.issues / 2).max(1);
    for set in 0..bulk.queries {
        let size = random.random_range(average / 2..=average * 3 / 2).clamp(1, MOST);
        for index in rand::seq::index::sample(random, bulk.issues, size.min(bulk.issues)) {
            sets[index].push(set);
        }
    }
    sets
}

/// Queries of several shapes that each mean one set.
fn query(set: usize) -> String {
    match set % 3 {
        0 => format!("labels = set-{set}"),
        1 => format!("issuetype in (Story, Task, Bug) AND labels = set-{set}"),
        _ => format!("labels in (set-{set}) AND project is not EMPTY"),
    }
}

/// Changes the status of one issue that some query matches, the `number`th of them, to done or back. Answers the numbers of all
/// queries that match it.
pub fn touch(sim: &JiraSim, number: usize) -> Result<Vec<usize>, SimError> {
    let (id, done, queries) = {
        let site = read(&sim.shared.site);
        let all = site.issues();
        let labelled = (0..all.len()).map(|step| &all[(number + step) % all.len()]);
        let mut states = labelled.filter_map(|issue| Some((issue.id, issue.state(AsOf::Now)?)));
        let (id, state) = states
            .find(|(_, state)| state.labels.iter().any(|label| set(label).is_some()))
            .ok_or_else(|| SimError::unknown("issue", "of any query"))?;
        (id, state.resolved.is_some(), state.labels.iter().filter_map(|label| set(label)).collect())
    };
    sim.edit(id)?.transition(if done { "To Do" } else { "Done" })?;
    Ok(queries)
}

/// The query that a label stands for.
fn set(label: &str) -> Option<usize> {
    label.strip_prefix("set-")?.parse().ok()
}

/// Changes a share of the issues (0 to 1): statuses and points. Answers how many.
pub fn change(sim: &JiraSim, share: f64, seed: u64) -> Result<usize, SimError> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut changed = 0;
    for id in sim.truth("project is not EMPTY")?.ids() {
        if !random.random_bool(share.clamp(0.0, 1.0)) {
            continue;
        }
        let edit = sim.edit(id.into())?;
        if random.random_bool(0.5) {
            let status = *["To Do", "In Progress", "Done"].choose(&mut random).unwrap_or(&"Done");
            edit.transition(status)?;
        } else {
            edit.points(&format!("{}.0", random.random_range(1..=13)))?;
        }
        changed += 1;
    }
    Ok(changed)
}
