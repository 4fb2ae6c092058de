//! What the counts of matches say.

use super::{Code, Counts, Lint, Subject};

/// From this many matches on, a reading says little about any one issue, and costs many requests.
pub(super) const MANY_MATCHES: u64 = 5_000;

pub(super) fn check(subject: &Subject<'_>, lints: &mut Vec<Lint>) {
    let Counts { matched: Some(matched), with_value, .. } = subject.context.counts else { return };
    let mut say = |code, message| lints.push(Lint { code, message, span: subject.whole(), fix: None });
    if matched == 0 {
        say(Code::MatchesNothing, "No issue matches that this account may see.".to_owned());
    }
    if matched > MANY_MATCHES {
        say(Code::MatchesMany, format!("{matched} issues match: is a project or a date missing?"));
    }
    if let Some(with_value) = with_value.filter(|with_value| with_value.saturating_mul(2) < matched) {
        let without = matched - with_value;
        say(Code::MetricEmpty, format!("The measured field is empty on {without} of {matched} matches."));
    }
}
