//! Limits on tries to sign in: kept in the database, so that they hold over restarts and for all replicas together.
//!
//! Each limit is a [leaky bucket](https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm) whose whole state is one instant.

use crate::{Store, error::StoreError, pool::on, schema::throttles, sql_types::Ts, turns};
use chrono::TimeDelta;
use diesel::{prelude::*, upsert::excluded};
use okrsync_domain::Instant;

/// A limit that a try counts against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// What is limited.
    pub key: String,
    /// Tries in a minute, all of which may come at once.
    pub per_minute: u32,
}

impl Limit {
    /// When the limit will be clear again after one more try, or how long to wait for that try.
    fn admit(&self, clear_at: Instant, now: Instant) -> Result<Instant, TimeDelta> {
        let number = i32::try_from(self.per_minute.max(1)).unwrap_or(i32::MAX);
        let each = TimeDelta::minutes(1) / number;
        let after = clear_at.max(now) + each;
        let ahead = (after - now) - each * number;
        if ahead <= TimeDelta::zero() { Ok(after) } else { Err(ahead) }
    }
}

impl Store {
    /// Counts a try against all of the limits; where one is reached, against none of them, and the answer is how long to
    /// wait.
    pub async fn admit(&self, limits: Vec<Limit>, now: Instant) -> Result<Result<(), TimeDelta>, StoreError> {
        self.write(move |db| {
            turns::of_people(db)?;
            let keys: Vec<String> = limits.iter().map(|limit| limit.key.clone()).collect();
            let query =
                throttles::table.filter(throttles::key.eq_any(keys)).select((throttles::key, throttles::clear_at));
            let known: Vec<(String, Ts)> = on!(&mut *db, |c| query.load(c))?;
            let mut counted = Vec::new();
            for limit in &limits {
                let clear_at = known.iter().find(|(key, _)| *key == limit.key).map_or(now, |(_, at)| at.0);
                match limit.admit(clear_at, now) {
                    Ok(after) => counted.push((limit.key.clone(), Ts(after))),
                    Err(wait) => return Ok(Err(wait)),
                }
            }
            for (key, clear_at) in counted {
                let row = (throttles::key.eq(key), throttles::clear_at.eq(clear_at));
                on!(&mut *db, |c| diesel::insert_into(throttles::table)
                    .values(row)
                    .on_conflict(throttles::key)
                    .do_update()
                    .set(throttles::clear_at.eq(excluded(throttles::clear_at)))
                    .execute(c))?;
            }
            Ok(Ok(()))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_so_many_tries_at_once_or_spread_out() {
        let limit = Limit { key: String::new(), per_minute: 3 };
        let start: Instant = "2026-11-20T10:00:00Z".parse().unwrap();
        let mut clear = start;
        for _ in 0..3 {
            clear = limit.admit(clear, start).unwrap();
        }
        assert_eq!(limit.admit(clear, start), Err(TimeDelta::seconds(20)));
        assert!(limit.admit(clear, start + TimeDelta::seconds(19)).is_err());
        let later = start + TimeDelta::seconds(20);
        clear = limit.admit(clear, later).unwrap();
        assert!(limit.admit(clear, later).is_err());
        let next_day = start + TimeDelta::days(1);
        assert_eq!(limit.admit(clear, next_day), Ok(next_day + TimeDelta::seconds(20)), "nothing is saved up");
    }
}
