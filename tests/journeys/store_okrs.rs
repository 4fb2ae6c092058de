//! OKRs, their links and the board on both databases.

#![expect(
    clippy::unwrap_used,
    reason = "a story ends where the store refuses what it should do, and the error says why"
)]

use crate::store_world::{World, at, issues, noon, on_both, put, user};
use okrsync_domain::{
    check_in::{CheckIn, Entered, Hold, StatedStatus},
    measure::Measure,
    okr::{Closing, Okr, OkrKind, ProgressMode, Visibility},
    person::Role,
    reading::{Reading, ReadingKind, Tally},
};
use okrsync_store::{BoardScope, OkrFilter, Page, PutLink, StoreError, Viewer};

on_both!(
    an_okr_comes_back_as_it_was_saved,
    two_editors_notice_each_other,
    the_tree_stays_a_tree,
    deleting_takes_everything_along,
    filters_and_pages,
    a_link_is_made_edited_and_removed,
    the_board_has_what_colours_depend_on,
    a_board_shows_trees_or_rows,
    the_shortest_period_wins,
);

async fn an_okr_comes_back_as_it_was_saved(world: World) {
    let plain = world.okr(OkrKind::Objective, None).await;
    assert_eq!(world.store.get_okr(plain.id).await.unwrap(), plain);
    let measure = serde_json::from_str::<Measure>(
        r#"{"kind": "stay_below", "name": "Crashes", "unit": "per day", "target": "0.1", "risk_line": "0.30000000000000000001"}"#,
    );
    let full = Okr {
        title: "100 % ÄÖÜ \u{1F680}".to_owned(),
        description: Some("line\nline".to_owned()),
        team: None,
        progress_mode: ProgressMode::RollUp,
        measure: measure.unwrap(),
        share: Some("33.3333333333333333333333333".parse().unwrap()),
        visibility: Visibility::Private,
        closed: Some(Closing { score: Some("0.7".parse().unwrap()), note: "fine".to_owned(), at: at(5) }),
        ..plain
    };
    let saved = world.store.update_okr(&full, at(1)).await.unwrap();
    assert_eq!((saved.refresh_id, saved.okr.version), (None, 2));
    assert_eq!(world.store.get_okr(full.id).await.unwrap(), Okr { version: 2, ..full });
    assert!(matches!(
        world.store.get_okr(world.random.id(noon())).await,
        Err(StoreError::NotFound { what: "OKR", .. })
    ));
}

async fn two_editors_notice_each_other(world: World) {
    let okr = world.okr(OkrKind::Objective, None).await;
    world.store.update_okr(&Okr { title: "first".to_owned(), ..okr.clone() }, at(1)).await.unwrap();
    let second = world.store.update_okr(&Okr { title: "second".to_owned(), ..okr.clone() }, at(1)).await;
    assert!(matches!(second, Err(StoreError::Changed { .. })), "{second:?}");
    assert_eq!(world.store.get_okr(okr.id).await.unwrap().title, "first");
}

async fn the_tree_stays_a_tree(world: World) {
    let top = world.okr(OkrKind::Objective, None).await;
    let middle = world.okr(OkrKind::Objective, Some(&top)).await;
    let leaf = world.okr(OkrKind::KeyResult, Some(&middle)).await;
    let loops = world.store.update_okr(&Okr { parent_id: Some(middle.id), ..top.clone() }, at(1)).await;
    assert!(matches!(loops, Err(StoreError::ParentLoop { .. })), "{loops:?}");
    let itself = world.store.update_okr(&Okr { parent_id: Some(top.id), ..top.clone() }, at(1)).await;
    assert!(matches!(itself, Err(StoreError::ParentLoop { .. })), "{itself:?}");
    let under_leaf = world.store.update_okr(&Okr { parent_id: Some(leaf.id), ..top.clone() }, at(1)).await;
    assert!(matches!(under_leaf, Err(StoreError::NotAnObjective { id }) if id == leaf.id), "{under_leaf:?}");
    let demoted = world.store.update_okr(&Okr { kind: OkrKind::KeyResult, ..middle.clone() }, at(1)).await;
    assert!(matches!(demoted, Err(StoreError::NotAnObjective { id }) if id == middle.id), "{demoted:?}");
    let nowhere = world.store.update_okr(&Okr { parent_id: Some(world.random.id(noon())), ..top.clone() }, at(1)).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound { what: "OKR", .. })), "{nowhere:?}");
    let nobody = world.store.update_okr(&Okr { owner_id: world.random.id(noon()), ..top.clone() }, at(1)).await;
    assert!(matches!(nobody, Err(StoreError::NotFound { what: "user", .. })), "{nobody:?}");
    assert_eq!(world.store.descendants(top.id).await.unwrap(), [middle.id, leaf.id]);
    assert_eq!(world.store.children(top.id).await.unwrap(), [middle]);
}

async fn deleting_takes_everything_along(world: World) {
    let connection = world.connection("Northwind Cloud").await;
    let top = world.okr(OkrKind::Objective, None).await;
    let leaf = world.okr(OkrKind::KeyResult, Some(&top)).await;
    let link = world.link(&leaf, connection.id, "project = AE", noon()).await;
    world.refresh(issues(3, 1), noon()).await;
    let refused = world.store.delete_okr(top.id, false, at(1)).await;
    assert!(matches!(refused, Err(StoreError::HasChildren { children: 1, .. })), "{refused:?}");
    world.store.delete_okr(top.id, true, at(1)).await.unwrap();
    assert_eq!(world.store.find_okr(leaf.id).await.unwrap(), None);
    assert_eq!(world.store.find_query(link.link.query_id).await.unwrap(), None, "nothing refers to the query");
    assert!(matches!(world.store.delete_okr(top.id, true, at(1)).await, Err(StoreError::NotFound { .. })));
    world.store.delete_connection(connection.id).await.expect("no link uses it");
}

async fn filters_and_pages(world: World) {
    let eve = user(&world.random, "eve", Role::Member);
    world.store.add_user(&eve, None).await.unwrap();
    let top = world.okr(OkrKind::Objective, None).await;
    let mut all = vec![top.clone()];
    for (number, title) in (0..).zip(["50%_done", "Straße", "ÉCLAIR", "50%_done", "Straße", "ÉCLAIR"]) {
        let plain = crate::store_world::okr(&world.random, OkrKind::KeyResult, Some(&top), &world.dana);
        let okr = Okr {
            title: title.to_owned(),
            team: Some(format!("team {}", number % 2)),
            visibility: if number == 5 { Visibility::Private } else { Visibility::Everyone },
            created_at: at(number / 2),
            ..plain
        };
        world.store.add_okr(&okr).await.unwrap();
        all.push(okr);
    }
    all.sort_by_key(|okr| (okr.created_at, okr.id));
    let list = async |filter: OkrFilter| world.store.okrs(&filter, Page::all()).await.unwrap().items;
    assert_eq!(list(OkrFilter::default()).await, all);
    let (mut paged, mut page) = (Vec::new(), Page::first(2));
    loop {
        let slice = world.store.okrs(&OkrFilter::default(), page).await.unwrap();
        paged.extend(slice.items);
        let Some(next) = slice.next else { break };
        page = Page { limit: 2, after: Some(next.to_string().parse().unwrap()) };
    }
    assert_eq!(paged, all, "page by page, instants that repeat included");

    let number = async |filter: OkrFilter| list(filter).await.len();
    let text = |text: &str| OkrFilter { text: Some(text.to_owned()), ..OkrFilter::default() };
    assert_eq!(number(text("%_d")).await, 2, "wildcards are plain characters");
    assert_eq!(number(text("éclair")).await, 2, "letters of every alphabet in any case");
    assert_eq!(number(text("\\")).await, 0);
    assert_eq!(number(OkrFilter { kind: Some(OkrKind::Objective), ..OkrFilter::default() }).await, 1);
    assert_eq!(number(OkrFilter { parent: Some(top.id), ..OkrFilter::default() }).await, 6);
    assert_eq!(number(OkrFilter { team: Some("team 1".to_owned()), ..OkrFilter::default() }).await, 3);
    assert_eq!(number(OkrFilter { owner: Some(eve.id), ..OkrFilter::default() }).await, 0);
    assert_eq!(number(OkrFilter { starts_before: Some(top.starts_on), ..OkrFilter::default() }).await, 0);
    assert_eq!(number(OkrFilter { due_after: top.due_on.pred_opt(), ..OkrFilter::default() }).await, 7);
    for (user_id, admin, seen) in [(eve.id, false, 6), (eve.id, true, 7), (world.dana.id, false, 7)] {
        let viewer = Some(Viewer { user_id, admin });
        assert_eq!(number(OkrFilter { visible_to: viewer, ..OkrFilter::default() }).await, seen);
        assert_eq!(world.store.board(BoardScope::All, viewer).await.unwrap().len(), seen);
    }
}

async fn a_link_is_made_edited_and_removed(world: World) {
    let (connection, okr, first) = world.linked("project = AE").await;
    assert_eq!(first.okr.progress_mode, ProgressMode::DataSource);
    world.refresh(issues(10, 3), noon()).await;
    let same = world.link(&okr, connection.id, "project = AE", at(1)).await;
    assert_eq!((same.link.edited_at, same.link.query_id), (noon(), first.link.query_id), "saved, but not edited");
    let other = world.link(&okr, connection.id, "project = OPS", at(2)).await;
    assert!(other.link.edited_at == at(2) && other.link.query_id != first.link.query_id);
    assert_eq!(world.store.find_link(okr.id).await.unwrap(), Some(other.link.clone()));
    let resting = world.store.find_query(first.link.query_id).await.unwrap().expect("its reading refers to it");
    assert_eq!(resting.due_at, None);
    assert_eq!(world.store.members(resting.id, Some(noon()), None, 100).await.unwrap().len(), 10, "as-of still works");
    let queries = world.store.queries(Some(connection.id)).await.unwrap();
    assert_eq!(queries.iter().map(|query| query.id).collect::<Vec<_>>(), [other.link.query_id]);

    let again = world.link(&okr, connection.id, "project = AE", at(3)).await;
    assert_eq!(again.link.query_id, first.link.query_id, "the same text is the same query");
    assert_eq!(world.store.find_query(other.link.query_id).await.unwrap(), None, "nothing was read by that one");
    let manual = world.store.delete_link(okr.id, at(4)).await.unwrap();
    assert_eq!(manual.progress_mode, ProgressMode::Manual);
    assert!(matches!(world.store.delete_link(okr.id, at(4)).await, Err(StoreError::NotFound { what: "link", .. })));
    assert!(world.store.claim(at(500), "worker", crate::store_world::LEASE, 10, &[]).await.unwrap().is_empty());
    let row = world.store.board(BoardScope::All, None).await.unwrap().remove(0);
    assert_eq!((row.link, row.reading.unwrap().tally.completed), (None, 3), "the last value stays");

    let missing = world.random.id(noon());
    let nowhere = world.store.put_link(put(&okr, missing, "project = AE"), at(5)).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound { what: "connection", .. })), "{nowhere:?}");
    let kept = world.store.get_okr(okr.id).await.unwrap();
    assert_eq!(kept.progress_mode, ProgressMode::Manual, "nothing of a refused link is stored");
}

fn check_in(world: &World, okr: &Okr, minutes: i64, entered: Option<Entered>, status: Option<StatedStatus>) -> CheckIn {
    CheckIn {
        id: world.random.id(at(minutes)),
        okr_id: okr.id,
        author_id: world.dana.id,
        at: at(minutes),
        entered,
        status,
        note: format!("at minute {minutes}"),
        hold: Hold::UntilResumed,
        released_at: None,
    }
}

async fn the_board_has_what_colours_depend_on(world: World) {
    let (connection, okr, _) = world.linked("project = AE").await;
    world.refresh(issues(10, 3), noon()).await;
    let value = check_in(&world, &okr, 1, Some(Entered::Value("40.5".parse().unwrap())), None);
    let reading = Reading {
        id: world.random.id(at(1)),
        okr_id: okr.id,
        at: at(1),
        kind: ReadingKind::CheckIn,
        query_id: None,
        refresh_id: None,
        repeats: None,
        measure: Measure::default(),
        tally: Tally { value: Some("40.5".parse().unwrap()), ..Tally::default() },
    };
    world.store.add_check_in(&value, Some(reading.clone())).await.unwrap();
    let status = check_in(&world, &okr, 2, None, Some(StatedStatus::AtRisk));
    world.store.add_check_in(&status, None).await.unwrap();
    world.store.add_check_in(&check_in(&world, &okr, 3, None, None), None).await.unwrap();

    let row = world.store.board(BoardScope::Only(vec![okr.id]), None).await.unwrap().remove(0);
    let linked = row.link.unwrap();
    assert_eq!(row.reading.unwrap().kind, ReadingKind::Automatic);
    assert_eq!((row.value_check_in, row.status_check_in), (Some(value), Some(status)), "a mere note changes nothing");
    assert_eq!((linked.connection.id, linked.connection.name), (connection.id, connection.name));
    assert_eq!((linked.query.period_minutes, linked.query.due_at), (60, Some(at(60))));
    assert_eq!(world.store.readings(okr.id, None, Some(at(1)), Page::all()).await.unwrap().items.len(), 1);
    assert_eq!(world.store.readings(okr.id, Some(at(1)), None, Page::all()).await.unwrap().items, [reading]);

    let both = check_in(&world, &okr, 4, Some(Entered::Progress("70".parse().unwrap())), Some(StatedStatus::OnTrack));
    world.store.add_check_in(&both, None).await.unwrap();
    world.store.resume(okr.id, at(5)).await.unwrap();
    let row = world.store.board(BoardScope::Only(vec![okr.id]), None).await.unwrap().remove(0);
    let released = CheckIn { released_at: Some(at(5)), ..both };
    assert_eq!((row.value_check_in, row.status_check_in), (Some(released), None), "one says both");
    let newest = world.store.check_ins(okr.id, Page::first(2)).await.unwrap();
    let times: Vec<_> = newest.items.iter().map(|check_in| check_in.at).collect();
    assert_eq!((times, newest.next.is_some()), (vec![at(4), at(3)], true));
}

async fn a_board_shows_trees_or_rows(world: World) {
    let top = world.okr(OkrKind::Objective, None).await;
    let below = world.okr(OkrKind::Objective, Some(&top)).await;
    let child = world.okr(OkrKind::KeyResult, Some(&below)).await;
    let ids = async |scope| {
        let rows = world.store.board(scope, None).await.unwrap();
        rows.into_iter().map(|row| row.okr.id).collect::<Vec<_>>()
    };
    let mut tree = vec![below.id, child.id];
    tree.sort();
    assert_eq!(ids(BoardScope::Trees(vec![below.id])).await, tree);
    assert_eq!(ids(BoardScope::Only(Vec::new())).await, []);
}

async fn the_shortest_period_wins(world: World) {
    let connection = world.connection("Northwind Cloud").await;
    let (one, two) = (world.okr(OkrKind::KeyResult, None).await, world.okr(OkrKind::KeyResult, None).await);
    let wanted = |okr: &Okr, period_minutes| PutLink { period_minutes, ..put(okr, connection.id, "project = AE") };
    let query = world.store.put_link(wanted(&one, Some(1440)), noon()).await.unwrap().link.query_id;
    let period = async || world.store.find_query(query).await.unwrap().unwrap().period_minutes;
    assert_eq!(period().await, 1440, "longer than the organisation's");
    world.store.put_link(wanted(&two, None), noon()).await.unwrap();
    assert_eq!(period().await, 60, "one follows the organisation's");
    world.store.put_link(wanted(&two, Some(5)), noon()).await.unwrap();
    assert_eq!(period().await, 5);
    world.store.delete_link(two.id, noon()).await.unwrap();
    assert_eq!(period().await, 1440);

    world.store.put_link(wanted(&one, None), noon()).await.unwrap();
    world.refresh(issues(1, 0), noon()).await;
    let before = world.store.organisation().await.unwrap();
    let hasty = okrsync_domain::organisation::Organisation { period_minutes: 15, ..before };
    world.store.update_organisation(&hasty, at(1)).await.unwrap();
    assert_eq!(world.store.organisation().await.unwrap(), hasty);
    let query = world.store.find_query(query).await.unwrap().unwrap();
    assert_eq!((query.period_minutes, query.due_at), (15, Some(at(16))), "nobody waits for the old period to end");
}
