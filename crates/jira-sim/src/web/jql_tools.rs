//! Cloud's tools about queries: parsing and checking them, matching issues against them, what may be typed.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::Ask;
use super::jql_structure;
use super::queries;
use super::reply::{Answer, Reply};
use crate::field::{Field, FieldKind};
use crate::issue::IssueId;
use crate::results::{Index, Question};
use crate::site::Site;
use crate::sync::read;

/// Queries of one parse request that are surely answered.
const MOST_QUERIES: usize = 1000;
/// Ids and queries of one match request.
const MOST_MATCHED: (usize, usize) = (1000, 10);

/// How strictly `/jql/parse` judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Validation {
    Strict,
    Warn,
    None,
}

/// `POST /jql/parse?validation=`.
pub(crate) fn parse(ask: &Ask) -> Answer {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        queries: Vec<String>,
    }
    let validation = match ask.param("validation") {
        Some("strict") => Validation::Strict,
        Some("warn") => Validation::Warn,
        Some("none") => Validation::None,
        _ => return Err(Reply::error(400, "The validation query parameter must be strict, warn or none.")),
    };
    let body: Body = ask.parse()?;
    let too_many = body.queries.len() > MOST_QUERIES;
    if body.queries.is_empty() || too_many || body.queries.iter().any(String::is_empty) {
        return Err(Reply::error(400, "The list of queries must hold at least one query, and none may be empty."));
    }
    let site = read(&ask.shared.site);
    let parsed: Vec<Value> = body.queries.iter().map(|jql| judge(ask, &site, jql, validation)).collect();
    Ok(Reply::json(&json!({ "queries": parsed })))
}

fn judge(ask: &Ask, site: &Site, jql: &str, validation: Validation) -> Value {
    let query = match okrsync_jql::parse(jql) {
        Ok(query) => query,
        Err(errors) => {
            return json!({ "query": jql, "errors": [queries::syntax(jql, &errors)], "warnings": [] });
        }
    };
    let structure = jql_structure::of(&query);
    if validation == Validation::None {
        return json!({ "query": jql, "structure": structure, "errors": [], "warnings": [] });
    }
    let question = Question { query: &query, asker: queries::asker(ask), index: Index::Fresh };
    let found = queries::find(ask, site, &question);
    let (people, others): (Vec<_>, Vec<_>) =
        found.problems.iter().filter(|p| !p.is_of_the_past()).partition(|p| queries::is_about_people(p));
    let texts = |problems: Vec<_>| problems.into_iter().map(ToString::to_string).collect::<Vec<String>>();
    let errors: Vec<String> = texts(others);
    // strict says nothing of unknown people
    let warnings: Vec<String> = if validation == Validation::Warn { texts(people) } else { Vec::new() };
    if validation == Validation::Strict && !errors.is_empty() {
        return json!({ "query": jql, "errors": errors, "warnings": warnings });
    }
    json!({ "query": jql, "structure": structure, "errors": errors, "warnings": warnings })
}

/// `POST /jql/match`: which issues match which queries; unknown values match nothing and are no error.
pub(crate) fn match_issues(ask: &Ask) -> Answer {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Body {
        issue_ids: Vec<u64>,
        jqls: Vec<String>,
    }
    let body: Body = ask.parse()?;
    if body.issue_ids.len() > MOST_MATCHED.0 || body.jqls.len() > MOST_MATCHED.1 {
        return Err(Reply::error(400, "Too many issues or queries."));
    }
    if body.issue_ids.iter().collect::<BTreeSet<_>>().len() < body.issue_ids.len() {
        return Err(Reply::error(400, "The list of issues must not name one twice."));
    }
    let site = read(&ask.shared.site);
    let matches = body.jqls.iter().map(|jql| {
        let query = match okrsync_jql::parse(jql) {
            Ok(query) => query,
            Err(errors) => {
                let message = format!("Invalid JQL: {}", queries::syntax(jql, &errors));
                return json!({ "matchedIssues": [], "errors": [message] });
            }
        };
        let question = Question { query: &query, asker: queries::asker(ask), index: Index::Fresh };
        let found = queries::find(ask, &site, &question);
        let matched = body.issue_ids.iter().filter(|id| found.ids.contains(&IssueId::from(**id)));
        json!({ "matchedIssues": matched.collect::<Vec<_>>(), "errors": [] })
    });
    Ok(Reply::json(&json!({ "matches": matches.collect::<Vec<_>>() })))
}

/// `GET|POST /jql/autocompletedata`: its booleans are strings.
pub(crate) fn autocomplete(ask: &Ask) -> Reply {
    let site = read(&ask.shared.site);
    let searchable = site.catalogue().visible_fields().filter(|field| !field.clause_names.is_empty());
    let functions = FUNCTIONS.iter().map(|(name, list)| {
        json!({
            "value": name, "displayName": name, "types": ["java.lang.Object"], "isList": list.to_string(),
            "supportsListAndSingleValueOperators": "false",
        })
    });
    Reply::json(&json!({
        "visibleFieldNames": searchable.map(field).collect::<Vec<_>>(),
        "visibleFunctionNames": functions.collect::<Vec<_>>(),
        "jqlReservedWords": RESERVED,
    }))
}

fn field(field: &Field) -> Value {
    let custom = field.custom_id().map(|id| format!("cf[{id}]"));
    let value = custom.clone().or_else(|| field.clause_names.first().cloned()).unwrap_or_default();
    let shown = if custom.is_some() { format!("{} - {value}", field.name) } else { value.clone() };
    let (java, operators): (&str, &[&str]) = match field.kind {
        FieldKind::Number => ("java.lang.Number", &["=", "!=", "<", ">", "<=", ">=", "in", "not in", "is", "is not"]),
        FieldKind::Created | FieldKind::Updated | FieldKind::DueDate | FieldKind::ResolutionDate => {
            ("java.util.Date", &["=", "!=", "<", ">", "<=", ">=", "in", "not in", "is", "is not"])
        }
        FieldKind::Summary | FieldKind::Description => ("java.lang.String", &["~", "!~", "is", "is not"]),
        _ => ("java.lang.Object", &["=", "!=", "in", "not in", "is", "is not"]),
    };
    let mut shape = json!({
        "value": value, "displayName": shown, "orderable": "true", "searchable": "true", "operators": operators,
        "types": [java], "deprecated": "false", "auto": "true",
    });
    if let Some(custom) = custom {
        shape["cfid"] = json!(custom);
    }
    shape
}

/// Functions with whether they stand for a list.
const FUNCTIONS: &[(&str, bool)] = &[
    ("currentUser()", false),
    ("membersOf(\"\")", true),
    ("now()", false),
    ("startOfDay()", false),
    ("endOfDay()", false),
    ("startOfWeek()", false),
    ("endOfWeek()", false),
    ("startOfMonth()", false),
    ("endOfMonth()", false),
    ("startOfYear()", false),
    ("endOfYear()", false),
    ("openSprints()", true),
    ("closedSprints()", true),
    ("futureSprints()", true),
    ("releasedVersions()", true),
    ("unreleasedVersions()", true),
    ("standardIssueTypes()", true),
    ("subtaskIssueTypes()", true),
];

/// A few of the words that must be quoted; the whole list is in the grammar.
const RESERVED: &[&str] = &["and", "by", "changed", "empty", "in", "is", "not", "null", "on", "or", "order", "was"];
