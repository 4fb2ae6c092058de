//! The board: four objectives, twelve key results, with the queries that move them.

use super::plan::{CheckInPlan, JiraPlan, KeyResultPlan, MeasurePlan, ObjectivePlan, SiteName, SourcePlan};

pub(super) const STAGED_UPDATES: &str = "\"Epic Link\" = AE-786 OR parent = AE-786";
pub(super) const UPDATE_BUGS: &str = "project = UPD AND issuetype = Bug AND labels = update-path";
pub(super) const MIGRATIONS: &str = "project = ROLL AND labels = site-migration";
pub(super) const CHECKLIST: &str = "project = CERT AND labels = iso-10218-2";
pub(super) const TRIALS: &str = "project = TRIAL AND labels = supervised-trial";
pub(super) const ARTICLES: &str = "project = HELP AND issuetype = Article";
pub(super) const OPEN_P1: &str = "project = SUP AND priority = Highest AND statusCategory != Done";
pub(super) const CELLS: &str = "project = CELL AND \"Epic Link\" = CELL-12";
pub(super) const WORK_ORDERS: &str = "parent = HAL-77";

/// The objectives of the board.
pub fn objectives() -> Vec<ObjectivePlan> {
    vec![updates(), safety(), support(), manufacturing()]
}

fn updates() -> ObjectivePlan {
    let staged = jira(SiteName::Cloud, STAGED_UPDATES, "story_points");
    ObjectivePlan {
        title: "Ship fleet updates customers trust",
        team: "Platform",
        owner: "ML",
        key_results: vec![
            key_result("Deliver staged fleet updates", "DO", MeasurePlan::PercentComplete, SourcePlan::Jira(staged)),
            key_result(
                "Close 20 update-path bugs",
                "TF",
                kpi("Bugs closed", "bugs", ["0", "20"]),
                SourcePlan::Jira(done(SiteName::Cloud, UPDATE_BUGS)),
            ),
            key_result(
                "Move 40 pilot sites to the new updater",
                "KM",
                kpi("Sites moved", "sites", ["0", "40"]),
                SourcePlan::Jira(done(SiteName::Cloud, MIGRATIONS)),
            ),
        ],
    }
}

fn safety() -> ObjectivePlan {
    let findings = vec![
        check_in(31, "1", "PR", "The first finding is closed: guard height on wing A."),
        check_in(17, "2", "PR", "Interlock finding closed after the second inspection."),
        check_in(3, "3", "PR", "Light curtain gap closed. The other eight wait for parts."),
    ];
    ObjectivePlan {
        title: "Make the A3 arm safe to work beside",
        team: "Safety",
        owner: "PR",
        key_results: vec![
            key_result(
                "Close the findings of the Halden safety review",
                "PR",
                kpi("Findings closed", "findings", ["0", "11"]),
                SourcePlan::ByHand(findings),
            ),
            key_result(
                "Certify the A3 force limiter",
                "LB",
                MeasurePlan::PercentComplete,
                SourcePlan::Jira(jira(SiteName::Cloud, CHECKLIST, "count")),
            ),
            key_result(
                "Log 600 hours of supervised trials",
                "SW",
                kpi("Trial hours", "h", ["0", "600"]),
                SourcePlan::Jira(jira(SiteName::Cloud, TRIALS, "time_spent")),
            ),
        ],
    }
}

fn support() -> ObjectivePlan {
    let first_reply = vec![
        check_in(43, "66", "JW", "The new rota starts to show."),
        check_in(22, "73", "JW", "Weekends are covered now."),
        check_in(1, "81", "JW", "The triage bot answers the easy ones."),
    ];
    ObjectivePlan {
        title: "Answer every customer within a day",
        team: "Support",
        owner: "JW",
        key_results: vec![
            key_result(
                "Publish 30 help-centre articles",
                "JW",
                kpi("Articles published", "articles", ["0", "30"]),
                SourcePlan::Jira(done(SiteName::Support, ARTICLES)),
            ),
            key_result(
                "Cut the open P1 backlog from 48 to 8",
                "TF",
                kpi("Open P1 requests", "open", ["48", "8"]),
                SourcePlan::Jira(jira(SiteName::Support, OPEN_P1, "count")),
            ),
            key_result(
                "First reply under 24 h for 95% of requests",
                "JW",
                kpi("First replies under 24 h", "%", ["60", "95"]),
                SourcePlan::ByHand(first_reply),
            ),
        ],
    }
}

fn manufacturing() -> ObjectivePlan {
    let trained = vec![
        check_in(36, "12", "SW", "First course held."),
        check_in(18, "24", "SW", "Second course; night shift is next."),
        check_in(2, "36", "SW", "Night shift trained."),
    ];
    let work_orders = JiraPlan { confirm_empty: true, ..jira(SiteName::Cloud, WORK_ORDERS, "count") };
    ObjectivePlan {
        title: "Run Halden on our own controllers",
        team: "Manufacturing",
        owner: "IS",
        key_results: vec![
            key_result(
                "Commission 24 A3 cells on line 2",
                "IS",
                kpi("Cells commissioned", "cells", ["0", "24"]),
                SourcePlan::Jira(done(SiteName::Halden, CELLS)),
            ),
            key_result(
                "Move work orders off the legacy PLC",
                "IS",
                MeasurePlan::PercentComplete,
                SourcePlan::Jira(work_orders),
            ),
            key_result(
                "Train 60 operators on the new cell",
                "SW",
                kpi("Operators trained", "operators", ["0", "60"]),
                SourcePlan::ByHand(trained),
            ),
        ],
    }
}

fn key_result(title: &'static str, owner: &'static str, measure: MeasurePlan, source: SourcePlan) -> KeyResultPlan {
    KeyResultPlan { title, owner, measure, source }
}

fn kpi(name: &'static str, unit: &'static str, [start, target]: [&'static str; 2]) -> MeasurePlan {
    MeasurePlan::Kpi { name, unit, start, target }
}

fn jira(site: SiteName, jql: &'static str, metric: &'static str) -> JiraPlan {
    JiraPlan { site, jql, metric, completed_only: false, confirm_empty: false }
}

/// Counts what is done.
fn done(site: SiteName, jql: &'static str) -> JiraPlan {
    JiraPlan { completed_only: true, ..jira(site, jql, "count") }
}

fn check_in(days_ago: u64, value: &'static str, by: &'static str, note: &'static str) -> CheckInPlan {
    CheckInPlan { days_ago, value, by, note }
}
