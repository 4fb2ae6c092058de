//! "Northwind Cloud": fleet updates, migrations, safety, certification, trials.

use chrono::NaiveDate;
use rand::Rng;

use super::fleet_epic;
use super::workshop::Workshop;
use crate::catalogue::SprintState;
use crate::draft::IssueDraft;
use crate::error::SimError;
use crate::sim::JiraSim;

const PROJECTS: &[(&str, &str)] = &[
    ("AE", "Arm engineering"),
    ("UPD", "Updater"),
    ("ROLL", "Roll-out"),
    ("SAFE", "Safety"),
    ("CERT", "Certification"),
    ("TRIAL", "Supervised trials"),
    ("HAL", "Halden controllers"),
    ("FW", "Firmware"),
    ("WEB", "Operator web"),
];

const SITES: [&str; 10] = ["Oslo", "Gdańsk", "Leipzig", "Lyon", "Porto", "Tampere", "Graz", "Brno", "Leeds", "Turin"];

/// Fills the site.
pub(super) fn fill(sim: &JiraSim, seed: u64, start: NaiveDate, background: usize) -> Result<(), SimError> {
    for (key, name) in PROJECTS {
        sim.add_project(key, name)?;
    }
    sim.add_number_field("Risk score")?;
    let mut shop = Workshop::new(sim, seed, start)?;
    fleet_epic::fill(&shop)?;
    update_bugs(&mut shop)?;
    migrations(&mut shop)?;
    checklist(&mut shop)?;
    trials(&mut shop)?;
    findings(&mut shop)?;
    let halden = IssueDraft::new("HAL", "Epic").key_number(77).summary("Move work orders off the legacy PLC");
    shop.file(halden, -15)?;
    shop.background(&["AE", "UPD", "FW", "WEB", "ROLL", "HAL"], background)
}

/// 34 bugs, 14 closed.
fn update_bugs(shop: &mut Workshop<'_>) -> Result<(), SimError> {
    let closed = shop.days(14, 2, 50);
    let titles = (1..=34).map(|n| format!("Update fails at step {n} of the path"));
    let ids = shop.series(titles, || IssueDraft::new("UPD", "Bug").label("update-path"), &closed)?;
    for id in ids.into_iter().skip(14).take(6) {
        shop.begin(id, 45)?;
    }
    Ok(())
}

/// 52 sites, 18 moved.
fn migrations(shop: &mut Workshop<'_>) -> Result<(), SimError> {
    let moved = shop.days(18, 4, 50);
    let titles = (0..52).map(|n| format!("Move {} {} to the new updater", SITES[n % SITES.len()], n / SITES.len() + 1));
    shop.series(titles, || IssueDraft::new("ROLL", "Task").label("site-migration").points("2.0"), &moved)?;
    Ok(())
}

/// 18 points of the checklist, 12 done.
fn checklist(shop: &mut Workshop<'_>) -> Result<(), SimError> {
    let done = shop.days(12, 1, 50);
    let titles = (1..=18).map(|n| format!("ISO 10218-2, clause 5.{n}"));
    shop.series(titles, || IssueDraft::new("CERT", "Task").label("iso-10218-2"), &done)?;
    Ok(())
}

/// 60 trials of 10 hours each: 57 sessions of six hours, 342 hours, on the first 40; 28 trials are over.
fn trials(shop: &mut Workshop<'_>) -> Result<(), SimError> {
    let titles = (1..=60).map(|n| format!("Supervised trial {n}"));
    let ids =
        shop.series(titles, || IssueDraft::new("TRIAL", "Task").label("supervised-trial").estimate(36_000), &[])?;
    for (place, id) in ids.into_iter().enumerate().take(40) {
        let mut day = shop.random.random_range(0..40);
        for _ in 0..if place < 17 { 2 } else { 1 } {
            let (at, somebody) = (shop.sometime(day), shop.anybody());
            shop.sim.edit(id)?.at(at).by(&somebody).log_work(6 * 3600)?;
            day += shop.random.random_range(1..5);
        }
        if place < 28 {
            shop.complete(id, day)?;
        }
    }
    Ok(())
}

/// 11 findings of the safety review in the running sprint, three closed.
fn findings(shop: &mut Workshop<'_>) -> Result<(), SimError> {
    const FINDINGS: [(u32, &str); 11] = [
        (148, "E-stop latency above 120 ms on wing B"),
        (151, "Light curtain gap at the cell 4 infeed"),
        (155, "Guard height on wing A"),
        (160, "Force limiter drifts after a warm restart"),
        (163, "Guard interlock bypass left in service mode"),
        (166, "Lock-out tag procedure for the tool changer"),
        (169, "Floor marking worn at cell 2"),
        (171, "Two-hand control reachable from the aisle"),
        (172, "Missing stop-category label on panel 7"),
        (174, "Brake test interval not recorded"),
        (175, "Teach pendant enabling switch sticks"),
    ];
    let sprint = shop.sim.add_sprint("SAFE Sprint 23", SprintState::Active)?;
    let risk = shop.sim.number_field("Risk score").ok_or_else(|| SimError::unknown("field", "Risk score"))?;
    for (place, (number, summary)) in FINDINGS.into_iter().enumerate() {
        let draft = IssueDraft::new("SAFE", "Bug").key_number(number).summary(summary).label("halden-review");
        let draft = draft.sprint(sprint).estimate(39_600).number(&risk, ["2", "3", "5"][place % 3]);
        let id = shop.file(draft, -12)?;
        match place {
            0..3 => shop.complete(id, [19, 33, 47][place])?,
            3..5 => shop.begin(id, 44)?,
            _ => {}
        }
    }
    Ok(())
}
