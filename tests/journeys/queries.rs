//! A query is seen to be wrong while it is typed: positioned errors with near names, what nobody can check, suggestions,
//! and how little Jira is asked for it.

#![expect(clippy::needless_pass_by_value, reason = "`json!` at the call reads better without a reference")]

use chrono::TimeDelta;
use okrsync_jira_sim::{Dialect, Fault, IssueDraft, JiraSim};
use okrsync_tests::{app::TestApp, databases::TestDatabase, journey, process::Place};
use serde_json::{Value, json};

/// A connected site with the project AE and four issues in it, two of them done.
struct World {
    app: TestApp,
    site: JiraSim,
    connection: String,
}

impl World {
    async fn new(database: &TestDatabase, dialect: Dialect) -> Self {
        let app = TestApp::start(database).await;
        let site = app.jira(dialect).await;
        site.add_project("AE", "Arm engineering").expect("a new project");
        for status in ["Done", "Done", "In Progress", "To Do"] {
            site.create(IssueDraft::new("AE", "Story").status(status)).expect("an issue");
        }
        let connection = app.connect(&site).await;
        Self { app, site, connection }
    }

    async fn check(&self, jql: &str) -> Value {
        let body = json!({"connection_id": self.connection, "jql": jql});
        self.app.admin.post("/jql/check", &body).await.expect(200)
    }

    fn draft(&self, jql: &str, more: Value) -> Value {
        let mut body = json!({"connection_id": self.connection, "jql": jql, "metric": {"kind": "count"}});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    }

    /// Requests that Jira got from now on while `act` went on.
    async fn asked<T>(&self, act: impl Future<Output = T>) -> (T, usize) {
        let before = self.site.ledger().arrived();
        let result = act.await;
        (result, self.site.ledger().arrived() - before)
    }
}

/// The part of `jql` that an error or lint marks.
fn marked(jql: &str, finding: &Value) -> String {
    let at =
        |name: &str| usize::try_from(finding[name].as_u64().unwrap_or_else(|| panic!("{finding}"))).expect("small");
    jql.chars().skip(at("start")).take(at("end") - at("start")).collect()
}

/// Query, the wrong part, code, the name that was meant (empty: none is near).
const WRONG: [(&str, &str, &str, &str); 9] = [
    ("größe = 1", "größe", "unknown_field", ""),
    ("summary ~ \"größe 🙂\" AND project = AEE", "AEE", "unknown_value", "AE"),
    ("project = AE AND status = \"In Progres\"", "\"In Progres\"", "unknown_value", "In Progress"),
    ("project = AE AND type in (Story, Storry)", "Storry", "unknown_value", "Story"),
    ("project = AE AND priority = Medum", "Medum", "unknown_value", "Medium"),
    ("project = AE OR project = NOWHERE", "NOWHERE", "unknown_value", ""),
    ("project = AE AND sprint in openSprint()", "openSprint()", "unknown_function", "openSprints"),
    ("project = AE AND component = Backofffice", "Backofffice", "refused_by_jira", ""),
    ("project = AE AND summary = \"x\"", "summary", "refused_by_jira", ""),
];

/// What a site does not have is an error with a place and the nearest name: in the check, the preview and the link, on
/// both deployments, though Cloud's search takes it for a query that matches nothing, and its parser gives no places.
async fn unknown_names_are_errors_with_places(database: TestDatabase, dialect: Dialect) {
    let world = World::new(&database, dialect).await;
    let okr = world.app.key_result(json!({})).await;
    for (jql, part, code, near) in WRONG {
        let check = world.check(jql).await;
        let error = &check["errors"][0];
        assert_eq!((&check["valid"], check["errors"].as_array().map(Vec::len)), (&json!(false), Some(1)), "{check}");
        assert_eq!((marked(jql, error).as_str(), &error["code"]), (part, &json!(code)), "{jql}: {check}");
        if near.is_empty() {
            assert_eq!((&error["hint"], error.get("fix")), (&Value::Null, None), "{jql}");
        } else {
            assert_eq!(error["hint"], format!("Did you mean {near}?"), "{jql}");
            assert!(error["fix"]["text"].as_str().is_some_and(|text| text.trim_matches('"') == near), "{error}");
        }
        let draft = world.draft(jql, json!({}));
        for answer in [
            world.app.admin.post("/links/preview", &draft).await,
            world.app.admin.put(&format!("/okrs/{okr}/link"), &draft).await,
        ] {
            let problem = answer.problem(422, "invalid_jql");
            assert_eq!(marked(jql, &problem["errors"][0]), part, "{problem}");
            assert_eq!(problem["errors"][0]["field"], "jql");
        }
    }
    world.app.admin.get(&format!("/okrs/{okr}/link")).await.problem(404, "not_linked");
}

/// A catalogue that was read yesterday refuses nothing that has come since, and learns of it.
async fn what_is_new_on_the_site_is_not_refused(database: TestDatabase, dialect: Dialect) {
    let world = World::new(&database, dialect).await;
    let suggested = async || {
        let path = format!("/connections/{}/suggestions?jql=project%20%3D%20", world.connection);
        world.app.admin.get(&path).await.expect(200).to_string()
    };
    assert!(!suggested().await.contains("\"NEW\""));
    world.site.add_project("NEW", "A minute ago").expect("a new project");
    world.site.create(IssueDraft::new("NEW", "Story")).expect("an issue");
    world.app.clock.advance(TimeDelta::minutes(2));
    let before = json!({"connection_id": world.connection, "jql": "project = NEW", "ask_jira": false});
    let doubted = world.app.admin.post("/jql/check", &before).await.expect(200);
    assert_eq!((&doubted["valid"], &doubted["lints"][0]["code"]), (&json!(true), &json!("unknown_value")), "{doubted}");
    let check = world.check("project = NEW").await;
    assert_eq!((&check["valid"], &check["errors"], &check["lints"]), (&json!(true), &json!([]), &json!([])), "{check}");
    assert!(suggested().await.contains("\"NEW\""), "the catalogue was read again");
    let okr = world.app.key_result(json!({})).await;
    world.app.link(&okr, &world.connection, "project = NEW", json!({})).await;
    let wrong = "project in (NEW, NOWHERE)";
    assert_eq!(marked(wrong, &world.check(wrong).await["errors"][0]), "NOWHERE");
}

/// What nobody can check is named, and unknown people are warnings.
async fn what_cannot_be_checked_is_said(database: TestDatabase, dialect: Dialect) {
    let world = World::new(&database, dialect).await;
    let was = world.check("status WAS Gone").await;
    // Only Data Center looks at a history's values: what it says of them is passed on.
    let past = if dialect == Dialect::Cloud { "Gone" } else { "Done" };
    assert_eq!(was["valid"], dialect == Dialect::Cloud, "{was}");
    if dialect == Dialect::DataCenter {
        assert_eq!(
            (&was["errors"][0]["code"], was["unchecked"].as_array().map(Vec::len)),
            (&json!("refused_by_jira"), Some(0))
        );
    }
    let jql = &format!("project = AE OR labels in (bckend, apps) OR status WAS {past} OR assignee = nobody-like-this");
    let check = world.check(jql).await;
    assert_eq!((&check["valid"], &check["errors"]), (&json!(true), &json!([])), "{check}");
    let open: Vec<_> = check["unchecked"].as_array().expect("a list").iter().map(|part| marked(jql, part)).collect();
    assert_eq!(open, ["(bckend, apps)", past]);
    assert_eq!(check["warnings"].as_array().map(Vec::len), Some(1), "{check}");
    assert!(check["warnings"][0].as_str().is_some_and(|text| text.contains("nobody-like-this")), "{check}");
    let preview = world.app.admin.post("/links/preview", &world.draft(jql, json!({}))).await.expect(200);
    assert_eq!((&preview["warnings"], &preview["unchecked"]), (&check["warnings"], &check["unchecked"]));
}

/// A query without a restriction is refused by okrsync itself, and Jira is not asked.
async fn a_query_for_everything_is_refused(database: TestDatabase, dialect: Dialect) {
    let world = World::new(&database, dialect).await;
    let okr = world.app.key_result(json!({})).await;
    world.check("project = AE").await;
    for jql in ["", "  \n ", "ORDER BY key DESC"] {
        let (check, asked) = world.asked(world.check(jql)).await;
        assert_eq!((&check["errors"][0]["code"], asked), (&json!("unbounded_query"), 0), "{check}");
        let draft = world.draft(jql, json!({"confirm_empty": true}));
        let answers = async {
            let preview = world.app.admin.post("/links/preview", &draft).await;
            (preview, world.app.admin.put(&format!("/okrs/{okr}/link"), &draft).await)
        };
        let ((preview, link), asked) = world.asked(answers).await;
        preview.problem(422, "unbounded_query");
        link.problem(422, "unbounded_query");
        assert_eq!(asked, 0, "{jql:?}");
    }
    for jql in ["project = AE) OR (project = AE", "project = AE // mine", "project = AE -- mine", "/* */ project = AE"]
    {
        let problem = world.app.admin.post("/links/preview", &world.draft(jql, json!({}))).await;
        let problem = problem.problem(422, "invalid_jql");
        assert!(problem["hint"].as_str().is_some_and(|hint| hint.contains("no ")), "{problem}");
    }
}

/// What is typed costs no request; Jira's verdict costs two on Cloud, a third for people, and one on Data Center.
async fn checks_ask_little(database: TestDatabase, dialect: Dialect) {
    let world = World::new(&database, dialect).await;
    world.check("project = AE").await;
    let (verdict, people) = if dialect == Dialect::Cloud { (2, 3) } else { (1, 1) };
    for (jql, requests) in [
        ("project = AE AND status = Done", verdict),
        ("project = AE AND assignee = kim", people),
        ("project = NOWHERE", 1),
        ("project = AE AND", 0),
    ] {
        let (_, asked) = world.asked(world.check(jql)).await;
        assert_eq!(asked, requests, "{jql}");
    }
    let typed = async {
        for end in 1..20 {
            let jql: String = "project = NEW AND sta".chars().take(end).collect();
            let body = json!({"connection_id": world.connection, "jql": jql, "ask_jira": false});
            world.app.admin.post("/jql/check", &body).await.expect(200);
            let path = format!("/connections/{}/suggestions?cursor=1&jql=p", world.connection);
            world.app.admin.get(&path).await.expect(200);
        }
    };
    assert_eq!(world.asked(typed).await.1, 0);
}

/// Without an answer of Jira, names that the catalogue does not know are doubts, and the link is stored.
async fn a_silent_jira_refuses_nothing(database: TestDatabase, dialect: Dialect) {
    let world = World::new(&database, dialect).await;
    world.check("project = AE").await;
    world.site.faults().add(Fault::status(503).forever());
    let check = world.check("project = NOWHERE AND statusCategory = Done").await;
    assert_eq!((&check["valid"], check["unanswered"].is_string()), (&json!(true), true), "{check}");
    let codes: Vec<_> = check["lints"].as_array().expect("a list").iter().map(|lint| lint["code"].clone()).collect();
    assert_eq!(codes, ["unknown_value", "self_filters_done"], "{check}");
    let body = json!({"connection_id": world.connection, "jql": "statusCategory = Done",
        "measure": {"kind": "kpi", "name": "n", "unit": "u", "start": "0", "target": "20"}});
    let check = world.app.admin.post("/jql/check", &body).await.expect(200);
    assert_eq!(check["lints"], json!([]), "a KPI may well count finished issues");
    world.app.admin.patch("/integrations/jira", &json!({"enabled": false})).await.expect(200);
    let check = world.check("project = NOWHERE").await;
    assert!(check["unanswered"].as_str().is_some_and(|why| why.contains("switched off")), "{check}");
}

/// Fields, operators, values and functions that fit at the cursor, as the site has them.
async fn suggestions_fit_at_the_cursor(database: TestDatabase, dialect: Dialect) {
    let world = World::new(&database, dialect).await;
    world.site.add_number_field("Größe in Tagen").expect("a field");
    for (jql, cursor, text, kind, place) in [
        ("pro", None, "project", "field", [0, 3]),
        ("grö", None, "\"Größe in Tagen\"", "field", [0, 3]),
        ("project ", None, "=", "operator", [8, 8]),
        ("project = a", None, "AE", "value", [10, 11]),
        ("status = \"In P", None, "\"In Progress\"", "value", [9, 14]),
        ("sprint in open", None, "openSprints()", "function", [10, 14]),
        ("st = Done AND project = AE", Some(2), "status", "field", [0, 2]),
        ("project = AE or", None, "OR", "keyword", [13, 15]),
    ] {
        let path = reqwest::Url::parse_with_params(
            "http://x/",
            [("jql", Some(jql.to_owned())), ("cursor", cursor.map(|at: usize| at.to_string()))]
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        let query = path.expect("an address").query().unwrap_or_default().to_owned();
        let answer = world.app.admin.get(&format!("/connections/{}/suggestions?{query}", world.connection)).await;
        let items = answer.expect(200)["items"].clone();
        let expected = json!({"text": text, "kind": kind, "start": place[0], "end": place[1]});
        assert!(items.as_array().is_some_and(|items| items.contains(&expected)), "{jql}: {items}");
    }
    let unknown = world.app.admin.get("/connections/01ARZ3NDEKTSV4RRFFQ69G5FAV/suggestions?jql=a").await;
    unknown.problem(404, "not_found");
    let viewer = world.app.person("viewer@northwind.example", okrsync_domain::person::Role::Viewer).await;
    viewer.get(&format!("/connections/{}/suggestions?jql=a", world.connection)).await.problem(403, "forbidden");
}

/// A preview tells what the metric covers, what would change, and what is odd; up to 300 matches exactly.
async fn a_preview_tells_what_a_link_would(database: TestDatabase, dialect: Dialect) {
    let world = World::new(&database, dialect).await;
    for number in 0..296 {
        let draft = IssueDraft::new("AE", "Task").status(if number < 98 { "Done" } else { "To Do" });
        world.site.create(if number < 100 { draft.points("2") } else { draft }).expect("an issue");
    }
    let okr = world.app.key_result(json!({})).await;
    world.app.link(&okr, &world.connection, "project = AE AND type = Story", json!({})).await;
    let more = json!({"metric": {"kind": "story_points"}, "okr_id": okr});
    let draft = world.draft("project = AE ORDER BY rank", more);
    let preview = world.app.admin.post("/links/preview", &draft).await.expect(200);
    let seen = ["matched", "completed", "progress", "estimate"].map(|field| preview[field].clone());
    assert_eq!(seen, [json!(300), json!(100), json!("98"), json!(false)], "{preview}");
    assert_eq!(preview["coverage"], json!({"with_value": 100, "without_value": 200}));
    assert_eq!(preview["change"]["progress"], "48", "from 50: {preview}");
    assert_eq!(preview["issues"].as_array().map(Vec::len), Some(5));
    let codes: Vec<_> = preview["lints"].as_array().expect("a list").iter().map(|lint| lint["code"].clone()).collect();
    assert_eq!(codes, ["metric_empty", "order_by_ignored"], "{preview}");
    let link = world.app.admin.get(&format!("/okrs/{okr}/link")).await.expect(200);
    assert_eq!(link["jql"], "project = AE AND type = Story", "nothing is stored");
    let nothing = world.app.admin.post("/links/preview", &world.draft("labels = none", json!({}))).await.expect(200);
    assert_eq!((&nothing["matched"], &nothing["lints"][0]["code"]), (&json!(0), &json!("matches_nothing")));
}

/// However many issues match, a preview asks Jira four times at most, also for fields that nobody has read yet.
async fn a_preview_of_very_many_issues_is_cheap(database: TestDatabase, dialect: Dialect) {
    const ISSUES: u64 = 50_000;
    let world = World::new(&database, dialect).await;
    for number in 4..ISSUES {
        let draft = IssueDraft::new("AE", "Task").status(if number < 20_000 { "Done" } else { "To Do" });
        world.site.create(draft).expect("an issue");
    }
    for metric in [json!({"kind": "story_points"}), json!({"kind": "count"})] {
        let draft = world.draft("project = AE AND (assignee = kim OR assignee is EMPTY)", json!({"metric": metric}));
        let (preview, asked) = world.asked(world.app.admin.post("/links/preview", &draft)).await;
        let preview = preview.expect(200);
        assert!(asked <= 4 && preview["requests"] == asked, "{asked} requests: {preview}");
        let counted = metric["kind"] == "count";
        let seen = ["matched", "completed", "estimate"].map(|field| preview[field].clone());
        assert_eq!(seen, [json!(ISSUES), json!(19_998), json!(dialect == Dialect::Cloud)], "{preview}");
        assert_eq!((preview["progress"].is_string(), preview["issues"].as_array().map(Vec::len)), (counted, Some(5)));
        assert_eq!(preview["lints"][0]["code"], "matches_many", "{preview}");
    }
}

/// The command says the same as the API where it is told the connection.
async fn the_command_asks_the_site_as_well(database: TestDatabase, dialect: Dialect) {
    let world = World::new(&database, dialect).await;
    let data = tempfile::tempdir().expect("a folder");
    let place = Place::new(data.path(), database.url());
    let check = async |jql: &str| place.run(&["jql", "check", "--connection", "Northwind", "-"], jql).await;
    let wrong = check("project = AEE\n").await;
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    for part in ["error[unknown_value]: There is no project AEE", "standard input:1:11", "help: Did you mean AE?"] {
        assert!(wrong.err.contains(part), "{part}: {wrong:?}");
    }
    let sound = check("project = AE AND labels = x").await;
    assert_eq!((sound.code, sound.out.as_str()), (Some(0), "project = AE AND labels = x\n"), "{sound:?}");
    assert!(sound.err.contains("note: Jira does not tell"), "{sound:?}");
    let nobody = place.run(&["jql", "check", "--connection", "Nowhere", "-"], "project = AE").await;
    assert!(nobody.code == Some(1) && nobody.err.contains("Northwind"), "{nobody:?}");
    drop(world);
}

journey!(unknown_names_are_errors_with_places);
journey!(what_is_new_on_the_site_is_not_refused);
journey!(what_cannot_be_checked_is_said);
journey!(a_query_for_everything_is_refused);
journey!(checks_ask_little);
journey!(a_silent_jira_refuses_nothing);
journey!(suggestions_fit_at_the_cursor);
journey!(a_preview_tells_what_a_link_would);
// Very many issues take their time to be made: one database a dialect.
mod a_preview_of_very_many_issues_is_cheap {
    okrsync_tests::journey!(@test a_preview_of_very_many_issues_is_cheap, cloud_on_postgres, Cloud, Postgres);
    okrsync_tests::journey!(@test a_preview_of_very_many_issues_is_cheap, data_center_on_sqlite, DataCenter, Sqlite);
}
journey!(the_command_asks_the_site_as_well, one dialect);
