//! An OKR as its table keeps it.

use crate::{
    error::StoreError,
    row::{Row, word},
    schema::okrs,
    sql_types::{Dec, Json, Ts},
};
use diesel::prelude::*;
use okrsync_domain::{Date, okr::Okr};

/// Everything but the pointers to newest readings and check-ins, which no edit may turn back.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = okrs, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct OkrRow {
    pub(crate) id: String,
    kind: String,
    parent_id: Option<String>,
    title: String,
    title_folded: String,
    description: Option<String>,
    owner_id: String,
    team: Option<String>,
    starts_on: Date,
    due_on: Date,
    progress_mode: String,
    measure: Json,
    share: Option<Dec>,
    visibility: String,
    closed: Option<Json>,
    created_at: Ts,
    pub(crate) version: i64,
}

impl OkrRow {
    /// As it is stored.
    pub(crate) fn of(okr: &Okr) -> Self {
        Self {
            id: okr.id.to_string(),
            kind: word(&okr.kind),
            parent_id: okr.parent_id.map(|id| id.to_string()),
            title: okr.title.clone(),
            title_folded: okr.title.to_lowercase(),
            description: okr.description.clone(),
            owner_id: okr.owner_id.to_string(),
            team: okr.team.clone(),
            starts_on: okr.starts_on,
            due_on: okr.due_on,
            progress_mode: word(&okr.progress_mode),
            measure: Json::of(&okr.measure),
            share: okr.share.map(Dec::from),
            visibility: word(&okr.visibility),
            closed: okr.closed.as_ref().map(Json::of),
            created_at: Ts(okr.created_at),
            version: okr.version,
        }
    }

    /// As the product speaks of it.
    pub(crate) fn read(self) -> Result<Okr, StoreError> {
        let row = Row { table: "okrs", key: &self.id };
        Ok(Okr {
            id: row.id("id", &self.id)?,
            kind: row.word("kind", &self.kind)?,
            parent_id: row.id_opt("parent_id", self.parent_id.as_deref())?,
            owner_id: row.id("owner_id", &self.owner_id)?,
            progress_mode: row.word("progress_mode", &self.progress_mode)?,
            measure: row.json("measure", &self.measure)?,
            share: row.decimal_opt("share", self.share)?,
            visibility: row.word("visibility", &self.visibility)?,
            closed: row.json_opt("closed", self.closed.as_ref())?,
            title: self.title,
            description: self.description,
            team: self.team,
            starts_on: self.starts_on,
            due_on: self.due_on,
            created_at: self.created_at.0,
            version: self.version,
        })
    }
}
