//! Any text is refused with a place inside it, or reads back as printed and can be asked of an issue.
#![no_main]

use libfuzzer_sys::fuzz_target;
use okrsync_domain::catalogue::Catalogue;
use okrsync_jql::{
    eval::{Context, Datum, EmptySite, Item, Matcher},
    highlight, lint, parse,
    suggest::suggest,
    unchecked, unknown,
};

/// An issue without any field.
struct Nothing;

impl Item for Nothing {
    fn values(&self, _: &str) -> Vec<Datum<'_>> {
        Vec::new()
    }
}

fuzz_target!(|text: &str| {
    suggest(text, text.chars().count() / 2, None);
    assert!(highlight::parts(text).iter().all(|(_, span)| span.end <= text.chars().count()));
    match parse(text) {
        Ok(query) => {
            assert_eq!(parse(&query.canonical()).as_ref(), Ok(&query));
            let context = Context {
                now: chrono::DateTime::UNIX_EPOCH,
                zone: chrono_tz::Europe::Berlin,
                week_starts: chrono::Weekday::Mon,
                user: None,
                site: &EmptySite,
            };
            for lint in lint::check(text, &query, &lint::Context::default()) {
                assert!(lint.span.end <= text.chars().count());
            }
            unknown::unknown(&query, &Catalogue::default());
            unchecked::unchecked(&query);
            if let Some(clause) = &query.where_clause {
                Matcher::new(clause, &context).matches(&Nothing);
            }
        }
        Err(errors) => {
            let length = text.chars().count();
            assert!(errors.iter().all(|error| error.span.start <= error.span.end && error.span.end <= length));
        }
    }
});
