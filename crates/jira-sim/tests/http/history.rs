//! The simulator's own truth: past moments, exact sums, what touches an issue and what does not.

use chrono::TimeDelta;
use okrsync_jira_sim::{AsOf, Category, IssueDraft, Quantity, SiteOptions, SprintState};
use rust_decimal::Decimal;
use serde_json::json;

use crate::client::{cloud, data_center};

#[tokio::test]
async fn the_past_stays_as_it_was() {
    let (sim, _) = cloud(SiteOptions::default(), 0).await;
    let story = sim.create(IssueDraft::new("AE", "Story").points("3.0")).unwrap();
    let (start, first) = (sim.now(), sim.revision());
    let done = "project = AE AND statusCategory = Done";
    sim.clock().advance(TimeDelta::days(1));
    sim.edit(story).unwrap().transition("Done").unwrap().points("5.5").unwrap();
    sim.clock().advance(TimeDelta::days(1));
    sim.add_project("NEW", "New").unwrap();
    sim.edit(story).unwrap().move_to("NEW").unwrap().delete().unwrap();
    let points = |as_of: AsOf, jql: &str| sim.truth_at(as_of, jql).unwrap().total(&Quantity::StoryPoints);
    assert_eq!(points(AsOf::Instant(start), "project = AE"), Decimal::from(3));
    assert_eq!(points(AsOf::Revision(first), done), Decimal::ZERO);
    assert_eq!(points(AsOf::Instant(start + TimeDelta::days(1)), done), Decimal::new(55, 1));
    let was = sim.truth_at(AsOf::Instant(start + TimeDelta::days(1)), "status was 'To Do'").unwrap();
    assert_eq!(was.keys(), ["AE-1"]);
    assert_eq!(sim.truth("project in (AE, NEW)").unwrap().matched(), 0);
    assert_eq!(sim.truth_at(AsOf::Instant(start - TimeDelta::days(1)), "project = AE").unwrap().matched(), 0);
}

#[tokio::test]
async fn sums_are_exact() {
    let (sim, _) = data_center(SiteOptions::default(), 0).await;
    let risk = sim.add_number_field("Risk score").unwrap();
    let a = IssueDraft::new("AE", "Story").number(&risk, "0.1").status("Done").spent(5400).remaining(0);
    sim.create(a).unwrap();
    sim.create(IssueDraft::new("AE", "Story").number(&risk, "0.2").estimate(1800)).unwrap();
    let truth = sim.truth("project = AE").unwrap();
    assert_eq!(truth.total(&Quantity::Number(risk.clone())), Decimal::new(3, 1));
    assert_eq!(truth.done(&Quantity::Number(risk)), Decimal::new(1, 1));
    assert_eq!((truth.completed(), truth.matched()), (1, 2));
    assert_eq!(truth.total(&Quantity::TimeSpent), Decimal::from(5400));
    assert_eq!(truth.issues[1].progress, Some((0, 1800)));
}

#[tokio::test]
async fn the_first_story_point_field_with_a_number_counts() {
    let (sim, _) = cloud(SiteOptions::default(), 0).await;
    let both = IssueDraft::new("AE", "Story").points("3").number(sim.estimate_field(), "8");
    sim.create(both).unwrap();
    sim.create(IssueDraft::new("AE", "Story").number(sim.estimate_field(), "8")).unwrap();
    assert_eq!(sim.truth("project = AE").unwrap().total(&Quantity::StoryPoints), Decimal::from(11));
    sim.add_team_managed_project("TM", "Team").unwrap();
    let story = sim.create(IssueDraft::new("TM", "Story").points("2")).unwrap();
    sim.edit(story).unwrap().points("1").unwrap();
    let numbers = &sim.truth("project = TM").unwrap().issues[0].numbers;
    assert_eq!(numbers[sim.estimate_field()], Decimal::ONE);
}

#[tokio::test]
async fn some_changes_touch_no_issue() {
    let (sim, visitor) = cloud(SiteOptions::default(), 4).await;
    let sprint = sim.add_sprint("Sprint 1", SprintState::Active).unwrap();
    let version = sim.add_version("AE", "1.0").unwrap();
    let id = sim.find("AE-1").unwrap();
    sim.edit(id).unwrap().sprint(Some(sprint)).unwrap().fix_version(version).unwrap();
    let before = sim.now();
    sim.clock().advance(TimeDelta::hours(1));
    let matched = |jql: &str| sim.truth(jql).unwrap().matched();
    let queries = ["statusCategory = Done", "sprint in openSprints()", "fixVersion in unreleasedVersions()"];
    assert_eq!(queries.map(matched), [2, 1, 1]);
    sim.set_status_category("Done", Category::InProgress).unwrap();
    sim.set_sprint_state(sprint, SprintState::Closed).unwrap();
    sim.set_released(version, true).unwrap();
    assert_eq!(queries.map(matched), [0, 0, 0]);
    assert_eq!(matched("statusCategory = 'In Progress'"), 2);
    assert_eq!(visitor.search("statusCategory = Done").await.ids().len(), 0, "kept answers notice, too");
    let body = json!({ "jql": "key = AE-1", "fields": ["updated", "status"] });
    let fields = visitor.post("/rest/api/3/search/jql", body).await.json()["issues"][0]["fields"].clone();
    assert_eq!(fields["updated"], before.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string(), "nothing was touched");
    assert_eq!(fields["status"]["statusCategory"]["key"], "indeterminate");
    let was = sim.truth_at(AsOf::Instant(before), "statusCategory = Done").unwrap();
    assert_eq!(was.completed(), 2, "categories of the past are those of the past");
}

#[tokio::test]
async fn kept_answers_follow_every_change() {
    let (sim, visitor) = cloud(SiteOptions::default(), 6).await;
    let query = "project = AE AND statusCategory != Done ORDER BY key ASC";
    let now = async || (visitor.search(query).await.ids(), sim.truth(query).unwrap().ids());
    let same = |(found, truth): (Vec<u64>, Vec<u64>)| {
        assert_eq!(found, truth);
        found.len()
    };
    assert_eq!(same(now().await), 4);
    let story = sim.create(IssueDraft::new("AE", "Story")).unwrap();
    assert_eq!(same(now().await), 5);
    sim.edit(story).unwrap().transition("Done").unwrap();
    assert_eq!(same(now().await), 4);
    sim.edit(sim.find("AE-2").unwrap()).unwrap().delete().unwrap();
    assert_eq!(same(now().await), 3);
    sim.add_project("NEW", "New").unwrap();
    sim.edit(sim.find("AE-3").unwrap()).unwrap().move_to("NEW").unwrap();
    assert_eq!(same(now().await), 2);
    sim.hide(sim.find("AE-5").unwrap()).unwrap();
    assert_eq!(same(now().await), 1);
    assert_eq!(sim.find("AE-3"), sim.find("NEW-1"), "old keys go on resolving");
    let later = "created < -1h";
    assert_eq!(visitor.search(later).await.ids().len(), 0);
    sim.clock().advance(TimeDelta::hours(2));
    assert_eq!(visitor.search(later).await.ids().len(), sim.truth(later).unwrap().matched());
    assert_eq!(sim.truth(later).unwrap().matched(), 5);
}

#[tokio::test]
async fn guesses_leave_no_match_out() {
    let (sim, visitor) = cloud(SiteOptions::default(), 3).await;
    let epic = sim.create(IssueDraft::new("AE", "Epic")).unwrap();
    let story = sim.create(IssueDraft::new("AE", "Story").label("Red").label("x").epic(epic)).unwrap();
    let id = story.number();
    for jql in [
        "labels = Red",
        "labels in (blue, Red) AND status = 'To Do'",
        "'Epic Link' = AE-4 OR parent = AE-4",
        "key = ae-5",
        &format!("id = {id}"),
        "key in (AE-5, AE-5)",
        "NOT labels = blue",
        "(labels = x OR parent = AE-4) AND NOT key = AE-1",
    ] {
        assert_eq!(visitor.search(jql).await.ids(), [id], "{jql}");
        assert_eq!(sim.truth(jql).unwrap().ids(), [id], "{jql}");
        let unguessed = sim.truth_at(AsOf::Revision(sim.revision()), jql).unwrap();
        assert_eq!(unguessed.ids(), [id], "{jql}");
    }
    sim.edit(story).unwrap().label_remove("Red").unwrap().label_add("blue").unwrap().epic(None).unwrap();
    for (jql, matched) in [("labels = Red", 0), ("labels = blue", 1), ("labels = x", 1), ("parent = AE-4", 0)] {
        assert_eq!(visitor.search(jql).await.ids().len(), matched, "{jql}");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_refused() {
    let (sim, _) = cloud(SiteOptions::default(), 1).await;
    assert!(sim.create(IssueDraft::new("GHOST", "Story")).is_err());
    assert!(sim.create(IssueDraft::new("AE", "Ghost")).is_err());
    assert!(sim.create(IssueDraft::new("AE", "Story").key_number(1)).is_err(), "taken");
    assert!(sim.create(IssueDraft::new("AE", "Story").points("many")).is_err());
    assert!(sim.edit(sim.find("AE-1").unwrap()).unwrap().transition("Ghost").is_err());
    assert!(sim.edit(99_999.into()).is_err());
    assert!(sim.truth("project =").is_err());
    assert!(sim.truth("nonsense = 1").is_err());
    assert_eq!(sim.truth("project = GHOST").unwrap().matched(), 0);
}
