//! Page tokens: opaque, bound to their query, good for seven days.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;

use crate::clock::Instant;
use crate::ordering::SortKey;

/// More tokens than this and the oldest half is forgotten.
const MOST: usize = 20_000;

/// How long a token is good.
const LIFE: TimeDelta = TimeDelta::days(7);

/// All tokens that were given out.
#[derive(Debug, Default)]
pub(crate) struct Cursors {
    by_token: HashMap<String, Cursor>,
    count: u64,
}

/// Where a walk goes on.
#[derive(Clone, Debug)]
pub(crate) struct Cursor {
    /// The query, the caller and the reconciled issues.
    pub(crate) bound_to: String,
    /// The last issue of the page before.
    pub(crate) after: SortKey,
    /// Number of the page that the token leads to, from 2.
    pub(crate) page: u32,
    pub(crate) issued: Instant,
    serial: u64,
}

impl Cursors {
    /// Gives out a token.
    pub(crate) fn issue(&mut self, bound_to: &str, after: SortKey, page: u32, now: Instant) -> String {
        self.count += 1;
        if self.by_token.len() >= MOST {
            let oldest_kept = self.count - MOST as u64 / 2;
            self.by_token.retain(|_, cursor| cursor.serial >= oldest_kept);
        }
        // looks like nothing that a client could take apart
        let scrambled = self.count.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ now.timestamp_millis().unsigned_abs();
        let token = format!("Ckl{}", URL_SAFE_NO_PAD.encode(format!("{scrambled:016x}{:x}", self.count)));
        let bound_to = bound_to.to_owned();
        self.by_token.insert(token.clone(), Cursor { bound_to, after, page, issued: now, serial: self.count });
        token
    }

    /// The cursor of a token that is known, fits the query and has not run out.
    pub(crate) fn find(&self, token: &str, bound_to: &str, now: Instant) -> Option<Cursor> {
        let cursor = self.by_token.get(token)?;
        (cursor.bound_to == bound_to && now - cursor.issued < LIFE).then(|| cursor.clone())
    }

    /// The page that a token leads to.
    pub(crate) fn page_of(&self, token: &str) -> Option<u32> {
        self.by_token.get(token).map(|cursor| cursor.page)
    }
}
