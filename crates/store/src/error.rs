//! What can go wrong with the store, by what a caller can do about it.

use diesel::result::{DatabaseErrorKind, DeserializeFieldError, Error as Diesel};
use okrsync_domain::{OkrId, Problem, QueryId, RefreshId};
use std::error::Error;

/// What can go wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It is not there, or no longer: answer "not found".
    #[error("{what} {id} does not exist")]
    NotFound {
        /// Kind of thing.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// Somebody else has saved it since it was read: read again, then decide.
    #[error("{what} {id} has been changed by somebody else in the meantime")]
    Changed {
        /// Kind of thing.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// Another one has the same value in a field that must be unique: ask for another value.
    #[error("another {what} has the same {field}")]
    Duplicate {
        /// Kind of thing.
        what: &'static str,
        /// The field.
        field: &'static str,
    },
    /// Objectives with children are only deleted together with them.
    #[error("OKR {id} has {children} children")]
    HasChildren {
        /// The parent.
        id: OkrId,
        /// How many.
        children: u64,
    },
    /// An OKR cannot lie beneath itself: choose another parent.
    #[error("OKR {id} would lie beneath itself")]
    ParentLoop {
        /// The OKR.
        id: OkrId,
    },
    /// Only objectives have children: choose another parent.
    #[error("OKR {id} is not an objective")]
    NotAnObjective {
        /// The intended parent, or the OKR with children that should stop being an objective.
        id: OkrId,
    },
    /// Links use the connection: move them first.
    #[error("{links} links use the connection")]
    InUse {
        /// How many.
        links: u64,
    },
    /// Nobody would be left who may administrate: appoint another admin first.
    #[error("there would be no active admin left")]
    LastAdmin,
    /// Somebody else reads this query's past by now: stop, write nothing.
    #[error("the lease on the past of query {query_id} is lost")]
    BackfillLost {
        /// The query.
        query_id: QueryId,
    },
    /// The lease ran out and somebody else took it, or the refresh was started again: drop the work.
    #[error("the lease of refresh {refresh_id} is lost")]
    LeaseLost {
        /// The refresh.
        refresh_id: RefreshId,
    },
    /// Issues that were to be measured are no longer mirrored as they must be: read them again.
    #[error("{lacking} issues are not mirrored as they must be")]
    NotMirrored {
        /// How many, at least.
        lacking: u64,
    },
    /// No link could be measured, and why: fail the refresh.
    #[error("{}", .0.message)]
    Unmeasurable(Box<Problem>),
    /// Another process holds the database: try again in a moment.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The database cannot be reached or went away: try again later.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// A stored value no longer parses: an operator must look at exactly this place.
    #[error("stored value in table `{table}`, column `{column}`, row `{row}` cannot be read: {detail}")]
    Corrupt {
        /// Table.
        table: String,
        /// Column.
        column: String,
        /// Key of the row.
        row: String,
        /// What is wrong.
        detail: String,
    },
    /// The schema could not be brought up to date: nothing was changed.
    #[error("the database could not be migrated: {0}")]
    Migration(String),
    /// The database was migrated by a newer okrsync: install that version.
    #[error("the database was made by a newer okrsync (unknown migrations: {})", versions.join(", "))]
    Newer {
        /// Migrations that this version does not know.
        versions: Vec<String>,
    },
    /// The address or a file it needs is not sound: mend the settings.
    #[error("{0}")]
    Configuration(String),
    /// A fault of okrsync itself.
    #[error("database error")]
    Internal(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// Whether the same call may succeed later without anybody doing something.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Unavailable(_))
    }

    /// A thing that must be there is not.
    pub(crate) fn not_found(what: &'static str, id: &impl ToString) -> Self {
        Self::NotFound { what, id: id.to_string() }
    }
}

/// Names the field where a unique index refused a row; other errors stay what they are.
pub(crate) fn duplicate(error: Diesel, what: &'static str, field: &'static str) -> StoreError {
    match error {
        Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => StoreError::Duplicate { what, field },
        error => error.into(),
    }
}

/// Names the thing that a foreign key did not find; other errors stay what they are.
pub(crate) fn missing(error: Diesel, what: &'static str, id: &impl ToString) -> StoreError {
    match error {
        Diesel::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => StoreError::not_found(what, id),
        error => error.into(),
    }
}

impl From<Diesel> for StoreError {
    fn from(error: Diesel) -> Self {
        match error {
            Diesel::DatabaseError(kind, info) => {
                let message = info.message();
                match kind {
                    DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
                        Self::Unavailable(message.to_owned())
                    }
                    DatabaseErrorKind::SerializationFailure => Self::Busy(message.to_owned()),
                    DatabaseErrorKind::Unknown if is_going_away(message) => Self::Unavailable(message.to_owned()),
                    DatabaseErrorKind::Unknown if is_busy(message) => Self::Busy(message.to_owned()),
                    _ => Self::Internal(Diesel::DatabaseError(kind, info).into()),
                }
            }
            Diesel::DeserializationError(error) => {
                let column = error.downcast_ref::<DeserializeFieldError>().and_then(|field| field.field_name.clone());
                let detail = error
                    .downcast_ref::<DeserializeFieldError>()
                    .map_or_else(|| error.to_string(), |field| field.error.to_string());
                Self::Corrupt {
                    table: "?".to_owned(),
                    column: column.unwrap_or_else(|| "?".to_owned()),
                    row: "?".to_owned(),
                    detail,
                }
            }
            error => Self::Internal(error.into()),
        }
    }
}

/// PostgreSQL's farewells have no error kind in diesel, only their English texts.
fn is_going_away(message: &str) -> bool {
    ["terminating connection", "the database system is", "cannot connect now", "too many clients"]
        .iter()
        .any(|text| message.contains(text))
}

/// SQLite's lock of another process; PostgreSQL's deadlock and lock time-out.
fn is_busy(message: &str) -> bool {
    ["is locked", "deadlock detected", "lock timeout"].iter().any(|text| message.contains(text))
}
