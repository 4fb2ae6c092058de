//! "Halden plant Jira": cells on line 2, on Data Center.

use chrono::NaiveDate;

use super::workshop::Workshop;
use crate::draft::IssueDraft;
use crate::error::SimError;
use crate::sim::JiraSim;

/// Fills the site.
pub(super) fn fill(sim: &JiraSim, seed: u64, start: NaiveDate, background: usize) -> Result<(), SimError> {
    sim.add_project("CELL", "Cells of line 2")?;
    sim.add_project("MNT", "Maintenance")?;
    let mut shop = Workshop::new(sim, seed, start)?;
    let epic = IssueDraft::new("CELL", "Epic").key_number(12).summary("Commission line 2");
    let epic = shop.file(epic, -30)?;
    let done = shop.days(9, 5, 49);
    let titles = (1..=24).map(|n| format!("Commission cell {n}"));
    shop.series(titles, || IssueDraft::new("CELL", "Task").epic(epic), &done)?;
    shop.background(&["MNT", "CELL"], background)
}
