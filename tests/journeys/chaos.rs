//! An hour of chaos: real processes that are killed, a database that is restarted, and a Jira that does everything wrong.
//!
//! The hour passes 120 times as fast, for all of them. Each project changes in one way only (issues are completed, or added,
//! or deleted), so that every number on the way was true at one instant, whatever a walk saw first.

use chrono::TimeDelta;
use okrsync_domain::{Clock, Instant, QueryId, refresh::Refresh};
use okrsync_jira_sim::{Dialect, Fault, IssueDraft, JiraSim, RandomFaults};
use okrsync_server::Settings;
use okrsync_tests::{
    app::{DEADLINE, TestApp},
    clients::Client,
    cluster::Cluster,
    databases::{Backend, TestDatabase},
    process::{Place, Server},
    wait,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

const SEED: u64 = 7;
const SPEED: u32 = 120;
/// Time between two disturbances, by the hurried clock.
const STEP: TimeDelta = TimeDelta::seconds(30);
const AN_HOUR: TimeDelta = TimeDelta::hours(1);
/// Time between two deaths of a process, and between two ends of the database.
const BETWEEN_KILLS: TimeDelta = TimeDelta::minutes(7);
const BETWEEN_RESTARTS: TimeDelta = TimeDelta::minutes(18);
/// Refreshes are due so often, by the hurried clock.
const PERIOD: &str = "5";
/// Far longer than any refresh, by the hurried clock; a killed one is taken over after it.
const LEASE: u32 = 600;

/// Projects with the one way in which each changes.
const PROJECTS: [&str; 3] = ["DID", "GROW", "FADE"];

/// `[completed, matched]`.
type Numbers = [u64; 2];

fn truth(site: &JiraSim, jql: &str) -> Numbers {
    let truth = site.truth(jql).expect("a sound query");
    [truth.completed() as u64, truth.matched() as u64]
}

fn numbers(reading: &Value) -> Numbers {
    [&reading["completed"], &reading["matched"]].map(|number| number.as_u64().expect("a number"))
}

/// What one key result measures, and all that was ever true of it.
struct Measured {
    okr: String,
    jql: String,
    project: &'static str,
    true_once: BTreeSet<Numbers>,
}

struct Chaos<'a> {
    database: &'a TestDatabase,
    cluster: Option<&'a Cluster>,
    clock: Clock,
    random: StdRng,
    site: JiraSim,
    admin: Client,
    measured: Vec<Measured>,
    places: Vec<Place>,
    servers: Vec<Option<Server>>,
    _folders: Vec<tempfile::TempDir>,
    kills: u32,
    restarts: u32,
}

fn hurry(settings: &mut Settings) {
    settings.sync.lease_seconds = LEASE;
    settings.sync.period_minutes = PERIOD.parse().expect("minutes");
}

impl<'a> Chaos<'a> {
    async fn begin(database: &'a TestDatabase, cluster: Option<&'a Cluster>) -> Self {
        let began = Clock::system().now();
        let clock = Clock::hurried(began, SPEED);
        let app = TestApp::start_at(database, clock.clone(), hurry).await;
        let site = app.jira_with(Dialect::Cloud, |options| options.page_cap_with_fields = 10).await;
        for project in PROJECTS {
            site.add_project(project, project).expect("a new project");
            for number in 0..60 {
                let status = if number % 3 == 0 { "Done" } else { "To Do" };
                let kind = if number % 2 == 0 { "Story" } else { "Bug" };
                site.create(IssueDraft::new(project, kind).status(status)).expect("an issue");
            }
        }
        let connection = app.connect(&site).await;
        let mut measured = Vec::new();
        for project in PROJECTS {
            for part in ["", " AND type = Story", " AND type = Bug"] {
                let (okr, jql) = (app.key_result(json!({})).await, format!("project = {project}{part}"));
                app.link(&okr, &connection, &jql, json!({})).await;
                let true_once = BTreeSet::from([truth(&site, &jql)]);
                measured.push(Measured { okr, jql, project, true_once });
            }
        }
        let admin = app.admin.clone();
        drop(app);
        let folders: Vec<_> =
            (0..if cluster.is_some() { 2 } else { 1 }).map(|_| tempfile::tempdir().expect("a folder")).collect();
        let place = |folder: &tempfile::TempDir| {
            Place::new(folder.path(), database.url())
                .with("OKRSYNC_SYNC__LEASE_SECONDS", &LEASE.to_string())
                .with("OKRSYNC_SYNC__PERIOD_MINUTES", PERIOD)
                .with("OKRSYNC_SYNC__REQUEST_BACKOFF_MILLISECONDS", "20")
                .serving(&["--rehearse", &format!("{} {SPEED}", began.to_rfc3339())])
        };
        let places: Vec<_> = folders.iter().map(place).collect();
        let mut servers = Vec::new();
        for place in &places {
            servers.push(Some(place.serve().await));
        }
        let random = StdRng::seed_from_u64(SEED);
        let (kills, restarts) = (0, 0);
        Self {
            database,
            cluster,
            clock,
            random,
            site,
            admin,
            measured,
            places,
            servers,
            _folders: folders,
            kills,
            restarts,
        }
    }

    /// A living process, as a person sees it.
    fn person(&self) -> Option<Client> {
        self.servers.iter().flatten().next().map(|server| self.admin.at(&server.base))
    }

    /// One project changes by one issue.
    fn change(&mut self) {
        let project = PROJECTS[self.random.random_range(0..PROJECTS.len())];
        let open = self.site.truth(&format!("project = {project} AND statusCategory != Done")).expect("a query").ids();
        match (project, open.first().copied()) {
            ("DID", Some(id)) => drop(self.site.edit(id.into()).expect("it").transition("Done").expect("completed")),
            ("FADE", Some(id)) => self.site.edit(id.into()).expect("it").delete().expect("deleted"),
            ("GROW", _) => drop(self.site.create(IssueDraft::new("GROW", "Story")).expect("an issue")),
            _ => {}
        }
        for measured in self.measured.iter_mut().filter(|measured| measured.project == project) {
            measured.true_once.insert(truth(&self.site, &measured.jql));
        }
    }

    /// Somebody presses a button; what comes of it is not the point.
    async fn press(&self) {
        if let Some(person) = self.person() {
            person.post("/refreshes", &json!({"scope": "all"})).await;
        }
    }

    /// A process dies, and the one that died before comes back.
    async fn kill(&mut self) {
        let index = self.random.random_range(0..self.servers.len());
        if let Some(server) = self.servers[index].take() {
            server.kill().await;
            self.kills += 1;
        }
        self.revive().await;
    }

    async fn revive(&mut self) {
        for (place, server) in self.places.iter().zip(&mut self.servers) {
            if server.is_none() {
                *server = Some(place.serve().await);
            }
        }
    }

    /// The database goes away and comes back, as after a power cut every other time.
    fn restart(&mut self) {
        let Some(cluster) = self.cluster else { return };
        let ended = if self.restarts.is_multiple_of(2) { cluster.stop() } else { cluster.crash() };
        ended.and_then(|()| cluster.start_again()).expect("PostgreSQL comes back");
        self.restarts += 1;
    }

    async fn rage(&mut self) {
        let storm = RandomFaults::new(SEED)
            .rate(0.1)
            .and(Fault::rate_limited(Some(240)).reason("jira-quota-tenant-based"))
            .and(Fault::rate_limited(Some(240)).reason("jira-burst-based"))
            .and(Fault::unavailable(120));
        self.site.faults().randomly(storm);
        let end = self.clock.now() + AN_HOUR;
        let (mut kill_at, mut restart_at) = (self.clock.now() + BETWEEN_KILLS, self.clock.now() + BETWEEN_RESTARTS);
        while self.clock.now() < end {
            let next = self.clock.now() + STEP;
            self.change();
            if self.random.random_bool(0.3) {
                self.press().await;
            }
            if next > kill_at {
                self.kill().await;
                kill_at = self.clock.now() + BETWEEN_KILLS;
            }
            if next > restart_at {
                tokio::task::block_in_place(|| self.restart());
                restart_at = self.clock.now() + BETWEEN_RESTARTS;
            }
            let clock = self.clock.clone();
            wait::until("the clock goes on", DEADLINE, async || (clock.now() >= next).then_some(()))
                .await
                .expect("it does");
        }
        assert!(self.site.faults().fired() > 20, "only {} faults", self.site.faults().fired());
        self.site.faults().clear();
        self.revive().await;
    }

    async fn readings(&self, okr: &str) -> Option<Vec<Value>> {
        let page = self.person()?.get(&format!("/okrs/{okr}/readings?limit=200")).await;
        page.json["items"].as_array().cloned()
    }

    /// Everybody recovers, and every number is the truth.
    async fn recover(&self) {
        for Measured { okr, jql, .. } in &self.measured {
            let (truth, what) = (truth(&self.site, jql), format!("the truth of {jql}"));
            let is_true = async || {
                self.press().await;
                (numbers(self.readings(okr).await?.first()?) == truth).then_some(())
            };
            wait::until(&what, DEADLINE, is_true).await.expect("it is found");
        }
    }

    async fn judge(&self) {
        let mut recorded = 0;
        for Measured { okr, jql, true_once, .. } in &self.measured {
            let readings = self.readings(okr).await.expect("an answer");
            recorded += readings.len();
            for reading in &readings {
                assert!(true_once.contains(&numbers(reading)), "{jql}: {reading} was never true: {true_once:?}");
            }
        }
        assert!(recorded > 5 * self.measured.len(), "only {recorded} readings of {} key results", self.measured.len());
        let bad: Vec<_> = self.site.ledger().entries().into_iter().filter(|entry| entry.retry_after_running).collect();
        assert!(bad.is_empty(), "sent while Jira asked to wait: {:?}", bad.first());
        let app = TestApp::start_again(self.database, self.clock.clone(), hurry).await;
        for query in app.app.store().okr_ids(None, 100).await.expect("key results") {
            let link = app.app.store().find_link(query).await.expect("an answer").expect("a link");
            follow_each_other(&app, link.query_id).await;
        }
    }
}

/// No refresh of a query began before the one before had ended.
async fn follow_each_other(app: &TestApp, query: QueryId) {
    let refreshes = app.app.store().refresh_history(query, 200).await.expect("refreshes");
    let spans: Vec<(Instant, Instant)> =
        refreshes.iter().filter_map(|Refresh { started_at, finished_at, .. }| started_at.zip(*finished_at)).collect();
    for pair in spans.windows(2) {
        assert!(pair[0].0 >= pair[1].1, "two refreshes at once: {pair:?}");
    }
}

async fn an_hour_of_chaos(database: &TestDatabase, cluster: Option<&Cluster>) {
    let mut chaos = Chaos::begin(database, cluster).await;
    chaos.site.ledger().forgive(Duration::from_secs(1));
    chaos.rage().await;
    chaos.recover().await;
    Box::pin(chaos.judge()).await;
    let (kills, restarts) = (chaos.kills, chaos.restarts);
    assert!(kills >= 2 && (cluster.is_none() || restarts >= 1), "{kills} kills, {restarts} restarts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_of_chaos_on_sqlite() {
    let database = TestDatabase::fresh(Backend::Sqlite).expect("a file");
    Box::pin(an_hour_of_chaos(&database, None)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_of_chaos_on_postgres() {
    let Some(cluster) = Cluster::start() else { return };
    let database = cluster.fresh();
    Box::pin(an_hour_of_chaos(&database, Some(&cluster))).await;
}
