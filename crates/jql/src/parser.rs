//! Tokens to tree, by recursive descent with a limit on depth. The grammar is that of Atlassian's own parser
//! (<https://www.npmjs.com/package/@atlaskit/jql-parser>).

mod complaint;
mod operand;
mod prefix;
mod term;

use crate::{
    ast::{Clause, Direction, Field, PredicateKind, Query, Sort},
    error::SyntaxError,
    lexer::{Kind, Token, tokens},
    span::{Place, Span},
    words::Keyword,
};
pub(crate) use complaint::Expected;
pub(crate) use prefix::{Prefix, read_prefix};
use std::cell::Cell;

/// How deep parentheses, NOT and lists may nest. People stay below ten; without a limit a short text could exhaust
/// the stack.
pub const MAX_DEPTH: usize = 100;

type Parsed<T> = Result<T, SyntaxError>;

/// Reads a query. An empty one and a lone ORDER BY are valid JQL (see [`Query::is_bounded`]).
///
/// ```
/// let query = okrsync_jql::parse("Status = \"To Do\" and sprint in openSprints() order by rank").unwrap();
/// assert_eq!(query.canonical(), "Status = \"To Do\" AND sprint IN openSprints() ORDER BY rank");
///
/// let errors = okrsync_jql::parse("labels = next").unwrap_err();
/// assert_eq!((errors[0].span.start, errors[0].span.end), (9, 13));
/// assert!(errors[0].hint.as_ref().unwrap().contains("\"next\""));
/// ```
///
/// # Errors
/// At least one: what was expected and what was found, where, and a cure where there is one.
pub fn parse(text: &str) -> Result<Query, Vec<SyntaxError>> {
    Parser::new(text).query().map_err(|error| vec![error])
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    /// The condition being read, for whoever wants to go on where the text ends.
    field: Option<Field>,
    predicate: Option<PredicateKind>,
    /// Token and what was expected there, once that fails.
    stuck: Cell<Option<(usize, Expected)>>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        let tokens = tokens(text);
        Self { text, tokens, next: 0, depth: 0, field: None, predicate: None, stuck: Cell::new(None) }
    }
}

impl Parser<'_> {
    fn query(&mut self) -> Parsed<Query> {
        let unrestricted = matches!(self.kind(), Kind::End | Kind::Keyword(Keyword::Order));
        let where_clause = if unrestricted { None } else { Some(self.any()?) };
        let mut order_by = Vec::new();
        if self.take(Keyword::Order) {
            self.expect(Keyword::By, Expected::By)?;
            order_by = self.sorts()?;
        }
        match self.kind() {
            Kind::End => Ok(Query { where_clause, order_by }),
            _ if order_by.is_empty() => Err(self.unexpected(Expected::Connector)),
            _ => Err(self.unexpected(Expected::SortEnd)),
        }
    }

    fn any(&mut self) -> Parsed<Clause> {
        let mut clauses = vec![self.all()?];
        while self.take(Keyword::Or) {
            clauses.push(self.all()?);
        }
        Ok(Clause::any(clauses).expect("there is a first clause"))
    }

    fn all(&mut self) -> Parsed<Clause> {
        let mut clauses = vec![self.not()?];
        while self.take(Keyword::And) {
            clauses.push(self.not()?);
        }
        Ok(Clause::all(clauses).expect("there is a first clause"))
    }

    fn not(&mut self) -> Parsed<Clause> {
        if self.take(Keyword::Not) || self.take_sign("!") {
            return self.nested(|parser| Ok(Clause::Not(Box::new(parser.not()?))));
        }
        if self.take_sign("(") {
            let clause = self.nested(Self::any)?;
            self.expect_sign(")", Expected::Close)?;
            return Ok(clause);
        }
        self.term().map(Clause::Term)
    }

    fn sorts(&mut self) -> Parsed<Vec<Sort>> {
        let mut sorts = vec![self.sort()?];
        while self.take_sign(",") {
            sorts.push(self.sort()?);
        }
        Ok(sorts)
    }

    fn sort(&mut self) -> Parsed<Sort> {
        let field = self.field(Expected::SortField)?;
        let direction = if self.take(Keyword::Asc) {
            Some(Direction::Ascending)
        } else if self.take(Keyword::Desc) {
            Some(Direction::Descending)
        } else {
            None
        };
        let place = Place(field.place.0.to(self.last()));
        Ok(Sort { field, direction, place })
    }

    /// Runs `parse` one level deeper.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            let error = SyntaxError::new(format!("Nested more than {MAX_DEPTH} levels deep."), self.last());
            return Err(error.hint("Remove parentheses that are not needed."));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn token(&self) -> &Token {
        &self.tokens[self.next]
    }

    fn kind(&self) -> &Kind {
        &self.token().kind
    }

    /// The token behind the current one.
    fn following(&self) -> Option<&Kind> {
        self.tokens.get(self.next + 1).map(|token| &token.kind)
    }

    /// Place of the current token.
    fn here(&self) -> Span {
        self.token().span
    }

    /// Place of the token before.
    fn last(&self) -> Span {
        self.previous().map_or_else(Span::default, |token| token.span)
    }

    fn previous(&self) -> Option<&Token> {
        self.next.checked_sub(1).map(|index| &self.tokens[index])
    }

    /// To the next token; the last one stays.
    fn advance(&mut self) {
        self.next = (self.next + 1).min(self.tokens.len() - 1);
    }

    fn take(&mut self, keyword: Keyword) -> bool {
        let found = *self.kind() == Kind::Keyword(keyword);
        if found {
            self.advance();
        }
        found
    }

    fn take_sign(&mut self, sign: &'static str) -> bool {
        let found = *self.kind() == Kind::Sign(sign);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, keyword: Keyword, expected: Expected) -> Parsed<()> {
        if self.take(keyword) { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn expect_sign(&mut self, sign: &'static str, expected: Expected) -> Parsed<()> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.unexpected(expected)) }
    }
}
