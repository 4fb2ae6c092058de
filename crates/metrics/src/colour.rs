//! Colours: what a status looks like.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a status looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Fine.
    Green,
    /// Late.
    Orange,
    /// In danger.
    Red,
    /// Nothing to say.
    Grey,
}

impl Colour {
    /// The word that the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Orange => "orange",
            Self::Red => "red",
            Self::Grey => "grey",
        }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
