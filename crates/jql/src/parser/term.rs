//! One condition: field, operator, operand, predicates.

use super::{Expected, Parsed, Parser};
use crate::{
    ast::{Comparison, Condition, Field, FieldName, Predicate, PredicateKind, Property, Term},
    error::SyntaxError,
    lexer::Kind,
    span::Place,
    words::Keyword,
};

/// An operator with the words that belong to it.
#[derive(Clone, Copy)]
enum Operator {
    Compare(Comparison),
    In { negated: bool },
    Is { negated: bool },
    Was { negated: bool, in_list: bool },
    Changed,
}

impl Parser<'_> {
    pub(super) fn term(&mut self) -> Parsed<Term> {
        let field = self.field(Expected::Field)?;
        (self.field, self.predicate) = (Some(field.clone()), None);
        let first = self.here();
        let operator = self.operator()?;
        let operator_place = Place(first.to(self.last()));
        let condition = self.condition(operator)?;
        let place = Place(field.place.0.to(self.last()));
        Ok(Term { field, condition, place, operator_place })
    }

    pub(super) fn field(&mut self, expected: Expected) -> Parsed<Field> {
        let start = self.here();
        let (name, bracket) = match self.kind() {
            Kind::Word(text) | Kind::Quoted(text) => (FieldName::Named(text.clone()), true),
            Kind::Number(text) => (FieldName::Named(text.clone()), false),
            Kind::Reserved(word) if word.eq_ignore_ascii_case("cf") => {
                self.advance();
                (FieldName::Custom(self.custom_number()?), true)
            }
            _ => return Err(self.unexpected(expected)),
        };
        self.advance();
        let mut properties = Vec::new();
        while bracket && self.take_sign("[") {
            properties.push(self.property()?);
        }
        Ok(Field { name, properties, place: Place(start.to(self.last())) })
    }

    /// `[10016` of `cf[10016]`, up to the closing bracket.
    fn custom_number(&mut self) -> Parsed<u64> {
        self.expect_sign("[", Expected::CustomField)?;
        let digits = match self.kind() {
            Kind::Number(text) if !text.starts_with('-') => text.clone(),
            _ => return Err(self.unexpected(Expected::CustomField)),
        };
        let number = digits.parse();
        let number = number.map_err(|_| SyntaxError::new("No custom field has so large a number.", self.here()))?;
        self.advance();
        if *self.kind() == Kind::Sign("]") { Ok(number) } else { Err(self.unexpected(Expected::Bracket)) }
    }

    /// `key].path` behind an opening bracket.
    fn property(&mut self) -> Parsed<Property> {
        let key = self.take_text().ok_or_else(|| self.unexpected(Expected::Property))?;
        self.expect_sign("]", Expected::Bracket)?;
        let mut path = String::new();
        while let Some(part) = self.take_text() {
            path.push_str(&part);
        }
        Ok(Property { key, path })
    }

    fn take_text(&mut self) -> Option<String> {
        let (Kind::Word(text) | Kind::Quoted(text) | Kind::Number(text)) = self.kind() else { return None };
        let text = text.clone();
        self.advance();
        Some(text)
    }

    fn operator(&mut self) -> Parsed<Operator> {
        let comparison = match self.kind() {
            Kind::Sign("=") => Comparison::Equal,
            Kind::Sign("!=") => Comparison::NotEqual,
            Kind::Sign("<") => Comparison::Less,
            Kind::Sign("<=") => Comparison::LessOrEqual,
            Kind::Sign(">") => Comparison::Greater,
            Kind::Sign(">=") => Comparison::GreaterOrEqual,
            Kind::Sign("~") => Comparison::Like,
            Kind::Sign("!~") => Comparison::NotLike,
            _ => return self.word_operator(),
        };
        self.advance();
        Ok(Operator::Compare(comparison))
    }

    fn word_operator(&mut self) -> Parsed<Operator> {
        if self.take(Keyword::Not) {
            self.expect(Keyword::In, Expected::In)?;
            Ok(Operator::In { negated: true })
        } else if self.take(Keyword::In) {
            Ok(Operator::In { negated: false })
        } else if self.take(Keyword::Is) {
            Ok(Operator::Is { negated: self.take(Keyword::Not) })
        } else if self.take(Keyword::Was) {
            Ok(Operator::Was { negated: self.take(Keyword::Not), in_list: self.take(Keyword::In) })
        } else if self.take(Keyword::Changed) {
            Ok(Operator::Changed)
        } else {
            Err(self.unexpected(Expected::Operator))
        }
    }

    fn condition(&mut self, operator: Operator) -> Parsed<Condition> {
        Ok(match operator {
            Operator::Compare(comparison) => {
                use Comparison::{Greater, GreaterOrEqual, Less, LessOrEqual};
                let ordered = matches!(comparison, Less | LessOrEqual | Greater | GreaterOrEqual);
                let expected = if ordered { Expected::Ordered } else { Expected::Single };
                Condition::Compare(comparison, self.operand(expected)?)
            }
            Operator::In { negated } => Condition::In { negated, operand: self.operand(Expected::List)? },
            Operator::Is { negated } => {
                self.expect(Keyword::Empty, Expected::Empty)?;
                Condition::IsEmpty { negated }
            }
            Operator::Was { negated, in_list } => {
                let operand = self.operand(if in_list { Expected::List } else { Expected::Single })?;
                Condition::Was { negated, in_list, operand, predicates: self.predicates(false)? }
            }
            Operator::Changed => Condition::Changed(self.predicates(true)?),
        })
    }

    /// Predicates behind WAS or CHANGED, as many as there are; FROM and TO only where there is a change.
    fn predicates(&mut self, of_change: bool) -> Parsed<Vec<Predicate>> {
        let mut predicates = Vec::new();
        loop {
            let kind = match self.kind() {
                Kind::Keyword(Keyword::After) => PredicateKind::After,
                Kind::Keyword(Keyword::Before) => PredicateKind::Before,
                Kind::Keyword(Keyword::On) => PredicateKind::On,
                Kind::Keyword(Keyword::During) => PredicateKind::During,
                Kind::Keyword(Keyword::By) => PredicateKind::By,
                Kind::Keyword(Keyword::From) if of_change => PredicateKind::From,
                Kind::Keyword(Keyword::To) if of_change => PredicateKind::To,
                _ => return Ok(predicates),
            };
            let start = self.here();
            self.predicate = Some(kind);
            self.advance();
            let operand = self.operand(Expected::Item)?;
            predicates.push(Predicate { kind, operand, place: Place(start.to(self.last())) });
        }
    }
}
