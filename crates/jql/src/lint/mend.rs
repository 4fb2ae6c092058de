//! Edits of the text that keep it a query.

use super::Fix;
use crate::{
    lexer::{Kind, tokens},
    span::Span,
    words::Keyword,
};

/// Takes the condition at `span` out, with the AND beside it; none where it does not stand between ANDs.
pub(super) fn without_condition(text: &str, span: Span) -> Option<Fix> {
    let tokens = tokens(text);
    let first = tokens.iter().position(|token| token.span.start == span.start)?;
    let last = tokens.iter().position(|token| token.span.end == span.end && token.kind != Kind::End)?;
    let is_and = |index: usize| tokens.get(index).is_some_and(|token| token.kind == Kind::Keyword(Keyword::And));
    let before = first.checked_sub(1).filter(|index| is_and(*index));
    let removed = match before {
        Some(and) => Span::new(tokens.get(and.checked_sub(1)?)?.span.end, span.end),
        None if is_and(last + 1) => Span::new(span.start, tokens.get(last + 2)?.span.start),
        None => return None,
    };
    Some(Fix { span: removed, text: String::new() })
}

/// From ORDER to the end, and the edit that takes it out.
pub(super) fn without_order(text: &str) -> Option<(Span, Fix)> {
    let tokens = tokens(text);
    let order = tokens.iter().position(|token| token.kind == Kind::Keyword(Keyword::Order))?;
    let end = tokens.iter().rfind(|token| token.kind != Kind::End)?.span.end;
    let before = order.checked_sub(1).map_or(0, |index| tokens[index].span.end);
    let found = Span::new(tokens[order].span.start, end);
    Some((found, Fix { span: Span::new(before, end), text: String::new() }))
}
