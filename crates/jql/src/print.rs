//! The canonical text of a tree: one spelling of spaces, keywords and quotes, so that equal queries have equal text.

use crate::{
    ast::{
        Clause, Condition, Direction, Field, FieldName, Function, Operand, Predicate, PredicateKind, Query, Sort, Term,
        Value,
    },
    lexer::is_whole_number,
    value::write_text,
};
use std::fmt::{self, Display, Formatter};

impl Query {
    /// The whole query in canonical text; parsing it gives the same tree.
    ///
    /// ```
    /// let query = okrsync_jql::parse("status = 'Done'&&labels is null order by rank desc").unwrap();
    /// assert_eq!(query.canonical(), "status = Done AND labels IS EMPTY ORDER BY rank DESC");
    /// ```
    pub fn canonical(&self) -> String {
        self.to_string()
    }

    /// The restriction alone in canonical text: what identifies a query, since the order changes no number.
    ///
    /// ```
    /// let query = okrsync_jql::parse("project=AE order by rank").unwrap();
    /// assert_eq!(query.canonical_where().unwrap(), "project = AE");
    /// assert_eq!(okrsync_jql::parse("order by rank").unwrap().canonical_where(), None);
    /// ```
    pub fn canonical_where(&self) -> Option<String> {
        self.where_clause.as_ref().map(Clause::to_string)
    }
}

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(clause) = &self.where_clause {
            write!(f, "{clause}")?;
        }
        if !self.order_by.is_empty() {
            f.write_str(if self.where_clause.is_some() { " ORDER BY " } else { "ORDER BY " })?;
            separated(f, &self.order_by, ", ")?;
        }
        Ok(())
    }
}

impl Display for Sort {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.field)?;
        match self.direction {
            None => Ok(()),
            Some(Direction::Ascending) => f.write_str(" ASC"),
            Some(Direction::Descending) => f.write_str(" DESC"),
        }
    }
}

impl Display for Clause {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(clauses) => {
                for (index, clause) in clauses.iter().enumerate() {
                    f.write_str(if index > 0 { " AND " } else { "" })?;
                    grouped(f, clause, matches!(clause, Self::Or(_) | Self::And(_)))?;
                }
                Ok(())
            }
            Self::Or(clauses) => separated(f, clauses, " OR "),
            Self::Not(clause) => {
                f.write_str("NOT ")?;
                grouped(f, clause, matches!(**clause, Self::And(_) | Self::Or(_)))
            }
            Self::Term(term) => term.fmt(f),
        }
    }
}

fn grouped(f: &mut Formatter<'_>, clause: &Clause, parentheses: bool) -> fmt::Result {
    if parentheses { write!(f, "({clause})") } else { clause.fmt(f) }
}

fn separated<T: Display>(f: &mut Formatter<'_>, parts: &[T], separator: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        f.write_str(if index > 0 { separator } else { "" })?;
        part.fmt(f)?;
    }
    Ok(())
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.condition)
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.name {
            FieldName::Named(name) => write_text(f, name)?,
            FieldName::Custom(number) => write!(f, "cf[{number}]")?,
        }
        for property in &self.properties {
            f.write_str("[")?;
            write_text(f, &property.key)?;
            f.write_str("]")?;
            if !property.path.is_empty() {
                write_text(f, &property.path)?;
            }
        }
        Ok(())
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.operator())?;
        match self {
            Self::IsEmpty { .. } => f.write_str(" EMPTY")?,
            _ => self.operand().into_iter().try_for_each(|operand| write!(f, " {operand}"))?,
        }
        self.predicates().iter().try_for_each(|predicate| write!(f, " {predicate}"))
    }
}

impl Display for Predicate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.operand)
    }
}

impl Display for PredicateKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::After => "AFTER",
            Self::Before => "BEFORE",
            Self::On => "ON",
            Self::During => "DURING",
            Self::By => "BY",
            Self::From => "FROM",
            Self::To => "TO",
        })
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => value.fmt(f),
            Self::Function(function) => function.fmt(f),
            Self::List(operands, _) => {
                f.write_str("(")?;
                separated(f, operands, ", ")?;
                f.write_str(")")
            }
            Self::Empty(_) => f.write_str("EMPTY"),
        }
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.number && is_whole_number(&self.text) { f.write_str(&self.text) } else { write_text(f, &self.text) }
    }
}

impl Display for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_text(f, &self.name)?;
        f.write_str("(")?;
        separated(f, &self.arguments, ", ")?;
        f.write_str(")")
    }
}
