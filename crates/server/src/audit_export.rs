//! The audit log as a file: CSV for spreadsheets, JSON lines for programs. Newest first, read page by page.

use crate::api::days;
use chrono::SecondsFormat;
use futures_util::Stream;
use okrsync_domain::{Date, UserId, audit::Entry};
use okrsync_store::{AuditFilter, Cursor, Page, Store, StoreError};
use serde::Serialize;
use serde_json::Value;

/// Entries in one read of the database.
const PIECE: u32 = 500;

/// What a file of the audit log looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Comma-separated values with a head line.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

/// An entry of the audit log as it is told to the outside.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct EntryView {
    id: String,
    at: chrono::DateTime<chrono::Utc>,
    actor: ActorView,
    /// Kind of thing and verb, such as "okr.change".
    pub(crate) action: String,
    subject: SubjectView,
    /// What was different before; null for what did not exist.
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>)]
    before: Option<Value>,
    /// What is different now; null for what is gone.
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>)]
    after: Option<Value>,
}

/// Who did it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ActorView {
    /// Null for the command line.
    #[schema(value_type = Option<String>)]
    id: Option<UserId>,
    /// The name they had then.
    name: String,
    /// `session`, `token`, `link` or `command`.
    via: String,
}

/// What it was done to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SubjectView {
    /// Kind of thing, such as "okr".
    kind: String,
    id: String,
    /// The name it had then.
    name: String,
}

impl From<Entry> for EntryView {
    fn from(Entry { id, note }: Entry) -> Self {
        let via = serde_json::to_value(note.actor.via).ok().and_then(|via| via.as_str().map(ToOwned::to_owned));
        Self {
            id: id.to_string(),
            at: note.at,
            actor: ActorView { id: note.actor.user_id, name: note.actor.name, via: via.unwrap_or_default() },
            action: note.action,
            subject: SubjectView { kind: note.subject.kind, id: note.subject.id, name: note.subject.name },
            before: note.before,
            after: note.after,
        }
    }
}

/// The filter for days of the organisation, both inclusive.
pub async fn days(store: &Store, from: Option<Date>, to: Option<Date>) -> Result<AuditFilter, StoreError> {
    let zone = store.organisation().await?.time_zone;
    Ok(AuditFilter {
        from: from.map(|day| days::start_of(day, zone)),
        until: to.map(|day| days::end_of(day, zone)),
        ..AuditFilter::default()
    })
}

/// Where an export has come to.
enum Place {
    Start,
    Behind(Cursor),
    End,
}

/// The file, piece by piece. A piece fails when the database does.
pub fn export(
    store: Store,
    filter: AuditFilter,
    format: ExportFormat,
) -> impl Stream<Item = Result<Vec<u8>, StoreError>> {
    futures_util::stream::try_unfold(Place::Start, move |place| {
        let (store, filter) = (store.clone(), filter.clone());
        async move {
            let (after, is_first) = match place {
                Place::Start => (None, true),
                Place::Behind(cursor) => (Some(cursor), false),
                Place::End => return Ok(None),
            };
            let slice = store.audit(&filter, Page { limit: PIECE, after }).await?;
            let next = slice.next.map_or(Place::End, Place::Behind);
            let entries = slice.items.into_iter().map(EntryView::from);
            let piece = match format {
                ExportFormat::Csv => csv_lines(entries, is_first),
                ExportFormat::JsonLines => json_lines(entries),
            };
            Ok(Some((piece.map_err(StoreError::Internal)?, next)))
        }
    })
}

type Written = Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>>;

fn json_lines(entries: impl Iterator<Item = EntryView>) -> Written {
    let mut text = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut text, &entry)?;
        text.push(b'\n');
    }
    Ok(text)
}

fn csv_lines(entries: impl Iterator<Item = EntryView>, with_head: bool) -> Written {
    let mut table = csv::Writer::from_writer(Vec::new());
    if with_head {
        table.write_record([
            "at",
            "actor",
            "actor_id",
            "via",
            "action",
            "kind",
            "subject",
            "subject_id",
            "before",
            "after",
            "id",
        ])?;
    }
    for entry in entries {
        let text = |value: Option<Value>| value.map(|value| value.to_string()).unwrap_or_default();
        let at = entry.at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let actor_id = entry.actor.id.map(|id| id.to_string()).unwrap_or_default();
        let cells = [
            at,
            entry.actor.name,
            actor_id,
            entry.actor.via,
            entry.action,
            entry.subject.kind,
            entry.subject.name,
            entry.subject.id,
            text(entry.before),
            text(entry.after),
            entry.id,
        ];
        table.write_record(cells.map(harmless))?;
    }
    Ok(table.into_inner()?)
}

/// A spreadsheet takes a cell that begins like this for a formula; people choose titles and names.
pub(crate) fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;
    use okrsync_domain::{
        Random,
        audit::{Actor, Note, Subject},
    };

    #[test]
    fn a_file_has_no_formulas_and_keeps_commas() {
        let at = "2026-11-20T10:00:00Z".parse().unwrap();
        let subject = Subject::new("okr", &1, "=HYPERLINK(\"x\"), and more");
        let (action, actor) = ("okr.change".to_owned(), Actor::command_line());
        let note = Note { at, actor, action, subject, before: None, after: None };
        let entry = || Entry { id: Random::seeded(1).id(at), note: note.clone().after(&serde_json::json!({"a": "b"})) };
        let text = String::from_utf8(csv_lines([entry().into()].into_iter(), true).unwrap()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].starts_with("at,actor,") && lines.len() == 2, "{text}");
        assert!(lines[1].contains("\"'=HYPERLINK(\"\"x\"\"), and more\""), "{text}");
        let text = String::from_utf8(json_lines([entry().into(), entry().into()].into_iter()).unwrap()).unwrap();
        assert_eq!(text.lines().count(), 2);
    }
}
