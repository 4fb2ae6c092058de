//! The past of a new link, read from Jira's changelogs and held against the simulator's own full history.

use crate::moves::adds_up;
use chrono::{Days, NaiveTime, TimeDelta};
use okrsync_domain::{Clock, Date, Instant};
use okrsync_jira_sim::{AsOf, Dialect, IssueDraft, IssueId, JiraSim, Quantity};
use okrsync_tests::{app::TestApp, databases::TestDatabase, journey};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The first day of every story here.
const FIRST: &str = "2026-10-01";

async fn app(database: &TestDatabase) -> TestApp {
    let clock = Clock::manual(format!("{FIRST}T00:00:30Z").parse().expect("a literal instant"));
    TestApp::start_at(database, clock, |_| {}).await
}

/// Reads the past of every link there is.
pub(crate) async fn backfill(app: &TestApp) {
    let stop = tokio_util::sync::CancellationToken::new();
    while Box::pin(app.app.engine().backfill(&stop)).await.expect("the database answers") {}
}

/// A connected site on which 50 days were lived.
async fn lived(database: &TestDatabase, dialect: Dialect) -> (TestApp, JiraSim, String) {
    let app = app(database).await;
    let site = app.jira(dialect).await;
    site.add_project("AE", "Arm engineering").expect("a new project");
    let points = site.points_field().to_owned();
    live(&app, &site, &points);
    let connection = app.connect(&site).await;
    (app, site, connection)
}

fn end_of(day: Date) -> Instant {
    (day + Days::new(1)).and_time(NaiveTime::MIN).and_utc() - TimeDelta::microseconds(1)
}

/// A story that is there.
struct Story {
    id: IssueId,
    state: usize,
}

const STATES: [&str; 3] = ["To Do", "In Progress", "Done"];

/// 50 days in which a team files, moves, estimates, logs, labels and re-opens; always the same.
fn live(app: &TestApp, site: &JiraSim, points: &str) {
    let mut stories: Vec<Story> = Vec::new();
    let mut dice = 7_u64;
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    for _ in 0..50 {
        for _ in 0..roll(3) {
            let draft = IssueDraft::new("AE", "Story").points(&roll(9).to_string());
            stories.push(Story { id: site.create(draft).expect("a story"), state: 0 });
        }
        app.clock.advance(TimeDelta::hours(5));
        for _ in 0..3 {
            if stories.is_empty() {
                continue;
            }
            let at = usize::try_from(roll(stories.len() as u64)).expect("small");
            let story = &mut stories[at];
            let edit = site.edit(story.id).expect("a story");
            match roll(6) {
                0 | 1 => {
                    story.state = (story.state + 1) % 3;
                    edit.transition(STATES[story.state]).expect("a status");
                }
                2 => drop(edit.number(points, Some(&roll(13).to_string())).expect("points")),
                3 => drop(edit.estimate(Some(3_600 * i64::try_from(roll(9)).expect("small"))).expect("an estimate")),
                4 => drop(edit.log_work(600 * (1 + i64::try_from(roll(9)).expect("small"))).expect("logged")),
                _ => drop(edit.label_add("late").expect("a label")),
            }
        }
        app.clock.advance(TimeDelta::hours(19));
    }
}

/// What was computed of an OKR's past, newest first.
pub(crate) async fn reconstructed(app: &TestApp, okr: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.admin.get(&format!("/okrs/{okr}/readings?limit=200{cursor}")).await.expect(200);
        let items = page["items"].as_array().expect("a list").iter();
        all.extend(items.filter(|reading| reading["kind"] == "reconstructed").cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// What cannot be known of an OKR's past, in words for programs.
pub(crate) async fn gap_codes(app: &TestApp, okr: &str) -> Vec<String> {
    let history = app.admin.get(&format!("/okrs/{okr}/history")).await.expect(200);
    let gaps = history["gaps"].as_array().expect("a list");
    gaps.iter().map(|gap| gap["code"].as_str().expect("a word").to_owned()).collect()
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("a decimal, not {value}"))
}

/// Every metric that has a past equals the truth on every day, also for a query whose members come and go.
async fn the_past_of_a_link_is_what_was(database: TestDatabase, dialect: Dialect) {
    let (app, site, connection) = lived(&database, dialect).await;
    let points = site.points_field().to_owned();
    let hours = Decimal::from(3_600);
    let metrics = [
        (json!({"kind": "count"}), Quantity::Count, Decimal::ONE),
        (json!({"kind": "story_points"}), Quantity::StoryPoints, Decimal::ONE),
        (json!({"kind": "time_spent"}), Quantity::TimeSpent, hours),
        (json!({"kind": "original_estimate"}), Quantity::OriginalEstimate, hours),
        (json!({"kind": "custom_field", "field_id": points}), Quantity::Number(points.clone()), Decimal::ONE),
    ];
    let queries =
        ["project = AE", "project = AE AND labels = late", "project = AE AND status != Done AND created > -20d"];
    for jql in queries {
        let mut linked = Vec::new();
        for (metric, quantity, unit) in &metrics {
            let okr = app.key_result(json!({"starts_on": FIRST})).await;
            app.link(&okr, &connection, jql, json!({"metric": metric, "confirm_empty": true})).await;
            linked.push((okr, quantity, unit));
        }
        backfill(&app).await;
        for (okr, quantity, unit) in linked {
            let history = app.admin.get(&format!("/okrs/{okr}/history")).await.expect(200);
            assert_eq!(history["state"], "done", "{history}");
            let readings = reconstructed(&app, &okr).await;
            assert_eq!(readings.len(), 50, "one of each day: {history}");
            for reading in readings {
                let at: Instant = reading["at"].as_str().expect("an instant").parse().expect("an instant");
                assert_eq!(at, end_of(at.date_naive()), "the end of a day");
                let truth = site.truth_at(AsOf::Instant(at), jql).expect("a query");
                let what = format!("{jql} {quantity:?} {at}");
                assert_eq!(reading["matched"], json!(truth.matched()), "{what}");
                assert_eq!(reading["completed"], json!(truth.completed()), "{what}");
                assert_eq!(
                    decimal(&reading["total"]).round_dp(12),
                    (truth.total(quantity) / *unit).round_dp(12),
                    "{what}"
                );
                assert_eq!(
                    decimal(&reading["done"]).round_dp(12),
                    (truth.done(quantity) / *unit).round_dp(12),
                    "{what}"
                );
            }
        }
    }
}

/// Why it moved is told of the past as well, issue by issue, up to and past the first measurement.
async fn the_past_has_moves(database: TestDatabase, dialect: Dialect) {
    let (app, site, connection) = lived(&database, dialect).await;
    let okr = app.key_result(json!({"starts_on": FIRST})).await;
    app.link(&okr, &connection, "project = AE", json!({"metric": {"kind": "story_points"}})).await;
    backfill(&app).await;
    let first = site.create(IssueDraft::new("AE", "Story").points("8")).expect("a story");
    app.clock.advance(TimeDelta::hours(1));
    app.refresh(&okr).await;

    let readings = app.admin.get(&format!("/okrs/{okr}/readings?limit=200")).await.expect(200);
    let readings = readings["items"].as_array().expect("a list");
    let page = app.admin.get(&format!("/okrs/{okr}/moves?limit=200")).await.expect(200);
    let moves = page["items"].as_array().expect("a list");
    let kind = |id: &Value| &readings.iter().find(|reading| reading["id"] == *id).expect("a reading")["kind"];
    let of_past = moves.iter().filter(|told| kind(&told["to_reading"]) == "reconstructed").count();
    assert!(of_past > 30, "{of_past} days had a move");
    let joined = &moves[0]["causes"][0];
    let key = site.key(first).expect("a key");
    assert_eq!((&joined["kind"], &joined["issue_key"]), (&json!("joined"), &json!(key)), "{page}");
    moves.iter().for_each(adds_up);
}

/// A past number names its issues, its query and its rule, as a document and as a table.
async fn a_past_number_is_proved(database: TestDatabase, dialect: Dialect) {
    let app = app(&database).await;
    let site = app.jira(dialect).await;
    site.add_project("AE", "Arm engineering").expect("a new project");
    let first = site.create(IssueDraft::new("AE", "Story").points("3")).expect("a story");
    site.create(IssueDraft::new("AE", "Story").points("5")).expect("a story");
    app.clock.advance(TimeDelta::days(5));
    site.edit(first).expect("it").transition("Done").expect("a status");
    app.clock.advance(TimeDelta::days(5));
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({"starts_on": FIRST})).await;
    app.link(&okr, &connection, "project = AE", json!({"metric": {"kind": "story_points"}})).await;
    backfill(&app).await;

    let readings = reconstructed(&app, &okr).await;
    assert_eq!(readings.len(), 10);
    assert_eq!((&readings[0]["progress"], &readings[9]["progress"]), (&json!("37.5"), &json!("0")));
    let path = |reading: &Value| format!("/okrs/{okr}/readings/{}/issues", reading["id"].as_str().expect("an id"));
    let then = app.admin.get(&path(&readings[9])).await.expect(200);
    assert_eq!((&then["jql"], &then["metric"]["kind"]), (&json!("project = AE"), &json!("story_points")));
    let issues: Vec<_> =
        then["issues"].as_array().expect("a list").iter().map(|i| (&i["key"], &i["completed"], &i["value"])).collect();
    assert_eq!(issues, [(&json!("AE-1"), &json!(false), &json!("3")), (&json!("AE-2"), &json!(false), &json!("5"))]);
    let table = app.admin.get(&format!("{}?format=csv", path(&readings[0]))).await;
    assert_eq!(table.status.as_u16(), 200, "{}", table.text);
    let rows: Vec<&str> = table.text.lines().collect();
    assert_eq!(rows.len(), 3, "{}", table.text);
    assert!(rows[1].contains("AE-1") && rows[1].contains("true") && rows[1].contains("project = AE"), "{}", rows[1]);
    let latest = app.readings(&okr).await.remove(0);
    let now = app.admin.get(&path(&latest)).await.expect(200);
    assert_eq!(now["issues"].as_array().map(Vec::len), Some(2), "a measured one has its issues, too");
    let other = app.key_result(json!({})).await;
    let foreign = path(&latest).replace(&okr, &other);
    app.admin.get(&foreign).await.problem(404, "no_reading");
}

/// A query that is put right soon after the first measurement is the one whose past is told; what is edited later is a move,
/// and the past stays.
async fn a_query_put_right_at_once_has_the_past(database: TestDatabase, dialect: Dialect) {
    let app = app(&database).await;
    let site = app.jira(dialect).await;
    for (key, stories) in [("AE", 2), ("OPS", 1)] {
        site.add_project(key, key).expect("a new project");
        for _ in 0..stories {
            site.create(IssueDraft::new(key, "Story")).expect("a story");
        }
    }
    app.clock.advance(TimeDelta::days(5));
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({"starts_on": FIRST})).await;
    for (jql, pause, matched) in
        [("project = OPS", 10, 1), ("project = AE", 3 * 24 * 60, 2), ("project IN (AE, OPS)", 10, 2)]
    {
        app.link(&okr, &connection, jql, json!({})).await;
        backfill(&app).await;
        let past = reconstructed(&app, &okr).await;
        let numbers: Vec<_> = past.iter().map(|reading| &reading["matched"]).collect();
        assert_eq!(numbers, vec![&json!(matched); 5], "{jql}");
        let path = format!("/okrs/{okr}/readings/{}/issues", past[0]["id"].as_str().expect("an id"));
        let evidence = app.admin.get(&path).await.expect(200);
        assert_eq!(evidence["issues"].as_array().map(Vec::len), Some(matched), "{evidence}");
        app.clock.advance(TimeDelta::minutes(pause));
    }
}

/// What cannot be known is said in words.
async fn gaps_are_named(database: TestDatabase, dialect: Dialect) {
    let app = app(&database).await;
    let site = app.jira(dialect).await;
    site.add_project("AE", "Arm engineering").expect("a new project");
    site.create(IssueDraft::new("AE", "Story")).expect("a story");
    app.clock.advance(TimeDelta::days(5));
    let connection = app.connect(&site).await;
    for (jql, code, days) in [
        ("project = AE", "moved_between_projects", 5),
        ("labels = late OR key = AE-1", "no_past_in_jira", 5),
        ("project = AE OR sprint IN openSprints()", "volatile_function", 0),
        ("status != Done", "too_wide", 0),
    ] {
        let okr = app.key_result(json!({"starts_on": FIRST})).await;
        app.link(&okr, &connection, jql, json!({})).await;
        backfill(&app).await;
        let history = app.admin.get(&format!("/okrs/{okr}/history")).await.expect(200);
        let gaps = history["gaps"].as_array().expect("a list");
        assert!(gaps.iter().any(|gap| gap["code"] == code), "{jql}: {history}");
        assert!(gaps.iter().all(|gap| gap["message"].as_str().is_some_and(|text| text.len() > 40)), "{history}");
        assert_eq!(reconstructed(&app, &okr).await.len(), days, "{jql}");
    }
}

/// 300 issues cost three requests a hundred and a few more, and what was read is not read again.
async fn the_past_costs_few_requests(database: TestDatabase, dialect: Dialect) {
    let app = app(&database).await;
    let site = app.jira(dialect).await;
    site.add_project("AE", "Arm engineering").expect("a new project");
    for _ in 0..300 {
        let story = site.create(IssueDraft::new("AE", "Story")).expect("a story");
        site.edit(story).expect("it").transition("Done").expect("a status");
    }
    app.clock.advance(TimeDelta::days(5));
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({"starts_on": FIRST})).await;
    app.link(&okr, &connection, "project = AE", json!({})).await;
    let mark = site.ledger().arrived();
    backfill(&app).await;
    let asked = site.ledger().since(mark).len();
    assert!(asked <= 300 / 100 * 3 + 50, "{asked} requests");
    let history = app.admin.get(&format!("/okrs/{okr}/history")).await.expect(200);
    assert_eq!((&history["done"], &history["total"]), (&json!(300), &json!(300)), "{history}");
    backfill(&app).await;
    assert_eq!(site.ledger().since(mark).len(), asked, "there is nothing more to read");
}

journey!(the_past_costs_few_requests);
journey!(the_past_of_a_link_is_what_was);
journey!(the_past_has_moves);
journey!(a_past_number_is_proved);
journey!(a_query_put_right_at_once_has_the_past);
journey!(gaps_are_named);
