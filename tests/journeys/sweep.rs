//! Sweep and delta: few requests, and numbers that a full recount would give, whatever changed and however it shows.

use chrono::TimeDelta;
use okrsync_jira_sim::{Browsers, Category, Dialect, Entry, IssueDraft, JiraSim, Quantity, SimClock, SiteOptions};
use okrsync_tests::{
    app::{TestApp, text},
    databases::TestDatabase,
    journey,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ISSUES: usize = 250;
const HOUR: TimeDelta = TimeDelta::minutes(61);

/// An OKR over 250 issues of a site where a page with facts has 100: every third is done, one in ten is in review.
struct Swept {
    app: TestApp,
    site: JiraSim,
    connection: String,
    okr: String,
}

impl Swept {
    async fn start(database: &TestDatabase, dialect: Dialect) -> Self {
        Self::start_with(database, dialect, |_| {}).await
    }

    async fn start_with(database: &TestDatabase, dialect: Dialect, change: impl FnOnce(&mut SiteOptions)) -> Self {
        let app = TestApp::start(database).await;
        let site = app
            .jira_with(dialect, |options| {
                options.page_cap_data_center = 100;
                change(options);
            })
            .await;
        site.add_project("AE", "Arm engineering").expect("a new project");
        site.add_project("HID", "Hidden later").expect("a new project");
        for number in 0..ISSUES {
            let status = ["Done", "To Do", "In Progress"][number % 3];
            let status = if number % 10 == 9 { "In Review" } else { status };
            let project = if number % 50 == 49 { "HID" } else { "AE" };
            site.create(IssueDraft::new(project, "Story").status(status).spent(60).label("swept")).expect("an issue");
        }
        // What was made just now would count as changed just now.
        app.clock.advance(TimeDelta::hours(3));
        let connection = app.connect(&site).await;
        let okr = app.key_result(json!({})).await;
        let swept = Self { app, site, connection, okr };
        for _ in 0..swept.site.options().lag_requests {
            let draft =
                json!({"connection_id": swept.connection, "jql": "labels = swept", "metric": {"kind": "count"}});
            swept.app.admin.post("/links/preview", &draft).await;
        }
        swept.app.link(&swept.okr, &swept.connection, "labels = swept", json!({})).await;
        swept.is_true("first").await;
        swept
    }

    /// The newest reading equals a full recount.
    async fn is_true(&self, what: &str) -> Value {
        let reading = self.app.readings(&self.okr).await.remove(0);
        let truth = self.site.truth("labels = swept").expect("a sound query");
        let numbers = [&reading["completed"], &reading["matched"]].map(|number| number.as_u64().expect("a number"));
        assert_eq!(numbers, [truth.completed() as u64, truth.matched() as u64], "{what}: {reading}");
        reading
    }

    /// An hour passes; the requests of it.
    async fn an_hour(&self) -> Vec<Entry> {
        let mark = self.site.ledger().arrived();
        self.app.pass_time(HOUR).await;
        self.site.ledger().since(mark)
    }

    fn edit(&self, key: &str) -> okrsync_jira_sim::IssueEdit<'_> {
        self.site.edit(self.site.find(key).expect("an issue")).expect("it")
    }
}

/// Ids that were asked for one by one, and how often.
fn fetched(entries: &[Entry]) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for entry in entries {
        let Ok(body) = serde_json::from_slice::<Value>(&entry.request_body) else { continue };
        let listed = body["issueIdsOrKeys"].as_array().into_iter().flatten().map(text);
        // Further pages of the same question are none of their own.
        let jql = body["jql"].as_str().filter(|_| body["startAt"] == 0).unwrap_or_default();
        let named = jql.strip_prefix("id IN (").and_then(|rest| rest.split(')').next()).unwrap_or_default();
        let named = named.split(", ").filter(|id| !id.is_empty()).map(ToOwned::to_owned);
        for id in listed.chain(named) {
            *times.entry(id).or_default() += 1;
        }
    }
    times
}

async fn only_what_changed_is_fetched(database: TestDatabase, dialect: Dialect) {
    let swept = Swept::start(&database, dialect).await;
    swept.app.clock.advance(TimeDelta::minutes(20));
    let quiet = swept.an_hour().await;
    assert_eq!(fetched(&quiet).len(), 0, "nothing changed");
    swept.edit("AE-2").transition("Done").expect("done");
    swept.edit("AE-3").log_work(3600).expect("logged");
    let busy = swept.an_hour().await;
    assert_eq!(fetched(&busy).len(), 2, "two changed");
    swept.is_true("two changed").await;
    let whole = usize::from(dialect == Dialect::DataCenter) + 7;
    assert!(busy.len() <= whole, "the account, statuses, the look, a page, the ids, a fetch: {}", busy.len());
}

async fn what_left_leaves_by_the_sweep(database: TestDatabase, dialect: Dialect) {
    let swept = Swept::start(&database, dialect).await;
    swept.edit("AE-1").delete().expect("deleted");
    swept.edit("AE-4").label_remove("swept").expect("another label");
    swept.edit("AE-5").move_to("HID").expect("moved");
    swept.an_hour().await;
    let reading = swept.is_true("deleted, changed, moved").await;
    assert_eq!(reading["matched"], 248, "the moved one still matches");

    let nobody = Browsers::Only(Vec::new());
    swept.site.set_browsers("HID", nobody).expect("hidden");
    swept.an_hour().await;
    let reading = swept.app.readings(&swept.okr).await.remove(0);
    assert_eq!(reading["matched"], 242, "five of the project and the moved one are hidden: {reading}");
    swept.site.set_browsers("HID", Browsers::Everyone).expect("shown");
    swept.an_hour().await;
    swept.is_true("shown again").await;
}

async fn a_status_means_something_else_without_a_trace(database: TestDatabase, dialect: Dialect) {
    let swept = Swept::start(&database, dialect).await;
    swept.site.set_status_category("In Review", Category::Done).expect("an admin's edit");
    let entries = swept.an_hour().await;
    swept.is_true("in review is done").await;
    assert_eq!(fetched(&entries).len(), 0, "no issue changed");
    swept.site.set_status_category("In Review", Category::InProgress).expect("an admin's edit");
    swept.site.add_status("Shipped", Category::Done).expect("a new status");
    swept.edit("AE-2").transition("Shipped").expect("shipped");
    swept.an_hour().await;
    swept.is_true("a new status").await;
}

async fn a_field_is_measured_that_was_not_before(database: TestDatabase, dialect: Dialect) {
    let swept = Swept::start(&database, dialect).await;
    let kpi = json!({"kind": "kpi", "name": "Hours", "unit": "h", "start": "0", "target": "100"});
    let okr = swept.app.key_result(json!({"measure": kpi})).await;
    let metric = json!({"metric": {"kind": "time_spent"}});
    let linked = swept.app.link(&okr, &swept.connection, "labels = swept", metric).await;
    let truth = swept.site.truth("labels = swept").expect("a sound query");
    let seconds = truth.total(&Quantity::TimeSpent);
    let hours: Decimal = text(&linked["value"]).parse().expect("a number");
    assert_eq!((hours * Decimal::from(3600)).round_dp(9), seconds, "{linked}");
    let entries = swept.an_hour().await;
    assert_eq!(fetched(&entries).len(), 0, "by then it is known");
}

/// Minutes of the site's clock are no matter, and what changes around a look is found by the next one.
async fn clocks_differ(database: TestDatabase, dialect: Dialect) {
    let swept = Swept::start_with(&database, dialect, |options| {
        let own = options.clock.clone();
        options.clock = SimClock::following(move || own.now() + TimeDelta::minutes(187));
        options.zone = "Asia/Kolkata".parse().expect("a zone");
    })
    .await;
    for (number, seconds) in [(2, 0), (3, 1), (5, 59), (6, 61), (8, 3599)] {
        swept.edit(&format!("AE-{number}")).transition("Done").expect("done");
        swept.app.clock.advance(TimeDelta::seconds(seconds));
        swept.app.refresh(&swept.okr).await;
        swept.is_true(&format!("{seconds} seconds later")).await;
    }
}

/// What an index shows late is late, but never lost.
async fn a_lagging_index_loses_nothing(database: TestDatabase, _: Dialect) {
    let swept = Swept::start_with(&database, Dialect::Cloud, |options| options.lag_requests = 2).await;
    for number in [2, 3, 5] {
        swept.app.clock.advance(TimeDelta::minutes(60));
        swept.edit(&format!("AE-{number}")).transition("Done").expect("done");
        swept.app.pass_time(TimeDelta::minutes(1)).await;
        swept.an_hour().await;
        swept.is_true("an hour later").await;
    }
}

/// Beyond the result window pages go on in slices, and nothing is missed or doubled.
async fn a_result_window_is_minded(database: TestDatabase, _: Dialect) {
    let swept = Swept::start_with(&database, Dialect::DataCenter, |options| options.result_window = Some(230)).await;
    swept.edit("AE-7").transition("To Do").expect("reopened");
    swept.site.create(IssueDraft::new("HID", "Story").status("Done").label("swept")).expect("an issue");
    let entries = swept.an_hour().await;
    swept.is_true("in slices").await;
    assert!(entries.iter().any(|entry| String::from_utf8_lossy(&entry.request_body).contains("project NOT IN")));
}

/// Many queries over the same issues: each is listed once, and what changed is fetched once for all.
async fn a_steady_hour_costs_a_page_a_query(database: TestDatabase, dialect: Dialect) {
    let swept = Swept::start(&database, dialect).await;
    let queries = 12_usize;
    for number in 1..queries {
        let okr = swept.app.key_result(json!({})).await;
        let jql = format!("labels = swept AND key != AE-{number}");
        swept.app.link(&okr, &swept.connection, &jql, json!({})).await;
        // A second link on the same query costs nothing.
        let okr = swept.app.key_result(json!({})).await;
        swept.app.link(&okr, &swept.connection, &jql, json!({})).await;
    }
    for number in [20, 21, 22] {
        swept.edit(&format!("AE-{number}")).transition("Done").expect("done");
    }
    swept.app.clock.advance(TimeDelta::minutes(15));
    swept.an_hour().await;
    swept.edit("AE-30").transition("Done").expect("done");
    let entries = swept.an_hour().await;
    swept.is_true("a steady hour").await;
    let times = fetched(&entries);
    assert_eq!(times.values().copied().collect::<Vec<_>>(), [1], "fetched once for all: {times:?}");
    // A page of this Data Center has 100 rows, of which one joins it to the page before.
    let pages = if dialect == Dialect::Cloud { 1 } else { 3 };
    let shared = 8 + usize::from(dialect == Dialect::DataCenter) * queries;
    assert!(entries.len() <= queries * pages + shared, "{} requests", entries.len());
}

/// A first sync that is larger than the hour's budget goes on in the next hour, and fetches nothing twice.
async fn a_budget_is_kept_and_the_rest_comes_later(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app
        .jira_with(dialect, |options| {
            options.page_cap_data_center = 100;
            options.bulk_fetch_cap = 100;
        })
        .await;
    site.add_project("AE", "Arm engineering").expect("a new project");
    for number in 0..2_000 {
        let status = if number % 4 == 0 { "Done" } else { "To Do" };
        site.create(IssueDraft::new("AE", "Story").status(status)).expect("an issue");
    }
    let connection = app.connect(&site).await;
    let budget = if dialect == Dialect::Cloud { 12 } else { 30 };
    let edit = json!({"budget_per_hour": budget});
    app.admin.patch(&format!("/connections/{connection}"), &edit).await.expect(200);
    let okr = app.key_result(json!({})).await;
    app.clock.advance(TimeDelta::hours(3));
    let mark = site.ledger().arrived();
    // On Data Center the listing alone takes 21 of the 30: a fetch must not ask for more than one page has.
    let link = json!({"connection_id": connection, "jql": "project = AE", "metric": {"kind": "count"}});
    app.admin.put(&format!("/okrs/{okr}/link?wait=0"), &link).await;
    for hour in 0..8 {
        let before = site.ledger().arrived();
        app.settle().await;
        let asked = site.ledger().since(before).len();
        assert!(asked <= budget, "hour {hour}: {asked} requests");
        app.clock.advance(HOUR);
    }
    let reading = &app.readings(&okr).await[0];
    assert_eq!((&reading["matched"], &reading["completed"]), (&json!(2000), &json!(500)));
    let times = fetched(&site.ledger().since(mark));
    assert!(times.len() >= 1_400, "{}", times.len());
    assert!(times.values().all(|times| *times == 1), "nothing is fetched twice");
}

/// A budget that one listing is too much for is said to be: nothing is begun in vain, and others go on.
async fn a_budget_that_is_too_small_is_named(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira_with(dialect, |options| options.page_cap_data_center = 100).await;
    site.add_project("AE", "Arm engineering").expect("a new project");
    for number in 0..1_300 {
        let draft = IssueDraft::new("AE", "Story").status("To Do");
        site.create(if number < 10 { draft.label("few") } else { draft }).expect("an issue");
    }
    let connection = app.connect(&site).await;
    let [many, few] = [app.key_result(json!({})).await, app.key_result(json!({})).await];
    app.clock.advance(TimeDelta::hours(3));
    let budget = async |requests: usize| {
        let edit = json!({"budget_per_hour": requests});
        app.admin.patch(&format!("/connections/{connection}"), &edit).await.expect(200);
    };
    budget(12).await;
    for (okr, jql) in [(&many, "project = AE"), (&few, "labels = few")] {
        let link = json!({"connection_id": connection, "jql": jql, "metric": {"kind": "count"}});
        app.admin.put(&format!("/okrs/{okr}/link?wait=0"), &link).await;
    }
    for _ in 0..3 {
        app.settle().await;
        app.clock.advance(HOUR);
    }
    let before = site.ledger().arrived();
    app.settle().await;
    assert!(site.ledger().since(before).len() <= 8, "the listing is not begun again");
    assert_eq!(app.readings(&few).await[0]["matched"], json!(10), "others go on");
    assert!(app.readings(&many).await.is_empty());
    let problem = app.admin.get(&format!("/okrs/{many}")).await.expect(200)["freshness"]["error"].clone();
    assert_eq!(problem["code"], "budget_used_up", "{problem}");
    let message = text(&problem["message"]);
    assert!(message.contains("20 requests") && message.contains("12 an hour"), "{message}");
    assert!(text(&problem["hint"]).contains("budget_per_hour"), "{problem}");

    budget(24).await;
    for _ in 0..4 {
        app.settle().await;
        app.clock.advance(HOUR);
    }
    assert_eq!(app.readings(&many).await[0]["matched"], json!(1_300), "with what the other one takes");
    let healthy = app.admin.get(&format!("/okrs/{many}")).await.expect(200)["freshness"]["error"].clone();
    assert!(healthy.is_null(), "{healthy}");
}

/// A listing that the rest of a budget is not enough for waits, instead of using up, time and again, whatever comes free.
async fn a_listing_waits_until_its_budget_is_free(database: TestDatabase, dialect: Dialect) {
    let swept = Swept::start_with(&database, dialect, |options| options.page_cap_data_center = 20).await;
    let Swept { app, site, connection, okr } = &swept;
    let patch = json!({"budget_per_hour": 24});
    app.admin.patch(&format!("/connections/{connection}"), &patch).await.expect(200);
    app.clock.advance(HOUR);
    app.settle().await;
    let measured = app.readings(okr).await.len();

    app.clock.advance(HOUR);
    let before = site.ledger().arrived();
    for number in 0.. {
        if site.ledger().since(before).len() >= 8 {
            break;
        }
        let draft =
            json!({"connection_id": connection, "jql": format!("labels = l{number}"), "metric": {"kind": "count"}});
        app.admin.post("/links/preview", &draft).await.expect(200);
    }
    // of 24, the listing takes 14 and some besides
    for _ in 0..12 {
        app.clock.advance(TimeDelta::minutes(10));
        app.settle().await;
    }
    assert!(app.readings(okr).await.len() > measured, "{} requests", site.ledger().since(before).len());
}

journey!(only_what_changed_is_fetched);
journey!(what_left_leaves_by_the_sweep);
journey!(a_status_means_something_else_without_a_trace);
journey!(a_field_is_measured_that_was_not_before);
journey!(clocks_differ);
journey!(a_lagging_index_loses_nothing, one dialect);
journey!(a_result_window_is_minded, one dialect);
journey!(a_steady_hour_costs_a_page_a_query);
journey!(a_budget_is_kept_and_the_rest_comes_later);
journey!(a_budget_that_is_too_small_is_named, data center);
journey!(a_listing_waits_until_its_budget_is_free, data center);
