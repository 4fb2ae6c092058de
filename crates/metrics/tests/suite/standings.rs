//! One OKR at a time: check-ins over readings, closing, and what is shown of each kind.

use crate::support::{at, check_in, day, dec, kpi, line, measured, node, okr_id, stand_today};
use okrsync_domain::{
    check_in::{CheckIn, Entered, Hold, StatedStatus},
    measure::Measure,
    okr::ProgressMode::{DataSource, Manual},
    organisation::StatusLimits,
    reading::{Tally, WarningCode},
};
use okrsync_metrics::{Measured, Node, Percent, Standing, Status, stand};

fn value(text: &str) -> Entered {
    Entered::Value(dec(text))
}

fn one(node: Node) -> Standing {
    stand_today(&[node]).remove(&okr_id(1)).expect("one OKR")
}

/// A measured OKR at 60 of 100 since ten o'clock, with check-ins.
fn linked(check_ins: Vec<CheckIn>) -> Standing {
    one(Node { check_ins, ..measured(node(1, None, DataSource), 10, 60) })
}

#[test]
fn a_reading_shows_its_numbers() {
    let standing = linked(vec![]);
    assert_eq!((standing.value, standing.done, standing.total), (Some(dec("60")), Some(dec("60")), Some(dec("100"))));
    assert_eq!(standing.expected.unwrap().api(), dec("54.9451"));
    assert_eq!((standing.status, standing.value_at), (Status::OnTrack, Some(at(10))));
    assert!(!standing.overridden && standing.automatic_progress.is_none());
}

#[test]
fn a_check_in_stands_over_an_older_reading_until_the_next() {
    let later = linked(vec![check_in(11, Some(value("20")), None, Hold::NextReading)]);
    assert_eq!((later.value, later.status), (Some(dec("20")), Status::AtRisk));
    assert_eq!(later.automatic_progress.unwrap().api(), dec("60"));
    assert_eq!((later.done, later.overridden, later.value_at), (None, true, Some(at(11))));
    let earlier = linked(vec![check_in(9, Some(value("20")), None, Hold::NextReading)]);
    assert_eq!((earlier.value, earlier.overridden), (Some(dec("60")), false));
    let same_instant = linked(vec![check_in(10, Some(value("20")), None, Hold::NextReading)]);
    assert_eq!(same_instant.value, Some(dec("20")), "only a later reading ends it");
}

#[test]
fn a_sticky_check_in_stands_until_it_is_released() {
    let sticky = check_in(9, Some(value("20")), None, Hold::UntilResumed);
    assert_eq!(linked(vec![sticky.clone()]).value, Some(dec("20")));
    let released = CheckIn { released_at: Some(at(11)), ..sticky };
    assert_eq!(linked(vec![released]).value, Some(dec("60")));
}

#[test]
fn a_newer_number_replaces_an_older_one_for_good() {
    let sticky = check_in(8, Some(value("20")), None, Hold::UntilResumed);
    let lapsed = check_in(9, Some(value("30")), None, Hold::NextReading);
    assert_eq!(linked(vec![sticky.clone(), lapsed]).value, Some(dec("60")));
    let note = check_in(11, None, None, Hold::NextReading);
    assert_eq!(linked(vec![note, sticky]).value, Some(dec("20")), "a note replaces nothing");
}

#[test]
fn a_stated_status_holds_as_long_as_its_check_in() {
    let stated = |hour, entered| check_in(hour, entered, Some(StatedStatus::AtRisk), Hold::NextReading);
    assert_eq!(linked(vec![stated(11, None)]).status, Status::AtRisk);
    assert_eq!(linked(vec![stated(11, None)]).value, Some(dec("60")), "a status alone leaves the value");
    assert_eq!(linked(vec![stated(9, None)]).status, Status::OnTrack);
    let newer_number = check_in(12, Some(value("70")), None, Hold::NextReading);
    assert_eq!(linked(vec![stated(11, None), newer_number]).status, Status::OnTrack);
}

#[test]
fn a_manual_okr_shows_its_last_check_in() {
    let manual = |measure, check_ins| one(Node { measure, check_ins, ..node(1, None, Manual) });
    let entered = |entered| check_in(9, entered, None, Hold::NextReading);
    assert_eq!(manual(Measure::default(), vec![]).status, Status::NoData);
    let percent = manual(Measure::default(), vec![entered(Some(value("80")))]);
    assert_eq!((percent.value, percent.overridden), (Some(dec("80")), false));
    let measured = manual(kpi("10", "30"), vec![entered(Some(value("15")))]);
    assert_eq!((measured.value, measured.progress.unwrap().api()), (Some(dec("15")), dec("25")));
    let estimated = manual(kpi("10", "30"), vec![entered(Some(Entered::Progress(dec("70"))))]);
    assert_eq!((estimated.value, estimated.progress.unwrap().api()), (None, dec("70")), "nobody measured a value");
    let released = CheckIn { released_at: Some(at(10)), ..entered(Some(value("80"))) };
    assert_eq!(manual(Measure::default(), vec![released]).value, Some(dec("80")));
}

#[test]
fn an_okr_whose_link_was_deleted_keeps_its_last_value() {
    let unlinked = |check_ins| one(Node { check_ins, ..measured(node(1, None, Manual), 10, 60) });
    assert_eq!(unlinked(vec![]).value, Some(dec("60")));
    let of = |hour| check_in(hour, Some(value("20")), None, Hold::NextReading);
    assert_eq!(unlinked(vec![of(9)]).value, Some(dec("60")));
    let newer = unlinked(vec![of(11)]);
    assert_eq!((newer.value, newer.overridden), (Some(dec("20")), false));
}

#[test]
fn a_new_link_keeps_the_checked_in_value_until_its_first_reading() {
    let waiting =
        Node { check_ins: vec![check_in(9, Some(value("40")), None, Hold::NextReading)], ..node(1, None, DataSource) };
    assert_eq!(one(waiting).value, Some(dec("40")));
}

#[test]
fn a_closed_okr_stays_where_it_stood() {
    let closed = Node { closed_on: Some(day("2026-11-20")), ..measured(node(1, None, DataSource), 10, 60) };
    let first_day = stand(std::slice::from_ref(&closed), day("2026-10-01"), &StatusLimits::default());
    assert_eq!(first_day[&okr_id(1)].expected, Some(Percent::zero()), "a day before the closing is that day");
    let new_year = stand(&[closed], day("2027-01-01"), &StatusLimits::default());
    assert_eq!(new_year[&okr_id(1)].status, Status::OnTrack);
    let open = stand(&[measured(node(1, None, DataSource), 10, 60)], day("2027-01-01"), &StatusLimits::default());
    assert_eq!(open[&okr_id(1)].status, Status::AtRisk);
}

#[test]
fn what_is_not_there_is_said_before_what_is_late() {
    let before = |node| stand(&[node], day("2026-09-30"), &StatusLimits::default())[&okr_id(1)].status;
    assert_eq!(before(node(1, None, DataSource)), Status::NoData);
    assert_eq!(before(measured(node(1, None, DataSource), 10, 100)), Status::NotStarted);
    let late = stand(&[measured(node(1, None, DataSource), 10, 100)], day("2027-03-01"), &StatusLimits::default());
    assert_eq!(late[&okr_id(1)].status, Status::Achieved, "also after the due date");
}

#[test]
fn a_line_to_be_kept_expects_nothing_and_is_never_achieved() {
    let watched = |value: &str| {
        let tally = Tally { value: Some(dec(value)), ..Tally::default() };
        let reading = Some(Measured { at: at(10), tally });
        one(Node { measure: Measure::StayAbove(line("99.5", Some("99"))), reading, ..node(1, None, DataSource) })
    };
    let kept = watched("99.9");
    assert_eq!((kept.status, kept.expected, kept.attainment), (Status::OnTrack, None, Some(Percent::hundred())));
    assert_eq!(watched("99.5").status, Status::Behind);
    assert_eq!(watched("99").status, Status::AtRisk);
}

#[test]
fn a_reading_without_data_says_why_and_ends_a_check_in() {
    let tally = Tally { warnings: vec![WarningCode::NoIssueMatches.into()], ..Tally::default() };
    let empty = Node { reading: Some(Measured { at: at(10), tally }), stale: true, ..node(1, None, DataSource) };
    let standing = one(Node { check_ins: vec![check_in(9, Some(value("20")), None, Hold::NextReading)], ..empty });
    assert_eq!((standing.status, standing.value, standing.value_at), (Status::NoData, None, None));
    assert!(!standing.stale, "there is no value that could be");
    assert_eq!(standing.warnings, [WarningCode::NoIssueMatches.into()]);
}
