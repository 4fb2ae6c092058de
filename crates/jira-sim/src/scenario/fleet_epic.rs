//! Epic AE-786, issue by issue as in the picture: 34 of 64 points done, ten changes since the first day.

use super::workshop::Workshop;
use crate::draft::IssueDraft;
use crate::error::SimError;

/// Key number, type, points, assignee, day and hour of filing, summary.
type Row = (u32, &'static str, &'static str, &'static str, (i64, u32, u32), &'static str);

const EARLY: (i64, u32, u32) = (-20, 9, 0);

const STORIES: &[Row] = &[
    (787, "Story", "5.0", "DO", EARLY, "Define roll-out cohorts per site"),
    (788, "Story", "5.0", "ML", EARLY, "Signed update manifest and key rotation"),
    (789, "Story", "5.0", "DO", EARLY, "Pause and resume a roll-out"),
    (790, "Task", "2.0", "LB", EARLY, "Record roll-out events in the audit log"),
    (791, "Story", "8.0", "KM", EARLY, "Roll back automatically when a health check fails"),
    (792, "Story", "5.0", "DO", EARLY, "Bandwidth cap per site"),
    (794, "Bug", "1.0", "TF", EARLY, "Controllers report a stale version after reboot"),
    (795, "Story", "8.0", "LB", EARLY, "Operator view: live roll-out progress"),
    (797, "Story", "8.0", "DO", EARLY, "Delta packages for the A3 controller"),
    (798, "Story", "3.0", "ML", EARLY, "Blackout windows per site"),
    (803, "Task", "5.0", "KM", (34, 9, 12), "Load test with 4,000 controllers"),
    (809, "Task", "2.0", "LB", (34, 9, 12), "Runbook and on-call training"),
    (812, "Story", "5.0", "KM", (25, 8, 30), "Offline sites: update from a USB bundle"),
    (815, "Bug", "2.0", "TF", (43, 8, 5), "Retry storm when the message broker restarts"),
];

/// Key number, status, by whom, day and hour.
type Step = (u32, &'static str, &'static str, (i64, u32, u32));

const STEPS: &[Step] = &[
    (787, "Done", "DO", (9, 13, 20)),
    (788, "Done", "ML", (15, 10, 5)),
    (789, "Done", "DO", (21, 14, 45)),
    (812, "In Progress", "KM", (30, 7, 55)),
    (794, "Done", "TF", (32, 13, 40)),
    (795, "In Progress", "LB", (33, 9, 0)),
    (791, "Done", "KM", (39, 14, 31)),
    (792, "In Progress", "DO", (41, 8, 15)),
    (797, "Done", "DO", (47, 10, 20)),
    (795, "In Review", "LB", (48, 15, 0)),
    (790, "Done", "LB", (49, 15, 48)),
];

/// Files the epic and its stories, and lets them go their way.
pub(super) fn fill(shop: &Workshop<'_>) -> Result<(), SimError> {
    let at = |(day, hour, minute): (i64, u32, u32)| shop.at(day, hour, minute);
    let owner = shop.person("DO");
    let epic = IssueDraft::new("AE", "Epic").key_number(786).summary("Staged fleet updates");
    let epic = shop.sim.create(epic.at(at((-21, 9, 0))).assignee(&owner).reporter(&owner))?;
    for (number, kind, points, who, when, summary) in STORIES {
        let draft = IssueDraft::new("AE", kind).key_number(*number).summary(summary).points(points).epic(epic);
        shop.sim.create(draft.at(at(*when)).assignee(&shop.person(who)).reporter(&shop.person(who)))?;
    }
    for (number, status, who, when) in STEPS {
        let id = shop.sim.find(&format!("AE-{number}"));
        let id = id.ok_or_else(|| SimError::unknown("issue", number))?;
        shop.sim.edit(id)?.at(at(*when)).by(&shop.person(who)).transition(status)?;
    }
    Ok(())
}
