//! Names that a site's catalogue does not know, each with its place and the nearest name that it does know.
//!
//! A catalogue may be old, and a site may accept names that no list of it shows: the last word has Jira.

use crate::{
    ast::{Condition, Field, Function, Operand, Query, Term, Value},
    catalogue::{Known, Names},
    fields::{find_system_field, is_product_field, system_fields},
    functions::{find_function, functions},
    lint::{Code, Fix, Lint},
    span::Span,
    value::quote_where_needed,
};
use okrsync_domain::catalogue::{Catalogue, Named};

/// What a name was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A field.
    Field,
    /// A function.
    Function,
    /// A project, by key, name or id.
    Project,
    /// A status.
    Status,
    /// An issue type.
    IssueType,
    /// A priority.
    Priority,
}

impl Kind {
    /// How people call it.
    fn words(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Function => "function",
            Self::Project => "project",
            Self::Status => "status",
            Self::IssueType => "issue type",
            Self::Priority => "priority",
        }
    }

    /// What the values of a system field are, if a catalogue lists them.
    fn of_values(field: &str) -> Option<Self> {
        Some(match field {
            "project" => Self::Project,
            "status" => Self::Status,
            "issuetype" => Self::IssueType,
            "priority" => Self::Priority,
            _ => return None,
        })
    }
}

/// A name that the catalogue does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// What it was taken for.
    pub kind: Kind,
    /// The name, without quotes.
    pub name: String,
    /// The name most like it, if one is like enough to be meant.
    pub nearest: Option<String>,
    /// Where it stands, with its quotes.
    pub span: Span,
}

impl Unknown {
    /// Its word in answers.
    pub fn code(&self) -> Code {
        match self.kind {
            Kind::Field => Code::UnknownField,
            Kind::Function => Code::UnknownFunction,
            Kind::Project | Kind::Status | Kind::IssueType | Kind::Priority => Code::UnknownValue,
        }
    }

    /// What is wrong.
    pub fn message(&self) -> String {
        format!("There is no {} {}, or this account may not see it.", self.kind.words(), self.name)
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        self.nearest.as_ref().map(|nearest| format!("Did you mean {nearest}?"))
    }

    /// The edit that puts the nearest name in its place.
    pub fn fix(&self) -> Option<Fix> {
        let text = match (&self.nearest, self.kind) {
            (None, _) => return None,
            // The name alone is replaced, not its arguments.
            (Some(nearest), Kind::Function) => nearest.clone(),
            (Some(nearest), _) => quote_where_needed(nearest),
        };
        let end = if self.kind == Kind::Function { self.span.start + self.name.chars().count() } else { self.span.end };
        Some(Fix { span: Span::new(self.span.start, end), text })
    }
}

impl From<Unknown> for Lint {
    fn from(unknown: Unknown) -> Self {
        let message = match unknown.hint() {
            Some(hint) => format!("{} {hint}", unknown.message()),
            None => unknown.message(),
        };
        Self { code: unknown.code(), message, span: unknown.span, fix: unknown.fix() }
    }
}

/// Every field, function, project, status, issue type and priority of a query that `catalogue` does not know, from left
/// to right. Kinds of which the catalogue has none are not judged; nor are values in histories, which may be names that
/// have been given up since.
///
/// ```
/// use okrsync_domain::catalogue::{Catalogue, Project};
/// use okrsync_jql::{parse, unknown::unknown};
/// let project = Project { id: "10000".into(), key: "OPS".into(), name: "Operations".into() };
/// let catalogue = Catalogue { projects: vec![project], ..Catalogue::default() };
/// let found = unknown(&parse("project in (ops, OSP)").unwrap(), &catalogue);
/// assert_eq!((found.len(), found[0].span.start), (1, 17));
/// assert_eq!(found[0].hint().unwrap(), "Did you mean OPS?");
/// ```
pub fn unknown(query: &Query, catalogue: &Catalogue) -> Vec<Unknown> {
    let names = Names::of(query);
    let known = Known::new(catalogue, &names);
    let terms = query.where_clause.as_ref().map(crate::Clause::terms).unwrap_or_default();
    let sorted_by = query.order_by.iter().map(|sort| &sort.field);
    let fields = terms.iter().map(|term| &term.field).chain(sorted_by);
    let mut found: Vec<Unknown> = fields.filter_map(|field| of_field(&known, field)).collect();
    for term in &terms {
        found.extend(of_values(&known, term));
        let calls = term.leaves().into_iter().filter_map(Operand::as_function);
        found.extend(calls.filter_map(|function| of_function(&known, function)));
    }
    found.sort_by_key(|unknown| unknown.span);
    found
}

fn of_field(known: &Known<'_>, field: &Field) -> Option<Unknown> {
    let name = field.plain_name();
    // Entity properties are in no catalogue.
    let listed = field.properties.is_empty() && find_system_field(&name).is_none() && !is_product_field(&name);
    let listed = listed && !known.catalogue.fields.is_empty();
    (listed && known.fields(&field.name).is_empty()).then(|| {
        let system = system_fields().iter().map(|field| field.name);
        let nearest = known.nearest(&name, system.chain(known.catalogue.fields.iter().map(|it| it.name.as_str())));
        Unknown { kind: Kind::Field, nearest: nearest.map(ToOwned::to_owned), name, span: field.place.0 }
    })
}

fn of_function(known: &Known<'_>, function: &Function) -> Option<Unknown> {
    // `membersOf("")`, as Jira lists it.
    let listed = known.catalogue.functions.iter().map(|text| text.split('(').next().unwrap_or_default());
    let exists = find_function(&function.name).is_some()
        || known.catalogue.functions.is_empty()
        || listed.clone().any(|name| name.eq_ignore_ascii_case(&function.name));
    (!exists).then(|| {
        let nearest = known.nearest(&function.name, functions().iter().map(|it| it.name).chain(listed));
        let (name, nearest) = (function.name.clone(), nearest.map(ToOwned::to_owned));
        Unknown { kind: Kind::Function, name, nearest, span: function.place.0 }
    })
}

fn of_values(known: &Known<'_>, term: &Term) -> Vec<Unknown> {
    let field = find_system_field(&term.field.plain_name());
    let kind = field.and_then(|field| Kind::of_values(field.id));
    let (Some(kind), Condition::Compare(_, operand) | Condition::In { operand, .. }) = (kind, &term.condition) else {
        return Vec::new();
    };
    let values = operand.leaves().into_iter().filter_map(Operand::as_value);
    values
        .filter(|value| exists(known, kind, value.text.trim()) == Some(false))
        .map(|value| of_value(known, kind, value))
        .collect()
}

/// Whether there is such a value; nothing where the catalogue does not tell.
fn exists(known: &Known<'_>, kind: Kind, text: &str) -> Option<bool> {
    let among = |values: &[Named]| {
        let is = |value: &Named| value.id == text || value.name.to_lowercase() == text.to_lowercase();
        (!values.is_empty()).then(|| values.iter().any(is))
    };
    let catalogue = known.catalogue;
    match kind {
        Kind::Project => (!catalogue.projects.is_empty()).then(|| !known.projects(text).is_empty()),
        Kind::Status => (!catalogue.statuses.is_empty()).then(|| !known.statuses(text).is_empty()),
        Kind::IssueType => among(&catalogue.issue_types),
        Kind::Priority => among(&catalogue.priorities),
        Kind::Field | Kind::Function => None,
    }
}

fn of_value(known: &Known<'_>, kind: Kind, value: &Value) -> Unknown {
    let catalogue = known.catalogue;
    let candidates: Vec<&str> = match kind {
        Kind::Project => catalogue.projects.iter().flat_map(|it| [it.key.as_str(), it.name.as_str()]).collect(),
        Kind::Status => catalogue.statuses.iter().map(|status| status.name.as_str()).collect(),
        Kind::IssueType => display_names(&catalogue.issue_types),
        Kind::Priority => display_names(&catalogue.priorities),
        Kind::Field | Kind::Function => Vec::new(),
    };
    let name = value.text.trim().to_owned();
    let nearest = known.nearest(&name, candidates.into_iter()).map(ToOwned::to_owned);
    Unknown { kind, name, nearest, span: value.place.0 }
}

fn display_names(values: &[Named]) -> Vec<&str> {
    values.iter().map(|value| value.name.as_str()).collect()
}
