//! What else than the issues themselves can change who matches a query: the clock, the caller, other objects. Such
//! queries must be asked anew in full; a delta of changed issues would miss who comes and goes.

use crate::{
    ast::{Clause, Function, Operand, Query, Term, Value},
    dates::is_relative_date,
    fields::{Kind, find_system_field},
    functions::find_function,
    span::Span,
};

/// Something besides the issue that decides whether it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dependence {
    /// The time of asking.
    Clock,
    /// The account that asks.
    Caller,
    /// Other objects: sprints, versions, groups, links, saved filters.
    Related,
}

/// A part of a query that depends on something besides the issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// On what.
    pub dependence: Dependence,
    /// The part in canonical text, such as `-1w` or `openSprints()`.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// What a query depends on besides the issues' own fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Volatility {
    /// The time of asking.
    pub clock: bool,
    /// The account that asks.
    pub caller: bool,
    /// Other objects.
    pub related: bool,
}

impl Volatility {
    /// Whether only changes of an issue can change whether it matches.
    pub fn is_stable(self) -> bool {
        self == Self::default()
    }

    /// One word for it, the widest dependence: `related`, `caller`, `clock` or `stable`.
    pub fn word(self) -> &'static str {
        match self {
            Self { related: true, .. } => "related",
            Self { caller: true, .. } => "caller",
            Self { clock: true, .. } => "clock",
            _ => "stable",
        }
    }
}

/// What a query depends on besides the issues' own fields.
///
/// ```
/// use okrsync_jql::{parse, volatility::volatility};
/// let word = |text| volatility(&parse(text).unwrap()).word();
/// assert_eq!(word("project = AE AND due < 2026-12-31"), "stable");
/// assert_eq!(word("project = AE AND due < 7d"), "clock");
/// assert_eq!(word("assignee = currentUser() AND updated > -1d"), "caller");
/// assert_eq!(word("sprint IN openSprints()"), "related");
/// assert!(volatility(&parse("status WAS Done BEFORE startOfDay()").unwrap()).clock);
/// ```
pub fn volatility(query: &Query) -> Volatility {
    let causes = query.where_clause.as_ref().map(causes).unwrap_or_default();
    let on = |dependence| causes.iter().any(|cause| cause.dependence == dependence);
    Volatility { clock: on(Dependence::Clock), caller: on(Dependence::Caller), related: on(Dependence::Related) }
}

/// Every part of a restriction that depends on something besides the issue, from left to right.
pub fn causes(clause: &Clause) -> Vec<Cause> {
    let mut causes = Vec::new();
    for term in clause.terms() {
        causes.extend(field_cause(term));
        let condition = &term.condition;
        if let Some(operand) = condition.operand() {
            collect(operand, literals(term), &mut causes);
        }
        for predicate in condition.predicates() {
            collect(&predicate.operand, Literals::Dates, &mut causes);
        }
    }
    causes
}

/// Fields whose values other objects or the caller decide.
fn field_cause(term: &Term) -> Option<Cause> {
    let name = term.field.plain_name();
    let id = find_system_field(&name).map_or_else(|| name.to_lowercase(), |field| field.id.to_owned());
    let dependence = match id.as_str() {
        "lastViewed" | "voter" | "watcher" => Dependence::Caller,
        "filter" | "category" | "projectType" | "level" | "issueLinkType" | "organizations" | "approvals" => {
            Dependence::Related
        }
        // Entity properties can change without a trace on the issue.
        _ if !term.field.properties.is_empty() => Dependence::Related,
        _ => return None,
    };
    Some(Cause { dependence, text: term.field.to_string(), span: term.field.place.0 })
}

/// How literals of a field are read.
#[derive(Clone, Copy)]
enum Literals {
    Dates,
    /// Perhaps dates: a custom field.
    Unknown,
    Others,
}

fn literals(term: &Term) -> Literals {
    match find_system_field(&term.field.plain_name()) {
        Some(field) if matches!(field.kind, Kind::Day | Kind::Instant) => Literals::Dates,
        Some(_) => Literals::Others,
        None => Literals::Unknown,
    }
}

fn collect(operand: &Operand, literals: Literals, causes: &mut Vec<Cause>) {
    for leaf in operand.leaves() {
        let cause = match leaf {
            Operand::Value(value) => literal_cause(value, literals),
            Operand::Function(function) => function_cause(function),
            Operand::List(..) | Operand::Empty(_) => None,
        };
        causes.extend(cause);
    }
}

fn literal_cause(value: &Value, literals: Literals) -> Option<Cause> {
    let dated = match literals {
        Literals::Dates => true,
        // `3d` may be a name there; nobody names a thing `-3d`.
        Literals::Unknown => value.text.trim_start().starts_with(['-', '+']),
        Literals::Others => false,
    };
    let relative = dated && !value.number && is_relative_date(&value.text);
    relative.then(|| Cause { dependence: Dependence::Clock, text: value.to_string(), span: value.place.0 })
}

fn function_cause(function: &Function) -> Option<Cause> {
    let dependence = match find_function(&function.name) {
        // Without a name, these ask about the caller.
        Some(info) if function.arguments.is_empty() && info.name.ends_with("LeadByUser") => Dependence::Caller,
        Some(info) => info.depends_on?,
        // Functions of apps look at links, hierarchies and the like.
        None => Dependence::Related,
    };
    Some(Cause { dependence, text: function.to_string(), span: function.place.0 })
}
