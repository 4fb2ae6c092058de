//! A request for each row of the server's table of endpoints: who sends it, to which thing, with which body.

use chrono::TimeDelta;
use okrsync_domain::{
    SessionId, UserId,
    person::{Role, Scope},
};
use okrsync_jira_sim::{Dialect, IssueDraft, JiraSim};
use okrsync_server::{
    access::Rule,
    accounts::{NewToken, create_token},
};
use okrsync_store::{AuditFilter, Page, SecretChanges, SessionOwner, StoredSession};
use okrsync_tests::{
    app::{TestApp, connection_body, text},
    clients::{Answer, Client},
    databases::TestDatabase,
};
use reqwest::Method;
use serde_json::{Value, json};

/// Everybody's password.
const PASSWORD: &str = "correct horse battery";

/// Somebody with a token and a browser.
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) token: Client,
    cookie: String,
    csrf: String,
}

impl Person {
    /// The same person with another token.
    pub(crate) fn with_token(&self, token: Client) -> Self {
        let (cookie, csrf) = (self.cookie.clone(), self.csrf.clone());
        Self { id: self.id, email: self.email.clone(), token, cookie, csrf }
    }

    /// The same person in a browser whose session has ended.
    pub(crate) fn without_session(&self) -> Self {
        Self { cookie: String::new(), csrf: String::new(), ..self.with_token(self.token.clone()) }
    }

    /// The browser's cookie.
    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// The token that forms of the session carry.
    pub(crate) fn csrf(&self) -> &str {
        &self.csrf
    }
}

/// What the id in a path may be of.
pub(crate) struct Things {
    okr: String,
    connection: String,
    user: String,
    token: String,
    session: String,
    email: String,
    role: &'static str,
}

/// An installation with people, a simulated Jira and things to try.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) nobody: Client,
    pub(crate) admin: Person,
    site: JiraSim,
    jira_token: String,
    refresh: String,
}

/// What a request to an endpoint holds, and what has to happen before.
struct Sample {
    query: &'static str,
    body: Value,
    before: Vec<(Method, String, Value)>,
}

impl World {
    pub(crate) async fn start(database: &TestDatabase, dialect: Dialect) -> Self {
        let app = TestApp::start(database).await;
        let site = app.jira(dialect).await;
        site.add_project("AE", "Android").expect("a project");
        site.create(IssueDraft::new("AE", "Story")).expect("an issue");
        let jira_token = site.token(&site.account());
        let nobody = app.admin.with_token(None);
        let admin = sign_in(&app, "admin@northwind.example", app.admin.clone()).await;
        let connection = app.connect(&site).await;
        let okr = app.key_result(json!({})).await;
        app.link(&okr, &connection, "project = AE", json!({"confirm_empty": true})).await;
        let refresh = text(&app.admin.post("/refreshes", &json!({"scope": "all"})).await.expect(202)["id"]);
        app.finished(&refresh).await;
        Self { app, nobody, admin, site, jira_token, refresh }
    }

    /// Another person.
    pub(crate) async fn person(&self, email: &str, role: Role) -> Person {
        let token = self.app.person(email, role).await;
        sign_in(&self.app, email, token).await
    }

    /// An OKR, a connection and a token that belong to somebody.
    pub(crate) async fn things(&self, owner: &Person, shared: bool) -> Things {
        let visibility = if shared { "everyone" } else { "private" };
        let okr = self.app.key_result(json!({"owner_id": owner.id, "visibility": visibility})).await;
        let mut body = connection_body(&self.site, &self.jira_token);
        body["sharing"] = json!(visibility);
        let connection = text(&self.app.admin.post("/connections?test=false", &body).await.expect(201)["id"]);
        let store = self.app.app.store();
        let mut theirs = store.get_connection(connection.parse().expect("an id")).await.expect("it was made");
        theirs.owner_id = owner.id;
        store.update_connection(&theirs, SecretChanges::default(), self.app.clock.now()).await.expect("another owner");
        let token = NewToken { name: "laptop".to_owned(), scope: Scope::Read, expires_on: None };
        let (token, _) = create_token(&self.app.app, &owner.email, token).await.expect("a token");
        let handle: SessionId = self.app.app.random().id(self.app.clock.now());
        let (began_at, user_id) = (self.app.clock.now(), owner.id);
        let whose = Some(SessionOwner { user_id, handle, began_at, seen_at: began_at, agent: String::new() });
        let (id, expires_at) = (handle.to_string(), began_at + TimeDelta::days(1));
        let session = StoredSession { id, data: "{}".to_owned(), expires_at, owner: whose };
        assert!(store.create_session(session).await.expect("the database"));
        let (user, token, session) = (user_id.to_string(), token.id.to_string(), handle.to_string());
        let role = match store.get_user(owner.id).await.expect("a person").role {
            Role::Admin => "admin",
            Role::Member => "member",
            Role::Viewer => "viewer",
        };
        Things { okr, connection, user, token, session, email: owner.email.clone(), role }
    }

    /// Entries of the audit log so far.
    pub(crate) async fn noted(&self) -> usize {
        self.app.app.store().audit(&AuditFilter::default(), Page::all()).await.expect("the log").items.len()
    }

    fn path(&self, rule: &Rule, things: &Things) -> String {
        let path = rule.path;
        let kind = path.split_once("/{id}").and_then(|(before, _)| before.rsplit('/').next());
        let id = match kind {
            None => "",
            Some("okrs") => &things.okr,
            Some("connections") => &things.connection,
            Some("users" | "people") => &things.user,
            Some("tokens") => &things.token,
            Some("sessions") => &things.session,
            Some("refreshes") => &self.refresh,
            _ => panic!("tests/journeys/samples.rs does not know what the id in {path} is of"),
        };
        path.replace("{id}", id)
    }

    fn sample(&self, rule: &Rule, things: &Things, who: &str) -> Sample {
        let okr = json!({"kind": "key_result", "title": "t", "starts_on": "2026-10-01", "due_on": "2026-12-31"});
        let link = json!({"connection_id": things.connection, "jql": "project = AE", "metric": {"kind": "count"},
            "confirm_empty": true});
        let linked = vec![(Method::PUT, format!("/okrs/{}/link", things.okr), link.clone())];
        let connect = json!({"connection_id": things.connection, "jql": "project = AE", "metric": "count",
            "measure.kind": "percent_complete", "confirm_empty": "true"});
        let closed = vec![(Method::POST, format!("/okrs/{}/close", things.okr), json!({}))];
        let sign_in = json!({"email": who, "password": PASSWORD});
        let mut preview = link.clone();
        preview.as_object_mut().expect("an object").remove("confirm_empty");
        preview["okr_id"] = json!(things.okr);
        let mut connection = connection_body(&self.site, &self.jira_token);
        connection["name"] = json!("Another one");
        let (query, body, before) = match (rule.method, rule.path.trim_start_matches("/api/v1")) {
            ("PATCH", "/integrations/jira") => ("", json!({"enabled": false}), vec![]),
            ("PATCH", "/organisation") => ("", json!({"name": format!("Northwind {}", things.okr)}), vec![]),
            ("POST", "/session" | "/sign-in") => ("", sign_in, vec![]),
            ("POST", "/tokens") => ("", json!({"name": "laptop"}), vec![]),
            ("POST", "/users") => {
                let email = format!("{}@northwind.example", things.token);
                ("", json!({"name": "Eve", "email": email, "password": PASSWORD, "role": "member"}), vec![])
            }
            ("PATCH", "/users/{id}") => ("", json!({"name": format!("Eve {}", things.okr)}), vec![]),
            ("POST", "/connections") => ("?test=false", connection, vec![]),
            ("POST", "/connections/new" | "/connections/{id}") if !rule.path.starts_with("/api/") => {
                let mut fields = form_of(&connection);
                fields["name"] = json!(format!("Named {}", things.okr));
                ("", fields, vec![])
            }
            ("POST", "/connections/{id}/start") => ("", json!({"sharing": "private"}), vec![]),
            ("POST", "/integrations/jira") => ("", json!({"enabled": "false"}), vec![]),
            ("PATCH", "/connections/{id}") => ("", json!({"name": "Renamed"}), vec![]),
            ("DELETE", "/connections/{id}/webhook") | (_, "/connections/{id}/webhook/remove") => hooked(things),
            ("PUT", "/connections/{id}/site") => ("", json!({"cloud_id": "1"}), vec![]),
            ("POST", "/okrs") => ("", okr, vec![]),
            ("POST", "/okrs/copy") => ("", json!({"period": "2030-Q1"}), vec![]),
            ("PATCH", "/okrs/{id}") => ("", json!({"title": "Fix 30 bugs"}), vec![]),
            ("POST", "/okrs/{id}/edit") => (
                "",
                {
                    let mut edited = okr;
                    edited["title"] = json!("Fix 40 bugs");
                    edited
                },
                vec![],
            ),
            ("POST", "/okrs/{id}/check-ins" | "/okrs/{id}/check-in") => ("", json!({"note": "On our way"}), vec![]),
            ("PUT", "/okrs/{id}/link") => ("", link, vec![]),
            ("POST", "/okrs/{id}/connect" | "/okrs/{id}/connect/preview") => ("", connect, vec![]),
            ("DELETE", "/okrs/{id}/link") => ("", json!({}), linked),
            ("POST", "/okrs/{id}/postpone") => ("", json!({"due_on": "2027-01-31"}), vec![]),
            ("POST", "/okrs/{id}/reopen") => ("", json!({}), closed),
            ("POST", "/jql/check") => ("", json!({"jql": "project = AE"}), vec![]),
            ("POST", "/links/preview") => ("", preview, vec![]),
            ("POST", "/refreshes") => ("", json!({"scope": "all"}), vec![]),
            ("POST", "/theme") => ("", json!({"theme": "dark"}), vec![]),
            _ => ("", people_form(rule, things), vec![]),
        };
        Sample { query, body, before }
    }

    /// Does what has to be done before the endpoint succeeds.
    pub(crate) async fn prepare(&self, rule: &Rule, things: &Things) {
        for (method, path, body) in self.sample(rule, things, "").before {
            let body = Some(("application/json", body.to_string().into_bytes()));
            let done = self.app.admin.send(method, &format!("/api/v1{path}"), body, &[]).await;
            assert!(done.status.is_success(), "{path}: {}", done.text);
        }
    }

    /// Sends the request of a row: by token to the API, in a browser to pages.
    pub(crate) async fn ask(&self, rule: &Rule, who: Option<&Person>, things: &Things) -> Answer {
        let method: Method = rule.method.parse().expect("a method");
        let email = who.map_or("admin@northwind.example", |person| person.email.as_str());
        let Sample { query, body, .. } = self.sample(rule, things, email);
        let path = format!("{}{query}", self.path(rule, things));
        if rule.path.starts_with("/api/") && rule.path != "/api/v1/session" {
            let client = who.map_or(&self.nobody, |person| &person.token);
            let body = (method != Method::GET).then(|| ("application/json", body.to_string().into_bytes()));
            return client.send(method, &path, body, &[]).await;
        }
        let fresh = match who {
            Some(person) if ends_session(rule) => Some(sign_in(&self.app, &person.email, person.token.clone()).await),
            _ => None,
        };
        // signing in ends the session that a browser has
        let browser = fresh.as_ref().or(who).filter(|_| !begins_session(rule));
        let (cookie, csrf) = browser.map_or(("", ""), |person| (&person.cookie, &person.csrf));
        let body = if rule.path.starts_with("/api/") {
            ("application/json", body.to_string().into_bytes())
        } else {
            ("application/x-www-form-urlencoded", form(&body, csrf).into_bytes())
        };
        let body = (method != Method::GET).then_some(body);
        self.nobody.send(method, &path, body, &[("cookie", cookie)]).await
    }

    /// Sends a page's form as a foreign page would: with the browser's cookie, without the token of the session.
    pub(crate) async fn forge(&self, rule: &Rule, things: &Things) -> Answer {
        let body = form(&self.sample(rule, things, "").body, "");
        let body = Some(("application/x-www-form-urlencoded", body.into_bytes()));
        let headers = [("cookie", self.admin.cookie.as_str())];
        self.nobody.send(Method::POST, &self.path(rule, things), body, &headers).await
    }
}

/// The form that means the same as a body of the API.
fn form_of(connection: &Value) -> Value {
    json!({
        "name": connection["name"],
        "server_url": connection["server_url"],
        "deployment": connection["deployment"],
        "gateway_url": connection["gateway_url"].as_str().unwrap_or_default(),
        "auth.email": connection["auth"]["email"].as_str().unwrap_or_default(),
        "auth.token": connection["auth"]["token"],
        "sharing": connection["sharing"],
        "enabled": "true",
    })
}

/// Nothing to say, after the webhook of a connection is set up.
fn hooked(things: &Things) -> (&'static str, Value, Vec<(Method, String, Value)>) {
    ("", json!({}), vec![(Method::POST, format!("/connections/{}/webhook", things.connection), json!({}))])
}

/// The fields of forms about people and settings.
fn people_form(rule: &Rule, things: &Things) -> Value {
    match (rule.method, rule.path) {
        ("POST", "/account/name" | "/people/{id}") => {
            let name = format!("Eve {}", things.okr);
            json!({"name": name, "email": things.email, "role": things.role, "active": "true"})
        }
        ("POST", "/account/password") => json!({"current_password": PASSWORD, "password": PASSWORD}),
        ("POST", "/account/tokens") => json!({"name": "laptop", "scope": "read"}),
        ("POST", "/people/new") => {
            let email = format!("{}@northwind.example", things.token);
            json!({"name": "Eve", "email": email, "role": "viewer"})
        }
        ("POST", "/organisation") => {
            let name = format!("Northwind {}", things.okr);
            json!({"name": name, "time_zone": "UTC", "behind_above": "0", "at_risk_above": "25",
                "gap_reading": "points", "period_minutes": "60"})
        }
        _ => json!({}),
    }
}

/// Whether the row signs in.
fn begins_session(rule: &Rule) -> bool {
    rule.method == "POST" && ["/sign-in", "/api/v1/session"].contains(&rule.path)
}

/// Whether the row signs out.
fn ends_session(rule: &Rule) -> bool {
    rule.path == "/sign-out" || (rule.method, rule.path) == ("DELETE", "/api/v1/session")
}

fn form(fields: &Value, csrf: &str) -> String {
    let fields = fields.as_object().expect("an object").iter();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let mut pairs: Vec<String> = fields.map(|(name, value)| format!("{name}={}", encode(&text(value)))).collect();
    pairs.push(format!("csrf={csrf}"));
    pairs.join("&")
}

/// A text in a form.
pub(crate) fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

async fn sign_in(app: &TestApp, email: &str, token: Client) -> Person {
    let nobody = token.with_token(None);
    let signed = nobody.post("/session", &json!({"email": email, "password": PASSWORD})).await;
    assert_eq!(signed.status.as_u16(), 204, "{email}: {}", signed.text);
    let cookie = signed.headers["set-cookie"].to_str().expect("text");
    let cookie = cookie.split(';').next().expect("a cookie").to_owned();
    let me = nobody.send(Method::GET, "/api/v1/me", None, &[("cookie", &cookie)]).await.expect(200);
    let user = app.app.store().find_user_by_email(email).await.expect("the database").expect("a person");
    Person { id: user.id, email: email.to_owned(), token, cookie, csrf: text(&me["csrf_token"]) }
}
