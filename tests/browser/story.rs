//! What browser stories begin with: an okrsync with a Jira behind it, and somebody signed in.

use anyhow::Context;
use okrsync_domain::Clock;
use okrsync_jira_sim::{Dialect, IssueDraft, JiraSim};
use okrsync_server::accounts::issue_setup_code;
use okrsync_tests::{
    app::{PASSWORD, TestApp, opening_day, text},
    browser::Browser,
    databases::{Backend, TestDatabase},
};
use secrecy::ExposeSecret as _;
use serde_json::json;
use thirtyfour::prelude::*;

/// Who sets the installation up, as the form asks for it.
pub(crate) fn person_of_first_run() -> [(&'static str, &'static str); 4] {
    [
        ("organisation", "Northwind Robotics"),
        ("name", "Dana"),
        ("email", "dana@northwind.example"),
        ("password", PASSWORD),
    ]
}

/// Four issues, one of them done.
fn issues(site: &JiraSim) -> anyhow::Result<()> {
    site.add_project("AE", "Arm engineering")?;
    for status in ["Done", "To Do", "To Do", "To Do"] {
        site.create(IssueDraft::new("AE", "Story").status(status))?;
    }
    Ok(())
}

/// An okrsync with a Jira behind it, and an admin who is signed in.
pub(crate) struct Story {
    pub(crate) app: TestApp,
    pub(crate) site: JiraSim,
    pub(crate) browser: Browser,
    /// The connection to the Jira.
    pub(crate) connection: String,
    _database: TestDatabase,
}

impl Story {
    /// Begins it; none on a machine without a browser.
    pub(crate) fn begin() -> impl Future<Output = anyhow::Result<Option<Self>>> {
        Box::pin(Self::start())
    }

    async fn start() -> anyhow::Result<Option<Self>> {
        let Some(browser) = Browser::start().await? else { return Ok(None) };
        let database = TestDatabase::fresh(Backend::Sqlite).context("SQLite is always there")?;
        let app = TestApp::start(&database).await;
        let site = app.jira(Dialect::Cloud).await;
        issues(&site)?;
        let connection = app.connect(&site).await;
        let story = Self { app, site, browser, connection, _database: database };
        story.open("/sign-in").await?;
        story.sign_in().await?;
        story.find(".app").await?;
        Ok(Some(story))
    }

    /// An installation that nobody has set up, with the code from its log, and a Jira of one's own beside it.
    pub(crate) async fn first_run() -> anyhow::Result<Option<(Self, String)>> {
        let Some(browser) = Browser::start().await? else { return Ok(None) };
        let database = TestDatabase::fresh(Backend::Sqlite).context("SQLite is always there")?;
        let app = Box::pin(TestApp::start_again(&database, Clock::manual(opening_day()), |_| {})).await;
        let code = issue_setup_code(&app.app).await?.context("nobody is there")?;
        let site = app.jira(Dialect::DataCenter).await;
        issues(&site)?;
        let story = Self { app, site, browser, connection: String::new(), _database: database };
        Ok(Some((story, code.expose_secret().to_owned())))
    }

    /// Opens a path of okrsync's.
    pub(crate) async fn open(&self, path: &str) -> anyhow::Result<()> {
        Ok(self.browser.goto(format!("{}{path}", self.app.base)).await?)
    }

    /// Fills in the sign-in that is shown.
    pub(crate) async fn sign_in(&self) -> anyhow::Result<()> {
        self.find("[name=email]").await?.send_keys("admin@northwind.example").await?;
        let password = self.find("[name=password]").await?;
        password.send_keys(PASSWORD).await?;
        Ok(password.send_keys(Key::Enter + "").await?)
    }

    /// Waits for what a selector finds.
    pub(crate) async fn find(&self, selector: &str) -> anyhow::Result<WebElement> {
        self.browser.query(By::Css(selector)).first().await.with_context(|| selector.to_owned())
    }

    /// Waits for an element that says something.
    pub(crate) async fn says(&self, selector: &str, said: &str) -> anyhow::Result<WebElement> {
        let found = self.browser.query(By::Css(selector)).with_filter({
            let said = said.to_owned();
            move |element: WebElement| {
                let said = said.clone();
                // A part may be replaced while it is looked at.
                async move { Ok(element.text().await.is_ok_and(|shown| shown.contains(&said))) }
            }
        });
        found.first().await.with_context(|| format!("{selector} that says {said}"))
    }

    /// Presses what a selector finds.
    pub(crate) async fn press(&self, selector: &str) -> anyhow::Result<()> {
        Ok(self.find(selector).await?.click().await?)
    }

    /// Types keys to whatever has the focus.
    pub(crate) async fn keys(&self, keys: impl Into<TypingData>) -> anyhow::Result<()> {
        Ok(self.browser.active_element().await?.send_keys(keys).await?)
    }

    /// The part of the page that has the focus: a row's id, or the tag.
    pub(crate) async fn focus(&self) -> anyhow::Result<String> {
        let element = self.browser.active_element().await?;
        let part = element.attr("data-part").await?;
        Ok(part.unwrap_or(element.attr("aria-label").await?.unwrap_or(element.tag_name().await?)))
    }

    /// An objective with two key results: one measured at 25%, one by hand.
    pub(crate) async fn objective(&self) -> anyhow::Result<[String; 3]> {
        let objective = json!({"kind": "objective", "title": "Ship fleet updates", "team": "Platform",
            "starts_on": "2026-10-01", "due_on": "2026-12-31"});
        let objective = text(&self.app.admin.post("/okrs", &objective).await.expect(201)["id"]);
        let measured = self.app.key_result(json!({"title": "Deliver staged updates", "parent_id": objective})).await;
        self.app.link(&measured, &self.connection, "project = AE", json!({})).await;
        let by_hand = self
            .app
            .key_result(json!({"title": "Train operators", "parent_id": objective,
            "measure": {"kind": "kpi", "unit": "operators", "start": "0", "target": "60"}}))
            .await;
        Ok([objective, measured, by_hand])
    }
}
