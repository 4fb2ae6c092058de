//! Why it moved: every difference is accounted for, issue by issue, on both databases and both dialects.

use chrono::TimeDelta;
use okrsync_domain::{decimal::exact, person::Role};
use okrsync_jira_sim::{Browsers, Dialect, IssueDraft, IssueId, JiraSim};
use okrsync_tests::{app::TestApp, databases::TestDatabase, journey};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// An OKR over the stories of an epic, 3 of 10 done.
struct Told {
    app: TestApp,
    site: JiraSim,
    epic: IssueId,
    stories: Vec<IssueId>,
    connection: String,
    okr: String,
    jql: &'static str,
}

impl Told {
    async fn start(database: &TestDatabase, dialect: Dialect) -> Self {
        let app = TestApp::start(database).await;
        let site = app.jira(dialect).await;
        site.add_project("AE", "Arm engineering").expect("a new project");
        site.add_project("OPS", "Operations").expect("a new project");
        let epic = site.create(IssueDraft::new("AE", "Epic").key_number(786)).expect("an epic");
        let status = |number| if number < 3 { "Done" } else { "To Do" };
        let stories = (0..10).map(|number| story(&site, "AE", epic, status(number))).collect();
        let connection = app.connect(&site).await;
        let okr = app.key_result(json!({})).await;
        let jql = match dialect {
            Dialect::Cloud => "parent = AE-786",
            Dialect::DataCenter => "\"Epic Link\" = AE-786",
        };
        let told = Self { app, site, epic, stories, connection, okr, jql };
        told.link(json!({})).await;
        told
    }

    async fn link(&self, more: Value) -> Value {
        self.app.link(&self.okr, &self.connection, self.jql, more).await
    }

    /// A minute later, measured again.
    async fn refresh(&self) {
        self.app.clock.advance(TimeDelta::minutes(1));
        self.app.refresh(&self.okr).await;
    }

    /// The moves of an OKR; every account is checked.
    async fn moves_of(&self, okr: &str) -> Value {
        let page = self.app.admin.get(&format!("/okrs/{okr}/moves")).await.expect(200);
        for account in list(&page["items"]).iter().chain([&page["summary"]]) {
            adds_up(account);
        }
        page
    }

    async fn newest(&self) -> Value {
        self.moves_of(&self.okr).await["items"][0].clone()
    }
}

fn story(site: &JiraSim, project: &str, epic: IssueId, status: &str) -> IssueId {
    site.create(IssueDraft::new(project, "Story").epic(epic).status(status)).expect("a story")
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("a list, not {value}"))
}

fn decimal(value: &Value) -> Decimal {
    exact(value.as_str().unwrap_or_else(|| panic!("a decimal, not {value}"))).expect("a decimal")
}

/// The causes, with what was left out, are the difference; so are scope, work, values and the rest.
#[track_caller]
pub(crate) fn adds_up(account: &Value) {
    for number in ["value", "progress"].into_iter().filter(|number| account["delta"][number].is_string()) {
        let causes: Decimal = list(&account["causes"]).iter().map(|cause| decimal(&cause[number])).sum();
        let more = account["more"].get(number).map_or(Decimal::ZERO, decimal);
        assert_eq!(causes + more, decimal(&account["delta"][number]), "{number}: {account}");
        let split = &account["split"];
        let parts: Decimal =
            ["scope", "work", "values", "other"].iter().map(|part| decimal(&split[part][number])).sum();
        assert_eq!(parts, causes + more, "{number}: {account}");
    }
}

/// Kind, key and points of each cause.
fn causes(account: &Value) -> Vec<[String; 3]> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    list(&account["causes"])
        .iter()
        .map(|cause| [text(&cause["kind"]), text(&cause["issue_key"]), text(&cause["progress"])])
        .collect()
}

fn cause(kind: &str, key: &str, points: &str) -> [String; 3] {
    [kind, key, points].map(str::to_owned)
}

/// 30 % → 27.27 %: the story that joined took 2.7273 points, and nothing was lost.
async fn a_joining_story_has_its_points(database: TestDatabase, dialect: Dialect) {
    let told = Told::start(&database, dialect).await;
    assert_eq!(told.moves_of(&told.okr).await["items"], json!([]), "one reading is no move");
    story(&told.site, "AE", told.epic, "To Do");
    told.refresh().await;
    let told_move = told.newest().await;
    assert_eq!(told_move["delta"], json!({"value": "-2.7273", "progress": "-2.7273"}));
    assert_eq!(causes(&told_move), [cause("joined", "AE-797", "-2.7273")]);
    assert_eq!(told_move["text"], "AE-797 joined, 0 lost");
    assert_eq!(told_move["split"]["scope"], json!({"count": 1, "value": "-2.7273", "progress": "-2.7273"}));
    assert_eq!((&told_move["split"]["work"]["count"], &told_move["split"]["lost"]), (&json!(0), &json!(0)));
    assert_eq!(told_move["causes"][0]["issue_url"], format!("{}/browse/AE-797", told.site.base_url()));
    let readings = told.app.readings(&told.okr).await;
    assert_eq!([&told_move["from_reading"], &told_move["to_reading"]], [&readings[1]["id"], &readings[0]["id"]]);

    told.refresh().await;
    assert_eq!(list(&told.moves_of(&told.okr).await["items"]).len(), 1, "nothing happened");
}

/// Completed, reopened, out of the query, and the sum over all of it.
async fn whatever_happens_is_named(database: TestDatabase, dialect: Dialect) {
    let told = Told::start(&database, dialect).await;
    let edit = |index: usize| told.site.edit(told.stories[index]).expect("a story");
    edit(3).transition("Done").expect("a status");
    edit(4).transition("Done").expect("a status");
    told.refresh().await;
    edit(0).transition("To Do").expect("a status");
    edit(9).epic(None).expect("out of the epic");
    told.refresh().await;
    let page = told.moves_of(&told.okr).await;
    let items = list(&page["items"]);
    assert_eq!(
        causes(&items[0]),
        [cause("reopened", "AE-787", "-11.1112"), cause("left", "AE-796", "5.5556")],
        "5 of 10, then 4 of 9: −5.5556; the rest of the rounding is the largest's"
    );
    assert_eq!(items[0]["text"], "AE-787 reopened, AE-796 left the query");
    assert_eq!(causes(&items[1]), [cause("completed", "AE-790", "10"), cause("completed", "AE-791", "10")]);
    assert_eq!(page["summary"]["delta"]["progress"], "14.4444", "from 30 to 44.4444");
    assert_eq!(list(&page["summary"]["causes"]).len(), 4);
    let first = told.app.admin.get(&format!("/okrs/{}/moves?limit=1", told.okr)).await.expect(200);
    assert_eq!(first["items"], json!([items[0]]));
    let cursor = first["next_cursor"].as_str().expect("there is more");
    let path = format!("/okrs/{}/moves?limit=1&cursor={cursor}", told.okr);
    let second = told.app.admin.get(&path).await.expect(200);
    assert_eq!((&second["items"], &second["next_cursor"]), (&json!([items[1]]), &Value::Null));
    assert_eq!(second["summary"], Value::Null, "told once");
}

/// A deleted issue is told from one that left, and from one whose project the account may no longer browse.
async fn deleted_and_hidden_issues_are_told(database: TestDatabase, dialect: Dialect) {
    let told = Told::start(&database, dialect).await;
    let elsewhere = story(&told.site, "OPS", told.epic, "To Do");
    told.refresh().await;
    told.site.edit(told.stories[9]).expect("a story").delete().expect("deleted");
    told.refresh().await;
    assert_eq!(causes(&told.newest().await), [cause("deleted", "AE-796", "2.7273")]);
    told.site.set_browsers("OPS", Browsers::Only(Vec::new())).expect("a project");
    told.refresh().await;
    let hidden = told.newest().await;
    assert_eq!(causes(&hidden), [cause("hidden", "OPS-1", "3.3333")]);
    assert_eq!(hidden["text"], "OPS-1 hidden");
    assert!(told.site.find("OPS-1").is_some_and(|id| id == elsewhere));
}

/// Edits of query, target and metric are causes of their own, and what was read before stays as it was.
async fn edits_are_moves(database: TestDatabase, dialect: Dialect) {
    let told = Told::start(&database, dialect).await;
    let before = told.app.readings(&told.okr).await;
    told.app.clock.advance(TimeDelta::minutes(1));
    told.app.link(&told.okr, &told.connection, "project = AE AND status = Done", json!({})).await;
    let query = told.newest().await;
    assert_eq!(causes(&query), [cause("setting", "-", "70")]);
    let edited = &query["causes"][0];
    assert_eq!([&edited["field"], &edited["from"], &edited["to"]], ["jql", told.jql, "project = AE AND status = Done"]);
    assert_eq!(query["text"], "query edited");

    let kpi = |target: &str| json!({"kind": "kpi", "name": "Stories", "unit": "", "start": "0", "target": target});
    told.app.clock.advance(TimeDelta::minutes(1));
    told.link(json!({"measure": kpi("10"), "completed_only": true})).await;
    told.app.clock.advance(TimeDelta::minutes(1));
    told.site.edit(told.stories[3]).expect("a story").transition("Done").expect("a status");
    told.app.admin.patch(&format!("/okrs/{}", told.okr), &json!({"measure": kpi("20")})).await.expect(200);
    told.app.settle().await;
    let target = told.newest().await;
    assert_eq!(target["delta"], json!({"value": "1", "progress": "-10"}), "3 of 10, then 4 of 20");
    assert_eq!(causes(&target), [cause("setting", "-", "-20"), cause("completed", "AE-790", "10")]);
    assert_eq!(target["text"], "AE-790 completed, target 10 → 20");

    told.app.clock.advance(TimeDelta::minutes(1));
    told.link(json!({"completed_only": false})).await;
    let toggle = told.newest().await;
    assert_eq!((&toggle["delta"]["value"], &toggle["text"]), (&json!("6"), &json!("all issues count")));
    let after = told.app.readings(&told.okr).await;
    assert_eq!(after.last(), before.last(), "history is not rewritten");
}

/// The metric, the fields that points are in, and the start: each edit is a cause of its own with its field and its share.
async fn every_setting_is_a_move(database: TestDatabase, dialect: Dialect) {
    let told = Told::start(&database, dialect).await;
    let effort = told.site.add_number_field("Effort").expect("a field");
    for (index, story) in told.stories.iter().enumerate() {
        let edit = told.site.edit(*story).expect("a story").points("1").expect("points");
        edit.number(&effort, Some(if index < 3 { "7" } else { "1" })).expect("effort");
    }
    told.app.clock.advance(TimeDelta::minutes(1));
    told.app
        .admin
        .patch(&format!("/connections/{}", told.connection), &json!({"story_points_fields": [effort]}))
        .await
        .expect(200);
    let edited = |account: &Value, field: &str| {
        let cause = &account["causes"][0];
        assert_eq!((&cause["kind"], &cause["field"]), (&json!("setting"), &json!(field)), "{account}");
        cause["progress"].as_str().expect("a number").to_owned()
    };
    told.link(json!({"metric": {"kind": "story_points"}})).await;
    assert_eq!(edited(&told.newest().await, "metric"), "45", "3 of 10 stories, then 21 of 28 points");

    told.app.clock.advance(TimeDelta::minutes(1));
    let own = json!({"story_points_fields": [told.site.points_field()]});
    told.app.admin.patch(&format!("/connections/{}", told.connection), &own).await.expect(200);
    told.refresh().await;
    let fields = told.newest().await;
    assert_eq!(edited(&fields, "story_points_fields"), "-45", "21 of 28, then 3 of 10");
    let told_fields = [&fields["causes"][0]["from"], &fields["causes"][0]["to"]];
    assert_eq!(told_fields, [&json!(effort), &json!(told.site.points_field())]);

    let kpi = |start: &str| json!({"kind": "kpi", "name": "Points", "unit": "", "start": start, "target": "5"});
    told.app.clock.advance(TimeDelta::minutes(1));
    told.link(json!({"metric": {"kind": "story_points"}, "measure": kpi("0")})).await;
    assert_eq!(edited(&told.newest().await, "measure.kind"), "30", "3 of 10, then 3 of 5");
    told.app.clock.advance(TimeDelta::minutes(1));
    told.app.admin.patch(&format!("/okrs/{}", told.okr), &json!({"measure": kpi("1")})).await.expect(200);
    told.app.settle().await;
    assert_eq!(edited(&told.newest().await, "measure.start"), "-10", "3 of 5, then 2 of 4");
}

/// An objective has the moves of what is below it, by their share, and hides what may not be seen.
async fn an_objective_carries_its_key_results(database: TestDatabase, dialect: Dialect) {
    let told = Told::start(&database, dialect).await;
    let objective = told.app.key_result(json!({"kind": "objective", "title": "Grow"})).await;
    let below = json!({"parent_id": objective});
    told.app.admin.patch(&format!("/okrs/{}", told.okr), &below).await.expect(200);
    let private = json!({"parent_id": objective, "visibility": "private"});
    let other = told.app.key_result(private).await;
    told.app.admin.patch(&format!("/okrs/{}", told.okr), &json!({"share": "25"})).await.expect(200);
    told.app.clock.advance(TimeDelta::minutes(1));
    let check_in = json!({"value": "50", "note": "half"});
    told.app.admin.post(&format!("/okrs/{other}/check-ins"), &check_in).await.expect(201);
    story(&told.site, "AE", told.epic, "To Do");
    told.refresh().await;

    let page = told.moves_of(&objective).await;
    let items = list(&page["items"]);
    assert_eq!(causes(&items[0]), [cause("joined", "AE-797", "-0.6818")], "a quarter of −2.7273");
    assert_eq!(items[0]["causes"][0]["okr_id"], told.okr);
    assert_eq!(causes(&items[1]), [cause("children", "-", "15")], "from 30 alone to 45");
    assert_eq!(page["summary"]["delta"]["progress"], "14.3182", "since it has data");
    let progress = told.app.okr(&objective).await["progress"].clone();
    let readings = told.app.readings(&objective).await;
    let seen: Vec<_> = readings.iter().map(|reading| &reading["progress"]).collect();
    assert_eq!(seen, [&progress, &json!("45"), &json!("30")]);

    let viewer = told.app.person("vera@northwind.example", Role::Viewer).await;
    let page = viewer.get(&format!("/okrs/{objective}/moves")).await.expect(200);
    let hidden = &page["items"][1];
    assert_eq!((&hidden["okr_id"], &hidden["causes"][0]["okr_id"]), (&Value::Null, &Value::Null), "{hidden}");
    assert_eq!(hidden["delta"]["progress"], "15");
}

/// Titles stay hidden where the connection hides them; who may not see the OKR sees no moves.
async fn moves_show_no_more_than_may_be_seen(database: TestDatabase, dialect: Dialect) {
    let told = Told::start(&database, dialect).await;
    let hide = json!({"show_titles_to_viewers": false});
    told.app.admin.patch(&format!("/connections/{}", told.connection), &hide).await.expect(200);
    let draft = IssueDraft::new("AE", "Story").epic(told.epic).summary("Secret plan");
    told.site.create(draft).expect("a story");
    told.refresh().await;
    assert_eq!(told.newest().await["causes"][0]["issue_title"], "Secret plan");
    let viewer = told.app.person("vera@northwind.example", Role::Viewer).await;
    let path = format!("/okrs/{}/moves", told.okr);
    let page = viewer.get(&path).await.expect(200);
    assert_eq!(page["items"][0]["causes"][0]["issue_title"], Value::Null);
    told.app.admin.patch(&format!("/okrs/{}", told.okr), &json!({"visibility": "private"})).await.expect(200);
    viewer.get(&path).await.expect(404);
    told.app.admin.get(&format!("{path}?limit=0")).await.expect(422);
    told.app.admin.get(&format!("{path}?cursor=x")).await.expect(422);
}

/// "Since the last check-in", and "this day": the sum over an interval is the difference of its ends.
async fn intervals_are_summed(database: TestDatabase, dialect: Dialect) {
    let told = Told::start(&database, dialect).await;
    let done = |index: usize| told.site.edit(told.stories[index]).expect("a story").transition("Done").expect("it");
    done(3);
    told.refresh().await;
    told.app.clock.advance(TimeDelta::days(1));
    let path = format!("/okrs/{}/moves", told.okr);
    let check_in = json!({"value": "35", "note": "less than it seems"});
    told.app.admin.post(&format!("/okrs/{}/check-ins", told.okr), &check_in).await.expect(201);
    done(4);
    told.refresh().await;
    done(5);
    told.refresh().await;
    let page = told.moves_of(&told.okr).await;
    let texts: Vec<_> = list(&page["items"]).iter().map(|item| item["text"].as_str().expect("words")).collect();
    let words = ["AE-792 completed", "AE-791 completed, measured again", "checked in", "AE-790 completed"];
    assert_eq!(texts, words);
    assert_eq!(page["summary"]["delta"]["progress"], "30", "from 30 to 60");
    let since = told.app.admin.get(&format!("{path}?since=check_in")).await.expect(200);
    assert_eq!(since["summary"]["delta"]["progress"], "25", "from 35 to 60");
    adds_up(&since["summary"]);
    let week = told.app.admin.get(&format!("{path}?since=week")).await.expect(200);
    assert_eq!(week["summary"]["delta"]["progress"], "30", "all of it since Monday");
    told.app.clock.advance(TimeDelta::days(2));
    let monday = told.app.admin.get(&format!("{path}?since=week")).await.expect(200);
    assert_eq!(monday["items"], json!([]), "a new week");
    let today = told.app.admin.get(&format!("{path}?from=2026-11-21&to=2026-11-21")).await.expect(200);
    assert_eq!((&today["summary"]["delta"]["progress"], list(&today["items"]).len()), (&json!("20"), 3));
    let before = told.app.admin.get(&format!("{path}?to=2026-11-20")).await.expect(200);
    assert_eq!((&before["summary"]["delta"]["progress"], list(&before["items"]).len()), (&json!("10"), 1));
    told.app.admin.get(&format!("{path}?since=check_in&from=2026-11-20")).await.expect(422);
}

/// A move of many issues is bounded, and what is left out is told exactly.
async fn a_large_move_is_cut_exactly(database: TestDatabase, dialect: Dialect) {
    let told = Told::start(&database, dialect).await;
    for number in 0..250 {
        story(&told.site, "AE", told.epic, if number % 2 == 0 { "Done" } else { "To Do" });
    }
    told.refresh().await;
    let large = told.newest().await;
    assert_eq!(list(&large["causes"]).len(), 100);
    assert_eq!((&large["more"]["count"], &large["split"]["scope"]["count"]), (&json!(150), &json!(250)));
    assert_eq!(large["text"], "250 joined, 0 lost");
}

journey!(a_joining_story_has_its_points);
journey!(whatever_happens_is_named);
journey!(deleted_and_hidden_issues_are_told);
journey!(edits_are_moves);
journey!(every_setting_is_a_move);
journey!(an_objective_carries_its_key_results);
journey!(moves_show_no_more_than_may_be_seen);
journey!(intervals_are_summed);
journey!(a_large_move_is_cut_exactly);
