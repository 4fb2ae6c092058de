//! A year in the life of a team: always the same, and everything that changes issues happens.

use chrono::{Days, NaiveDate, TimeDelta};
use okrsync_jira_sim::{Dialect, IssueDraft, IssueEdit, IssueId, JiraSim, SprintState, User};
use okrsync_tests::app::TestApp;

pub(crate) const DAYS: u64 = 365;
const STATES: [&str; 4] = ["To Do", "In Progress", "In Review", "Done"];
const TYPES: [&str; 3] = ["Story", "Task", "Bug"];
const PRIORITIES: [&str; 5] = ["Highest", "High", "Medium", "Low", "Lowest"];
const LABELS: [&str; 3] = ["late", "Risk", "customer"];

/// A site with a year behind it.
pub(crate) struct World {
    pub(crate) site: JiraSim,
    pub(crate) kim: User,
    pub(crate) epic: IssueId,
    pub(crate) effort: String,
    epics: [IssueId; 2],
    sprints: [u32; 3],
    versions: [u32; 2],
    issues: Vec<IssueId>,
    dice: u64,
}

impl World {
    /// Founds two projects and lets a year pass in them; 60 issues.
    pub(crate) async fn live(app: &TestApp, dialect: Dialect) -> Self {
        let zone = "America/New_York".parse().expect("a zone");
        let site = app.jira_with(dialect, |options| options.zone = zone).await;
        for (key, name) in [("AE", "Arm engineering"), ("OPS", "Operations"), ("OUT", "Elsewhere")] {
            site.add_project(key, name).expect("a new project");
        }
        for component in ["Api", "Web"] {
            site.add_component(component).expect("a new component");
        }
        let sprint = |name: &str| site.add_sprint(name, SprintState::Closed).expect("a sprint");
        let version = |name: &str| site.add_version("AE", name).expect("a version");
        let epic = || site.create(IssueDraft::new("AE", "Epic")).expect("an epic");
        let mut world = Self {
            kim: site.add_user("Kim"),
            effort: site.add_number_field("Effort in days").expect("a field"),
            epics: [epic(), epic()],
            epic: IssueId::from(0),
            sprints: [sprint("One"), sprint("Two"), sprint("Three")],
            versions: [version("1.0"), version("2.0")],
            issues: Vec::new(),
            dice: 7,
            site,
        };
        world.epic = world.epics[0];
        for day in 0..DAYS {
            if day % 6 == 0 {
                world.file();
            }
            for hours in [9, 5, 10] {
                app.clock.advance(TimeDelta::hours(hours));
                world.act(app.clock.now().date_naive());
            }
        }
        world
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.dice >> 33).expect("31 bits") % sides
    }

    fn pick<T: Clone>(&mut self, among: &[T]) -> T {
        among[self.roll(among.len())].clone()
    }

    fn file(&mut self) {
        let (project, kind) = (self.pick(&["AE", "OPS"]), self.pick(&TYPES));
        let draft = IssueDraft::new(project, kind).status(self.pick(&STATES)).points(&self.roll(9).to_string());
        let draft = match self.roll(3) {
            0 => draft.epic(self.epic).sprint(self.sprints[0]).estimate(7_200),
            1 => draft.label("late").component("Api").fix_version(self.versions[0]).assignee(&self.kim),
            _ => draft,
        };
        self.issues.push(self.site.create(draft).expect("an issue"));
    }

    /// One act on one issue.
    fn act(&mut self, today: NaiveDate) {
        let id = self.pick(&self.issues.clone());
        let (amount, come) = (self.roll(9), self.roll(2) == 0);
        let seconds = 1_800 * i64::try_from(amount).expect("small");
        let done = match self.roll(20) {
            0..=3 => self.transition(id),
            4 => self.edit(id).points(&amount.to_string()),
            5 => self.edit(id).number(&self.effort, come.then(|| format!("{amount}.5")).as_deref()),
            6 => self.edit(id).estimate(come.then_some(4 * seconds)),
            7 => self.edit(id).remaining(Some(seconds)),
            8 | 9 => self.edit(id).log_work(600 + seconds),
            10 => self.label(id, come),
            11 => self.edit(id).assign(come.then_some(&self.kim)),
            12 => self.edit(id).epic(come.then(|| self.epics[amount % 2])),
            13 => self.edit(id).sprint(come.then(|| self.sprints[amount % 3])),
            14 => self.set(id, come),
            15 => self.edit(id).priority(PRIORITIES[amount % 5]),
            16 => self.edit(id).issue_type(TYPES[amount % 3]),
            17 => self.edit(id).due(come.then(|| today + Days::new(u64::try_from(amount).expect("small")))),
            18 => self.edit(id).reporter(&if come { self.kim.clone() } else { self.site.account() }),
            _ => self.edit(id).move_to(if self.site.key(id).expect("it").starts_with("AE") { "OPS" } else { "AE" }),
        };
        drop(done.expect("an act"));
    }

    fn edit(&self, id: IssueId) -> IssueEdit<'_> {
        self.site.edit(id).expect("an issue")
    }

    fn transition(&mut self, id: IssueId) -> Result<IssueEdit<'_>, okrsync_jira_sim::SimError> {
        let state = self.pick(&STATES);
        self.edit(id).transition(state)
    }

    fn label(&mut self, id: IssueId, come: bool) -> Result<IssueEdit<'_>, okrsync_jira_sim::SimError> {
        let label = self.pick(&LABELS);
        let edit = self.edit(id).label_remove(label)?;
        if come { edit.label_add(label) } else { Ok(edit) }
    }

    /// Versions and components, of which Jira writes down only what came or went.
    fn set(&mut self, id: IssueId, come: bool) -> Result<IssueEdit<'_>, okrsync_jira_sim::SimError> {
        let (version, component) = (self.pick(&self.versions.clone()), self.pick(&["Api", "Web"]));
        match (self.roll(2), come) {
            (0, true) => self.edit(id).fix_version(version),
            (0, false) => self.edit(id).fix_version_remove(version),
            (_, true) => self.edit(id).component_add(component),
            (_, false) => self.edit(id).component_remove(component),
        }
    }

    /// At the end three issues are deleted, hidden, and moved where nobody looks for them.
    pub(crate) fn lose_three(&self) -> [u64; 3] {
        let lost = [self.issues[0], self.issues[1], self.issues[2]];
        self.edit(lost[0]).delete().expect("deleted");
        self.site.hide(lost[1]).expect("hidden");
        drop(self.edit(lost[2]).move_to("OUT").expect("moved"));
        lost.map(IssueId::number)
    }
}
