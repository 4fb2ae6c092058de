//! What pages need of the store, on both databases: forms that are carried out once, ways, histories.

#![expect(
    clippy::unwrap_used,
    reason = "a story ends where the store refuses what it should do, and the error says why"
)]

use crate::store_world::{World, at, failure, issues, on_both};
use chrono::TimeDelta;
use okrsync_domain::{okr::OkrKind, refresh::RefreshState};
use okrsync_store::Submission;

on_both!(
    a_form_is_carried_out_once,
    a_way_has_the_last_reading_of_each_stretch,
    refreshes_are_listed_newest_first,
    shares_are_saved_together
);

async fn a_form_is_carried_out_once(world: World) {
    let begin = async |token: &str, minutes| world.store.begin_submission(token, at(minutes)).await.unwrap();
    assert_eq!(begin("a", 0).await, Submission::First);
    assert_eq!(begin("a", 1).await, Submission::AtWork, "a second click waits");
    assert_eq!(begin("b", 1).await, Submission::First, "another form does not");
    world.store.end_submission("a", Some("/okrs/1")).await.unwrap();
    assert_eq!(begin("a", 2).await, Submission::Done { target: "/okrs/1".to_owned() });
    world.store.end_submission("b", None).await.unwrap();
    assert_eq!(begin("b", 2).await, Submission::First, "what was refused may be sent again");
    assert_eq!(begin("b", 30).await, Submission::First, "whoever was at it has died");
    world.store.prune(at(60), at(0)).await.unwrap();
    assert_eq!(begin("a", 60).await, Submission::First, "forgotten in the end");
}

async fn a_way_has_the_last_reading_of_each_stretch(world: World) {
    let (_, okr, link) = world.linked("project = AE").await;
    let hour = |hour: i64| at(0) + TimeDelta::hours(hour);
    // A week with four readings a day.
    for (number, hours) in (0..7 * 24).step_by(6).enumerate() {
        if number > 0 {
            world.ask(link.link.query_id, hour(hours)).await;
        }
        world.refresh(issues(40, i64::try_from(number).unwrap()), hour(hours)).await;
    }
    let way = world.store.trend_readings(vec![okr.id], at(0), false).await.unwrap();
    assert!((2..=4).contains(&way.len()), "{} points for a week", way.len());
    assert!(way.is_sorted_by_key(|reading| reading.at));
    assert_eq!(way.last().unwrap().at, hour(7 * 24 - 6), "the newest is among them");
    assert!(world.store.trend_readings(vec![okr.id], hour(200), false).await.unwrap().is_empty());
    assert_eq!(world.store.okrs_with_issue("AE-3").await.unwrap(), [okr.id]);
    assert!(world.store.okrs_with_issue("AE-41").await.unwrap().is_empty());
}

async fn refreshes_are_listed_newest_first(world: World) {
    let (_, _, link) = world.linked("project = AE").await;
    world.refresh(issues(4, 1), at(0)).await;
    world.ask(link.link.query_id, at(5)).await;
    let claim = world.claim_one(at(5)).await;
    world.store.fail(failure(&claim, at(6))).await.unwrap();
    let history = world.store.refresh_history(link.link.query_id, 10).await.unwrap();
    assert_eq!(history.iter().map(|it| it.state).collect::<Vec<_>>(), [RefreshState::Failed, RefreshState::Done]);
    assert_eq!(history[1].issues, 4);
    assert_eq!(world.store.refresh_history(link.link.query_id, 1).await.unwrap().len(), 1);
}

async fn shares_are_saved_together(world: World) {
    let objective = world.okr(OkrKind::Objective, None).await;
    let [first, second] =
        [world.okr(OkrKind::KeyResult, Some(&objective)).await, world.okr(OkrKind::KeyResult, Some(&objective)).await];
    let stranger = world.okr(OkrKind::KeyResult, None).await;
    let shares = vec![(first.id, Some(70.into())), (second.id, None), (stranger.id, Some(30.into()))];
    world.store.update_shares(objective.id, shares).await.unwrap();
    let share = async |id| world.store.get_okr(id).await.unwrap().share;
    assert_eq!(share(first.id).await, Some(70.into()));
    assert_eq!(share(second.id).await, None);
    assert_eq!(share(stranger.id).await, None, "it is no child");
    assert_eq!(world.store.get_okr(first.id).await.unwrap().version, first.version + 1, "an editor notices");
}
