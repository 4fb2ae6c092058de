//! The one line under a row that says what is wrong with its number and what to do.

use crate::{
    board::Shown,
    components::icons::{Icon, icon},
    freshness::FreshnessState,
};
use maud::{Markup, html};
use okrsync_domain::reading::WarningCode;

/// A line of trouble.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// Red: no number is measured. Otherwise orange: the number may not mean what it seems to.
    pub(crate) bad: bool,
    /// Sentences.
    pub(crate) text: String,
}

/// The worst trouble of a row, if there is any.
pub(crate) fn worst(shown: &Shown<'_>) -> Option<Note> {
    let name = shown.row.link.as_ref().map_or("Jira", |linked| linked.connection.name.as_str());
    let kept = if shown.standing.progress.is_some() { " This is the last good value." } else { "" };
    let old = |bad, text: String| Some(Note { bad, text: format!("{text}{kept}") });
    match shown.freshness.state {
        FreshnessState::Failing => {
            let (message, hint) = shown.freshness.error.map_or(("Sign in with Jira first.", None), |problem| {
                (problem.message.as_str(), problem.hint.as_deref())
            });
            let hint = hint.map(|hint| format!(" {hint}")).unwrap_or_default();
            return Some(Note { bad: true, text: format!("{name}: {message}{kept}{hint}") });
        }
        FreshnessState::Paused => return old(false, format!("{name} is switched off.")),
        FreshnessState::Stale => return old(false, format!("{name} has not been read for more than two periods.")),
        FreshnessState::Never | FreshnessState::Fresh => {}
    }
    let has = |code| shown.warnings.iter().any(|warning| warning.code == code);
    if has(WarningCode::NoIssueMatches) && shown.standing.progress.is_none() {
        let text = "The query matches no issues, so this row is left out of the roll-up.".to_owned();
        return Some(Note { bad: false, text });
    }
    let told = [
        WarningCode::ValueFromPreviousQuery,
        WarningCode::SuddenDrop,
        WarningCode::NegativeValues,
        WarningCode::NoIssueMatches,
        WarningCode::NoValues,
        WarningCode::JiraWarning,
    ];
    let warning = told.into_iter().find_map(|code| shown.warnings.iter().find(|warning| warning.code == code))?;
    Some(Note { bad: false, text: warning.message.clone() })
}

/// The line, with where it can be mended by somebody who may.
pub(crate) fn note(note: &Note, mends: bool) -> Markup {
    let (class, drawing) = if note.bad { ("note", Icon::Plug) } else { ("note mid", Icon::Triangle) };
    html! {
        div class=(class) {
            (icon(drawing))
            span { (note.text) @if note.bad && mends { " " a href="/connections" { "Fix connection" } } }
        }
    }
}
