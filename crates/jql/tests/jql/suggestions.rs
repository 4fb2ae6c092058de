//! What is offered at the cursor (marked `^`).

use crate::{lints::catalogue, trees};
use okrsync_jql::{
    parse,
    suggest::{Suggestion, suggest},
};
use proptest::prelude::*;

/// Text with a cursor, the part that is replaced, the first suggestions, what must not be offered.
const TABLE: [(&str, &str, &str, &str); 30] = [
    ("^", "", "issuekey project", "AND"),
    ("st^", "st", "status statusCategory statusCategoryChangedDate", "project"),
    ("größe = 1 AND st^ = 1", "st", "status", ""),
    ("project = AE AND ^", "", "issuekey", "OR"),
    ("te^", "te", "text Team", "status"),
    ("story^", "story", "\"Story point estimate\"", ""),
    ("\"story po^", "\"story po", "\"Story point estimate\"", ""),
    ("grö^", "grö", "Größe", ""),
    ("status ^", "", "= != IN", "~"),
    ("summary ^", "", "~ !~", "="),
    ("due ^", "", ">= <=", "~"),
    ("größe ^", "", ">=", "~"),
    ("status not ^", "", "IN", "="),
    ("status = ^", "", "\"To Do\" \"In Prüfung\" Done", "now()"),
    ("status = pr^", "pr", "\"In Prüfung\"", "Done"),
    ("status in (Done, \"To^", "\"To", "\"To Do\"", "Done"),
    ("status in ^", "", "(", "Done"),
    ("project = a^", "a", "AE", "OPS"),
    ("assignee = ^", "", "currentUser() EMPTY", "membersOf()"),
    ("created >= ^", "", "-1d -1w", "currentUser()"),
    ("sprint in ^", "", "(", "="),
    ("status was ^", "", "\"To Do\"", "AND"),
    ("status was not i^", "i", "\"In Prüfung\" IN", "AND"),
    ("status was Done ^", "", "AND OR \"ORDER BY\" AFTER", "FROM"),
    ("status changed ^", "", "AND OR \"ORDER BY\" FROM TO AFTER", "EMPTY"),
    ("status changed from ^", "", "\"To Do\"", "now()"),
    ("status changed after ^", "", "-1d", "Done"),
    ("assignee is not ^", "", "EMPTY", "NOT"),
    ("(project = AE ^", "", "AND OR )", "\"ORDER BY\""),
    ("project = AE order by key ^", "", "ASC DESC", "AND"),
];

fn at(marked: &str) -> (String, Vec<Suggestion>) {
    let (before, behind) = marked.split_once('^').expect("a cursor");
    let text = format!("{before}{behind}");
    let suggestions = suggest(&text, before.chars().count(), Some(&catalogue()));
    (text, suggestions)
}

#[test]
fn what_fits_is_offered_and_nothing_else() {
    for (marked, replaced, first, absent) in TABLE {
        let (text, suggestions) = at(marked);
        let texts: Vec<&str> = suggestions.iter().map(|suggestion| suggestion.text.as_str()).collect();
        let quoted = |text: &str| if text == "ORDER BY" { "\"ORDER BY\"".to_owned() } else { text.to_owned() };
        let joined = texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(" ");
        assert!(format!("{joined} ").starts_with(&format!("{first} ")), "{marked}: {joined}");
        assert!(absent.is_empty() || !texts.contains(&absent), "{marked} offers {absent}");
        assert_eq!(suggestions[0].replace.slice(&text), replaced, "{marked}");
    }
}

#[test]
fn wrong_text_is_not_continued() {
    for marked in ["status = = ^", "a b c ^", ") ^", "status = Done) ^"] {
        assert_eq!(at(marked).1, [], "{marked}");
    }
}

fn applied(text: &str, suggestion: &Suggestion) -> String {
    let end = suggestion.replace.start;
    text.chars().take(end).collect::<String>() + &suggestion.text
}

proptest! {
    #[test]
    fn suggestions_lead_on(parts in prop::collection::vec(trees::fragment(), 0..8), cursor in 0_usize..60) {
        let text = parts.join(" ");
        for suggestion in suggest(&text, cursor, Some(&catalogue())) {
            prop_assert!(suggestion.replace.end <= text.chars().count());
            let after = applied(&text, &suggestion);
            if let Err(errors) = parse(&after) {
                prop_assert_eq!(errors[0].span.end, after.chars().count(), "{} became {}", text, after);
            }
        }
    }
}
