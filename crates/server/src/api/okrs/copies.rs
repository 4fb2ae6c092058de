//! The OKRs of a period once more, for another one.

use crate::{
    api::okrs::body::OkrBody,
    app::App,
    auth::{
        caller::Caller,
        policy::{Act, Verdict, judge},
    },
    error::ApiResult,
};
use okrsync_domain::{
    Date, OkrId,
    okr::{Okr, OkrKind, ProgressMode},
    person::User,
};
use okrsync_metrics::rollup;
use okrsync_scheduler::events::Event;
use rust_decimal::Decimal;
use std::collections::{HashMap, HashSet};

/// Whether somebody may write down a copy of an OKR: it stays its owner's.
pub(crate) fn may_copy(user: &User, okr: &Okr) -> bool {
    judge(user, Act::SeeOkr(okr)) == Verdict::Allowed && judge(user, Act::CreateOkr(okr.owner_id)) == Verdict::Allowed
}

/// The same OKRs with parents before what is below them.
pub(crate) fn parents_first(okrs: Vec<Okr>) -> Vec<Okr> {
    let (mut left, mut placed) = (okrs, Vec::new());
    while !left.is_empty() {
        let ids: HashSet<OkrId> = left.iter().map(|okr| okr.id).collect();
        let (ready, rest): (Vec<Okr>, Vec<Okr>) =
            left.into_iter().partition(|okr| okr.parent_id.is_none_or(|parent| !ids.contains(&parent)));
        // A ring has no beginning.
        if ready.is_empty() {
            break;
        }
        placed.extend(ready);
        left = rest;
    }
    placed
}

/// Shares hold among all that is below an objective: where a part of it is copied, and what is left does not add up, its
/// parts are equal.
fn with_shares_that_add_up(mut okrs: Vec<Okr>) -> Vec<Okr> {
    let mut below: HashMap<OkrId, Vec<Option<Decimal>>> = HashMap::new();
    for okr in &okrs {
        if let Some(parent) = okr.parent_id {
            below.entry(parent).or_default().push(okr.share);
        }
    }
    let ids: HashSet<OkrId> = okrs.iter().map(|okr| okr.id).collect();
    let holds = |parent: &OkrId| ids.contains(parent) && below.get(parent).is_some_and(|it| rollup::shares(it).is_ok());
    for okr in &mut okrs {
        okr.share = okr.share.filter(|_| okr.parent_id.as_ref().is_some_and(holds));
    }
    okrs
}

/// Writes copies down between two days, where the caller sees nothing yet. What is below an OKR stays below its copy.
/// Numbers, check-ins and links stay behind: what was measured from Jira is entered by hand until it is linked.
pub(crate) async fn write_down(app: &App, caller: &Caller, okrs: Vec<Okr>, days: (Date, Date)) -> ApiResult<usize> {
    let now = app.now();
    let okrs = with_shares_that_add_up(parents_first(okrs));
    let mut copies: HashMap<OkrId, OkrId> = HashMap::new();
    let mut added = Vec::with_capacity(okrs.len());
    for okr in okrs {
        caller.may(Act::SeeOkr(&okr))?;
        caller.may(Act::CreateOkr(okr.owner_id))?;
        let id = app.random().id(now);
        copies.insert(okr.id, id);
        let copy = Okr {
            id,
            parent_id: okr.parent_id.and_then(|parent| copies.get(&parent).copied()),
            starts_on: days.0,
            due_on: days.1,
            progress_mode: match (okr.progress_mode, okr.kind) {
                (ProgressMode::DataSource, OkrKind::Objective) => ProgressMode::RollUp,
                (ProgressMode::DataSource, OkrKind::KeyResult) => ProgressMode::Manual,
                (mode, _) => mode,
            },
            closed: None,
            created_at: now,
            version: 0,
            ..okr
        };
        copy.check()?;
        let note = caller.did(app, "okr.create", &copy).after(&OkrBody::of(&copy));
        added.push((copy, note));
    }
    let ids: Vec<OkrId> = added.iter().map(|(okr, _)| okr.id).collect();
    app.store().add_okrs_where_none_are(added, caller.viewer(), days).await?;
    for okr_id in &ids {
        app.engine().events().publish(Event::OkrUpdated { okr_id: *okr_id });
    }
    Ok(ids.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::{id, okr};

    #[test]
    fn parents_come_first_and_shares_add_up() {
        let shared = |number, parent, share: Option<u32>| Okr {
            share: share.map(Decimal::from),
            ..okr(number, parent, "t", ProgressMode::Manual)
        };
        let whole = vec![
            shared(3, Some(2), Some(60)),
            shared(2, Some(1), None),
            shared(4, Some(2), Some(40)),
            shared(1, None, None),
            shared(6, Some(5), Some(50)),
            shared(5, None, None),
            shared(7, Some(99), Some(100)),
        ];
        let copied = with_shares_that_add_up(parents_first(whole));
        let at = |number| copied.iter().position(|okr| okr.id == id::<OkrId>(number)).unwrap();
        assert!(at(1) < at(2) && at(2) < at(3) && at(5) < at(6), "parents first");
        let share = |number| copied[at(number)].share.map(|share| share.to_string());
        assert_eq!((share(3).as_deref(), share(4).as_deref()), (Some("60"), Some("40")));
        assert_eq!((share(6), share(7)), (None, None), "a part of a whole that is not copied");
        let ring = vec![shared(1, Some(2), None), shared(2, Some(1), None)];
        assert!(parents_first(ring).is_empty());
    }
}
