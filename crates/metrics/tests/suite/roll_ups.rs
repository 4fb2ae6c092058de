//! Trees: shares, missing and stale children, check-ins on parents, the company.

use crate::support::{at, check_in, day, dec, line, measured, node, okr_id, stand_today};
use okrsync_domain::{
    check_in::{Entered, Hold},
    measure::Measure,
    okr::ProgressMode::{DataSource, Manual, RollUp},
    organisation::StatusLimits,
    reading::{Warning, WarningCode},
};
use okrsync_metrics::{
    Children, Node, Percent, Progress, Status, company, count_by_status, rollup::spread, shares, stand,
};

/// A parent (1) over children with `done` of 100 (2, 3, …), the last without data.
fn family(done: &[i64]) -> Vec<Node> {
    let mut nodes = vec![node(1, None, RollUp)];
    for (n, done) in (2..).zip(done) {
        nodes.push(measured(node(n, Some(1), DataSource), u32::from(n), *done));
    }
    nodes.push(node(9, Some(1), Manual));
    nodes
}

#[test]
fn a_parent_is_the_average_of_the_children_with_data() {
    let standings = stand_today(&family(&[100, 30]));
    let parent = &standings[&okr_id(1)];
    assert_eq!((parent.value, parent.progress.as_ref().unwrap().api()), (Some(dec("65")), dec("65")));
    assert_eq!(parent.children, Children { count: 3, with_data: 2, stale: 0 });
    assert_eq!(parent.warnings, [Warning::from(WarningCode::ChildWithoutData)]);
    assert_eq!((parent.status, parent.value_at), (Status::OnTrack, Some(at(3))));
    assert_eq!(standings[&okr_id(2)].share, Percent::of(1.into(), 3.into()), "a share of all, with data or without");
}

#[test]
fn fixed_shares_weigh_and_a_share_of_0_does_not_contribute() {
    let mut nodes = family(&[100, 40]);
    (nodes[1].share, nodes[2].share, nodes[3].share) = (Some(dec("75")), Some(dec("25")), Some(dec("0")));
    let standings = stand_today(&nodes);
    assert_eq!(standings[&okr_id(1)].value, Some(dec("85")));
    assert!(standings[&okr_id(1)].warnings.is_empty(), "nothing is missing of what contributes");
    nodes[3].share = Some(dec("100"));
    nodes[1].share = Some(dec("0"));
    nodes[2].share = Some(dec("0"));
    assert_eq!(stand_today(&nodes)[&okr_id(1)].status, Status::NoData, "no share is left");
}

#[test]
fn shares_that_no_longer_add_up_count_in_proportion() {
    let mut nodes = family(&[100, 0]);
    (nodes[1].share, nodes[2].share) = (Some(dec("30")), Some(dec("10")));
    nodes.pop();
    assert_eq!(stand_today(&nodes)[&okr_id(1)].value, Some(dec("75")));
    let over = spread(&[Some(dec("150")), None]);
    assert_eq!(over, [Percent::hundred(), Percent::zero()], "nothing is left for the free one");
}

#[test]
fn a_share_below_zero_is_refused() {
    assert_eq!(shares(&[Some(dec("-10")), None]).unwrap_err().code, "shares_do_not_add_up");
}

#[test]
fn a_stale_child_counts_and_is_told_up_the_tree() {
    let mut nodes = family(&[100, 50]);
    nodes.pop();
    nodes[1].stale = true;
    nodes[0].parent_id = Some(okr_id(8));
    nodes.push(node(8, None, RollUp));
    let standings = stand_today(&nodes);
    for parent in [1, 8] {
        let parent = &standings[&okr_id(parent)];
        assert_eq!((parent.value, parent.children.stale, parent.stale), (Some(dec("75")), 1, true));
        assert_eq!(parent.warnings, [Warning::from(WarningCode::ChildStale)]);
    }
}

#[test]
fn children_count_with_clamped_progress() {
    let nodes = family(&[170, 0]);
    assert_eq!(stand_today(&nodes)[&okr_id(1)].value, Some(dec("50")));
}

#[test]
fn a_check_in_on_a_parent_ends_with_a_childs_next_value() {
    let at_noon = check_in(12, Some(Entered::Progress(dec("90"))), None, Hold::NextReading);
    let mut nodes = family(&[100, 30]);
    nodes[0].check_ins.push(at_noon);
    let overridden = &stand_today(&nodes)[&okr_id(1)];
    assert_eq!((overridden.value, overridden.overridden), (Some(dec("90")), true));
    assert_eq!(overridden.automatic_progress.as_ref().unwrap().api(), dec("65"));
    let by_hand = check_in(13, Some(Entered::Progress(dec("10"))), None, Hold::NextReading);
    nodes.last_mut().unwrap().check_ins.push(by_hand);
    assert_eq!(stand_today(&nodes)[&okr_id(1)].value, Some(dec("46.6667")));
}

#[test]
fn an_objective_is_a_percentage_whatever_it_was_measured_against() {
    let mut nodes = family(&[30]);
    nodes[0].measure = Measure::StayBelow(line("2", None));
    let parent = &stand_today(&nodes)[&okr_id(1)];
    assert_eq!((parent.value, parent.status), (Some(dec("30")), Status::Behind));
}

#[test]
fn a_ring_of_parents_and_a_missing_parent_do_no_harm() {
    let ring = [node(1, Some(2), RollUp), node(2, Some(1), RollUp), node(3, Some(3), RollUp)];
    assert!(stand_today(&ring).values().all(|standing| standing.status == Status::NoData));
    let orphan = measured(node(1, Some(7), DataSource), 10, 60);
    assert_eq!(stand_today(&[orphan])[&okr_id(1)].value, Some(dec("60")));
}

#[test]
fn the_company_is_the_mean_of_its_top_level_objectives() {
    let mut nodes = family(&[100, 30]);
    let short = Node { due_on: day("2026-11-20"), ..node(10, None, RollUp) };
    nodes.push(node(14, Some(1), RollUp)); // an objective below another is not at the top
    nodes.extend([short, measured(node(11, Some(10), DataSource), 10, 20), node(12, None, RollUp)]);
    nodes.push(measured(node(13, None, DataSource), 10, 0)); // a key result of its own is no objective
    let (standings, limits) = (stand_today(&nodes), StatusLimits::default());
    let all = company(&nodes, &standings, &limits);
    assert_eq!(all.progress.unwrap().api(), dec("42.5"));
    assert_eq!(all.expected.unwrap().api(), dec("77.4725"), "of the two with data");
    assert_eq!((all.status, all.objectives, all.with_data), (Status::AtRisk, 3, 2));
    assert_eq!(count_by_status(standings.values())[&Status::NoData], 3);

    let early = stand(&nodes[..4], day("2026-09-30"), &limits);
    assert_eq!(company(&nodes[..4], &early, &limits).status, Status::NotStarted);
}

#[test]
fn averages_of_averages_stay_short_and_never_reach_100_by_themselves() {
    let mut nodes = vec![node(0, None, RollUp)];
    for n in 1..=120_u8 {
        let total = 1_000_000_007_u64 + u64::from(n) * 2;
        let mut child = measured(node(n, Some(0), DataSource), 10, 0);
        if let Some(reading) = &mut child.reading {
            (reading.tally.done, reading.tally.total) = (Some((total - 1).into()), Some(total.into()));
        }
        nodes.push(child);
    }
    let progress = stand_today(&nodes).remove(&okr_id(0)).unwrap().progress.unwrap();
    assert!(progress < Progress::hundred());
    assert_eq!(progress.api(), dec("99.9999"));
    assert!(progress.percent().fraction().denom().bits() <= 1024);
}
