//! Links: which query and metric give an OKR its automatic value.

use crate::{
    Store,
    connections::CONNECTION,
    error::{StoreError, missing},
    okrs,
    pool::{Db, on},
    queries,
    refresh_requests::{self, Origin},
    row::{Row, big},
    schema::{links, queries as query_table},
    sql_types::{Json, Ts},
    turns,
};
use diesel::prelude::*;
use okrsync_domain::{
    ConnectionId, Instant, OkrId, Random, RefreshId,
    link::Link,
    measure::{Measure, Metric},
    okr::{Okr, ProgressMode},
};

/// A link as somebody wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutLink {
    /// The OKR; a link that it has already is replaced.
    pub okr_id: OkrId,
    /// The connection that asks Jira.
    pub connection_id: ConnectionId,
    /// The query as its author wrote it.
    pub jql: String,
    /// The canonical text of its conditions: links with the same one share a query.
    pub canonical: String,
    /// What is measured.
    pub metric: Metric,
    /// Whether a KPI counts completed issues only.
    pub completed_only: bool,
    /// Minutes between refreshes; none follows the organisation's.
    pub period_minutes: Option<u32>,
    /// A new measure for the OKR.
    pub measure: Option<Measure>,
}

/// A link that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPut {
    /// The OKR as it is now.
    pub okr: Okr,
    /// The link.
    pub link: Link,
    /// The refresh that measures it.
    pub refresh_id: RefreshId,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = links, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct LinkRow {
    pub(crate) okr_id: String,
    connection_id: String,
    pub(crate) query_id: String,
    jql: String,
    metric: Json,
    completed_only: bool,
    period_minutes: Option<i64>,
    edited_at: Ts,
    pub(crate) problem: Option<Json>,
}

impl LinkRow {
    /// As the product speaks of it.
    pub(crate) fn read(self) -> Result<Link, StoreError> {
        let row = Row { table: "links", key: &self.okr_id };
        Ok(Link {
            okr_id: row.id("okr_id", &self.okr_id)?,
            connection_id: row.id("connection_id", &self.connection_id)?,
            query_id: row.id("query_id", &self.query_id)?,
            metric: row.json("metric", &self.metric)?,
            period_minutes: self.period_minutes.map(|minutes| row.number("period_minutes", minutes)).transpose()?,
            jql: self.jql,
            completed_only: self.completed_only,
            edited_at: self.edited_at.0,
        })
    }

    /// Whether it measures something else than another.
    fn measures_like(&self, other: &Self) -> Result<bool, StoreError> {
        let metric = |link: &Self| Row { table: "links", key: &link.okr_id }.json::<Metric>("metric", &link.metric);
        let same = self.query_id == other.query_id && self.completed_only == other.completed_only;
        Ok(same && metric(self)? == metric(other)?)
    }
}

fn load(db: &mut Db, okr: OkrId) -> Result<Option<LinkRow>, StoreError> {
    let query = links::table.find(okr.to_string());
    Ok(on!(db, |c| query.select(LinkRow::as_select()).first(c).optional())?)
}

/// The connection that an OKR is linked through, inside somebody's transaction.
pub(crate) fn connection_of(db: &mut Db, okr: OkrId) -> Result<Option<ConnectionId>, StoreError> {
    let link = load(db, okr)?.map(LinkRow::read).transpose()?;
    Ok(link.map(|link| link.connection_id))
}

/// Sets the OKR's mode and, if asked, its measure.
fn connect_okr(db: &mut Db, put: &PutLink) -> Result<Okr, StoreError> {
    let before = okrs::get(db, put.okr_id)?;
    let after = Okr {
        progress_mode: ProgressMode::DataSource,
        measure: put.measure.clone().unwrap_or_else(|| before.measure.clone()),
        ..before.clone()
    };
    if after == before { Ok(before) } else { okrs::save(db, &after) }
}

fn put(db: &mut Db, random: &Random, put: &PutLink, now: Instant) -> Result<LinkPut, StoreError> {
    turns::alone(db)?;
    let okr = connect_okr(db, put)?;
    let connection = put.connection_id.to_string();
    if crate::connections::load(db, put.connection_id)?.is_none() {
        return Err(StoreError::not_found(CONNECTION, &put.connection_id));
    }
    let before = load(db, put.okr_id)?;
    let query_id = queries::find_or_add(db, random, &connection, &put.canonical, now)?;
    let mut row = LinkRow {
        okr_id: put.okr_id.to_string(),
        connection_id: connection,
        query_id: query_id.clone(),
        jql: put.jql.clone(),
        metric: Json::of(&put.metric),
        completed_only: put.completed_only,
        period_minutes: put.period_minutes.map(big),
        edited_at: Ts(now),
        problem: None,
    };
    if let Some(before) = &before
        && row.measures_like(before)?
    {
        row.edited_at = before.edited_at;
    }
    on!(&mut *db, |c| diesel::insert_into(links::table)
        .values(&row)
        .on_conflict(links::okr_id)
        .do_update()
        .set(&row)
        .execute(c))
    .map_err(|error| missing(error, CONNECTION, &put.connection_id))?;
    queries::settle(db, &query_id, now)?;
    if let Some(before) = before.filter(|before| before.query_id != query_id) {
        queries::settle(db, &before.query_id, now)?;
    }
    let refresh_id = refresh_requests::measure_again(db, random, &query_id, Origin::Link, now)?;
    Ok(LinkPut { okr, link: row.read()?, refresh_id })
}

impl Store {
    /// What the links of a connection measure, each metric once.
    pub async fn linked_metrics(&self, connection: ConnectionId) -> Result<Vec<Metric>, StoreError> {
        self.read(move |db| {
            let key = connection.to_string();
            let query = links::table.filter(links::connection_id.eq(&key)).select(links::metric).distinct();
            let metrics: Vec<Json> = on!(db, |c| query.load(c))?;
            let row = Row { table: "links", key: &key };
            metrics.iter().map(|metric| row.json("metric", metric)).collect()
        })
        .await
    }

    /// Links an OKR to a query, in place of a link that it may have, and asks for the refresh that measures it.
    pub async fn put_link(&self, wanted: PutLink, now: Instant) -> Result<LinkPut, StoreError> {
        let random = self.random.clone();
        self.write(move |db| put(db, &random, &wanted, now)).await
    }

    /// An OKR's link.
    pub async fn find_link(&self, okr: OkrId) -> Result<Option<Link>, StoreError> {
        self.read(move |db| load(db, okr)?.map(LinkRow::read).transpose()).await
    }

    /// Removes an OKR's link and has people report the value from now on. The last reading stays on the board: it is the
    /// value until a later check-in.
    pub async fn delete_link(&self, okr: OkrId, now: Instant) -> Result<Okr, StoreError> {
        self.write(move |db| {
            turns::alone(db)?;
            let before = okrs::get(db, okr)?;
            let link = load(db, okr)?.ok_or_else(|| StoreError::not_found("link", &okr))?;
            on!(&mut *db, |c| diesel::delete(links::table.find(okr.to_string())).execute(c))?;
            queries::settle(db, &link.query_id, now)?;
            okrs::save(db, &Okr { progress_mode: ProgressMode::Manual, ..before })
        })
        .await
    }

    /// Moves every link from one connection to another, where its query is asked from now on. Tells how many.
    pub async fn move_links(&self, from: ConnectionId, to: ConnectionId, now: Instant) -> Result<u64, StoreError> {
        let random = self.random.clone();
        self.write(move |db| {
            turns::alone(db)?;
            if crate::connections::load(db, to)?.is_none() {
                return Err(StoreError::not_found(CONNECTION, &to));
            }
            let query = links::table
                .inner_join(query_table::table)
                .filter(links::connection_id.eq(from.to_string()))
                .select((links::okr_id, links::query_id, query_table::canonical));
            let moving: Vec<(String, String, String)> = on!(&mut *db, |c| query.load(c))?;
            for (okr, old, canonical) in &moving {
                let new = queries::find_or_add(db, &random, &to.to_string(), canonical, now)?;
                let place = (
                    links::connection_id.eq(to.to_string()),
                    links::query_id.eq(&new),
                    links::edited_at.eq(Ts(now)),
                    links::problem.eq(None::<Json>),
                );
                on!(&mut *db, |c| diesel::update(links::table.find(okr)).set(place).execute(c))?;
                queries::settle(db, &new, now)?;
                queries::settle(db, old, now)?;
                refresh_requests::measure_again(db, &random, &new, Origin::Link, now)?;
            }
            Ok(u64::try_from(moving.len()).unwrap_or(u64::MAX))
        })
        .await
    }
}
