//! The one line under a row that says what is wrong with its number and what to do.

use crate::{
    board::Shown,
    components::icons::{Icon, icon},
    freshness::FreshnessState,
};
use maud::{Markup, html};
use okrsync_domain::{OkrId, Problem, problem::ProblemCode, reading::WarningCode};

/// A line of trouble.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// Red: no number is measured. Otherwise orange: the number may not mean what it seems to.
    pub(crate) bad: bool,
    /// Sentences.
    pub(crate) text: String,
    /// What Jira said, and the cure; may be empty.
    pub(crate) detail: String,
    /// Where it is mended.
    pub(crate) mend: Option<Mend>,
}

/// Where trouble is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mend {
    /// In the list of connections.
    Connection,
    /// In the key result's data source.
    Query,
}

/// What is wrong with a connection, for people: who does what. What Jira said is beside it.
pub(crate) fn plainly(name: &str, problem: &Problem) -> String {
    use ProblemCode as Code;
    let does = match problem.code {
        Code::JiraUnauthorized => "refuses our sign-in",
        Code::JiraLocked => "wants a person to sign in there before it lets us in again",
        Code::JiraScopeMissing | Code::JiraForbidden => "does not permit what is asked of it",
        Code::JiraUnreachable => "does not answer",
        Code::JiraRateLimited => "asks us to wait",
        Code::BudgetUsedUp => "has used up its requests of this hour",
        Code::NotJira => "is not what answers at its address",
        Code::AddressNotAllowed => "has an address that may not be called from here",
        _ => return format!("{name}: {}", problem.message),
    };
    format!("{name} {does}.")
}

/// The worst trouble of a row, if there is any.
pub(crate) fn worst(shown: &Shown<'_>) -> Option<Note> {
    let name = shown.row.link.as_ref().map_or("Jira", |linked| linked.connection.name.as_str());
    let kept = if shown.standing.progress.is_some() { " This is the last good value." } else { "" };
    let mild = |text: String, mend| Some(Note { bad: false, text, detail: String::new(), mend });
    let old = |text: String| mild(format!("{text}{kept}"), None);
    match shown.freshness.state {
        FreshnessState::Failing => {
            let Some(problem) = shown.freshness.error else {
                let (text, mend) =
                    (format!("{name}: somebody has to sign in with Jira.{kept}"), Some(Mend::Connection));
                return Some(Note { bad: true, text, detail: String::new(), mend });
            };
            let mend = if problem.code.concerns_connection() { Mend::Connection } else { Mend::Query };
            let said = plainly(name, problem);
            let hint = problem.hint.as_deref().unwrap_or_default();
            let detail =
                if said.contains(&problem.message) { hint.to_owned() } else { format!("{hint} ({})", problem.message) };
            return Some(Note { bad: true, text: format!("{said}{kept}"), detail, mend: Some(mend) });
        }
        FreshnessState::Paused => return old(format!("{name} is switched off.")),
        FreshnessState::Stale => return old(format!("{name} has not been read for more than two periods.")),
        FreshnessState::Never | FreshnessState::Fresh => {}
    }
    let has = |code| shown.warnings.iter().any(|warning| warning.code == code);
    if has(WarningCode::NoIssueMatches) && shown.standing.progress.is_none() {
        let text = "The query matches no issues, so this row is left out of the roll-up.".to_owned();
        return mild(text, Some(Mend::Query));
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
    let asks = matches!(warning.code, WarningCode::NoIssueMatches | WarningCode::NoValues);
    mild(warning.message.clone(), asks.then_some(Mend::Query))
}

/// The line, with where it can be mended by somebody who may.
pub(crate) fn note(note: &Note, writes: bool, edits: Option<OkrId>) -> Markup {
    let (class, drawing) = if note.bad { ("note", Icon::Plug) } else { ("note mid", Icon::Triangle) };
    html! {
        div class=(class) {
            (icon(drawing))
            span { (note.text) @if let Some(cure) = cure(note, writes, edits, "") { " " (cure) } }
        }
    }
}

/// The link to where it is mended, for somebody who may: `edits` is the OKR whose query the reader may change.
pub(crate) fn cure(note: &Note, writes: bool, edits: Option<OkrId>, class: &str) -> Option<Markup> {
    let class = Some(class).filter(|class| !class.is_empty());
    match note.mend? {
        Mend::Connection => writes.then(|| html! { a class=[class] href="/connections" { "Fix connection" } }),
        Mend::Query => edits.map(|id| {
            let path = format!("/okrs/{id}/connect");
            html! { a class=[class] href=(path) data-dialog { "Edit query" } }
        }),
    }
}
