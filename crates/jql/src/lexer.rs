//! Text to tokens with places. What cannot be a token becomes one that carries its error, so that the parser reports
//! whatever comes first.

use crate::{
    error::SyntaxError,
    span::Span,
    words::{Keyword, find_keyword, is_reserved},
};
use std::{iter::Peekable, str::Chars};

/// What a stretch of text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Unquoted text, escapes resolved.
    Word(String),
    /// Quoted text, escapes resolved.
    Quoted(String),
    /// An unquoted whole number, as written.
    Number(String),
    /// A word that must be quoted to be a name or value.
    Reserved(String),
    /// A keyword, or its sign.
    Keyword(Keyword),
    /// `! = != < <= > >= ~ !~ ( ) , [ ]`.
    Sign(&'static str),
    /// No token at all.
    Wrong(Box<SyntaxError>),
    /// Behind the last character.
    End,
}

/// A stretch of text that the grammar knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: Kind,
    pub span: Span,
}

/// All tokens of `text`; the last one is `End`, or `Wrong` where lexing stopped.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { rest: text.chars().peekable(), at: 0 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next_token();
        let last = matches!(token.kind, Kind::End | Kind::Wrong(_));
        tokens.push(token);
        if last {
            return tokens;
        }
    }
}

/// Characters between tokens.
pub(crate) fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r')
}

/// Characters that unquoted text may not hold.
fn is_special(char: char) -> bool {
    is_space(char) || "\"'=!<>()~,[]|&{}*/%+^$#@?;\\".contains(char)
}

/// Characters that stand nowhere in a query, not even in quotes.
pub(crate) fn is_illegal(char: char) -> bool {
    (char.is_control() && !is_space(char)) || matches!(char, '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}')
}

struct Lexer<'a> {
    rest: Peekable<Chars<'a>>,
    at: usize,
}

impl Lexer<'_> {
    fn next_token(&mut self) -> Token {
        while self.rest.peek().copied().is_some_and(is_space) {
            self.advance();
        }
        let start = self.at;
        let kind = match self.rest.peek().copied() {
            None => Kind::End,
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            Some(char) if !is_special(char) || char == '\\' => self.word(),
            Some(char) => self.sign(char),
        };
        let kind = if let Kind::Wrong(_) = kind { self.explain(kind, start) } else { kind };
        Token { kind, span: Span::new(start, self.at) }
    }

    /// Errors made without a place get that of their token.
    fn explain(&self, kind: Kind, start: usize) -> Kind {
        match kind {
            Kind::Wrong(error) if error.span == Span::default() => {
                Kind::Wrong(Box::new(SyntaxError { span: Span::new(start, self.at), ..*error }))
            }
            kind => kind,
        }
    }

    fn advance(&mut self) -> Option<char> {
        let char = self.rest.next();
        self.at += usize::from(char.is_some());
        char
    }

    fn advance_if(&mut self, wanted: char) -> bool {
        let found = self.rest.peek() == Some(&wanted);
        if found {
            self.advance();
        }
        found
    }

    fn word(&mut self) -> Kind {
        let mut text = String::new();
        let mut escaped = false;
        while let Some(char) = self.rest.peek().copied().filter(|char| !is_special(*char) || *char == '\\') {
            let start = self.at;
            self.advance();
            if char == '\\' {
                escaped = true;
                match self.escape(start) {
                    Ok(char) => text.push(char),
                    Err(error) => return Kind::Wrong(Box::new(error)),
                }
            } else if is_illegal(char) {
                return illegal(char, Span::new(start, self.at));
            } else {
                text.push(char);
            }
        }
        if escaped { Kind::Word(text) } else { classify(text) }
    }

    fn quoted(&mut self, quote: char) -> Kind {
        self.advance();
        let mut text = String::new();
        loop {
            let start = self.at;
            match self.advance() {
                None => {
                    let error = SyntaxError::new(format!("The quote {quote} is never closed."), Span::default());
                    let hint = format!("Close it with {quote}; write \\{quote} for the sign itself.");
                    return Kind::Wrong(Box::new(error.hint(hint)));
                }
                Some(char) if char == quote => return Kind::Quoted(text),
                Some('\\') => match self.escape(start) {
                    Ok(char) => text.push(char),
                    Err(error) => return Kind::Wrong(Box::new(error)),
                },
                Some(char) if is_illegal(char) => return illegal(char, Span::new(start, self.at)),
                Some(char) => text.push(char),
            }
        }
    }

    /// What stands behind the backslash at `start`.
    fn escape(&mut self, start: usize) -> Result<char, SyntaxError> {
        match self.advance() {
            Some(same @ ('"' | '\'' | '\\' | ' ')) => Ok(same),
            Some('n') => Ok('\n'),
            Some('t') => Ok('\t'),
            Some('r') => Ok('\r'),
            Some('u') => self.unicode(start),
            other => {
                let shown = other.map(String::from).unwrap_or_default();
                let error = SyntaxError::new(format!("`\\{shown}` is no escape."), Span::new(start, self.at));
                Err(error
                    .hint(r#"Escapes are \" \' \\ \n \t \r \uXXXX and \ before a space; write \\ for a backslash."#))
            }
        }
    }

    fn unicode(&mut self, start: usize) -> Result<char, SyntaxError> {
        let high = self.hex4(start)?;
        if let Some(char) = char::from_u32(high) {
            return Ok(char);
        }
        // Characters beyond U+FFFF are written as two escapes, as in UTF-16.
        let pair = self.advance_if('\\') && self.advance_if('u');
        let low = if pair { self.hex4(start)? } else { 0 };
        let joined = char::decode_utf16([unit(high), unit(low)]).next();
        joined.and_then(Result::ok).filter(|_| pair).ok_or_else(|| {
            SyntaxError::new("Half a character: `\\u` escapes of this range come in pairs.", Span::new(start, self.at))
        })
    }

    fn hex4(&mut self, start: usize) -> Result<u32, SyntaxError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.rest.peek().and_then(|char| char.to_digit(16));
            let Some(digit) = digit else {
                return Err(SyntaxError::new("`\\u` needs four hexadecimal digits.", Span::new(start, self.at)));
            };
            self.advance();
            code = code * 16 + digit;
        }
        Ok(code)
    }

    fn sign(&mut self, char: char) -> Kind {
        self.advance();
        match char {
            '(' => Kind::Sign("("),
            ')' => Kind::Sign(")"),
            ',' => Kind::Sign(","),
            '[' => Kind::Sign("["),
            ']' => Kind::Sign("]"),
            '~' => Kind::Sign("~"),
            '=' => Kind::Sign("="),
            '<' => Kind::Sign(if self.advance_if('=') { "<=" } else { "<" }),
            '>' => Kind::Sign(if self.advance_if('=') { ">=" } else { ">" }),
            '!' if self.advance_if('=') => Kind::Sign("!="),
            '!' if self.advance_if('~') => Kind::Sign("!~"),
            '!' => Kind::Sign("!"),
            '&' | '|' => {
                self.advance_if(char);
                Kind::Keyword(if char == '&' { Keyword::And } else { Keyword::Or })
            }
            char => unquoted(char),
        }
    }
}

fn unit(code: u32) -> u16 {
    u16::try_from(code).unwrap_or_default()
}

/// What unquoted text without escapes is.
fn classify(text: String) -> Kind {
    if is_whole_number(&text) {
        return Kind::Number(text);
    }
    match find_keyword(&text) {
        Some(keyword) => Kind::Keyword(keyword),
        None if is_reserved(&text) => Kind::Reserved(text),
        None => Kind::Word(text),
    }
}

/// Whether unquoted `text` is read as a whole number.
pub(crate) fn is_whole_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn illegal(char: char, span: Span) -> Kind {
    let message = format!("The control character U+{:04X} cannot stand in a query.", u32::from(char));
    Kind::Wrong(Box::new(
        SyntaxError::new(message, span).hint(format!("Write \\u{:04x} if it is meant.", u32::from(char))),
    ))
}

fn unquoted(char: char) -> Kind {
    let hint = match char {
        '/' => "JQL has no comments. Dates with slashes need quotes: \"2026/05/07\".",
        '#' => "JQL has no comments. In a value, put quotes around the whole value.",
        '@' => "Put quotes around an e-mail address.",
        ';' => "A query needs no `;` at its end. Values go between commas.",
        '*' | '?' => "Put quotes around a search text with wildcards: \"word*\".",
        '{' | '}' => "Lists go in parentheses: (a, b).",
        _ => "Put quotes around the whole value.",
    };
    let error = SyntaxError::new(format!("The character `{char}` cannot stand outside quotes."), Span::default());
    Kind::Wrong(Box::new(error.hint(hint)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        tokens(text).into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn places_count_characters_behind_non_ascii_text() {
        let tokens = tokens("größe = \"日本\" AND x");
        let spans: Vec<_> = tokens.iter().map(|token| (token.span.start, token.span.end)).collect();
        assert_eq!(spans, [(0, 5), (6, 7), (8, 12), (13, 16), (17, 18), (18, 18)]);
    }

    #[test]
    fn escapes_are_resolved_and_keep_a_word_from_being_a_keyword() {
        assert_eq!(kinds(r"\u0061nd a\ b")[..2], [Kind::Word("and".into()), Kind::Word("a b".into())]);
        assert_eq!(kinds(r#""\ud83d\ude00\t""#)[0], Kind::Quoted("😀\t".into()));
    }

    #[test]
    fn numbers_are_whole_and_unquoted() {
        assert_eq!(kinds("-5")[0], Kind::Number("-5".into()));
        for text in ["3.5", "-1w", "-", "1-2"] {
            assert_eq!(kinds(text)[0], Kind::Word(text.into()));
        }
    }

    #[test]
    fn what_is_no_token_says_where_and_stops() {
        for (text, start, end) in [("a = \"b", 4, 6), (r#"a = "b\q""#, 6, 8), ("a # b", 2, 3), (r"a \u00g0", 2, 6)] {
            let tokens = tokens(text);
            let Some(Token { kind: Kind::Wrong(error), .. }) = tokens.last() else { panic!("{text} was accepted") };
            assert_eq!(error.span, Span::new(start, end), "{text}");
        }
        assert!(matches!(&kinds(r"\ud83d")[0], Kind::Wrong(_)), "half a pair");
        assert_eq!(kinds("a = b").len(), 4);
    }
}
