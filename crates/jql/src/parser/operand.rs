//! What a field is compared with: literals, calls, lists, EMPTY.

use super::{Expected, Parsed, Parser};
use crate::{
    ast::{Function, Operand, Value},
    lexer::Kind,
    span::{Place, Span},
    words::Keyword,
};

impl Parser<'_> {
    /// The operand that `expected` allows.
    pub(super) fn operand(&mut self, expected: Expected) -> Parsed<Operand> {
        let calls = self.following() == Some(&Kind::Sign("("));
        match self.kind() {
            Kind::Word(_) | Kind::Quoted(_) | Kind::Number(_) if calls => self.function(),
            Kind::Word(_) | Kind::Quoted(_) | Kind::Number(_) if expected != Expected::List => {
                self.value(expected).map(Operand::Value)
            }
            Kind::Keyword(Keyword::Empty) if matches!(expected, Expected::Single | Expected::Item) => {
                self.advance();
                Ok(Operand::Empty(Place(self.last())))
            }
            Kind::Sign("(") if matches!(expected, Expected::List | Expected::Item) => self.list(),
            _ => Err(self.unexpected(expected)),
        }
    }

    fn list(&mut self) -> Parsed<Operand> {
        let start = self.here();
        self.advance();
        let operands = self.nested(|parser| {
            let mut operands = vec![parser.operand(Expected::Item)?];
            while parser.take_sign(",") {
                operands.push(parser.operand(Expected::Item)?);
            }
            Ok(operands)
        })?;
        self.expect_sign(")", Expected::ListEnd)?;
        Ok(Operand::List(operands, self.since(start)))
    }

    fn function(&mut self) -> Parsed<Operand> {
        let start = self.here();
        let name = self.value(Expected::Argument)?.text;
        self.advance();
        let mut arguments = Vec::new();
        if *self.kind() != Kind::Sign(")") {
            arguments.push(self.value(Expected::Argument)?);
            while self.take_sign(",") {
                arguments.push(self.value(Expected::Argument)?);
            }
        }
        self.expect_sign(")", Expected::ListEnd)?;
        Ok(Operand::Function(Function { name, arguments, place: self.since(start) }))
    }

    fn value(&mut self, expected: Expected) -> Parsed<Value> {
        let (text, number) = match self.kind() {
            Kind::Word(text) | Kind::Quoted(text) => (text.clone(), false),
            Kind::Number(text) => (text.clone(), true),
            _ => return Err(self.unexpected(expected)),
        };
        self.advance();
        Ok(Value { text, number, place: Place(self.last()) })
    }

    fn since(&self, start: Span) -> Place {
        Place(start.to(self.last()))
    }
}
