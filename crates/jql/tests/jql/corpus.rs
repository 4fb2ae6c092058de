//! The lints over queries as people write them: what is missed, and what is a false alarm.

use okrsync_domain::connection::Deployment;
use okrsync_jql::{
    lint::{self, Code, Context, Measured},
    parse,
};
use std::collections::{BTreeMap, BTreeSet};

/// The largest share of sound queries on which a lint may speak up.
const FALSE_ALARMS_IN_PERCENT: usize = 10;

fn code(letter: char) -> Option<Code> {
    Some(match letter.to_ascii_uppercase() {
        'S' => Code::SelfFiltersDone,
        'M' => Code::MovesByItself,
        'D' => Code::DependsOnCaller,
        'C' => Code::ChangesWithoutIssue,
        'E' => Code::EpicLinkOrParent,
        'P' => Code::CountsParentsAndSubtasks,
        'O' => Code::OrderByIgnored,
        'L' => Code::LeavesOutEmpty,
        _ => return None,
    })
}

/// Queries with the findings that a careful reader makes.
fn corpus() -> Vec<(BTreeSet<Code>, &'static str)> {
    let text = include_str!("../corpus.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let split = |line: &'static str| line.split_once(" | ").expect("letters, a bar, a query");
    lines.map(split).map(|(letters, query)| (letters.chars().filter_map(code).collect(), query)).collect()
}

#[derive(Default)]
struct Tally {
    sound: usize,
    false_alarms: Vec<&'static str>,
    found: usize,
    missed: Vec<&'static str>,
}

fn tally() -> BTreeMap<Code, Tally> {
    let context = Context {
        measured: Some(Measured::PercentComplete),
        deployment: Some(Deployment::Cloud),
        ..Context::default()
    };
    let mut tallies: BTreeMap<Code, Tally> = BTreeMap::new();
    for (expected, text) in corpus() {
        let query = parse(text).unwrap_or_else(|errors| panic!("{text}: {}", errors[0]));
        let fired: BTreeSet<Code> = lint::check(text, &query, &context).into_iter().map(|lint| lint.code).collect();
        for code in "SMDCEPOL".chars().filter_map(code) {
            let tally = tallies.entry(code).or_default();
            match (expected.contains(&code), fired.contains(&code)) {
                (true, true) => tally.found += 1,
                (true, false) => tally.missed.push(text),
                (false, true) => tally.false_alarms.push(text),
                (false, false) => {}
            }
            tally.sound += usize::from(!expected.contains(&code));
        }
    }
    tallies
}

#[test]
fn lints_seldom_cry_wolf_and_seldom_sleep() {
    assert!(corpus().len() >= 200, "the corpus has shrunk to {}", corpus().len());
    for (code, tally) in tally() {
        let (wrong, missed) = (tally.false_alarms.len(), tally.missed.len());
        println!(
            "{}: {wrong} false alarms on {} sound queries, {missed} of {} missed",
            code.as_str(),
            tally.sound,
            tally.found + missed
        );
        for text in &tally.false_alarms {
            println!("  false alarm: {text}");
        }
        for text in &tally.missed {
            println!("  missed: {text}");
        }
        assert!(wrong * 100 <= tally.sound * FALSE_ALARMS_IN_PERCENT, "{}: {:?}", code.as_str(), tally.false_alarms);
        assert!(missed * 10 <= tally.found, "{}: {:?}", code.as_str(), tally.missed);
    }
}
