//! The one row of settings of the whole installation.

use crate::{
    Store,
    error::StoreError,
    pool::{Db, on},
    row::{Row, big, word},
    schema::{organisation, queries},
    sql_types::{Dec, Ts},
};
use chrono::TimeDelta;
use diesel::prelude::*;
use okrsync_domain::{
    Instant,
    organisation::{Organisation, StatusLimits},
};

#[derive(Queryable, Selectable, AsChangeset)]
#[diesel(table_name = organisation, treat_none_as_null = true)]
struct OrganisationRow {
    name: String,
    time_zone: String,
    behind_above: Dec,
    at_risk_above: Dec,
    gap_reading: String,
    period_minutes: Option<i64>,
    jira_enabled: bool,
}

/// The key of the only row.
const ONLY: i16 = 1;

/// Reads the settings inside somebody's transaction; `period` is that of an installation where nobody set one.
pub(crate) fn load(db: &mut Db, period: u32) -> Result<Organisation, StoreError> {
    let only = organisation::table.find(ONLY);
    let stored = on!(db, |c| only.select(OrganisationRow::as_select()).first(c))?;
    let row = Row { table: "organisation", key: "1" };
    Ok(Organisation {
        time_zone: row.id("time_zone", &stored.time_zone)?,
        limits: StatusLimits {
            behind_above: row.decimal("behind_above", stored.behind_above)?,
            at_risk_above: row.decimal("at_risk_above", stored.at_risk_above)?,
            reading: row.word("gap_reading", &stored.gap_reading)?,
        },
        period_minutes: match stored.period_minutes {
            Some(minutes) => row.number("period_minutes", minutes)?,
            None => period,
        },
        name: stored.name,
        jira_enabled: stored.jira_enabled,
    })
}

impl Store {
    /// The settings.
    pub async fn organisation(&self) -> Result<Organisation, StoreError> {
        let period = self.period_minutes;
        self.read(move |db| load(db, period)).await
    }

    /// Replaces the settings. Queries that would wait longer than the new period are brought forward.
    pub async fn update_organisation(&self, settings: &Organisation, now: Instant) -> Result<(), StoreError> {
        let settings = settings.clone();
        let default = self.period_minutes;
        self.write(move |db| {
            let before = load(db, default)?;
            // a period that only follows the configuration goes on following it
            let own_period = settings.period_minutes != before.period_minutes || settings.period_minutes != default;
            let changes = OrganisationRow {
                name: settings.name,
                time_zone: settings.time_zone.name().to_owned(),
                behind_above: settings.limits.behind_above.into(),
                at_risk_above: settings.limits.at_risk_above.into(),
                gap_reading: word(&settings.limits.reading),
                period_minutes: own_period.then(|| big(settings.period_minutes)),
                jira_enabled: settings.jira_enabled,
            };
            on!(&mut *db, |c| diesel::update(organisation::table.find(ONLY)).set(&changes).execute(c))?;
            if settings.period_minutes < before.period_minutes {
                let latest = Some(Ts(now + TimeDelta::minutes(i64::from(settings.period_minutes))));
                let late = queries::table.filter(queries::follows_default.and(queries::due_at.gt(latest)));
                on!(db, |c| diesel::update(late).set(queries::due_at.eq(latest)).execute(c))?;
            }
            Ok(())
        })
        .await
    }
}
