//! Moves: causes add up to the difference exactly, for every metric and mode, and say what happened.

use crate::support::{FIELD, at, custom, dec, field, issue, kpi, line, node, number, okr_id};
use okrsync_domain::{
    QueryId,
    issue::{Facts, IssueId, IssueKey},
    link::Settings,
    measure::{Aggregate, Measure, Metric},
    moves::{Account, CauseKind, Compared, Effect, Evidence, Gone, IssueChange, Step},
    okr::ProgressMode,
    reading::{Reading, ReadingKind, Tally},
};
use okrsync_metrics::{
    Percent, Progress, Rule, measure,
    moves::{Leaves, Split, Total, Tree, carry, delta, explain, words},
};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// The issues that match at some moment.
pub(crate) type Issues = BTreeMap<i64, Facts>;

/// What a link and its OKR are set to at some moment.
#[derive(Debug, Clone)]
pub(crate) struct Mode {
    pub(crate) query: u8,
    pub(crate) metric: Metric,
    pub(crate) measure: Measure,
    pub(crate) completed_only: bool,
}

fn query_id(n: u8) -> QueryId {
    format!("1{n:025}").parse().expect("an id")
}

/// A reading of these issues.
pub(crate) fn evidence(issues: &Issues, mode: &Mode, hour: u32) -> Evidence {
    let settings = Settings {
        jql: format!("parent = AE-{}", mode.query),
        metric: mode.metric.clone(),
        completed_only: mode.completed_only,
        story_points_fields: if mode.metric == Metric::StoryPoints { vec![field(FIELD)] } else { vec![] },
    };
    let rule = Rule::new(&mode.measure, &mode.metric, mode.completed_only, settings.story_points_fields.clone());
    let keys: Vec<_> = issues.keys().map(|id| key(*id)).collect();
    let tally = measure(keys.iter().zip(issues.values()), &rule).expect("numbers that can be kept");
    Evidence { reading: reading(&mode.measure, tally, hour, Some(query_id(mode.query))), settings: Some(settings) }
}

fn reading(measure: &Measure, tally: Tally, hour: u32, query_id: Option<QueryId>) -> Reading {
    let random = okrsync_domain::Random::seeded(hour.into());
    let kind = if query_id.is_some() { ReadingKind::Automatic } else { ReadingKind::CheckIn };
    Reading {
        id: random.id(at(hour)),
        okr_id: okr_id(1),
        at: at(hour),
        kind,
        query_id,
        refresh_id: None,
        repeats: None,
        measure: measure.clone(),
        tally,
    }
}

fn key(id: i64) -> IssueKey {
    IssueKey(format!("AE-{id}"))
}

fn compared(before: &Issues, after: &Issues) -> Compared {
    let ids: BTreeSet<i64> = before.keys().chain(after.keys()).copied().collect();
    let mut compared = Compared::default();
    for id in ids {
        let (before, after) = (before.get(&id).cloned(), after.get(&id).cloned());
        match (before, after) {
            (Some(before), Some(after)) if before == after => compared.same.push(after),
            (before, after) => {
                compared.changed.push(IssueChange {
                    id: IssueId(id),
                    key: key(id),
                    title: None,
                    before,
                    after,
                    gone: None,
                });
            }
        }
    }
    compared
}

/// From one reading to another.
pub(crate) fn step(before: (&Issues, &Mode), after: (&Issues, &Mode)) -> Step {
    let from = evidence(before.0, before.1, 9);
    let to = evidence(after.0, after.1, 10);
    Step { measured: Some(from.clone()), from, to, issues: compared(before.0, after.0) }
}

/// A move within one mode.
fn moved(before: &Issues, after: &Issues, mode: &Mode) -> Account {
    explain(&step((before, mode), (after, mode))).expect("something happened")
}

fn count() -> Mode {
    Mode { query: 1, metric: Metric::Count, measure: Measure::default(), completed_only: false }
}

/// So many open issues after so many completed ones.
fn stories(done: i64, open: i64) -> Issues {
    (1..=done + open).map(|id| (id, issue(id <= done))).collect()
}

fn told(account: &Account) -> Vec<(CauseKind, Option<String>, String)> {
    let cause = |cause: &okrsync_domain::moves::Cause| {
        let points = cause.effect.progress.map_or_else(|| "none".to_owned(), |points| points.to_string());
        (cause.kind, cause.issue.as_ref().map(|issue| issue.key.to_string()), points)
    };
    account.causes.iter().map(cause).collect()
}

#[test]
fn a_joining_story_costs_what_it_takes_from_the_mean() {
    let account = moved(&stories(3, 7), &stories(3, 8), &count());
    assert_eq!(told(&account), [(CauseKind::Joined, Some("AE-11".into()), "-2.7273".into())]);
    assert_eq!(words(&account), "AE-11 joined, 0 lost");
    let split = Split::of(&account.causes);
    assert_eq!((split.scope().count, split.scope().effect.progress), (1, Some(dec("-2.7273"))));
    assert_eq!((split.work().count, split.work().effect.progress), (0, Some(Decimal::ZERO)));
    assert_eq!(split.lost(), 0);
}

#[test]
fn work_done_is_told_from_scope_added() {
    let mut after = stories(3, 8);
    after.insert(4, issue(true));
    let account = moved(&stories(3, 7), &after, &count());
    assert_eq!(account.delta.progress, Some(dec("6.3636")));
    assert_eq!(
        told(&account),
        [
            (CauseKind::Completed, Some("AE-4".into()), "9.0909".into()),
            (CauseKind::Joined, Some("AE-11".into()), "-2.7273".into())
        ]
    );
    assert_eq!(words(&account), "AE-11 joined, AE-4 completed, 0 lost");
}

#[test]
fn what_left_and_what_came_back_is_named() {
    let (before, mut after) = (stories(3, 7), stories(2, 7));
    after.remove(&9);
    let account = moved(&before, &after, &count());
    let kinds: Vec<_> = account.causes.iter().map(|cause| cause.kind).collect();
    assert_eq!(kinds, [CauseKind::Reopened, CauseKind::Left, CauseKind::Left]);
    assert_eq!(words(&account), "AE-3 reopened, 2 left the query");
    let mut step = step((&before, &count()), (&stories(3, 6), &count()));
    for (gone, kind, said) in
        [(Gone::Deleted, CauseKind::Deleted, "AE-10 deleted"), (Gone::Hidden, CauseKind::Hidden, "AE-10 hidden")]
    {
        step.issues.changed[0].gone = Some(gone);
        let account = explain(&step).expect("a move");
        assert_eq!((account.causes[0].kind, words(&account).as_str()), (kind, said));
    }
}

#[test]
fn points_and_their_completion_are_two_causes() {
    let mode = Mode { metric: Metric::StoryPoints, ..count() };
    let before: Issues = [(1, number(true, 3.into())), (2, number(false, 5.into()))].into();
    let after: Issues = [(1, number(true, 3.into())), (2, number(true, 8.into()))].into();
    let account = moved(&before, &after, &mode);
    let changed = account.causes.iter().find(|cause| cause.kind == CauseKind::ValueChanged).expect("points changed");
    assert_eq!(
        (changed.field.as_deref(), changed.from.as_deref(), changed.to.as_deref()),
        (Some(FIELD), Some("5"), Some("8"))
    );
    // −37.5 % of the 3 points more, at today's 11; then 8 of 11 done
    assert_eq!(changed.effect.progress, Some(dec("-10.2273")));
    assert_eq!(account.delta.progress, Some(dec("62.5")));
}

#[test]
fn a_number_that_does_not_count_here_is_no_move() {
    let logged = Facts { time_spent: Some(60), ..issue(false) };
    let step = step((&stories(1, 1), &count()), (&[(1, issue(true)), (2, logged)].into(), &count()));
    assert_eq!(explain(&step), None);
}

#[test]
fn beyond_the_target_nothing_moves() {
    let reach = Mode { measure: kpi("0", "20"), completed_only: true, ..count() };
    let account = moved(&stories(19, 1), &stories(24, 0), &reach);
    assert_eq!((account.delta.value, account.delta.progress), (Some(5.into()), Some(5.into())));
    assert!(account.causes.iter().all(|cause| cause.effect.progress == Some(Decimal::ONE)), "5 issues share 5 points");
    let account = moved(&stories(24, 0), &stories(30, 0), &reach);
    assert_eq!((account.delta.value, account.delta.progress), (Some(6.into()), Some(Decimal::ZERO)));
}

#[test]
fn a_line_is_crossed_by_those_who_went_that_way() {
    let below = Mode { metric: custom(Aggregate::Sum), measure: Measure::StayBelow(line("10", None)), ..count() };
    let before: Issues = [(1, number(false, 5.into())), (2, number(false, 4.into()))].into();
    let after: Issues = [(1, number(false, 15.into())), (2, number(false, 3.into()))].into();
    let account = moved(&before, &after, &below);
    assert_eq!(
        told(&account),
        [
            (CauseKind::ValueChanged, Some("AE-1".into()), "-100".into()),
            (CauseKind::ValueChanged, Some("AE-2".into()), "0".into())
        ]
    );
}

#[test]
fn means_are_told_in_the_order_of_ids() {
    let mean = Mode { metric: custom(Aggregate::Average), measure: kpi("0", "10"), ..count() };
    let before: Issues = [(1, number(false, 2.into())), (2, number(false, 4.into()))].into();
    let after: Issues = [(2, number(false, 4.into())), (3, number(false, 10.into()))].into();
    let account = moved(&before, &after, &mean);
    // 3; without the first 4; with the third 7
    let values: Vec<_> = account.causes.iter().map(|cause| (cause.kind, cause.effect.value)).collect();
    assert_eq!(values, [(CauseKind::Joined, Some(3.into())), (CauseKind::Left, Some(1.into()))]);
}

#[test]
fn edits_are_causes_of_their_own() {
    let edited =
        |new: Mode, issues: &Issues| explain(&step((&stories(3, 7), &count()), (issues, &new))).expect("a move");
    let query = edited(Mode { query: 2, ..count() }, &stories(3, 17));
    assert_eq!(told(&query), [(CauseKind::Setting, None, "-15".into())]);
    assert_eq!((query.causes[0].field.as_deref(), words(&query).as_str()), (Some("jql"), "query edited"));
    assert_eq!(query.causes[0].to.as_deref(), Some("parent = AE-2"));

    let reach = |target: &str| Mode { measure: kpi("0", target), completed_only: true, ..count() };
    let target = explain(&step((&stories(3, 7), &reach("10")), (&stories(4, 6), &reach("20")))).expect("a move");
    assert_eq!(
        told(&target),
        [(CauseKind::Setting, None, "-20".into()), (CauseKind::Completed, Some("AE-4".into()), "10".into())]
    );
    assert_eq!(words(&target), "AE-4 completed, target 10 → 20");
    assert_eq!(target.delta.value, Some(Decimal::ONE), "the value is the issues' alone");

    let points = edited(Mode { metric: Metric::StoryPoints, ..count() }, &[(1, number(true, 3.into()))].into());
    assert_eq!(points.causes[0].field.as_deref(), Some("metric"));
    assert_eq!(points.causes[0].effect.progress, Some(70.into()));
    assert!(points.causes[1..].iter().all(|cause| cause.effect.progress == Some(Decimal::ZERO)));
    assert_eq!(edited(reach("10"), &stories(3, 7)).delta.value, None, "3 issues are no 27 percent less");
}

#[test]
fn a_check_in_stands_until_it_is_measured_again() {
    let measured = evidence(&stories(3, 7), &count(), 9);
    let entered = |percent: i64| {
        let tally = Tally { done: Some(percent.into()), total: Some(100.into()), ..Tally::default() };
        Evidence { reading: reading(&Measure::default(), tally, 10, None), settings: None }
    };
    let to = evidence(&stories(4, 6), &count(), 11);
    let (before, after) = (stories(3, 7), stories(4, 6));
    let entering =
        Step { from: measured.clone(), measured: Some(measured.clone()), to: entered(50), issues: Compared::default() };
    let account = explain(&entering).expect("a move");
    assert_eq!(told(&account), [(CauseKind::CheckIn, None, "20".into())]);
    let again = Step { from: entered(50), measured: Some(measured), to: to.clone(), issues: compared(&before, &after) };
    let account = explain(&again).expect("a move");
    assert_eq!(
        told(&account),
        [(CauseKind::CheckIn, None, "-20".into()), (CauseKind::Completed, Some("AE-4".into()), "10".into())]
    );
    assert_eq!(words(&account), "AE-4 completed, measured again");
    let first = Step { from: entered(50), measured: None, to, issues: Compared::default() };
    assert_eq!(words(&explain(&first).expect("a move")), "linked to a query");
}

#[test]
fn without_data_nothing_is_told_in_numbers() {
    let account = moved(&Issues::new(), &stories(1, 0), &count());
    assert_eq!(
        (account.delta, told(&account)),
        (Effect::default(), vec![(CauseKind::Joined, Some("AE-1".into()), "none".into())])
    );
    let mut total = Total::default();
    for pair in [stories(3, 7), Issues::new(), stories(4, 6)].windows(2).rev() {
        total.add(moved(&pair[0], &pair[1], &count()));
    }
    let account = total.finish(delta(&evidence(&stories(3, 7), &count(), 9), &evidence(&stories(4, 6), &count(), 9)));
    let unexplained = account.causes.iter().find(|cause| cause.kind == CauseKind::Unexplained).expect("the gap");
    assert_eq!(unexplained.effect.progress, Some(10.into()));
}

#[test]
fn a_leaf_carries_its_move_to_the_objective() {
    let objective = node(1, None, ProgressMode::RollUp);
    let mut first = node(2, Some(1), ProgressMode::DataSource);
    first.share = Some(75.into());
    let nodes = [objective, first, node(3, Some(1), ProgressMode::DataSource)];
    let tree = Tree::new(&nodes, okr_id(1));
    assert_eq!(tree.leaves(), [okr_id(2), okr_id(3)]);
    let progress = |of: i64| -> Progress { Percent::of(3.into(), of.into()).expect("a percentage").clamped() };
    let leaves = |all: &[(u8, i64)]| -> Leaves { all.iter().map(|(id, of)| (okr_id(*id), progress(*of))).collect() };
    let (before, after) = (tree.roll(&leaves(&[(2, 10), (3, 6)])), tree.roll(&leaves(&[(2, 11), (3, 6)])));
    assert_eq!(before.as_ref().map(|rolled| rolled.progress.api()), Some(35.into()));
    let account = moved(&stories(3, 7), &stories(3, 8), &count());
    let carried = carry(account, okr_id(2), before.as_ref(), after.as_ref());
    // three quarters of −2.72727…
    assert_eq!(carried.delta.progress, Some(dec("-2.0455")));
    assert_eq!(told(&carried), [(CauseKind::Joined, Some("AE-11".into()), "-2.0455".into())]);
    assert_eq!(carried.causes[0].okr_id, Some(okr_id(2)));

    let alone = tree.roll(&leaves(&[(2, 11)]));
    let joined = carry(Account::default(), okr_id(3), alone.as_ref(), after.as_ref());
    assert_eq!(told(&joined), [(CauseKind::Children, None, "5.6818".into())], "a first number of 50");
    assert_eq!((joined.causes[0].from.as_deref(), joined.causes[0].to.as_deref()), (Some("1"), Some("2")));
}
