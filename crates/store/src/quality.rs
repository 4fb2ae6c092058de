//! What members show of the quality of numbers: issues that count twice, and of which types they are.

use crate::{
    Store,
    error::StoreError,
    pool::{Db, on},
    row::Row,
    schema::{connections, issues, links, members, queries},
    store::CHUNK,
};
use diesel::{dsl::count_star, prelude::*};
use okrsync_domain::{OkrId, QueryId};
use std::collections::{BTreeMap, HashMap};

/// Issues that two OKRs count both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// The two, the one with the smaller id first.
    pub okrs: (OkrId, OkrId),
    /// How many issues.
    pub issues: u64,
}

/// The queries of these OKRs with their sites: the same number on another site is another issue.
fn sites(db: &mut Db, okrs: &[OkrId]) -> Result<Vec<(OkrId, String, String)>, StoreError> {
    let mut found = Vec::new();
    for part in okrs.chunks(CHUNK) {
        let linked = links::table
            .inner_join(connections::table)
            .filter(links::okr_id.eq_any(part.iter().map(ToString::to_string).collect::<Vec<_>>()))
            .order(links::okr_id)
            .select((links::okr_id, links::query_id, connections::server_url));
        for (okr, query, site) in on!(&mut *db, |c| linked.load::<(String, String, String)>(c))? {
            found.push((Row { table: "links", key: &okr }.id("okr_id", &okr)?, query, site));
        }
    }
    Ok(found)
}

/// What a query matches now, with what people read of each issue.
macro_rules! current {
    ($query:expr) => {
        members::table
            .inner_join(queries::table.on(queries::id.eq(members::query_id)))
            .inner_join(
                issues::table
                    .on(issues::connection_id.eq(queries::connection_id).and(issues::issue_id.eq(members::issue_id))),
            )
            .filter(members::query_id.eq($query.to_string()))
            .filter(members::ended_at.is_null())
    };
}

impl Store {
    /// Which issues several of these OKRs count, two by two; pairs without any are left out.
    pub async fn overlaps(&self, okrs: Vec<OkrId>) -> Result<Vec<Overlap>, StoreError> {
        self.snapshot(move |db| {
            let linked = sites(db, &okrs)?;
            // Each issue with the OKRs that count it: a query that is shared is read once.
            let mut by_query: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for (index, (_, query, _)) in linked.iter().enumerate() {
                by_query.entry(query).or_default().push(index);
            }
            let mut counted: HashMap<(&str, i64), Vec<usize>> = HashMap::new();
            for (query, indexes) in &by_query {
                let current = members::table.filter(members::query_id.eq(*query)).filter(members::ended_at.is_null());
                let ids: Vec<i64> = on!(&mut *db, |c| current.select(members::issue_id).load(c))?;
                for id in ids {
                    counted.entry((linked[indexes[0]].2.as_str(), id)).or_default().extend(indexes);
                }
            }
            let mut pairs: BTreeMap<(OkrId, OkrId), u64> = BTreeMap::new();
            for indexes in counted.values_mut().filter(|indexes| indexes.len() > 1) {
                indexes.sort_unstable();
                for (place, first) in indexes.iter().enumerate() {
                    for second in &indexes[place + 1..] {
                        *pairs.entry((linked[*first].0, linked[*second].0)).or_default() += 1;
                    }
                }
            }
            Ok(pairs.into_iter().map(|(okrs, issues)| Overlap { okrs, issues }).collect())
        })
        .await
    }

    /// How many issues that a query matches now are completed and have no resolution.
    pub async fn done_without_resolution(&self, query: QueryId) -> Result<u64, StoreError> {
        self.read(move |db| {
            let unresolved =
                current!(query).filter(members::completed.eq(true).and(issues::resolved.eq(Some(false)))).count();
            let count: i64 = on!(db, |c| unresolved.get_result(c))?;
            Row { table: "members", key: &query.to_string() }.number("count", count)
        })
        .await
    }

    /// How many issues of each type a query matches now; those whose type is not known have none.
    pub async fn member_types(&self, query: QueryId) -> Result<Vec<(Option<String>, u64)>, StoreError> {
        self.read(move |db| {
            let types = current!(query).group_by(issues::issue_type).select((issues::issue_type, count_star()));
            let rows: Vec<(Option<String>, i64)> = on!(db, |c| types.load(c))?;
            let row = Row { table: "members", key: &query.to_string() };
            rows.into_iter().map(|(name, count)| Ok((name, row.number("count", count)?))).collect()
        })
        .await
    }
}
