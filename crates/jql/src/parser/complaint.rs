//! What to say when the text goes on otherwise than the grammar: expected, found, and a cure.

use super::Parser;
use crate::{
    error::SyntaxError,
    lexer::{Kind, Token},
    span::{Fix, Span},
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

/// What to do about an error.
struct Cure {
    hint: String,
    fix: Option<Fix>,
}

impl Cure {
    fn of(hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), fix: None }
    }

    /// By putting `text` where `span` is.
    fn by(self, span: Span, text: impl Into<String>) -> Self {
        Self { fix: Some(Fix { span, text: text.into() }), ..self }
    }
}

const ONLY_EMPTY: &str = "IS goes with EMPTY only; compare with a value by `=`.";
/// What word processors make of quotes.
const TYPOGRAPHIC: [char; 8] = ['“', '”', '„', '‘', '’', '«', '»', '‚'];

impl Parser<'_> {
    /// The error at the current token.
    pub(super) fn unexpected(&self, expected: Expected) -> SyntaxError {
        self.stuck.set(Some((self.next, expected)));
        let token = self.token();
        if let Kind::Wrong(error) = &token.kind {
            return (**error).clone();
        }
        let message = format!("Expected {}, found {}.", expected.text(), self.describe(token));
        let (hint, fix) = self.cure(expected).map_or((None, None), |Cure { hint, fix }| (Some(hint), fix));
        SyntaxError { message, hint, span: token.span, fix }
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

    fn cure(&self, expected: Expected) -> Option<Cure> {
        if let Some(cure) = self.cure_typographic_quotes() {
            return Some(cure);
        }
        let (here, both) = (self.here(), self.last().to(self.here()));
        match (expected, self.kind()) {
            (Expected::Operator, _) => self.cure_operator(),
            (Expected::Connector | Expected::Close, _) => self.cure_connector(),
            (Expected::Field, Kind::Keyword(_) | Kind::End) => self.cure_missing_condition(),
            (Expected::Single | Expected::Ordered | Expected::List, Kind::Sign(sign)) => self.cure_doubled(sign),
            (Expected::Ordered | Expected::List, Kind::Keyword(Keyword::Empty)) => {
                Some(Cure::of("Use IS EMPTY or IS NOT EMPTY."))
            }
            (Expected::List, Kind::Word(text) | Kind::Quoted(text) | Kind::Number(text)) => {
                let listed = format!("({})", here.slice(self.text));
                Some(Cure::of(format!("Put parentheses around it: IN ({}).", quote(text))).by(here, listed))
            }
            (Expected::Empty, Kind::Word(_) | Kind::Quoted(_) | Kind::Number(_)) => {
                Some(Cure::of(ONLY_EMPTY).by(self.last(), "="))
            }
            (Expected::Empty, _) => Some(Cure::of(ONLY_EMPTY)),
            (Expected::In, Kind::Sign("=")) => Some(Cure::of("Write `!=`.").by(both, "!=")),
            (Expected::In, Kind::Sign("~")) => Some(Cure::of("Write `!~`.").by(both, "!~")),
            (Expected::In, Kind::Keyword(Keyword::Is)) => Some(Cure::of("Write IS NOT EMPTY.").by(both, "IS NOT")),
            (Expected::SortEnd, Kind::Reserved(word)) if word.eq_ignore_ascii_case("limit") => {
                Some(Cure::of("JQL has no LIMIT."))
            }
            (Expected::SortEnd, Kind::Keyword(Keyword::And | Keyword::Or)) => {
                Some(Cure::of("ORDER BY comes last, behind all conditions."))
            }
            (expected, Kind::Reserved(_) | Kind::Keyword(_)) if expected.takes_text() => {
                let word = here.slice(self.text);
                let name = matches!(expected, Expected::Field | Expected::SortField | Expected::Property);
                let whole = here.to(if name { here } else { self.words_end() });
                let quoted = quote(whole.slice(self.text));
                let hint = format!("`{word}` is a reserved word; put quotes around the text: {quoted}.");
                Some(Cure::of(hint).by(whole, quoted))
            }
            (Expected::ListEnd, Kind::Word(_) | Kind::Number(_) | Kind::Reserved(_) | Kind::Keyword(_)) => {
                self.joined("A value with spaces needs quotes")
            }
            (Expected::ListEnd, Kind::End) => Some(Cure::of("A `(` is never closed.").by(here, ")")),
            (Expected::SortEnd, Kind::Word(_)) => Some(Cure::of("A field name with spaces needs quotes.")),
            _ => None,
        }
    }

    fn cure_operator(&self) -> Option<Cure> {
        let here = self.here();
        Some(match self.kind() {
            Kind::End | Kind::Keyword(_) | Kind::Sign(")") => Cure::of(
                "A condition reads field, operator, value, as in status = Done; several values: status IN (A, B).",
            ),
            Kind::Sign("!") => Cure::of("Write `!=`, `!~` or NOT IN, without a space."),
            Kind::Reserved(word) | Kind::Word(word) => match word.to_ascii_lowercase().as_str() {
                "isempty" | "isnull" => Cure::of("Write IS EMPTY.").by(here, "IS EMPTY"),
                "notin" => Cure::of("Write NOT IN.").by(here, "NOT IN"),
                "equals" => Cure::of("Write `=`.").by(here, "="),
                "like" | "contains" => Cure::of("Write `~`.").by(here, "~"),
                _ if matches!(self.kind(), Kind::Word(_)) => {
                    return self.joined("A field name with spaces needs quotes");
                }
                _ => return None,
            },
            _ => return None,
        })
    }

    fn cure_connector(&self) -> Option<Cure> {
        let here = self.here();
        Some(match self.kind() {
            Kind::Sign(")") => Cure::of("There is no `(` for this `)`.").by(here, ""),
            Kind::Sign(",") => Cure::of("Use IN for several values: field IN (a, b)."),
            Kind::Word(word) if word.starts_with("--") => Cure::of("JQL has no comments."),
            Kind::Word(_) | Kind::Number(_) | Kind::Reserved(_) => {
                return self.joined("A value with spaces needs quotes");
            }
            Kind::Keyword(Keyword::From | Keyword::To) => Cure::of("FROM and TO go with CHANGED only."),
            Kind::Keyword(Keyword::After | Keyword::Before | Keyword::On | Keyword::During | Keyword::By) => {
                Cure::of("AFTER, BEFORE, ON, DURING and BY go with WAS and CHANGED only.")
            }
            Kind::Keyword(Keyword::Not) => Cure::of("AND or OR must stand before NOT."),
            Kind::End => Cure::of("A `(` is never closed.").by(here, ")"),
            _ => return None,
        })
    }

    fn cure_missing_condition(&self) -> Option<Cure> {
        match self.previous().map(|token| &token.kind) {
            Some(Kind::Keyword(Keyword::And | Keyword::Or | Keyword::Not)) => {
                let word = self.last().slice(self.text);
                let hint = format!("A condition must follow `{word}`; remove it otherwise.");
                Some(Cure::of(hint).by(self.last(), ""))
            }
            _ => None,
        }
    }

    fn cure_doubled(&self, sign: &str) -> Option<Cure> {
        let both = self.last().to(self.here());
        Some(match (self.last().slice(self.text), sign) {
            ("=", "=") => Cure::of("Write a single `=`.").by(both, "="),
            ("=", ">") => Cure::of("Write `>=`.").by(both, ">="),
            ("=", "<") => Cure::of("Write `<=`.").by(both, "<="),
            ("=", "~") => Cure::of("Write `~`.").by(both, "~"),
            ("<", ">") => Cure::of("Write `!=`.").by(both, "!="),
            (before @ ("=" | "!="), "(") => {
                let word = if before == "=" { "IN" } else { "NOT IN" };
                Cure::of("Use IN or NOT IN for several values: field IN (a, b).").by(self.last(), word)
            }
            (_, "(") => Cure::of("Only IN, NOT IN, WAS IN and WAS NOT IN take several values."),
            _ => return None,
        })
    }

    /// `advice`, with the previous token's text and the words from here on in one pair of quotes, if that one is unquoted.
    fn joined(&self, advice: &str) -> Option<Cure> {
        let previous = self.previous().filter(|token| !matches!(token.kind, Kind::Quoted(_) | Kind::Sign(_)))?;
        let whole = previous.span.to(self.words_end());
        let quoted = quote(whole.slice(self.text));
        Some(Cure::of(format!("{advice}: {quoted}.")).by(whole, quoted))
    }

    /// The last of the words that stand side by side from the current token on.
    fn words_end(&self) -> Span {
        let connects = |token: &&Token| match &token.kind {
            Kind::Keyword(keyword) => !matches!(keyword, Keyword::And | Keyword::Or | Keyword::Order),
            kind => matches!(kind, Kind::Word(_) | Kind::Number(_) | Kind::Reserved(_)),
        };
        self.tokens[self.next..].iter().take_while(connects).last().map_or(self.here(), |token| token.span)
    }

    fn cure_typographic_quotes(&self) -> Option<Cure> {
        let near = self.last().to(self.words_end());
        let text = near.slice(self.text);
        let straight = text.replace(TYPOGRAPHIC, "\"");
        let cure = Cure::of("Typographic quotes are ordinary characters to Jira: use straight ones.");
        (straight != text).then(|| cure.by(near, straight))
    }
}
