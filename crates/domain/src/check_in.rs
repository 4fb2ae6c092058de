//! A person's own update of an OKR.

use crate::{CheckInId, Instant, OkrId, UserId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A status that a person states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatedStatus {
    /// As planned.
    OnTrack,
    /// Late.
    Behind,
    /// In danger.
    AtRisk,
    /// Reached.
    Achieved,
}

/// How long a check-in overrides the automatic value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// Until the next automatic reading.
    #[default]
    NextReading,
    /// Until automatic updates are resumed.
    UntilResumed,
}

/// What was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// The measure's own value.
    Value(Decimal),
    /// Progress in percent.
    Progress(Decimal),
}

/// A person's own update of an OKR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckIn {
    /// Its id.
    pub id: CheckInId,
    /// The OKR.
    pub okr_id: OkrId,
    /// Who entered it.
    pub author_id: UserId,
    /// When.
    pub at: Instant,
    /// What was entered; a note may come alone.
    pub entered: Option<Entered>,
    /// Status as stated.
    pub status: Option<StatedStatus>,
    /// Words.
    pub note: String,
    /// How long it overrides an automatic value.
    pub hold: Hold,
    /// Set when automatic updates were resumed.
    pub released_at: Option<Instant>,
}
