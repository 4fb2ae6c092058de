//! OKRs: the tree of objectives and key results, its edits and its filters.

use crate::{
    Store,
    error::{StoreError, missing},
    okr_rows::OkrRow,
    page::{Cursor, Page, Slice, behind},
    people::count,
    pool::{Db, on},
    queries, refresh_requests,
    refresh_requests::Origin,
    row::{Row, word},
    schema::{links, okrs},
    store::CHUNK,
    turns,
};
use diesel::prelude::*;
use okrsync_domain::{
    Date, Instant, OkrId, RefreshId, UserId,
    okr::{Okr, OkrKind, Visibility},
};
use rust_decimal::Decimal;
use std::collections::HashSet;

/// Somebody who looks: private things show to their owner and to admins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// Who.
    pub user_id: UserId,
    /// Whether everything shows.
    pub admin: bool,
}

/// Which OKRs are wanted; the default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OkrFilter {
    /// Those that this person may see.
    pub visible_to: Option<Viewer>,
    /// These alone: no more than a page of them.
    pub among: Option<Vec<OkrId>>,
    /// Objectives or key results.
    pub kind: Option<OkrKind>,
    /// Those that this person answers for.
    pub owner: Option<UserId>,
    /// Those of this team.
    pub team: Option<String>,
    /// Children of this objective.
    pub parent: Option<OkrId>,
    /// Those whose title contains this text, in any case of letters.
    pub text: Option<String>,
    /// Those that start before this day.
    pub starts_before: Option<Date>,
    /// Those that are due after this day.
    pub due_after: Option<Date>,
}

/// A saved edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OkrUpdated {
    /// The OKR as it is now.
    pub okr: Okr,
    /// The refresh that measures it again, where a linked OKR's measure was edited.
    pub refresh_id: Option<RefreshId>,
}

/// What was looked for when no OKR was found.
pub(crate) const OKR: &str = "OKR";

/// Reads an OKR inside somebody's transaction.
pub(crate) fn get(db: &mut Db, id: OkrId) -> Result<Okr, StoreError> {
    let query = okrs::table.find(id.to_string());
    let row = on!(db, |c| query.select(OkrRow::as_select()).first(c).optional())?;
    row.ok_or_else(|| StoreError::not_found(OKR, &id))?.read()
}

/// Saves an OKR if nobody else has since it was read.
pub(crate) fn save(db: &mut Db, okr: &Okr) -> Result<Okr, StoreError> {
    let saved = Okr { version: okr.version + 1, ..okr.clone() };
    let row = OkrRow::of(&saved);
    let unchanged = okrs::table.filter(okrs::id.eq(okr.id.to_string()).and(okrs::version.eq(okr.version)));
    let rows = on!(&mut *db, |c| diesel::update(unchanged).set(&row).execute(c))
        .map_err(|error| missing(error, "user", &okr.owner_id))?;
    if rows == 0 {
        get(db, okr.id)?;
        return Err(StoreError::Changed { what: OKR, id: okr.id.to_string() });
    }
    Ok(saved)
}

/// Ids below `roots`, level by level, without the roots themselves.
pub(crate) fn below(db: &mut Db, roots: Vec<String>) -> Result<Vec<String>, StoreError> {
    let mut seen: HashSet<String> = roots.iter().cloned().collect();
    let (mut level, mut found) = (roots, Vec::new());
    while !level.is_empty() {
        let mut next = Vec::new();
        for part in level.chunks(CHUNK) {
            let query = okrs::table.filter(okrs::parent_id.eq_any(part.to_vec())).order(okrs::id).select(okrs::id);
            next.extend(on!(&mut *db, |c| query.load::<String>(c))?);
        }
        next.retain(|id| seen.insert(id.clone()));
        found.extend(next.iter().cloned());
        level = next;
    }
    Ok(found)
}

/// The parent must be an objective that is not below the OKR itself.
pub(crate) fn check_parent(db: &mut Db, okr: &Okr) -> Result<(), StoreError> {
    let mut above = okr.parent_id;
    if let Some(parent) = above
        && get(db, parent)?.kind != OkrKind::Objective
    {
        return Err(StoreError::NotAnObjective { id: parent });
    }
    while let Some(id) = above {
        if id == okr.id {
            return Err(StoreError::ParentLoop { id });
        }
        above = get(db, id)?.parent_id;
    }
    Ok(())
}

fn count_children(db: &mut Db, id: OkrId) -> Result<u64, StoreError> {
    let children = okrs::table.filter(okrs::parent_id.eq(id.to_string()));
    count(on!(db, |c| children.count().get_result(c))?)
}

/// `LIKE` takes `%`, `_` and the escape itself literally behind the escape.
fn contains(text: &str) -> String {
    let text = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{text}%")
}

/// Applies a filter to a boxed query over `okrs`.
macro_rules! filtered {
    ($filter:expr) => {{
        let filter: &OkrFilter = $filter;
        let mut query = okrs::table.select(OkrRow::as_select()).into_boxed();
        if let Some(viewer) = filter.visible_to.filter(|viewer| !viewer.admin) {
            let everyone = okrs::visibility.eq(word(&Visibility::Everyone));
            query = query.filter(everyone.or(okrs::owner_id.eq(viewer.user_id.to_string())));
        }
        if let Some(ids) = &filter.among {
            query = query.filter(okrs::id.eq_any(ids.iter().map(ToString::to_string).collect::<Vec<_>>()));
        }
        if let Some(kind) = filter.kind {
            query = query.filter(okrs::kind.eq(word(&kind)));
        }
        if let Some(owner) = filter.owner {
            query = query.filter(okrs::owner_id.eq(owner.to_string()));
        }
        if let Some(team) = &filter.team {
            query = query.filter(okrs::team.eq(team.clone()));
        }
        if let Some(parent) = filter.parent {
            query = query.filter(okrs::parent_id.eq(parent.to_string()));
        }
        if let Some(text) = &filter.text {
            query = query.filter(okrs::title_folded.like(contains(text)).escape('\\'));
        }
        if let Some(day) = filter.starts_before {
            query = query.filter(okrs::starts_on.lt(day));
        }
        if let Some(day) = filter.due_after {
            query = query.filter(okrs::due_on.gt(day));
        }
        query
    }};
}

impl Store {
    /// Adds an OKR.
    pub async fn add_okr(&self, okr: &Okr) -> Result<(), StoreError> {
        let okr = okr.clone();
        self.write(move |db| {
            check_parent(db, &okr)?;
            on!(db, |c| diesel::insert_into(okrs::table).values(&OkrRow::of(&okr)).execute(c))
                .map_err(|error| missing(error, "user", &okr.owner_id))?;
            Ok(())
        })
        .await
    }

    /// An OKR by id.
    pub async fn find_okr(&self, id: OkrId) -> Result<Option<Okr>, StoreError> {
        self.read(move |db| {
            let query = okrs::table.find(id.to_string());
            on!(db, |c| query.select(OkrRow::as_select()).first(c).optional())?.map(OkrRow::read).transpose()
        })
        .await
    }

    /// An OKR that must exist.
    pub async fn get_okr(&self, id: OkrId) -> Result<Okr, StoreError> {
        self.read(move |db| get(db, id)).await
    }

    /// OKRs by the moment they were written down.
    pub async fn okrs(&self, filter: &OkrFilter, page: Page) -> Result<Slice<Okr>, StoreError> {
        let filter = filter.clone();
        self.read(move |db| {
            let rows: Vec<OkrRow> =
                on!(db, |c| { behind!(filtered!(&filter), page, okrs::created_at, okrs::id, ascending).load(c) })?;
            let items: Result<Vec<Okr>, _> = rows.into_iter().map(OkrRow::read).collect();
            items.map(|items| page.cut(items, |okr| Cursor { at: okr.created_at, id: okr.id.to_string() }))
        })
        .await
    }

    /// The children of an objective, oldest first.
    pub async fn children(&self, id: OkrId) -> Result<Vec<Okr>, StoreError> {
        let filter = OkrFilter { parent: Some(id), ..OkrFilter::default() };
        Ok(self.okrs(&filter, Page::all()).await?.items)
    }

    /// Everything below an OKR, without itself.
    pub async fn descendants(&self, id: OkrId) -> Result<Vec<OkrId>, StoreError> {
        self.snapshot(move |db| {
            let ids = below(db, vec![id.to_string()])?;
            ids.iter().map(|id| Row { table: "okrs", key: id }.id("id", id)).collect()
        })
        .await
    }

    /// Saves an OKR that was read and edited. Where a linked one's measure was edited, it is measured again.
    pub async fn update_okr(&self, okr: &Okr, now: Instant) -> Result<OkrUpdated, StoreError> {
        let (okr, random) = (okr.clone(), self.random.clone());
        self.write(move |db| {
            let edited = get(db, okr.id)?.measure != okr.measure;
            if edited {
                turns::alone(db)?;
            }
            check_parent(db, &okr)?;
            if okr.kind != OkrKind::Objective && count_children(db, okr.id)? > 0 {
                return Err(StoreError::NotAnObjective { id: okr.id });
            }
            // refused if the measure that was compared is no longer the current one
            let saved = save(db, &okr)?;
            let query = links::table.find(okr.id.to_string()).select(links::query_id);
            let query: Option<String> = on!(&mut *db, |c| query.first(c).optional())?;
            let refresh_id = match query {
                Some(query) if edited => Some(refresh_requests::measure_again(db, &random, &query, Origin::Link, now)?),
                _ => None,
            };
            Ok(OkrUpdated { okr: saved, refresh_id })
        })
        .await
    }

    /// Sets the shares of an objective's children together; an edit of one of them that is under way notices.
    pub async fn update_shares(&self, parent: OkrId, shares: Vec<(OkrId, Option<Decimal>)>) -> Result<(), StoreError> {
        self.write(move |db| {
            for (id, share) in shares {
                let okr = get(db, id)?;
                if okr.parent_id == Some(parent) && okr.share != share {
                    save(db, &Okr { share, ..okr })?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Removes an OKR with its link, readings and check-ins; its children only where that is asked for.
    pub async fn delete_okr(&self, id: OkrId, with_children: bool, now: Instant) -> Result<(), StoreError> {
        self.write(move |db| {
            turns::alone(db)?;
            get(db, id)?;
            let children = count_children(db, id)?;
            if children > 0 && !with_children {
                return Err(StoreError::HasChildren { id, children });
            }
            let mut ids = below(db, vec![id.to_string()])?;
            ids.insert(0, id.to_string());
            let mut queries = Vec::new();
            // from the bottom up, since children refer to their parents
            ids.reverse();
            for part in ids.chunks(CHUNK) {
                let linked =
                    links::table.filter(links::okr_id.eq_any(part.to_vec())).select(links::query_id).distinct();
                queries.extend(on!(&mut *db, |c| linked.load::<String>(c))?);
                let gone = okrs::table.filter(okrs::id.eq_any(part.to_vec()));
                on!(&mut *db, |c| diesel::delete(gone).execute(c))?;
            }
            queries.iter().try_for_each(|query| queries::settle(db, query, now))
        })
        .await
    }
}
