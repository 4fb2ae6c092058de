//! The only crate that knows SQL: SQLite (embedded) and `PostgreSQL` through one query code.
//!
//! A [`Store`] is a cheap handle on a database. Each of its methods is one intent and one transaction, calls no other
//! and never waits for the network of anybody but the database. The methods live beside the tables they are about.

mod audit;
mod board;
mod catalogues;
mod check_ins;
mod claims;
mod compare;
mod connection_links;
mod connection_rows;
mod connections;
mod departures;
mod error;
mod health;
mod issues;
mod leases;
mod links;
mod members;
pub mod migrations;
mod moves;
mod okr_rows;
mod okrs;
mod organisation;
mod page;
mod people;
mod pool;
mod quality;
mod queries;
mod readings;
mod record;
mod refresh_history;
mod refresh_requests;
mod refreshes;
mod row;
mod schema;
mod secrets;
mod sessions;
mod sql_types;
mod store;
mod submissions;
mod target;
#[cfg(test)]
mod tests;
mod thinned;
mod tokens;
mod trends;
mod turns;
mod usage;

pub use audit::AuditFilter;
pub use board::{BoardRow, BoardScope, Linked, LinkedConnection};
pub use claims::{Claim, Lease, LinkedMeasure};
pub use connection_links::LinkedOkr;
pub use connections::ConnectionOverview;
pub use error::StoreError;
pub use health::{ConnectionOk, StateChange};
pub use leases::{Failure, Progress};
pub use links::{LinkPut, PutLink};
pub use members::MemberChanges;
pub use migrations::MigrationStatus;
pub use moves::Span;
pub use okrs::{OkrFilter, OkrUpdated, Viewer};
pub use page::{Cursor, NotACursor, Page, Slice};
pub use people::SignIn;
pub use quality::Overlap;
pub use queries::Query;
pub use readings::DailyReading;
pub use record::Recording;
pub use refresh_requests::{Origin, RefreshRequest, RefreshScope};
pub use refreshes::{Queue, RefreshOutcome};
pub use secrets::{SealedSecret, SealedText, SecretChanges};
pub use sessions::StoredSession;
pub use store::{Options, Store};
pub use submissions::Submission;
pub use target::Backend;
pub use usage::{Pruned, Spending};
