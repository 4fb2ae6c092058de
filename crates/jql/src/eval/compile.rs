//! Tree to tests: NOT moves inwards, fields are found, operators are checked against the kind of field.

use super::{
    Node,
    condition::{Check, Test},
    history::When,
    site::{Context, FieldDef},
    text::Pattern,
    wanted::Wanted,
};
use crate::{
    ast::{Clause, Comparison, Condition, Field, FieldName, Operand, Predicate, PredicateKind, Term},
    dates::Moment,
    error::EvalError,
    fields::{Kind, find_system_field},
};
use chrono::{DateTime, TimeDelta, Utc};

pub(super) type Compiled<T> = Result<T, EvalError>;

pub(super) struct Compiler<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) moment: Moment,
    pub(super) problems: Vec<EvalError>,
}

/// A field that a term speaks of: as the query names it, and what it is.
pub(super) struct Subject<'a> {
    pub(super) term: &'a Term,
    pub(super) field: &'a FieldDef,
}

impl Subject<'_> {
    /// The field as the query names it, without quotes.
    pub(super) fn name(&self) -> String {
        self.term.field.plain_name()
    }

    /// The operator, as Jira's messages write it.
    pub(super) fn operator(&self) -> String {
        self.term.condition.operator().to_lowercase()
    }

    /// Fails unless the field takes the operator.
    pub(super) fn require(&self, supported: bool) -> Compiled<()> {
        let unsupported = || EvalError::UnsupportedOperator {
            field: self.name(),
            operator: self.operator(),
            span: self.term.operator_place.0,
        };
        if supported { Ok(()) } else { Err(unsupported()) }
    }
}

impl<'a> Compiler<'a> {
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        let moment = Moment { now: context.now.with_timezone(&context.zone), week_starts: context.week_starts };
        Self { context, moment, problems: Vec::new() }
    }

    pub(super) fn clause(&mut self, clause: &Clause, negated: bool) -> Node {
        match clause {
            Clause::Not(clause) => self.clause(clause, !negated),
            Clause::Term(term) => self.term(term, negated).unwrap_or_else(|problem| {
                self.problems.push(problem);
                Node::Never
            }),
            Clause::And(clauses) | Clause::Or(clauses) => {
                let nodes = clauses.iter().map(|clause| self.clause(clause, negated)).collect();
                // What must all hold fails as soon as any does not.
                let all = matches!(clause, Clause::And(_)) != negated;
                if all { Node::All(nodes) } else { Node::Any(nodes) }
            }
        }
    }

    fn term(&mut self, term: &Term, negated: bool) -> Compiled<Node> {
        let fields = self.fields(&term.field)?;
        let mut nodes = Vec::with_capacity(fields.len());
        for field in &fields {
            nodes.push(Node::Test(self.test(&Subject { term, field }, negated)?));
        }
        Ok(Node::Any(nodes))
    }

    fn fields(&self, field: &Field) -> Compiled<Vec<FieldDef>> {
        let found = match &field.name {
            _ if !field.properties.is_empty() => self.context.site.fields(&field.to_string()),
            FieldName::Custom(number) => self.context.site.fields(&format!("customfield_{number}")),
            FieldName::Named(name) => match find_system_field(name) {
                Some(system) => vec![FieldDef { id: system.id.to_owned(), kind: system.kind }],
                None => self.custom_fields(name),
            },
        };
        let unknown = || EvalError::UnknownField { field: field.plain_name(), span: field.place.0 };
        if found.is_empty() { Err(unknown()) } else { Ok(found) }
    }

    /// Custom fields by name; Cloud also writes `"Effort[Number]"` for all fields of one name and type.
    fn custom_fields(&self, name: &str) -> Vec<FieldDef> {
        let exact = self.context.site.fields(name);
        match name.strip_suffix(']').and_then(|name| name.rsplit_once('[')) {
            Some((collapsed, _)) if exact.is_empty() => self.context.site.fields(collapsed),
            _ => exact,
        }
    }

    fn test(&mut self, subject: &Subject<'_>, negated: bool) -> Compiled<Test> {
        let (check, opposite) = self.check(subject)?;
        let searched = ["summary", "description", "environment", "comment"];
        let fields = match subject.field.id.as_str() {
            "text" => searched.map(String::from).to_vec(),
            id => vec![id.to_owned()],
        };
        Ok(Test { fields, negated: opposite != negated, check })
    }

    /// What is asked, and whether the opposite is.
    fn check(&mut self, subject: &Subject<'_>) -> Compiled<(Check, bool)> {
        Ok(match &subject.term.condition {
            Condition::Compare(comparison, operand) => self.comparison(subject, *comparison, operand)?,
            Condition::In { negated, operand } => {
                subject.require(takes_values(subject.field.kind))?;
                (Check::Among(self.wanted(subject, operand, true)?), *negated)
            }
            Condition::IsEmpty { negated } => (Check::Empty, *negated),
            Condition::Was { negated, in_list, operand, predicates } => {
                subject.require(takes_values(subject.field.kind))?;
                (Check::Was(self.past(subject, operand, *in_list)?, self.when(predicates)?), *negated)
            }
            Condition::Changed(predicates) => {
                let from = self.ends(subject, predicates, PredicateKind::From)?;
                let to = self.ends(subject, predicates, PredicateKind::To)?;
                (Check::Changed { from, to, when: self.when(predicates)? }, false)
            }
        })
    }

    fn comparison(
        &mut self,
        subject: &Subject<'_>,
        comparison: Comparison,
        operand: &Operand,
    ) -> Compiled<(Check, bool)> {
        let kind = subject.field.kind;
        match comparison {
            Comparison::Like | Comparison::NotLike => {
                let searchable = matches!(kind, Kind::Text | Kind::Version) || subject.field.id == "components";
                subject.require(searchable)?;
                let check = match operand {
                    Operand::Empty(_) => Check::Empty,
                    operand => Check::Like(Pattern::new(&self.text(subject, operand)?)),
                };
                Ok((check, comparison == Comparison::NotLike))
            }
            Comparison::Equal | Comparison::NotEqual => {
                subject.require(takes_values(kind))?;
                Ok((Check::Among(self.wanted(subject, operand, false)?), comparison == Comparison::NotEqual))
            }
            Comparison::Less | Comparison::LessOrEqual | Comparison::Greater | Comparison::GreaterOrEqual => {
                let wanted = self.ordered(subject, operand)?;
                Ok((Check::Ordered(comparison, wanted), false))
            }
        }
    }

    /// The values that FROM or TO asks for, a set for each predicate.
    fn ends(
        &mut self,
        subject: &Subject<'_>,
        predicates: &[Predicate],
        kind: PredicateKind,
    ) -> Compiled<Vec<Vec<Wanted>>> {
        let of_kind = predicates.iter().filter(|predicate| predicate.kind == kind);
        of_kind.map(|predicate| self.past(subject, &predicate.operand, true)).collect()
    }

    /// Values of the past: names may have been given up since.
    fn past(&mut self, subject: &Subject<'_>, operand: &Operand, many: bool) -> Compiled<Vec<Wanted>> {
        let before = self.problems.len();
        let wanted = self.wanted(subject, operand, many);
        for problem in &mut self.problems[before..] {
            if let EvalError::UnknownValue { in_history, .. } = problem {
                *in_history = true;
            }
        }
        wanted
    }

    fn when(&mut self, predicates: &[Predicate]) -> Compiled<When> {
        let mut when = When::default();
        for predicate in predicates {
            match predicate.kind {
                PredicateKind::After => when.narrow(Some(later(self.date(&predicate.operand)?)), None),
                PredicateKind::Before => when.narrow(None, Some(self.date(&predicate.operand)?)),
                PredicateKind::On => {
                    let (start, end) = self.day(&predicate.operand)?;
                    when.narrow(Some(start), Some(end));
                }
                PredicateKind::During => {
                    let (start, end) = self.range(&predicate.operand)?;
                    when.narrow(Some(start), Some(later(end)));
                }
                PredicateKind::By => when.by.push(self.people(&predicate.operand)?),
                PredicateKind::From | PredicateKind::To => {}
            }
        }
        Ok(when)
    }
}

/// The next instant that can be told apart.
fn later(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.checked_add_signed(TimeDelta::milliseconds(1)).unwrap_or(instant)
}

/// Whether `=` and IN make sense: prose is searched, not compared.
fn takes_values(kind: Kind) -> bool {
    kind != Kind::Text
}
