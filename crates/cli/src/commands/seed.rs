//! Writes people, connections, OKRs and links into a new database, for the demo and the benchmarks.

use anyhow::{Context, bail};
use axum::body::{Body, to_bytes};
use okrsync_domain::{
    ConnectionId, Date, OkrId, UserId,
    measure::{Measure, Metric},
    okr::{Okr, OkrKind, ProgressMode, Visibility},
    person::{Role, Scope},
};
use okrsync_server::{
    App,
    accounts::{NewToken, NewUser, create_token, create_user},
};
use okrsync_store::PutLink;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tower::ServiceExt;

/// Largest answer of our own API that is read.
const MAX_ANSWER: usize = 1 << 20;

/// Writes into one database.
pub(crate) struct Seed {
    app: App,
    token: String,
    /// Who owns what is written.
    pub(crate) owner: UserId,
    starts_on: Date,
    due_on: Date,
}

/// A Cloud site to connect.
pub(crate) struct CloudSite<'a> {
    pub(crate) name: &'a str,
    /// Of the site and of the gateway.
    pub(crate) addresses: [&'a str; 2],
    /// E-mail address and API token.
    pub(crate) auth: [&'a str; 2],
    /// Requests at once, and in an hour.
    pub(crate) limits: [u32; 2],
}

/// An OKR to be written.
pub(crate) struct Draft<'a> {
    pub(crate) kind: OkrKind,
    pub(crate) parent: Option<OkrId>,
    pub(crate) title: &'a str,
    pub(crate) team: Option<&'a str>,
    pub(crate) owner: UserId,
    pub(crate) mode: ProgressMode,
    pub(crate) measure: Measure,
}

impl Seed {
    /// With a first admin, whose key results run through the current quarter.
    pub(crate) async fn new(app: &App) -> anyhow::Result<Self> {
        let password = app.random().bytes::<16>().map(|byte| format!("{byte:02x}")).concat();
        Self::with_admin(app, "bench@okrsync.example", "Bench", &password).await
    }

    /// With a first admin of that name and password.
    pub(crate) async fn with_admin(app: &App, email: &str, name: &str, password: &str) -> anyhow::Result<Self> {
        let user =
            NewUser { email: email.into(), name: name.into(), password: password.to_owned().into(), role: Role::Admin };
        let owner = create_user(app, user).await?.id;
        let token = NewToken { name: "seed".to_owned(), scope: Scope::Admin, expires_on: None };
        let (_, token) = create_token(app, email, token).await?;
        let organisation = app.store().organisation().await?;
        let (starts_on, due_on) = quarter(organisation.today(app.clock().now())).context("a date out of range")?;
        Ok(Self { app: app.clone(), token: token.expose_secret().to_owned(), owner, starts_on, due_on })
    }

    /// The same for OKRs of another period.
    pub(crate) fn with_period(self, (starts_on, due_on): (Date, Date)) -> Self {
        Self { starts_on, due_on, ..self }
    }

    /// An API token of the admin's.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Another person, who does not sign in.
    pub(crate) async fn person(&self, email: &str, name: &str) -> anyhow::Result<UserId> {
        let password = self.app.random().bytes::<16>().map(|byte| format!("{byte:02x}")).concat();
        let user = NewUser { email: email.into(), name: name.into(), password: password.into(), role: Role::Member };
        Ok(create_user(&self.app, user).await?.id)
    }

    /// Connects a site through the API itself, probe included.
    pub(crate) async fn connection(&self, body: &Value) -> anyhow::Result<ConnectionId> {
        let answer = self.post("/api/v1/connections", body).await?;
        Ok(answer["id"].as_str().context("no id")?.parse()?)
    }

    /// Connects a Cloud site by API token.
    pub(crate) async fn cloud(
        &self,
        name: &str,
        site: [&str; 2],
        [email, token]: [&str; 2],
    ) -> anyhow::Result<ConnectionId> {
        let [server_url, gateway_url] = site;
        let auth = json!({"kind": "api_token", "email": email, "token": token});
        let body = json!({"name": name, "server_url": server_url, "deployment": "cloud", "auth": auth,
            "gateway_url": gateway_url, "sharing": "everyone"});
        self.connection(&body).await
    }

    /// The same with limits of its own.
    pub(crate) async fn limited_cloud(&self, site: CloudSite<'_>) -> anyhow::Result<ConnectionId> {
        let CloudSite { name, addresses: [server_url, gateway_url], auth: [email, token], limits } = site;
        let auth = json!({"kind": "api_token", "email": email, "token": token});
        let body = json!({"name": name, "server_url": server_url, "deployment": "cloud", "auth": auth,
            "gateway_url": gateway_url, "sharing": "everyone", "concurrency": limits[0], "budget_per_hour": limits[1]});
        self.connection(&body).await
    }

    /// Connects a self-managed site by personal access token.
    pub(crate) async fn self_managed(&self, name: &str, server_url: &str, token: &str) -> anyhow::Result<ConnectionId> {
        let auth = json!({"kind": "personal_access_token", "token": token});
        let body = json!({"name": name, "server_url": server_url, "deployment": "self_managed", "auth": auth,
            "sharing": "everyone"});
        self.connection(&body).await
    }

    /// `POST` to the API inside this process.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.ask(axum::http::Request::post(path), path, Body::from(body.to_string())).await
    }

    /// `GET` from it.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(axum::http::Request::get(path), path, Body::empty()).await
    }

    /// Signs in as a browser does; answers the session's cookie.
    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> anyhow::Result<String> {
        let body = json!({"email": email, "password": password}).to_string();
        let request = axum::http::Request::post("/api/v1/session").header("content-type", "application/json");
        let answer = okrsync_server::router(self.app.clone()).oneshot(request.body(Body::from(body))?).await?;
        let cookie = answer.headers().get("set-cookie").context("no session")?.to_str()?;
        Ok(cookie.split(';').next().unwrap_or_default().to_owned())
    }

    /// A page as a browser with that cookie gets it; answers its size as it is sent.
    pub(crate) async fn page(&self, path: &str, cookie: &str) -> anyhow::Result<usize> {
        let request = axum::http::Request::get(path)
            .header("cookie", cookie)
            .header("accept-encoding", "gzip")
            .body(Body::empty());
        let answer = okrsync_server::router(self.app.clone()).oneshot(request?).await?;
        let status = answer.status();
        let size = to_bytes(answer.into_body(), MAX_ANSWER).await?.len();
        if status.is_success() { Ok(size) } else { bail!("{path} was answered with {status}") }
    }

    async fn ask(&self, request: axum::http::request::Builder, path: &str, body: Body) -> anyhow::Result<Value> {
        let request = request
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(body)?;
        let answer = okrsync_server::router(self.app.clone()).oneshot(request).await?;
        let status = answer.status();
        let text = to_bytes(answer.into_body(), MAX_ANSWER).await?;
        if !status.is_success() {
            bail!("{path} was answered with {status}: {}", String::from_utf8_lossy(&text));
        }
        Ok(serde_json::from_slice(&text)?)
    }

    /// Writes an OKR of the current quarter.
    pub(crate) async fn okr(&self, draft: Draft<'_>) -> anyhow::Result<OkrId> {
        let now = self.app.clock().now();
        let okr = Okr {
            id: self.app.random().id(now),
            kind: draft.kind,
            parent_id: draft.parent,
            title: draft.title.to_owned(),
            description: None,
            owner_id: draft.owner,
            team: draft.team.map(ToOwned::to_owned),
            starts_on: self.starts_on,
            due_on: self.due_on,
            progress_mode: draft.mode,
            measure: draft.measure,
            share: None,
            visibility: Visibility::Everyone,
            closed: None,
            created_at: now,
            version: 1,
        };
        self.app.store().add_okr(&okr).await?;
        Ok(okr.id)
    }

    /// A key result by percent complete, of the admin's.
    pub(crate) async fn key_result(&self, title: &str) -> anyhow::Result<OkrId> {
        let (kind, mode) = (OkrKind::KeyResult, ProgressMode::DataSource);
        self.okr(Draft { kind, parent: None, title, team: None, owner: self.owner, mode, measure: Measure::default() })
            .await
    }

    /// Attaches a query; it is measured as soon as the engine runs.
    pub(crate) async fn link(
        &self,
        okr: OkrId,
        connection: ConnectionId,
        jql: &str,
        metric: Metric,
        completed_only: bool,
    ) -> anyhow::Result<()> {
        let query = okrsync_jql::parse(jql).map_err(|errors| anyhow::anyhow!("{jql}: {errors:?}"))?;
        let canonical = query.canonical_where().with_context(|| format!("{jql} has no restriction"))?;
        let link = PutLink {
            okr_id: okr,
            connection_id: connection,
            jql: jql.to_owned(),
            canonical,
            metric,
            completed_only,
            period_minutes: None,
            measure: None,
        };
        self.app.store().put_link(link, self.app.clock().now()).await?;
        Ok(())
    }
}

/// First and last day of the quarter around a day.
fn quarter(today: Date) -> Option<(Date, Date)> {
    use chrono::{Datelike, Months};
    let first = Date::from_ymd_opt(today.year(), today.month0() / 3 * 3 + 1, 1)?;
    Some((first, first.checked_add_months(Months::new(3))?.pred_opt()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_has_three_months() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(quarter(day("2026-11-20")), Some((day("2026-10-01"), day("2026-12-31"))));
        assert_eq!(quarter(day("2024-02-29")), Some((day("2024-01-01"), day("2024-03-31"))));
    }
}
