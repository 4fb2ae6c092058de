//! Many OKRs at once, into a time in which nothing is yet.

use crate::{
    Store, audit,
    error::{StoreError, missing},
    okr_rows::OkrRow,
    okrs::{Viewer, check_parent},
    pool::on,
    row::word,
    schema::okrs,
    turns,
};
use diesel::prelude::*;
use okrsync_domain::{
    Date,
    audit::Note,
    okr::{Okr, Visibility},
};

impl Store {
    /// Adds OKRs, parents first, each with its note in the audit log: all of them or none. `Changed` if the viewer sees
    /// something between these days by now, so that nothing is added twice.
    pub async fn add_okrs_where_none_are(
        &self,
        added: Vec<(Okr, Note)>,
        viewer: Viewer,
        days: (Date, Date),
    ) -> Result<(), StoreError> {
        let random = self.random.clone();
        self.write(move |db| {
            turns::alone(db)?;
            let (first, last) = days;
            let there: Option<String> = on!(&mut *db, |c| {
                let between = okrs::starts_on.le(last).and(okrs::due_on.ge(first));
                let mut there = okrs::table.filter(between).select(okrs::id).into_boxed();
                if !viewer.admin {
                    let everyone = okrs::visibility.eq(word(&Visibility::Everyone));
                    there = there.filter(everyone.or(okrs::owner_id.eq(viewer.user_id.to_string())));
                }
                there.first(c).optional()
            })?;
            if there.is_some() {
                return Err(StoreError::Changed { what: "period", id: format!("{first} to {last}") });
            }
            for (okr, note) in &added {
                check_parent(db, okr)?;
                on!(&mut *db, |c| diesel::insert_into(okrs::table).values(&OkrRow::of(okr)).execute(c))
                    .map_err(|error| missing(error, "user", &okr.owner_id))?;
                audit::add(db, &random, note)?;
            }
            Ok(())
        })
        .await
    }
}
