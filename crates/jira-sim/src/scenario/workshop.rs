//! Tools for writing a site's past: people, working days, issues that go their way.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, TimeDelta};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use super::plan::Staff;
use crate::catalogue::User;
use crate::clock::Instant;
use crate::draft::IssueDraft;
use crate::error::SimError;
use crate::issue::IssueId;
use crate::sim::JiraSim;

/// The people of the company.
pub const STAFF: &[Staff] = &[
    Staff { initials: "DO", user: "dana", name: "Dana Okafor" },
    Staff { initials: "ML", user: "maya", name: "Maya Lindqvist" },
    Staff { initials: "TF", user: "tomas", name: "Tomás Ferreira" },
    Staff { initials: "KM", user: "kenji", name: "Kenji Mori" },
    Staff { initials: "PR", user: "priya", name: "Priya Raman" },
    Staff { initials: "LB", user: "lea", name: "Lea Brandt" },
    Staff { initials: "SW", user: "sam", name: "Sam Whitcombe" },
    Staff { initials: "JW", user: "jonas", name: "Jonas Weber" },
    Staff { initials: "IS", user: "ingrid", name: "Ingrid Solberg" },
];

/// A site under construction.
#[derive(Debug)]
pub(super) struct Workshop<'a> {
    pub(super) sim: &'a JiraSim,
    pub(super) random: StdRng,
    start: NaiveDate,
    people: BTreeMap<&'static str, User>,
}

impl<'a> Workshop<'a> {
    /// Hires the staff.
    pub(super) fn new(sim: &'a JiraSim, seed: u64, start: NaiveDate) -> Result<Self, SimError> {
        let mut people = BTreeMap::new();
        for staff in STAFF {
            let user = sim.add_user(staff.user);
            sim.rename_user(&user, staff.name)?;
            people.insert(staff.initials, user);
        }
        let salt = sim.options().name.len() as u64;
        Ok(Self { sim, random: StdRng::seed_from_u64(seed.wrapping_add(salt)), start, people })
    }

    /// A person by initials; the site's account if nobody is called so.
    pub(super) fn person(&self, initials: &str) -> User {
        self.people.get(initials).cloned().unwrap_or_else(|| self.sim.account())
    }

    /// Anybody.
    pub(super) fn anybody(&mut self) -> User {
        let all: Vec<&User> = self.people.values().collect();
        all.choose(&mut self.random).map_or_else(|| self.sim.account(), |user| User::clone(user))
    }

    /// A time on a day of the period (day 0 is its first; negative ones lie before).
    pub(super) fn at(&self, day: i64, hour: u32, minute: u32) -> Instant {
        let days = Days::new(day.unsigned_abs());
        let date = if day < 0 { self.start - days } else { self.start + days };
        let time = TimeDelta::hours(hour.into()) + TimeDelta::minutes(minute.into());
        date.and_time(chrono::NaiveTime::MIN).and_utc() + time
    }

    /// Some time on a day, within working hours.
    pub(super) fn sometime(&mut self, day: i64) -> Instant {
        let (hour, minute) = (self.random.random_range(7..16), self.random.random_range(0..60));
        self.at(day, hour, minute)
    }

    /// So many days within a range, ascending.
    pub(super) fn days(&mut self, count: usize, from: i64, to: i64) -> Vec<i64> {
        let mut days: Vec<i64> = (0..count).map(|_| self.random.random_range(from..to)).collect();
        days.sort_unstable();
        days
    }

    /// Files an issue for somebody.
    pub(super) fn file(&mut self, draft: IssueDraft, day: i64) -> Result<IssueId, SimError> {
        let (at, somebody) = (self.sometime(day), self.anybody());
        self.sim.create(draft.at(at).assignee(&somebody))
    }

    /// Starts an issue.
    pub(super) fn begin(&mut self, id: IssueId, day: i64) -> Result<(), SimError> {
        let (at, somebody) = (self.sometime(day), self.anybody());
        self.sim.edit(id)?.at(at).by(&somebody).transition("In Progress")?;
        Ok(())
    }

    /// Starts an issue and completes it a little later the same day.
    pub(super) fn complete(&mut self, id: IssueId, day: i64) -> Result<(), SimError> {
        let (at, somebody) = (self.sometime(day), self.anybody());
        let edit = self.sim.edit(id)?.at(at).by(&somebody).transition("In Progress")?;
        edit.at(at + TimeDelta::minutes(30)).transition("Done")?;
        Ok(())
    }

    /// Files issues on early days and completes the first of them on the given days, the last one on the last day.
    pub(super) fn series(
        &mut self,
        titles: impl Iterator<Item = String>,
        draft: impl Fn() -> IssueDraft,
        done_on: &[i64],
    ) -> Result<Vec<IssueId>, SimError> {
        let mut ids = Vec::new();
        for title in titles {
            let day = self.random.random_range(-25..0);
            ids.push(self.file(draft().summary(&title), day)?);
        }
        for (id, day) in ids.iter().zip(done_on) {
            self.complete(*id, *day)?;
        }
        Ok(ids)
    }

    /// Work of other teams, which no key result looks at.
    pub(super) fn background(&mut self, projects: &[&str], count: usize) -> Result<(), SimError> {
        const KINDS: [&str; 4] = ["Story", "Task", "Task", "Bug"];
        const WORK: [&str; 6] = ["Rework", "Check", "Document", "Speed up", "Replace", "Review"];
        const PARTS: [&str; 8] = [
            "gripper driver",
            "log rotation",
            "cell map",
            "torque curve",
            "login page",
            "cable harness",
            "spare list",
            "alarm text",
        ];
        for number in 0..count {
            let project = projects[number % projects.len()];
            let kind = *KINDS.choose(&mut self.random).unwrap_or(&"Task");
            let work = WORK.choose(&mut self.random).unwrap_or(&"Check");
            let part = PARTS.choose(&mut self.random).unwrap_or(&"cell map");
            let points = ["1.0", "2.0", "3.0", "5.0", "8.0"][self.random.random_range(0..5)];
            let hours = self.random.random_range(1..24);
            let mut draft = IssueDraft::new(project, kind).summary(&format!("{work} the {part}"));
            draft = if self.random.random_bool(0.7) { draft.points(points) } else { draft };
            draft = if self.random.random_bool(0.5) { draft.estimate(hours * 3600) } else { draft };
            let day = self.random.random_range(-150..50);
            let id = self.file(draft, day)?;
            self.grow_old(id, day)?;
        }
        Ok(())
    }

    /// What usually happens to an issue after it was filed.
    fn grow_old(&mut self, id: IssueId, mut day: i64) -> Result<(), SimError> {
        let last = i64::try_from(super::DAY).unwrap_or(0) - 1;
        day += self.random.random_range(1..20);
        if day > last {
            return Ok(());
        }
        self.begin(id, day)?;
        day += self.random.random_range(1..15);
        if day > last {
            return Ok(());
        }
        let (at, somebody) = (self.sometime(day), self.anybody());
        let edit = self.sim.edit(id)?.at(at).by(&somebody);
        let edit = edit.log_work(self.random.random_range(1..9) * 1800)?;
        if self.random.random_bool(0.8) {
            edit.transition("Done")?;
        }
        Ok(())
    }
}
