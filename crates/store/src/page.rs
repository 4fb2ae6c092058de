//! Reading long lists piece by piece: a cursor names the last row seen, so that rows added meanwhile shift nothing.

use okrsync_domain::Instant;
use std::{fmt, str::FromStr};

/// The place behind the last row that was read.
///
/// ```
/// use okrsync_store::Cursor;
/// let cursor = Cursor { at: "2026-11-20T12:00:00Z".parse().unwrap(), id: "01JD".to_owned() };
/// assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
/// assert!("yesterday".parse::<Cursor>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The row's instant (microseconds are kept).
    pub at: Instant,
    /// The row's id.
    pub id: String,
}

/// The text is no cursor that was handed out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a cursor: hand back `next_cursor` as it came")]
pub struct NotACursor(pub String);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.timestamp_micros(), self.id)
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;
    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let read = || {
            let (micros, id) = text.split_once('.')?;
            let at = Instant::from_timestamp_micros(micros.parse().ok()?)?;
            let sound = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
            sound.then(|| Self { at, id: id.to_owned() })
        };
        read().ok_or_else(|| NotACursor(text.to_owned()))
    }
}

/// Which piece of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Most rows.
    pub limit: u32,
    /// Where the piece before ended; none starts at the beginning.
    pub after: Option<Cursor>,
}

impl Page {
    /// The first `limit` rows.
    pub fn first(limit: u32) -> Self {
        Self { limit, after: None }
    }

    /// Everything at once.
    pub fn all() -> Self {
        Self::first(u32::MAX)
    }

    /// How many rows to ask for: one more, to learn whether there is a next piece.
    pub(crate) fn ask(&self) -> i64 {
        i64::from(self.limit).saturating_add(1)
    }

    /// Cuts the additional row off again.
    pub(crate) fn cut<T>(&self, mut items: Vec<T>, cursor: impl Fn(&T) -> Cursor) -> Slice<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(cursor) } else { None };
        Slice { items, next }
    }
}

/// A piece of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next piece starts; none at the end.
    pub next: Option<Cursor>,
}

/// Keeps the rows behind a page's cursor, in ascending or descending order of (instant, id).
macro_rules! behind {
    ($query:expr, $page:expr, $at:expr, $id:expr, ascending) => {
        $crate::page::behind!($query, $page, $at, $id, ge, gt, asc)
    };
    ($query:expr, $page:expr, $at:expr, $id:expr, descending) => {
        $crate::page::behind!($query, $page, $at, $id, le, lt, desc)
    };
    ($query:expr, $page:expr, $at:expr, $id:expr, $reach:ident, $beyond:ident, $order:ident) => {{
        let mut query = $query;
        if let Some(after) = &$page.after {
            let at = $crate::sql_types::Ts(after.at);
            // the first condition says nothing new, but lets both databases seek in an index on (instant, id)
            query = query.filter($at.$reach(at).and($at.$beyond(at).or($id.$beyond(after.id.clone()))));
        }
        query.order(($at.$order(), $id.$order())).limit($page.ask())
    }};
}
pub(crate) use behind;
