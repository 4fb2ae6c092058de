//! Proof before write: whatever cannot be trusted changes no number, and the OKR says why.

use chrono::TimeDelta;
use okrsync_jira_sim::{Dialect, Fault, IssueDraft, JiraSim, SiteOptions};
use okrsync_tests::{app::TestApp, databases::TestDatabase, journey};
use serde_json::{Value, json};

/// An OKR over 250 issues (several pages on either dialect when pages are capped at 100), 100 done: 40 percent.
struct Measured {
    app: TestApp,
    site: JiraSim,
    okr: String,
    connection: String,
}

impl Measured {
    async fn start(database: &TestDatabase, dialect: Dialect) -> Self {
        let app = TestApp::start(database).await;
        let small_pages = |options: &mut SiteOptions| {
            options.page_cap_data_center = 100;
            options.page_cap_ids = 100;
        };
        let site = app.jira_with(dialect, small_pages).await;
        site.add_project("AE", "Arm engineering").expect("a new project");
        for number in 0..250 {
            let status = if number < 100 { "Done" } else { "To Do" };
            site.create(IssueDraft::new("AE", "Story").status(status)).expect("an issue");
        }
        let connection = app.connect(&site).await;
        let okr = app.key_result(json!({})).await;
        let linked = app.link(&okr, &connection, "project = AE", json!({})).await;
        assert_eq!(linked["progress"], "40", "{linked}");
        Self { app, site, okr, connection }
    }

    /// Presses the button, expects it to fail with `status` and `code`, and nothing to have been written.
    async fn refuses(&self, status: u16, code: &str, case: &str) {
        let before = self.app.measurements(&self.okr).await;
        self.app.clock.advance(TimeDelta::minutes(1));
        let answer = self.app.admin.post(&format!("/okrs/{}/refresh?wait=50", self.okr), &json!({})).await;
        assert_eq!(answer.json["code"], code, "{case}: {}", answer.text);
        assert_eq!(answer.status.as_u16(), status, "{case}: {}", answer.text);
        let okr = self.app.okr(&self.okr).await;
        assert_eq!(okr["progress"], "40", "{case}: the old value stays");
        assert_eq!(okr["freshness"]["state"], "failing", "{case}");
        let error = &okr["freshness"]["error"];
        assert_eq!(error["code"], code, "{case}");
        assert!(error["message"].as_str().is_some_and(|text| text.len() > 10), "{case}: {error}");
        assert!(error["hint"].is_string(), "{case}: no cure in {error}");
        assert!(error["since"].is_string(), "{case}");
        assert_eq!(self.app.measurements(&self.okr).await, before, "{case}: nothing is written");
    }

    /// The trouble ends: the next refresh is fine, says nothing of it any more, and equals the truth.
    async fn recovers(&self, case: &str) {
        self.site.faults().clear();
        self.app.clock.advance(TimeDelta::hours(2));
        let test = self.app.admin.post(&format!("/connections/{}/test", self.connection), &json!({})).await.expect(200);
        assert_eq!(test["ok"], true, "{case}: {test}");
        let okr = self.app.refresh(&self.okr).await;
        assert_eq!((&okr["progress"], &okr["freshness"]["state"]), (&json!("40"), &json!("fresh")), "{case}");
        assert_eq!(okr["freshness"]["error"], Value::Null, "{case}");
    }
}

const UNAUTHORIZED: &str = "jira_unauthorized";
const UNREACHABLE: &str = "jira_unreachable";
const UNEXPECTED: &str = "jira_unexpected_answer";
const NOT_JIRA: &str = "not_jira";

/// Faults that every Jira may show, each with the code that the OKR must carry.
fn faults_of_any_jira() -> Vec<(&'static str, Fault, &'static str)> {
    vec![
        ("expired token: 200 and nothing", Fault::expired().on_path("/search").forever(), UNAUTHORIZED),
        ("anonymous 200", Fault::anonymous().on_path("/search").forever(), UNAUTHORIZED),
        ("another account answers", Fault::other_account("mallory").on_path("/search").forever(), UNAUTHORIZED),
        ("login page", Fault::login_page().on_path("/search").forever(), UNAUTHORIZED),
        ("redirect to the login page", Fault::login_redirect().on_path("/search").forever(), NOT_JIRA),
        ("removed", Fault::gone().on_path("/search").forever(), NOT_JIRA),
        ("500 on every page", Fault::status(500).on_path("/search").forever(), UNREACHABLE),
        ("503 after two pages", Fault::status(503).on_path("/search").after(2).forever(), UNREACHABLE),
        ("truncated body", Fault::truncated().on_path("/search").forever(), UNREACHABLE),
        ("empty body", Fault::empty_body().on_path("/search").forever(), UNEXPECTED),
        ("one issue on two pages", Fault::duplicate_across_pages().on_path("/search").forever(), UNEXPECTED),
        ("connection reset", Fault::reset().on_path("/search").forever(), UNREACHABLE),
    ]
}

async fn nothing_is_written_from(database: TestDatabase, dialect: Dialect) {
    let measured = Measured::start(&database, dialect).await;
    let mut faults = faults_of_any_jira();
    if dialect == Dialect::Cloud {
        faults.push(("repeated page token", Fault::repeated_token().on_path("/search").forever(), UNEXPECTED));
    } else {
        faults.push((
            "fewer issues than the total",
            Fault::missing_across_pages().on_path("/search").forever(),
            UNEXPECTED,
        ));
    }
    for (case, fault, code) in faults {
        measured.site.faults().add(fault);
        measured.refuses(502, code, case).await;
        measured.recovers(case).await;
    }
}

/// A rate limit that outlasts the refresh is told with the time to come back, and nothing is sent before.
async fn a_rate_limit_is_kept(database: TestDatabase, dialect: Dialect) {
    let measured = Measured::start(&database, dialect).await;
    let limit = Fault::rate_limited(Some(600)).reason("jira-quota-tenant-based").on_path("/search").forever();
    measured.site.faults().add(limit);
    measured.refuses(502, "jira_rate_limited", "quota used up").await;
    let again = measured.app.admin.post(&format!("/okrs/{}/refresh", measured.okr), &json!({})).await;
    assert!(again.headers.contains_key("retry-after"), "{}", again.text);
    let mark = measured.site.ledger().arrived();
    measured.app.pass_time(TimeDelta::minutes(5)).await;
    assert_eq!(measured.site.ledger().since(mark).len(), 0, "nothing is asked while Jira says wait");
    measured.recovers("quota used up").await;
    assert_eq!(measured.site.ledger().sent_while_retry_after(), 0);
}

/// A token that stops working is told apart from an empty result on each way in which Jira may show it.
async fn a_revoked_token_keeps_the_value(database: TestDatabase, dialect: Dialect) {
    let measured = Measured::start(&database, dialect).await;
    let token = measured.site.token(&measured.site.account());
    let edit = json!({"auth": {"token": token}});
    measured.app.admin.patch(&format!("/connections/{}", measured.connection), &edit).await.expect(200);
    measured.app.refresh(&measured.okr).await;
    measured.site.expire_token(&token);
    measured.refuses(502, UNAUTHORIZED, "expired token").await;
    let connection = measured.app.admin.get(&format!("/connections/{}", measured.connection)).await.expect(200);
    assert_eq!(connection["state"], "failing");
    assert_eq!(connection["last_error"]["code"], UNAUTHORIZED);
}

/// A field that the account no longer sees is an error, never a zero.
async fn a_hidden_field_is_not_zero(database: TestDatabase, dialect: Dialect) {
    let measured = Measured::start(&database, dialect).await;
    let risk = measured.site.add_number_field("Risk score").expect("a field");
    let metric = json!({"metric": {"kind": "custom_field", "field_id": risk}});
    let first = measured.site.find("AE-1").expect("an issue");
    let open = measured.site.find("AE-250").expect("an issue");
    for (id, score) in [(first, "2"), (open, "3")] {
        measured.site.edit(id).expect("it").number(&risk, Some(score)).expect("a number");
    }
    let linked = measured.app.link(&measured.okr, &measured.connection, "project = AE", metric).await;
    assert_eq!(linked["progress"], "40", "2 of 5");
    measured.site.hide_field(&risk).expect("hidden");
    measured.refuses(502, "field_unavailable", "hidden field").await;
    measured.site.show_field(&risk).expect("shown");
    measured.recovers("hidden field").await;
}

/// A sudden drop is believed only after Jira's health was confirmed, and says so.
async fn a_sudden_drop_carries_a_warning(database: TestDatabase, dialect: Dialect) {
    let measured = Measured::start(&database, dialect).await;
    for number in 51..=250 {
        let id = measured.site.find(&format!("AE-{number}")).expect("an issue");
        measured.site.edit(id).expect("it").delete().expect("deleted");
    }
    let okr = measured.app.refresh(&measured.okr).await;
    assert_eq!(okr["progress"], "100", "50 done issues are left");
    assert!(codes(&okr).contains(&"sudden_drop".to_owned()), "{okr}");
}

/// A result without any issue is data only where the strict check accepts the query.
async fn an_empty_result_is_no_data(database: TestDatabase, dialect: Dialect) {
    let measured = Measured::start(&database, dialect).await;
    for number in 1..=250 {
        let id = measured.site.find(&format!("AE-{number}")).expect("an issue");
        measured.site.edit(id).expect("it").delete().expect("deleted");
    }
    let okr = measured.app.refresh(&measured.okr).await;
    assert_eq!((&okr["progress"], &okr["status"]), (&Value::Null, &json!("no_data")), "0 of 0 is no number");
    assert!(codes(&okr).contains(&"no_issue_matches".to_owned()), "{okr}");
}

fn codes(okr: &Value) -> Vec<String> {
    let warnings = okr["warnings"].as_array().expect("a list");
    warnings.iter().filter_map(|warning| warning["code"].as_str().map(ToOwned::to_owned)).collect()
}

/// One site in trouble does not hold up another.
async fn one_site_in_trouble_leaves_the_others_alone(database: TestDatabase, dialect: Dialect) {
    let measured = Measured::start(&database, dialect).await;
    let other = measured.app.jira(dialect).await;
    other.add_project("HAL", "Halden").expect("a new project");
    for status in ["Done", "To Do"] {
        other.create(IssueDraft::new("HAL", "Task").status(status)).expect("an issue");
    }
    let connection = measured.app.connect(&other).await;
    let okr = measured.app.key_result(json!({})).await;
    measured.app.link(&okr, &connection, "project = HAL", json!({})).await;
    measured.site.faults().add(Fault::status(503).forever());
    measured.app.pass_time(TimeDelta::minutes(61)).await;
    assert_eq!(measured.app.okr(&measured.okr).await["freshness"]["state"], "failing");
    let healthy = measured.app.okr(&okr).await;
    assert_eq!(healthy["freshness"]["state"], "fresh", "{healthy}");
    assert_eq!(measured.app.readings(&okr).await.len(), 2);
}

/// A connection that fails for a day makes few requests and recovers by itself.
async fn a_failing_day_costs_little(database: TestDatabase, dialect: Dialect) {
    let measured = Measured::start(&database, dialect).await;
    measured.site.faults().add(Fault::status(503).forever());
    let mark = measured.site.ledger().arrived();
    for _ in 0..24 * 12 {
        measured.app.pass_time(TimeDelta::minutes(5)).await;
    }
    let asked = measured.site.ledger().since(mark).len();
    assert!(asked <= 24 * 2 * 5, "{asked} requests in a day without an answer");
    measured.site.faults().clear();
    measured.app.pass_time(TimeDelta::hours(2)).await;
    assert_eq!(measured.app.okr(&measured.okr).await["freshness"]["state"], "fresh");
}

journey!(nothing_is_written_from);
journey!(a_rate_limit_is_kept);
journey!(a_revoked_token_keeps_the_value);
journey!(a_hidden_field_is_not_zero);
journey!(a_sudden_drop_carries_a_warning);
journey!(an_empty_result_is_no_data);
journey!(one_site_in_trouble_leaves_the_others_alone);
journey!(a_failing_day_costs_little);
