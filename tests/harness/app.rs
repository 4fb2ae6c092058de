//! An okrsync that runs inside the test: real HTTP on loopback, a real database, a clock that the test turns.

use crate::{clients::Client, databases::TestDatabase};
use chrono::TimeDelta;
use okrsync_domain::{
    Clock, Instant, Random, RefreshId,
    person::{Role, Scope},
};
use okrsync_jira_sim::{Dialect, JiraSim, SimClock, SiteOptions};
use okrsync_server::{
    App, Settings,
    accounts::{NewToken, NewUser, create_token, create_user},
};
use serde_json::{Value, json};
use std::{path::PathBuf, time::Duration};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

/// Longest wait for anything in a journey; far more than is ever needed, so that only a real fault reaches it.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// The key that seals secrets in journeys, for processes on one database.
pub const SECRET_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// The password of everybody in journeys.
pub const PASSWORD: &str = "correct horse battery";

/// The day all journeys play on: 20 November of the fourth quarter, at ten in the morning.
pub fn opening_day() -> Instant {
    "2026-11-20T10:00:00Z".parse().expect("a literal instant")
}

/// An okrsync that runs inside the test.
pub struct TestApp {
    /// The application behind the server.
    pub app: App,
    /// Its address, without a trailing slash.
    pub base: String,
    /// Signed in as an admin.
    pub admin: Client,
    /// The clock of application and simulators.
    pub clock: Clock,
    shutdown: CancellationToken,
    /// The database's files, if it has any.
    files: Vec<PathBuf>,
    _server: AbortOnDropHandle<()>,
    _data: tempfile::TempDir,
}

impl TestApp {
    /// Starts on a fresh database, with a clock that stands still.
    pub async fn start(database: &TestDatabase) -> Self {
        Self::start_with(database, |_| {}).await
    }

    /// The same with changed settings.
    pub async fn start_with(database: &TestDatabase, change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_at(database, Clock::manual(opening_day()), change).await
    }

    /// The same at another time.
    pub async fn start_at(database: &TestDatabase, clock: Clock, change: impl FnOnce(&mut Settings)) -> Self {
        let mut app = Box::pin(Self::start_again(database, clock, change)).await;
        let token = sign_up(&app.app, "admin@northwind.example", Role::Admin).await;
        app.admin = app.admin.with_token(Some(&token));
        app
    }

    /// Another process, as it were: the same database, clock and people.
    pub async fn twin(&self, database: &TestDatabase) -> Self {
        let mut twin = Box::pin(Self::start_again(database, self.clock.clone(), |_| {})).await;
        twin.admin = self.admin.at(&twin.base);
        twin
    }

    /// Another process on a database where there may be people already; `admin` has no token.
    pub async fn start_again(database: &TestDatabase, clock: Clock, change: impl FnOnce(&mut Settings)) -> Self {
        crate::install_crypto();
        let data = tempfile::tempdir().expect("a temporary folder");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let mut settings = Settings::embedded(data.path());
        settings.listen = address;
        settings.database_url = database.url().to_owned().into();
        settings.secret_key = Some(SECRET_KEY.to_owned().into());
        settings.sync.request_backoff_milliseconds = 5;
        // it asks Jira by itself: journeys about the past switch it on
        settings.sync.backfill = false;
        change(&mut settings);
        crate::leaks::watch_log();
        let app = App::open(settings, clock.clone(), Random::from_os()).await.expect("okrsync opens");
        let base = format!("http://{address}");
        let shutdown = CancellationToken::new();
        let server = tokio::spawn({
            let (app, shutdown) = (app.clone(), shutdown.clone());
            async move { okrsync_server::serve(app, listener, shutdown).await.expect("okrsync serves") }
        });
        let admin = Client::new(&base, None);
        Self {
            app,
            base,
            admin,
            clock,
            shutdown,
            files: database.files(),
            _server: AbortOnDropHandle::new(server),
            _data: data,
        }
    }

    /// Another person, with a token.
    pub async fn person(&self, email: &str, role: Role) -> Client {
        let token = sign_up(&self.app, email, role).await;
        self.admin.with_token(Some(&token))
    }

    /// A simulated Jira whose clock follows this application's.
    pub async fn jira(&self, dialect: Dialect) -> JiraSim {
        self.jira_with(dialect, |_| {}).await
    }

    /// The same with changed options.
    pub async fn jira_with(&self, dialect: Dialect, change: impl FnOnce(&mut SiteOptions)) -> JiraSim {
        let clock = self.clock.clone();
        let mut options = SiteOptions { clock: SimClock::following(move || clock.now()), ..SiteOptions::default() };
        change(&mut options);
        let site = match dialect {
            Dialect::Cloud => JiraSim::cloud(options).await,
            Dialect::DataCenter => JiraSim::data_center(options).await,
        };
        site.expect("the simulator starts")
    }

    /// Connects a simulated site with a fresh token; answers the connection's id.
    pub async fn connect(&self, site: &JiraSim) -> String {
        let token = site.token(&site.account());
        let body = connection_body(site, &token);
        text(&self.admin.post("/connections", &body).await.expect(201)["id"])
    }

    /// Writes a key result from 1 October to 31 December; `more` overrides.
    pub async fn key_result(&self, more: Value) -> String {
        let mut body =
            json!({"kind": "key_result", "title": "Fix 20 bugs", "starts_on": "2026-10-01", "due_on": "2026-12-31"});
        merge(&mut body, more);
        text(&self.admin.post("/okrs", &body).await.expect(201)["id"])
    }

    /// Links an OKR and answers it as measured.
    pub async fn link(&self, okr: &str, connection: &str, jql: &str, more: Value) -> Value {
        let mut body = json!({"connection_id": connection, "jql": jql, "metric": {"kind": "count"}});
        merge(&mut body, more);
        self.admin.put(&format!("/okrs/{okr}/link?wait=50"), &body).await.expect(200)
    }

    /// Presses the refresh button and answers the OKR as measured.
    pub async fn refresh(&self, okr: &str) -> Value {
        self.admin.post(&format!("/okrs/{okr}/refresh?wait=50"), &json!({})).await.expect(200)
    }

    /// The OKR as it stands.
    pub async fn okr(&self, id: &str) -> Value {
        self.admin.get(&format!("/okrs/{id}")).await.expect(200)
    }

    /// All readings of an OKR, newest first.
    pub async fn readings(&self, okr: &str) -> Vec<Value> {
        let page = self.admin.get(&format!("/okrs/{okr}/readings?limit=200")).await.expect(200);
        page["items"].as_array().expect("a list").clone()
    }

    /// The newest reading, and how many measurements there were: old ones that changed nothing are folded into one reading.
    pub async fn measurements(&self, okr: &str) -> (Option<Value>, u64) {
        let readings = self.readings(okr).await;
        let number = readings.iter().map(|reading| reading["checks"].as_u64().expect("a number")).sum();
        (readings.into_iter().next(), number)
    }

    /// Lets time pass and everything that is due by then happen.
    pub async fn pass_time(&self, by: TimeDelta) {
        self.clock.advance(by);
        self.settle().await;
    }

    /// Waits until nothing is due or under way.
    pub async fn settle(&self) {
        self.app.engine().pass().await;
    }

    /// Waits for a refresh to end.
    pub async fn finished(&self, id: &str) -> Value {
        let refresh: RefreshId = id.parse().expect("a refresh id");
        self.app.engine().wait(refresh, DEADLINE).await.expect("the refresh exists");
        self.admin.get(&format!("/refreshes/{id}")).await.expect(200)
    }

    /// Ends gracefully, as a signal would.
    pub fn stop(&self) {
        self.shutdown.cancel();
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop();
        for file in &self.files {
            crate::leaks::look("the database", &std::fs::read(file).unwrap_or_default());
        }
        if !std::thread::panicking() {
            crate::leaks::assert_none();
        }
    }
}

/// What `POST /connections` takes for a simulated site and one of its tokens.
pub fn connection_body(site: &JiraSim, token: &str) -> Value {
    let (deployment, auth) = match site.dialect() {
        Dialect::Cloud => ("cloud", json!({"kind": "api_token", "email": site.account().email, "token": token})),
        Dialect::DataCenter => ("self_managed", json!({"kind": "personal_access_token", "token": token})),
    };
    json!({"name": "Northwind", "server_url": site.base_url(), "deployment": deployment, "auth": auth,
           "gateway_url": (site.dialect() == Dialect::Cloud).then(|| site.gateway_url()), "sharing": "everyone"})
}

/// A JSON string's text.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a string, not {value}")).to_owned()
}

/// Puts every member of `more` over `body`.
fn merge(body: &mut Value, more: Value) {
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
}

async fn sign_up(app: &App, email: &str, role: Role) -> String {
    let user = NewUser { email: email.into(), name: "Dana".into(), password: PASSWORD.to_owned().into(), role };
    create_user(app, user).await.expect("a new person");
    let token = NewToken { name: "journeys".to_owned(), scope: Scope::Admin, expires_on: None };
    let (_, secret) = create_token(app, email, token).await.expect("a new token");
    secrecy::ExposeSecret::expose_secret(&secret).to_owned()
}
