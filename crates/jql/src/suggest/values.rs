//! Literals and calls that fit a field.

use super::{Candidate, Kind, Place, words::keywords};
use crate::{
    fields::Kind as FieldKind,
    functions::{FunctionInfo, Gives, functions},
    parser::Expected,
    words::Keyword,
};

/// Relative dates that people write most.
const DATES: [&str; 5] = ["-1d", "-1w", "-4w", "-12w", "7d"];

pub(super) fn candidates(place: &Place<'_>) -> Vec<Candidate> {
    let expected = place.prefix.expected;
    let after_was = place.prefix.last == Some(Keyword::Was);
    let after_not = place.prefix.last == Some(Keyword::Not);
    let mut found = Vec::new();
    // A list's members come behind its parenthesis.
    if expected != Expected::List {
        found.extend(literals(place));
    }
    found.extend(calls(place));
    match expected {
        Expected::List => found.extend(keywords(&["("])),
        Expected::Single | Expected::Item => found.extend(keywords(&["EMPTY"])),
        _ => {}
    }
    if after_was || (after_not && expected == Expected::Single) {
        found.extend(keywords(if after_was { &["NOT", "IN"] } else { &["IN"] }));
    }
    found
}

fn literals(place: &Place<'_>) -> Vec<Candidate> {
    let value = |text: &str| Candidate::text(Kind::Value, text);
    let catalogue = place.catalogue;
    let from_site = match (place.field_id().as_deref(), catalogue) {
        (Some("statusCategory"), _) => ["To Do", "In Progress", "Done"].map(value).into(),
        (Some("resolution"), _) => vec![value("Unresolved")],
        (Some("project"), Some(site)) => site.projects.iter().map(|project| value(&project.key)).collect(),
        (Some("status"), Some(site)) => site.statuses.iter().map(|status| value(&status.name)).collect(),
        (Some("issuetype"), Some(site)) => site.issue_types.iter().map(|it| value(&it.name)).collect(),
        (Some("priority"), Some(site)) => site.priorities.iter().map(|it| value(&it.name)).collect(),
        _ => Vec::new(),
    };
    let of_time = matches!(place.kind(), Some(FieldKind::Day | FieldKind::Instant));
    let relative = DATES.into_iter().filter(|_| of_time).map(|date| Candidate::plain(Kind::Value, date));
    without_repeats(from_site.into_iter().chain(relative))
}

/// Statuses and types of several projects share names.
fn without_repeats(candidates: impl Iterator<Item = Candidate>) -> Vec<Candidate> {
    let mut seen = std::collections::HashSet::new();
    candidates.filter(|candidate| seen.insert(candidate.text.to_lowercase())).collect()
}

fn calls<'a>(place: &'a Place<'_>) -> impl Iterator<Item = Candidate> + 'a {
    let offered = |function: &&FunctionInfo| match place.catalogue.map(|catalogue| &catalogue.functions) {
        Some(names) if !names.is_empty() => names.iter().any(|name| {
            let name = name.split('(').next().unwrap_or_default();
            name.eq_ignore_ascii_case(function.name)
        }),
        _ => true,
    };
    let fitting = functions().iter().filter(|function| fits(place, function.gives)).filter(offered);
    fitting.map(|function| Candidate::plain(Kind::Function, &format!("{}()", function.name)))
}

/// Whether what a function gives can be compared with the field here.
fn fits(place: &Place<'_>, gives: Gives) -> bool {
    let many = matches!(place.prefix.expected, Expected::List | Expected::Item);
    let field = place.field_id();
    let of = |id: &str| field.as_deref() == Some(id);
    match gives {
        Gives::Date => matches!(place.kind(), Some(FieldKind::Day | FieldKind::Instant)),
        // One person makes no list, but may stand in one.
        Gives::Person => place.kind() == Some(FieldKind::User) && place.prefix.expected != Expected::List,
        Gives::People => many && place.kind() == Some(FieldKind::User),
        Gives::Sprints => many && place.kind() == Some(FieldKind::Sprint),
        Gives::Versions => many && place.kind() == Some(FieldKind::Version),
        Gives::Issues => many && of("issuekey"),
        Gives::Projects => many && of("project"),
        Gives::Components => many && of("components"),
        Gives::IssueTypes => many && of("issuetype"),
        Gives::Other => false,
    }
}
