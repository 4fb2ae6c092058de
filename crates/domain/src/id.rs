//! One id type per kind of thing, so that a connection's id cannot be passed where an OKR's belongs.
//!
//! Ids are [ULIDs](https://github.com/ulid/spec): 26 characters, sorted by the moment they were made.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use ulid::Ulid;

/// The text was not a ULID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id: 26 characters of Crockford's base 32 are expected")]
pub struct NotAnId(pub String);

/// Declares one id type.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Ulid);

        impl From<Ulid> for $name {
            fn from(ulid: Ulid) -> Self {
                Self(ulid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Ulid::from_string(text).map(Self).map_err(|_| NotAnId(text.to_owned()))
            }
        }
    };
}

id!(/// An objective or a key result.
    OkrId);
id!(/// A connection to one Jira site.
    ConnectionId);
id!(/// A distinct JQL text on one connection; links share it.
    QueryId);
id!(/// One measurement of an OKR.
    ReadingId);
id!(/// One run of a query, or a group of them that somebody asked for together.
    RefreshId);
id!(/// A person's own update of an OKR.
    CheckInId);
id!(/// A person.
    UserId);
id!(/// A personal API token.
    TokenId);
id!(/// A browser's session, as lists call it.
    SessionId);
id!(/// An entry of the audit log.
    AuditId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_as_text_and_json() {
        let id = OkrId::from(Ulid::from_parts(1_700_000_000_000, 42));
        assert_eq!(id.to_string().parse::<OkrId>(), Ok(id));
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
        assert!("not-an-id".parse::<OkrId>().is_err());
    }
}
