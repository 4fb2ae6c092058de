//! Data Center's search: offset paging, exact totals, clamped pages, a result window, strict values.

use okrsync_jql::error::EvalError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ask::Ask;
use super::changelog_json::Histories;
use super::issue_json::{IssueJson, Page};
use super::queries::{self, Mistake};
use super::reply::{Answer, Reply};
use super::selection::Selection;
use crate::options::Dialect;
use crate::results::{Found, Index, Question};
use crate::sync::read;

/// What may be posted; GET is read into the same.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    jql: String,
    #[serde(default)]
    start_at: i64,
    #[serde(default = "default_size")]
    max_results: i64,
    #[serde(default = "yes")]
    validate_query: bool,
    fields: Option<Vec<String>>,
    #[serde(default)]
    expand: Vec<String>,
}

fn default_size() -> i64 {
    50
}

fn yes() -> bool {
    true
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SearchPage<'a> {
    expand: &'static str,
    start_at: usize,
    max_results: usize,
    total: usize,
    issues: Vec<IssueJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warning_messages: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<Map<String, Value>>,
}

impl Body {
    fn of(ask: &Ask) -> Result<Self, Reply> {
        if !ask.is_get {
            return ask.parse();
        }
        Ok(Self {
            jql: ask.param("jql").unwrap_or_default().to_owned(),
            start_at: ask.number("startAt")?.unwrap_or(0),
            max_results: ask.number("maxSearchPage")?.unwrap_or_else(default_size),
            validate_query: ask.param("validateQuery") != Some("false"),
            fields: ask.list("fields"),
            expand: ask.list("expand").unwrap_or_default(),
        })
    }
}

/// `GET|POST /search`.
pub(crate) fn search(ask: &Ask) -> Answer {
    let body = Body::of(ask)?;
    let query = queries::read(&body.jql).map_err(|mistake| match mistake {
        Mistake::Syntax(message) => Reply::error(400, &message),
        Mistake::BareWords => {
            let errors = okrsync_jql::parse(&body.jql).err().unwrap_or_default();
            Reply::error(400, &queries::syntax(&body.jql, &errors))
        }
    })?;
    let site = read(&ask.shared.site);
    let question = Question { query: &query, asker: queries::asker(ask), index: Index::Fresh };
    let found = queries::find(ask, &site, &question);
    let warning_messages = judge(&found, body.validate_query)?;
    let (start, most) = window(ask, &body)?;
    let total = found.ids.len();
    let (from, to) = (start.min(total), total.min(start.saturating_add(most)));
    let default_fields = vec!["*navigable".to_owned()];
    let selection = Selection::of(body.fields.as_deref().unwrap_or(&default_fields), site.catalogue());
    let expands = |what: &str| body.expand.iter().any(|part| part == what);
    let page = Page {
        site: &site,
        catalogue: site.catalogue(),
        // ids alone do not exist here: the key and the address always come along
        selection: &Selection { key: true, ..selection.clone() },
        base_url: &ask.shared.base_url,
        dialect: Dialect::DataCenter,
        zone: ask.visitor.zone,
        histories: if expands("changelog") { Histories::All } else { Histories::None },
    };
    let ids = queries::tampered(&ask.visitor.plan, &found.ids, from, to);
    let issues = ids.filter_map(|id| Some(IssueJson { page, view: site.view(id)? })).collect();
    let names = expands("names").then(|| queries::names(site.catalogue(), &selection));
    let expand = "schema,names";
    Ok(Reply::json(&SearchPage { expand, start_at: start, max_results: most, total, issues, warning_messages, names }))
}

/// Unknown fields, functions and values are refused; unknown people, and everything where validation is off, warned of.
fn judge(found: &Found, validate: bool) -> Result<Vec<String>, Reply> {
    let tolerated = |problem: &&EvalError| queries::is_about_people(problem) || !validate;
    let (warnings, refused): (Vec<_>, Vec<_>) = found.problems.iter().partition(tolerated);
    if refused.is_empty() {
        return Ok(warnings.into_iter().map(ToString::to_string).collect());
    }
    Err(Reply::errors(400, &refused.into_iter().map(ToString::to_string).collect::<Vec<_>>()))
}

/// Where the page starts and how many issues it has at most: clamped silently, and 500 beyond the result window.
fn window(ask: &Ask, body: &Body) -> Result<(usize, usize), Reply> {
    let refused = |_| Reply::error(400, "The value of 'startAt' or 'maxSearchPage' must not be negative.");
    let start = usize::try_from(body.start_at).map_err(refused)?;
    let size = usize::try_from(body.max_results).map_err(refused)?.min(ask.shared.options.page_cap_data_center);
    match ask.shared.options.result_window {
        Some(limit) if start.saturating_add(size) > limit => {
            let message = format!(
                "Search limit exceeded. The search requests {} results, which is more than the limit of {limit}.",
                start.saturating_add(size)
            );
            Err(Reply::error(500, &message))
        }
        _ => Ok((start, size)),
    }
}
