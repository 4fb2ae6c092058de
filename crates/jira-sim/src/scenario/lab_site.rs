//! "Partner lab": many projects that nothing is linked to yet, on Data Center.

use chrono::NaiveDate;

use super::workshop::Workshop;
use crate::error::SimError;
use crate::sim::JiraSim;

const PROJECTS: [(&str, &str); 14] = [
    ("LAB", "Laboratory"),
    ("OPT", "Optics"),
    ("MOT", "Motors"),
    ("SEN", "Sensors"),
    ("GRP", "Grippers"),
    ("MAT", "Materials"),
    ("VIB", "Vibration"),
    ("EMC", "Compatibility"),
    ("THM", "Thermal"),
    ("CAL", "Calibration"),
    ("SIM", "Simulation"),
    ("DAQ", "Data acquisition"),
    ("REP", "Reports"),
    ("ADM", "Administration"),
];

/// Fills the site.
pub(super) fn fill(sim: &JiraSim, seed: u64, start: NaiveDate, background: usize) -> Result<(), SimError> {
    for (key, name) in PROJECTS {
        sim.add_project(key, name)?;
    }
    let keys = PROJECTS.map(|(key, _)| key);
    Workshop::new(sim, seed, start)?.background(&keys, background)
}
