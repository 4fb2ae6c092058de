//! Candidates: a wider query that finds every issue which may have matched since a day, as far as Jira can be asked.
//!
//! The project conditions alone, if there are any; else each condition or'ed with its WAS form where Jira has one. What
//! cannot be widened stays as it is, and the gap is named.

use chrono::Days;
use okrsync_domain::{Date, history::Gap};
use okrsync_jql::{
    Clause,
    ast::{Comparison, Condition, Operand, Term},
    fields::find_system_field,
};

/// What never changes on an issue.
const FIXED: [&str; 4] = ["created", "creator", "issuekey", "hierarchyLevel"];
/// The fields that Jira answers WAS for.
const WITH_PAST: [&str; 6] = ["status", "assignee", "reporter", "priority", "resolution", "fixVersions"];
/// Dates in queries are in the zone of the account's profile: two days earlier is earlier everywhere.
const MARGIN_DAYS: u64 = 2;

/// The wider query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidates {
    /// Its conditions.
    pub(crate) where_text: String,
    /// What it cannot find.
    pub(crate) gaps: Vec<Gap>,
}

/// Widens a query; none where no restriction would be left. With `stable`, issues that were not changed since the day
/// match as they did, so that only the others need to be found besides those that match now.
pub(crate) fn widen(clause: &Clause, since: Date, stable: bool) -> Option<Candidates> {
    let gone = Gap::new(
        "not_found_any_more",
        "Issues that were deleted since, or that this account may not see any more, are missing from the past.",
    );
    let projects = project_conditions(clause);
    if let Some(projects) = Clause::all(projects) {
        let moved = Gap::new(
            "moved_between_projects",
            "Issues that have left the project since are missing from the time in which they were in it.",
        );
        let since = since.checked_sub_days(Days::new(MARGIN_DAYS)).unwrap_or(since);
        let where_text = if stable {
            format!("({projects}) AND updated >= \"{}\" OR ({clause})", since.format("%Y-%m-%d"))
        } else {
            projects.to_string()
        };
        return Some(Candidates { where_text, gaps: vec![gone, moved] });
    }
    let mut gaps = vec![gone];
    let wider = loosen(clause, &mut gaps)?;
    gaps.sort();
    gaps.dedup();
    Some(Candidates { where_text: wider.to_string(), gaps })
}

/// The conditions on the project that every match fulfils.
fn project_conditions(clause: &Clause) -> Vec<Clause> {
    let conditions = match clause {
        Clause::And(conditions) => conditions.as_slice(),
        other => std::slice::from_ref(other),
    };
    let is_project =
        |clause: &&Clause| clause.as_term().is_some_and(|term| field_id(term) == "project" && is_positive(term));
    conditions.iter().filter(is_project).cloned().collect()
}

fn field_id(term: &Term) -> String {
    let name = term.field.plain_name();
    find_system_field(&name).map_or(name, |field| field.id.to_owned())
}

/// Whether it says what the field is, rather than what it is not.
fn is_positive(term: &Term) -> bool {
    match &term.condition {
        Condition::Compare(Comparison::Equal | Comparison::Like, operand) => !is_empty(operand),
        Condition::In { negated: false, operand } => !operand.leaves().into_iter().any(is_empty),
        _ => false,
    }
}

fn is_empty(operand: &Operand) -> bool {
    let unresolved = |text: &str| text.eq_ignore_ascii_case("unresolved");
    matches!(operand, Operand::Empty(_)) || operand.as_value().is_some_and(|value| unresolved(&value.text))
}

/// A clause that every issue fulfils which fulfilled the given one at some time; none for "any issue".
fn loosen(clause: &Clause, gaps: &mut Vec<Gap>) -> Option<Clause> {
    match clause {
        Clause::And(all) => {
            let mut own = Vec::new();
            let parts: Vec<Clause> = all.iter().filter_map(|clause| loosen(clause, &mut own)).collect();
            gaps.append(&mut own);
            Clause::all(parts)
        }
        Clause::Or(any) => {
            let parts: Option<Vec<Clause>> = any.iter().map(|clause| loosen(clause, gaps)).collect();
            Clause::any(parts?)
        }
        Clause::Not(inner) => {
            let fixed = inner.terms().iter().all(|term| FIXED.contains(&field_id(term).as_str()));
            fixed.then(|| clause.clone())
        }
        Clause::Term(term) => loosen_term(term, gaps),
    }
}

fn loosen_term(term: &Term, gaps: &mut Vec<Gap>) -> Option<Clause> {
    let (field, own) = (field_id(term), || Clause::Term(term.clone()));
    let asks_past = matches!(term.condition, Condition::Was { negated: false, .. } | Condition::Changed(_));
    if FIXED.contains(&field.as_str()) || asks_past {
        return Some(own());
    }
    if !is_positive(term) {
        return None;
    }
    if WITH_PAST.contains(&field.as_str()) {
        return Clause::any(vec![own(), was(term)?]);
    }
    if ["statusCategory", "updated", "resolutiondate"].contains(&field.as_str()) {
        return None;
    }
    let message = format!(
        "Issues that fulfilled `{term}` earlier and do not now are missing: Jira cannot be asked for them, so the past \
         may be higher or lower than shown."
    );
    gaps.push(Gap::new("no_past_in_jira", message));
    Some(own())
}

/// The same condition at any time.
fn was(term: &Term) -> Option<Clause> {
    let (in_list, operand) = match &term.condition {
        Condition::Compare(Comparison::Equal, operand) => (false, operand),
        Condition::In { operand, .. } => (true, operand),
        _ => return None,
    };
    let condition = Condition::Was { negated: false, in_list, operand: operand.clone(), predicates: vec![] };
    Some(Clause::Term(Term { condition, ..term.clone() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wider(jql: &str) -> Option<(String, Vec<String>)> {
        let clause = okrsync_jql::parse(jql).unwrap().where_clause.unwrap();
        let found = widen(&clause, "2026-10-01".parse().unwrap(), true)?;
        Some((found.where_text, found.gaps.into_iter().map(|gap| gap.code).collect()))
    }

    #[test]
    fn projects_alone_are_asked_for_else_was() {
        let text = |jql: &str| wider(jql).map(|(text, _)| text);
        assert_eq!(
            text("project = AE AND status = Done").as_deref(),
            Some("(project = AE) AND updated >= \"2026-09-29\" OR (project = AE AND status = Done)")
        );
        assert_eq!(
            text("assignee = dana AND status IN (Done, Closed)").as_deref(),
            Some(
                "(assignee = dana OR assignee WAS dana) AND (status IN (Done, Closed) OR status WAS IN (Done, Closed))"
            )
        );
        assert_eq!(text("assignee = dana AND status != Done").as_deref(), Some("assignee = dana OR assignee WAS dana"));
        assert_eq!(text("assignee = dana OR status != Done"), None, "that would be every issue");
        assert_eq!(text("resolution = Unresolved"), None);
    }

    #[test]
    fn what_cannot_be_found_is_named() {
        let gaps = |jql: &str| wider(jql).unwrap().1;
        assert_eq!(gaps("project = AE"), ["not_found_any_more", "moved_between_projects"]);
        assert_eq!(gaps("parent = AE-786"), ["no_past_in_jira", "not_found_any_more"]);
        assert_eq!(gaps("created > 2026-01-01"), ["not_found_any_more"]);
    }
}
