//! What to say when the text goes on otherwise than the grammar: expected, found, and a cure.

use super::Parser;
use crate::{
    error::SyntaxError,
    lexer::{Kind, Token},
    span::Span,
    value::quote,
    words::Keyword,
};

/// What may stand at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Field,
    SortField,
    Property,
    Bracket,
    CustomField,
    Operator,
    In,
    /// Behind `=`, `~`, WAS.
    Single,
    /// Behind `<` and the like.
    Ordered,
    /// Behind IN.
    List,
    /// In a list or behind a predicate's word.
    Item,
    Argument,
    ListEnd,
    Empty,
    By,
    Close,
    Connector,
    SortEnd,
}

impl Expected {
    fn text(self) -> &'static str {
        match self {
            Self::Field => "a field, NOT or `(`",
            Self::SortField => "a field to sort by",
            Self::Property => "the name of a property",
            Self::Bracket => "`]`",
            Self::CustomField => "the number of a custom field, as in cf[10016]",
            Self::Operator => "an operator (=, !=, <, <=, >, >=, ~, !~, IN, NOT IN, IS, WAS, CHANGED)",
            Self::In => "IN behind NOT",
            Self::Single => "a value, a function or EMPTY",
            Self::Ordered => "a value or a function",
            Self::List => "values in parentheses or a function",
            Self::Item => "a value, a function, EMPTY or values in parentheses",
            Self::Argument => "an argument",
            Self::ListEnd => "`,` or `)`",
            Self::Empty => "EMPTY",
            Self::By => "BY behind ORDER",
            Self::Close => "AND, OR or `)`",
            Self::Connector => "AND, OR, ORDER BY or the end of the query",
            Self::SortEnd => "ASC, DESC, `,` or the end of the query",
        }
    }

    /// Whether a name or a literal may stand here.
    fn takes_text(self) -> bool {
        use Expected::{Argument, Field, Item, Ordered, Property, Single, SortField};
        matches!(self, Field | SortField | Property | Single | Ordered | Item | Argument)
    }
}

impl Parser<'_> {
    /// The error at the current token.
    pub(super) fn unexpected(&self, expected: Expected) -> SyntaxError {
        self.stuck.set(Some((self.next, expected)));
        let token = self.token();
        if let Kind::Wrong(error) = &token.kind {
            return (**error).clone();
        }
        let message = format!("Expected {}, found {}.", expected.text(), self.describe(token));
        SyntaxError { message, hint: self.cure(expected), span: token.span }
    }

    fn describe(&self, token: &Token) -> String {
        let text = token.span.slice(self.text);
        match token.kind {
            Kind::End => "the end of the query".to_owned(),
            Kind::Reserved(_) => format!("the reserved word `{text}`"),
            Kind::Keyword(_) => format!("the keyword `{text}`"),
            _ => format!("`{text}`"),
        }
    }

    fn cure(&self, expected: Expected) -> Option<String> {
        let found = self.kind();
        if self.typographic_quotes() {
            return Some("Typographic quotes are ordinary characters to Jira: use straight ones.".to_owned());
        }
        match (expected, found) {
            (Expected::Operator, _) => self.cure_operator(),
            (Expected::Connector | Expected::Close, _) => self.cure_connector(),
            (Expected::Field, Kind::Keyword(_) | Kind::End) => self.cure_missing_condition(),
            (Expected::Single | Expected::Ordered | Expected::List, Kind::Sign(sign)) => self.cure_doubled(sign),
            (Expected::Ordered | Expected::List, Kind::Keyword(Keyword::Empty)) => {
                Some("Use IS EMPTY or IS NOT EMPTY.".to_owned())
            }
            (Expected::List, Kind::Word(text) | Kind::Quoted(text) | Kind::Number(text)) => {
                Some(format!("Put parentheses around it: IN ({}).", quote(text)))
            }
            (Expected::Empty, _) => Some("IS goes with EMPTY only; compare with a value by `=`.".to_owned()),
            (Expected::In, Kind::Sign("=")) => Some("Write `!=`.".to_owned()),
            (Expected::In, Kind::Sign("~")) => Some("Write `!~`.".to_owned()),
            (Expected::In, Kind::Keyword(Keyword::Is)) => Some("Write IS NOT EMPTY.".to_owned()),
            (Expected::SortEnd, Kind::Reserved(word)) if word.eq_ignore_ascii_case("limit") => {
                Some("JQL has no LIMIT.".to_owned())
            }
            (Expected::SortEnd, Kind::Keyword(Keyword::And | Keyword::Or)) => {
                Some("ORDER BY comes last, behind all conditions.".to_owned())
            }
            (expected, Kind::Reserved(_) | Kind::Keyword(_)) if expected.takes_text() => {
                let word = self.here().slice(self.text);
                let name = matches!(expected, Expected::Field | Expected::SortField | Expected::Property);
                let end = if name { self.here() } else { self.words_end() };
                let whole = self.here().to(end).slice(self.text);
                Some(format!("`{word}` is a reserved word; put quotes around the text: {}.", quote(whole)))
            }
            (Expected::ListEnd, Kind::Word(_) | Kind::Number(_) | Kind::Reserved(_) | Kind::Keyword(_)) => {
                self.joined("A value with spaces needs quotes")
            }
            (Expected::SortEnd, Kind::Word(_)) => Some("A field name with spaces needs quotes.".to_owned()),
            _ => None,
        }
    }

    fn cure_operator(&self) -> Option<String> {
        let cure = match self.kind() {
            Kind::End | Kind::Keyword(_) | Kind::Sign(")") => {
                "A condition reads field, operator, value, as in status = Done; several values: status IN (A, B)."
            }
            Kind::Sign("!") => "Write `!=`, `!~` or NOT IN, without a space.",
            Kind::Reserved(word) => match word.to_ascii_lowercase().as_str() {
                "isempty" | "isnull" => "Write IS EMPTY.",
                "notin" => "Write NOT IN.",
                "equals" => "Write `=`.",
                "like" => "Write `~`.",
                _ => return None,
            },
            Kind::Word(word) if word.eq_ignore_ascii_case("contains") => "Write `~`.",
            Kind::Word(_) => return self.joined("A field name with spaces needs quotes"),
            _ => return None,
        };
        Some(cure.to_owned())
    }

    fn cure_connector(&self) -> Option<String> {
        let cure = match self.kind() {
            Kind::Sign(")") => "There is no `(` for this `)`.",
            Kind::Sign(",") => "Use IN for several values: field IN (a, b).",
            Kind::Word(word) if word.starts_with("--") => "JQL has no comments.",
            Kind::Word(_) | Kind::Number(_) | Kind::Reserved(_) => {
                return self.joined("A value with spaces needs quotes");
            }
            Kind::Keyword(Keyword::From | Keyword::To) => "FROM and TO go with CHANGED only.",
            Kind::Keyword(Keyword::After | Keyword::Before | Keyword::On | Keyword::During | Keyword::By) => {
                "AFTER, BEFORE, ON, DURING and BY go with WAS and CHANGED only."
            }
            Kind::Keyword(Keyword::Not) => "AND or OR must stand before NOT.",
            Kind::End => "A `(` is never closed.",
            _ => return None,
        };
        Some(cure.to_owned())
    }

    fn cure_missing_condition(&self) -> Option<String> {
        match self.previous().map(|token| &token.kind) {
            Some(Kind::Keyword(Keyword::And | Keyword::Or | Keyword::Not)) => {
                let word = self.last().slice(self.text);
                Some(format!("A condition must follow `{word}`; remove it otherwise."))
            }
            _ => None,
        }
    }

    fn cure_doubled(&self, sign: &str) -> Option<String> {
        let before = self.last().slice(self.text);
        let cure = match (before, sign) {
            ("=", "=") => "Write a single `=`.",
            ("=", ">") => "Write `>=`.",
            ("=", "<") => "Write `<=`.",
            ("=", "~") => "Write `~`.",
            ("<", ">") => "Write `!=`.",
            ("=" | "!=", "(") => "Use IN or NOT IN for several values: field IN (a, b).",
            (_, "(") => "Only IN, NOT IN, WAS IN and WAS NOT IN take several values.",
            _ => return None,
        };
        Some(cure.to_owned())
    }

    /// `advice`, with the previous token's text and the words from here on in one pair of quotes, if that one is unquoted.
    fn joined(&self, advice: &str) -> Option<String> {
        let previous = self.previous().filter(|token| !matches!(token.kind, Kind::Quoted(_) | Kind::Sign(_)))?;
        let text = previous.span.to(self.words_end()).slice(self.text);
        Some(format!("{advice}: {}.", quote(text)))
    }

    /// The last of the words that stand side by side from the current token on.
    fn words_end(&self) -> Span {
        let connects = |token: &&Token| match &token.kind {
            Kind::Keyword(keyword) => !matches!(keyword, Keyword::And | Keyword::Or | Keyword::Order),
            kind => matches!(kind, Kind::Word(_) | Kind::Number(_) | Kind::Reserved(_)),
        };
        self.tokens[self.next..].iter().take_while(connects).last().map_or(self.here(), |token| token.span)
    }

    fn typographic_quotes(&self) -> bool {
        let near = self.last().to(self.here()).slice(self.text);
        near.contains(['“', '”', '„', '‘', '’', '«', '»'])
    }
}
