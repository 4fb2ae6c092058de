//! The words of the product, as types: what an OKR, a link, a connection, an issue and a reading *are*.
//!
//! No I/O happens here and nothing asks for the time by itself: [`Clock`] and [`Random`] are handed in from the
//! outside, so that every date and id in a test is exact.

pub mod audit;
pub mod catalogue;
pub mod check_in;
pub mod clock;
pub mod connection;
pub mod decimal;
pub mod health;
pub mod history;
pub mod id;
pub mod invalid;
pub mod issue;
pub mod link;
pub mod measure;
pub mod moves;
pub mod okr;
pub mod organisation;
pub mod person;
pub mod problem;
pub mod random;
pub mod reading;
pub mod refresh;

pub use clock::Clock;
pub use id::{AuditId, CheckInId, ConnectionId, OkrId, QueryId, ReadingId, RefreshId, SessionId, TokenId, UserId};
pub use invalid::Invalid;
pub use problem::Problem;
pub use random::Random;

/// An instant in UTC.
pub type Instant = chrono::DateTime<chrono::Utc>;
/// A calendar day in the organisation's time zone.
pub type Date = chrono::NaiveDate;
