//! What the journeys stand on: throw-away databases, a real browser, and looking for leaked secrets.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use okrsync_tests::databases::{Backend, TestDatabase};
//! let database = TestDatabase::fresh(Backend::Sqlite).expect("SQLite is always there");
//! assert!(database.url().starts_with("sqlite:///"));
//! # })
//! ```

#![expect(clippy::missing_panics_doc, reason = "a harness tells by panicking that a test has failed")]

pub mod app;
pub mod axe;
pub mod browser;
pub mod clients;
pub mod cluster;
pub mod consent;
pub mod databases;
mod guarded;
pub mod journey;
pub mod leaks;
pub mod process;
mod programs;
pub mod provider;
pub mod redact;
mod requirement;
pub mod wait;

pub use cluster::Cluster;
pub use guarded::Guarded;

/// Chooses the process's TLS implementation; every HTTP client of the tests needs it, the first one sets it.
pub fn install_crypto() {
    // an error means that another test of this process was first
    rustls::crypto::ring::default_provider().install_default().ok();
}
