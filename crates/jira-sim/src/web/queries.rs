//! What both searches share: reading a query, asking the site, naming what is wrong.

use okrsync_jql::error::EvalError;
use okrsync_jql::{Query, SyntaxError};
use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::reply::Reply;
use super::selection::Selection;
use crate::catalogue::Catalogue;
use crate::faults::{Effect, Plan};
use crate::issue::IssueId;
use crate::matching::Asker;
use crate::results::{Found, Question, Results};
use crate::site::Site;

/// Jira's own words for a query without a restriction.
pub(crate) const UNBOUNDED: &str =
    "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.";

/// Why a text is no query.
#[derive(Debug)]
pub(crate) enum Mistake {
    /// Words without any operator: Cloud takes them for a text search and finds nothing.
    BareWords,
    /// Jira's message, with line and character.
    Syntax(String),
}

/// Reads a query.
pub(crate) fn read(jql: &str) -> Result<Query, Mistake> {
    okrsync_jql::parse(jql).map_err(|errors| {
        let bare = !jql.trim().is_empty() && jql.chars().all(|c| c.is_alphanumeric() || c.is_whitespace());
        let reserved = jql.to_ascii_lowercase().contains("order by");
        if bare && !reserved { Mistake::BareWords } else { Mistake::Syntax(syntax(jql, &errors)) }
    })
}

/// The first syntax error as Jira words it.
pub(crate) fn syntax(jql: &str, errors: &[SyntaxError]) -> String {
    let Some(first) = errors.first() else { return "Error in the JQL Query.".to_owned() };
    let before: String = jql.chars().take(first.span.start).collect();
    let line = before.matches('\n').count() + 1;
    let character = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    format!("Error in the JQL Query: {} (line {line}, character {character})", first.message)
}

/// Who asks.
pub(crate) fn asker(ask: &Ask) -> Asker<'_> {
    let options = &ask.shared.options;
    Asker { user: ask.user(), zone: ask.visitor.zone, now: options.clock.now(), week_starts: options.week_starts }
}

/// Asks the site.
pub(crate) fn find(ask: &Ask, site: &Site, question: &Question<'_>) -> Found {
    Results::find(&ask.shared.memory.results, site, question)
}

/// What Cloud's search refuses although it lets unknown fields and values pass.
pub(crate) fn refuse_functions(found: &Found) -> Result<(), Reply> {
    let refused = |problem: &&EvalError| {
        matches!(
            problem,
            EvalError::UnknownFunction { .. }
                | EvalError::UnsupportedOperator { .. }
                | EvalError::InvalidOperand { .. }
        )
    };
    let messages: Vec<String> = found.problems.iter().filter(refused).map(ToString::to_string).collect();
    if messages.is_empty() { Ok(()) } else { Err(Reply::errors(400, &messages)) }
}

/// Whether a problem concerns a person: Jira tolerates unknown people.
pub(crate) fn is_about_people(problem: &EvalError) -> bool {
    let people = ["assignee", "reporter", "creator", "watcher", "voter", "worklogauthor"];
    matches!(problem, EvalError::UnknownValue { field, .. } if people.contains(&field.to_lowercase().as_str()))
}

/// The ids of a page, as a fault wants them.
pub(crate) fn tampered<'a>(
    plan: &Plan,
    ids: &'a [IssueId],
    start: usize,
    end: usize,
) -> impl Iterator<Item = IssueId> + 'a {
    let duplicate = plan.is(&Effect::DuplicateAcrossPages).then(|| start.checked_sub(1)).flatten();
    let skip = usize::from(plan.is(&Effect::MissingAcrossPages));
    duplicate.map(|index| ids[index]).into_iter().chain(ids[start..end].iter().copied().skip(skip))
}

/// `expand=names`.
pub(crate) fn names(catalogue: &Catalogue, selection: &Selection) -> Map<String, Value> {
    let shown = selection.fields.iter().filter_map(|shown| catalogue.field(&shown.id));
    shown.map(|field| (field.id.clone(), json!(field.name))).collect()
}
