//! Forms that were sent: a second click, or the back button, does nothing twice.

use crate::{Store, error::StoreError, pool::on, schema::form_submissions as table, sql_types::Ts};
use chrono::TimeDelta;
use diesel::prelude::*;
use okrsync_domain::Instant;

/// How long a form may be at work before whoever took it on is held to have died.
const AT_WORK: TimeDelta = TimeDelta::minutes(2);

/// What is known of a form that is being sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submission {
    /// Nothing: it is to be carried out, and this is noted.
    First,
    /// Another request is carrying it out.
    AtWork,
    /// It was carried out and led there.
    Done {
        /// Path of the page that it led to.
        target: String,
    },
}

impl Store {
    /// Takes on the form with this token, unless that has happened before.
    pub async fn begin_submission(&self, token: &str, now: Instant) -> Result<Submission, StoreError> {
        let token = token.to_owned();
        self.write(move |db| {
            let new = (table::token.eq(&token), table::at.eq(Ts(now)));
            let insert = diesel::insert_into(table::table).values(new).on_conflict_do_nothing();
            if on!(&mut *db, |c| insert.execute(c))? == 1 {
                return Ok(Submission::First);
            }
            let abandoned = table::table
                .filter(table::token.eq(&token))
                .filter(table::target.is_null())
                .filter(table::at.lt(Ts(now - AT_WORK)));
            if on!(&mut *db, |c| diesel::update(abandoned).set(table::at.eq(Ts(now))).execute(c))? == 1 {
                return Ok(Submission::First);
            }
            let target = table::table.find(&token).select(table::target);
            let target: Option<String> = on!(db, |c| target.first(c).optional())?.flatten();
            Ok(target.map_or(Submission::AtWork, |target| Submission::Done { target }))
        })
        .await
    }

    /// Notes where a form led. Without a target it was refused, and may be sent again.
    pub async fn end_submission(&self, token: &str, target: Option<&str>) -> Result<(), StoreError> {
        let (token, target) = (token.to_owned(), target.map(ToOwned::to_owned));
        self.write(move |db| {
            let sent = table::table.find(token);
            match target {
                Some(target) => on!(db, |c| diesel::update(sent).set(table::target.eq(Some(target))).execute(c))?,
                None => on!(db, |c| diesel::delete(sent).execute(c))?,
            };
            Ok(())
        })
        .await
    }
}
