//! A query's text in parts to be shown in colours, also while it is wrong or unfinished.

use crate::{
    lexer::{Kind as TokenKind, Token, tokens},
    span::Span,
    words::Keyword,
};

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// A field's name.
    Field,
    /// A word of the grammar.
    Keyword,
    /// A function's name.
    Function,
    /// A literal.
    String,
    /// A number, or a date or duration that begins with one.
    Number,
    /// An operator.
    Operator,
    /// Parentheses and commas.
    Punctuation,
    /// What can be no part of a query; nothing behind it is read.
    Wrong,
}

impl Part {
    /// The word that the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Keyword => "keyword",
            Self::Function => "function",
            Self::String => "string",
            Self::Number => "number",
            Self::Operator => "operator",
            Self::Punctuation => "punctuation",
            Self::Wrong => "wrong",
        }
    }
}

/// The parts of `text` from left to right; spaces between them belong to none.
///
/// ```
/// use okrsync_jql::highlight::parts;
/// let text = "größe >= 3 AND sprint in openSprints() ORDER BY";
/// let words: Vec<_> = parts(text).iter().map(|(part, span)| (part.as_str(), span.slice(text))).collect();
/// assert_eq!(words[..4], [("field", "größe"), ("operator", ">="), ("number", "3"), ("keyword", "AND")]);
/// assert_eq!(words[6], ("function", "openSprints"));
/// ```
pub fn parts(text: &str) -> Vec<(Part, Span)> {
    let tokens = tokens(text);
    let mut reader = Reader { names: true, sorting: false };
    let followed = tokens.iter().zip(tokens.iter().skip(1).map(Some).chain([None]));
    let parts = followed.filter_map(|(token, next)| Some((reader.part(token, next)?, token.span)));
    parts.collect()
}

/// Reads tokens without a grammar, which knows nothing of text that is wrong.
struct Reader {
    /// Whether a word here is a field's name rather than a value.
    names: bool,
    /// Whether ORDER BY has begun.
    sorting: bool,
}

impl Reader {
    fn part(&mut self, token: &Token, next: Option<&Token>) -> Option<Part> {
        let called = next.is_some_and(|next| next.kind == TokenKind::Sign("("));
        Some(match &token.kind {
            TokenKind::End => return None,
            TokenKind::Wrong(_) => Part::Wrong,
            TokenKind::Keyword(keyword) => self.keyword(*keyword),
            TokenKind::Sign(sign) => self.sign(sign),
            _ if self.names => Part::Field,
            TokenKind::Word(_) | TokenKind::Quoted(_) if called => Part::Function,
            TokenKind::Number(_) => Part::Number,
            TokenKind::Word(word) if begins_with_number(word) => Part::Number,
            TokenKind::Word(_) | TokenKind::Quoted(_) | TokenKind::Reserved(_) => Part::String,
        })
    }

    fn keyword(&mut self, keyword: Keyword) -> Part {
        match keyword {
            Keyword::And | Keyword::Or => self.names = true,
            Keyword::Order => (self.names, self.sorting) = (true, true),
            // NOT stands before conditions, and within operators.
            Keyword::Not => {}
            _ => self.names = self.sorting,
        }
        Part::Keyword
    }

    fn sign(&mut self, sign: &str) -> Part {
        match sign {
            "," => {
                self.names = self.sorting;
                Part::Punctuation
            }
            "[" | "]" if self.names => Part::Field,
            "(" | ")" | "[" | "]" => Part::Punctuation,
            "!" => Part::Operator,
            _ => {
                self.names = false;
                Part::Operator
            }
        }
    }
}

/// `2026-10-01`, `-1w`, `3.5`; no issue key.
fn begins_with_number(word: &str) -> bool {
    word.trim_start_matches(['-', '+']).starts_with(|char: char| char.is_ascii_digit())
}
