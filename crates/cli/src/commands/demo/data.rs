//! Writes the demo's company into an empty database: people, connections, objectives, links and check-ins.

use super::state::State;
use crate::commands::seed::{Draft, Seed};
use anyhow::Context;
use chrono::TimeDelta;
use okrsync_domain::{
    ConnectionId, OkrId, UserId,
    check_in::{CheckIn, Entered, Hold},
    decimal::exact,
    measure::{Measure, Metric},
    okr::{OkrKind, ProgressMode},
};
use okrsync_jira_sim::Dialect;
use okrsync_jira_sim::scenario::{
    CheckInPlan, ConnectionPlan, KeyResultPlan, MeasurePlan, Northwind, ObjectivePlan, STAFF, SiteName, SourcePlan,
};
use okrsync_server::App;
use okrsync_store::Page;
use std::collections::HashMap;

/// Who signs in.
pub(super) const EMAIL: &str = "dana@northwind.example";

/// People by initials, connections by site.
struct Writer<'a> {
    app: &'a App,
    seed: Seed,
    people: HashMap<&'static str, UserId>,
    connections: Vec<(SiteName, ConnectionId)>,
}

/// Writes everything; answers an API token of the demo's admin.
pub(super) async fn write(app: &App, northwind: &Northwind, state: &State) -> anyhow::Result<String> {
    let mut organisation = app.store().organisation().await?;
    "Northwind Robotics".clone_into(&mut organisation.name);
    app.store().update_organisation(&organisation, app.clock().now()).await?;
    let seed = Seed::with_admin(app, EMAIL, "Dana Okafor", &state.password).await?.with_period(northwind.period);
    let mut writer = Writer { app, seed, people: HashMap::new(), connections: Vec::new() };
    for staff in STAFF {
        let id = if staff.email() == EMAIL {
            writer.seed.owner
        } else {
            writer.seed.person(&staff.email(), staff.name).await?
        };
        writer.people.insert(staff.initials, id);
    }
    for plan in northwind.connections() {
        let id = writer.connect(&plan).await?;
        writer.connections.push((plan.site, id));
    }
    for objective in northwind.objectives() {
        writer.objective(&objective).await?;
    }
    Ok(writer.seed.token().to_owned())
}

/// The connection of that name.
pub(super) async fn connection_named(app: &App, name: &str) -> anyhow::Result<Option<ConnectionId>> {
    let all = app.store().connections(None, app.clock().now(), Page::all()).await?.items;
    Ok(all
        .into_iter()
        .map(|overview| overview.connection)
        .find(|connection| connection.name == name)
        .map(|found| found.id))
}

impl Writer<'_> {
    async fn connect(&self, plan: &ConnectionPlan) -> anyhow::Result<ConnectionId> {
        match plan.site.dialect() {
            Dialect::Cloud => {
                let site = [plan.server_url.as_str(), plan.gateway_url.as_str()];
                self.seed.cloud(plan.name, site, [&plan.email, &plan.token]).await
            }
            Dialect::DataCenter => self.seed.self_managed(plan.name, &plan.server_url, &plan.token).await,
        }
    }

    fn person(&self, initials: &str) -> anyhow::Result<UserId> {
        self.people.get(initials).copied().with_context(|| format!("nobody is called {initials}"))
    }

    async fn objective(&self, plan: &ObjectivePlan) -> anyhow::Result<()> {
        let draft = Draft {
            kind: OkrKind::Objective,
            parent: None,
            title: plan.title,
            team: Some(plan.team),
            owner: self.person(plan.owner)?,
            mode: ProgressMode::RollUp,
            measure: Measure::default(),
        };
        let objective = self.seed.okr(draft).await?;
        for key_result in &plan.key_results {
            self.key_result(objective, plan.team, key_result).await?;
        }
        Ok(())
    }

    async fn key_result(&self, objective: OkrId, team: &str, plan: &KeyResultPlan) -> anyhow::Result<()> {
        let draft = Draft {
            kind: OkrKind::KeyResult,
            parent: Some(objective),
            title: plan.title,
            team: Some(team),
            owner: self.person(plan.owner)?,
            mode: ProgressMode::Manual,
            measure: measure(&plan.measure)?,
        };
        let okr = self.seed.okr(draft).await?;
        match &plan.source {
            SourcePlan::Jira(link) => {
                let found = self.connections.iter().find(|(site, _)| *site == link.site);
                let (_, connection) = *found.context("a site without a connection")?;
                self.seed.link(okr, connection, link.jql, metric(link.metric)?, link.completed_only).await
            }
            SourcePlan::ByHand(check_ins) => {
                for check_in in check_ins {
                    self.check_in(okr, check_in).await?;
                }
                Ok(())
            }
        }
    }

    async fn check_in(&self, okr_id: OkrId, plan: &CheckInPlan) -> anyhow::Result<()> {
        let at = self.app.clock().now() - TimeDelta::days(i64::try_from(plan.days_ago)?);
        let check_in = CheckIn {
            id: self.app.random().id(at),
            okr_id,
            author_id: self.person(plan.by)?,
            at,
            entered: Some(Entered::Value(exact(plan.value)?)),
            status: None,
            note: plan.note.to_owned(),
            hold: Hold::NextReading,
            released_at: None,
        };
        let okr = self.app.store().get_okr(okr_id).await?;
        let entered = check_in.entered.context("a check-in of the demo has a number")?;
        let reading = okrsync_server::check_in_reading(self.app, &okr, entered, at)
            .map_err(|error| anyhow::anyhow!("the check-in is refused: {}", error.detail()))?;
        Ok(self.app.store().add_check_in(&check_in, Some(reading)).await?)
    }
}

fn measure(plan: &MeasurePlan) -> anyhow::Result<Measure> {
    Ok(match plan {
        MeasurePlan::PercentComplete => Measure::default(),
        MeasurePlan::Kpi { name, unit, start, target } => Measure::Kpi {
            name: (*name).to_owned(),
            unit: (*unit).to_owned(),
            start: exact(start)?,
            target: exact(target)?,
        },
    })
}

fn metric(kind: &str) -> anyhow::Result<Metric> {
    Ok(serde_json::from_value(serde_json::json!({ "kind": kind }))?)
}
