//! The audit log: written within the transaction of the change that it is about (see [`Store::noting`]), never changed.

use crate::{
    Store,
    error::StoreError,
    page::{Cursor, Page, Slice, behind},
    pool::{Db, on},
    row::{Row, word},
    schema::audit_log,
    sql_types::{Json, Ts},
};
use diesel::prelude::*;
use okrsync_domain::{
    AuditId, Instant, Random, UserId,
    audit::{Actor, Entry, Note, Subject},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_log, treat_none_as_default_value = false)]
struct EntryRow {
    id: String,
    at: Ts,
    actor_id: Option<String>,
    actor_name: String,
    via: String,
    action: String,
    subject_kind: String,
    subject_id: String,
    subject_name: String,
    before: Option<Json>,
    after: Option<Json>,
}

impl EntryRow {
    fn read(self) -> Result<Entry, StoreError> {
        let row = Row { table: "audit_log", key: &self.id };
        let actor = Actor {
            user_id: row.id_opt("actor_id", self.actor_id.as_deref())?,
            name: self.actor_name,
            via: row.word("via", &self.via)?,
        };
        Ok(Entry {
            id: row.id("id", &self.id)?,
            note: Note {
                at: self.at.0,
                actor,
                action: self.action,
                subject: Subject { kind: self.subject_kind, id: self.subject_id, name: self.subject_name },
                before: row.json_opt("before", self.before.as_ref())?,
                after: row.json_opt("after", self.after.as_ref())?,
            },
        })
    }
}

/// Which entries are wanted; the default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Those of this instant and later.
    pub from: Option<Instant>,
    /// Those before this instant.
    pub until: Option<Instant>,
    /// Those of this person.
    pub actor: Option<UserId>,
    /// Those with this action, such as "okr.change".
    pub action: Option<String>,
    /// Those about the thing with this id.
    pub subject: Option<String>,
}

/// Writes a note down inside the transaction of its change; one that says nothing is left out.
pub(crate) fn add(db: &mut Db, random: &Random, note: &Note) -> Result<(), StoreError> {
    if note.is_idle() {
        return Ok(());
    }
    let row = EntryRow {
        id: random.id::<AuditId>(note.at).to_string(),
        at: Ts(note.at),
        actor_id: note.actor.user_id.map(|id| id.to_string()),
        actor_name: note.actor.name.clone(),
        via: word(&note.actor.via),
        action: note.action.clone(),
        subject_kind: note.subject.kind.clone(),
        subject_id: note.subject.id.clone(),
        subject_name: note.subject.name.clone(),
        before: note.before.as_ref().map(Json::of),
        after: note.after.as_ref().map(Json::of),
    };
    on!(db, |c| diesel::insert_into(audit_log::table).values(&row).execute(c))?;
    Ok(())
}

impl Store {
    /// Writes down what changed nothing in the database by itself, such as signing in.
    pub async fn add_note(&self, note: Note) -> Result<(), StoreError> {
        self.noting(note).write(|_| Ok(())).await
    }

    /// Entries of the audit log, newest first.
    pub async fn audit(&self, filter: &AuditFilter, page: Page) -> Result<Slice<Entry>, StoreError> {
        let filter = filter.clone();
        self.read(move |db| {
            let rows: Vec<EntryRow> = on!(db, |c| {
                let mut query = audit_log::table.select(EntryRow::as_select()).into_boxed();
                if let Some(from) = filter.from {
                    query = query.filter(audit_log::at.ge(Ts(from)));
                }
                if let Some(until) = filter.until {
                    query = query.filter(audit_log::at.lt(Ts(until)));
                }
                if let Some(actor) = filter.actor {
                    query = query.filter(audit_log::actor_id.eq(actor.to_string()));
                }
                if let Some(action) = filter.action.clone() {
                    query = query.filter(audit_log::action.eq(action));
                }
                if let Some(subject) = filter.subject.clone() {
                    query = query.filter(audit_log::subject_id.eq(subject));
                }
                behind!(query, page, audit_log::at, audit_log::id, descending).load(c)
            })?;
            let entries: Result<Vec<Entry>, _> = rows.into_iter().map(EntryRow::read).collect();
            entries.map(|entries| page.cut(entries, |entry| Cursor { at: entry.note.at, id: entry.id.to_string() }))
        })
        .await
    }
}
