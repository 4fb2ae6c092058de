//! The only crate that knows SQL: SQLite (embedded) and `PostgreSQL` through one query code.
//!
//! A [`Store`] is a cheap handle on a database. Each of its methods is one intent and one transaction, calls no other
//! and never waits for the network of anybody but the database. The methods live beside the tables they are about.

mod error;
pub mod migrations;
mod organisation;
mod page;
mod people;
mod pool;
mod row;
mod schema;
mod sessions;
mod sql_types;
mod store;
mod target;
mod tokens;

pub use error::StoreError;
pub use migrations::MigrationStatus;
pub use page::{Cursor, NotACursor, Page, Slice};
pub use people::SignIn;
pub use sessions::StoredSession;
pub use store::{Options, Store};
pub use target::Backend;
