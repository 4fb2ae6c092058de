//! When and how much: which queries are due, who works on them, what is believed, and what is told to whom.
//!
//! Timer, button, edit and restart are one path: a query is due, [`Engine`] claims it with a lease, reads it, proves
//! the result and records it, or notes why not and leaves the last good readings alone.

pub mod budget;
pub mod check;
pub mod config;
pub mod cost;
pub mod engine;
pub mod error;
pub mod events;
pub mod health;
pub mod plan;
pub mod preview;
pub mod proof;
pub mod sign_in;
pub mod sites;
pub mod status;
pub mod webhooks;

mod ask;
mod backfill;
mod catalogues;
mod catch_up;
mod context;
mod credentials;
mod departures;
mod driver;
mod endings;
mod expiry;
mod fetch;
mod gate;
mod idle;
mod lease;
mod links;
mod lints;
mod measuring;
mod pass;
mod refresh;
mod replicas;
mod upkeep;
mod visit;
mod waker;
mod walk;

pub use config::SyncConfig;
pub use engine::Engine;
pub use error::SyncError;
pub use lints::measured;
pub use status::PassStatus;
