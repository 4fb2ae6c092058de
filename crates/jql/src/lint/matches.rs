//! What the counts of matches say.

use super::{Code, Counts, Lint, Subject};

/// More matches say little about any one issue, and cost many requests.
pub(super) const MANY_MATCHES: u64 = 2_000;

pub(super) fn check(subject: &Subject<'_>, lints: &mut Vec<Lint>) {
    let Counts { matched: Some(matched), estimated, coverage, .. } = subject.context.counts else { return };
    let mut say = |code, message| lints.push(Lint { code, message, span: subject.whole(), fix: None });
    if matched == 0 && !estimated {
        say(Code::MatchesNothing, "No issue matches that this account may see.".to_owned());
    }
    if matched > MANY_MATCHES {
        let about = if estimated { "About " } else { "" };
        say(Code::MatchesMany, format!("{about}{matched} issues match: is a project or a date missing?"));
    }
    if let Some((with, without)) = coverage.filter(|(with, without)| without > with) {
        let all = with.saturating_add(without);
        say(Code::MetricEmpty, format!("The measured field is empty on {without} of {all} issues that count."));
    }
}
