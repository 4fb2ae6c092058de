//! The place of what Jira's message speaks of: Jira quotes names, but gives no positions except for syntax errors.

use crate::{
    ast::{Operand, Query, Term},
    span::Span,
};

/// The first part of `query` that `message` quotes: a value (of the field that is quoted as well, if several are alike),
/// a function or a field.
///
/// ```
/// use okrsync_jql::{mentioned, parse};
/// let text = "component = Dnoe AND status = Dnoe";
/// let query = parse(text).unwrap();
/// let place = |message| mentioned(&query, message).map(|span| (span.start, span.end));
/// assert_eq!(place("The value 'Dnoe' does not exist for the field 'status'."), Some((30, 34)));
/// assert_eq!(place("The operator '=' is not supported by the \"component\" field."), Some((0, 9)));
/// assert_eq!(place("Something is wrong."), None);
/// ```
pub fn mentioned(query: &Query, message: &str) -> Option<Span> {
    let quoted = quoted(message);
    let terms = query.where_clause.as_ref().map(crate::Clause::terms).unwrap_or_default();
    let is_quoted = |name: &str| quoted.iter().any(|text| same(text, name));
    let (named, others): (Vec<&Term>, Vec<&Term>) = terms.into_iter().partition(|it| is_quoted(&it.field.plain_name()));
    let leaf = |text: &&str| {
        let leaves = named.iter().chain(&others).flat_map(|term| term.leaves());
        leaves.filter(|leaf| is_called(leaf, text)).map(|leaf| leaf.place().0).next()
    };
    let sorts = query.order_by.iter().map(|sort| &sort.field).filter(|field| is_quoted(&field.plain_name()));
    let mut fields = named.iter().map(|term| &term.field).chain(sorts);
    quoted.iter().find_map(leaf).or_else(|| fields.next().map(|field| field.place.0))
}

fn is_called(leaf: &Operand, text: &str) -> bool {
    match leaf {
        Operand::Value(value) => same(&value.text, text),
        // `foo()`
        Operand::Function(function) => same(&function.name, text.split('(').next().unwrap_or_default()),
        Operand::List(..) | Operand::Empty(_) => false,
    }
}

fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// What stands between quotes, as they are written in the languages of accounts.
fn quoted(message: &str) -> Vec<&str> {
    const PAIRS: [(char, char); 5] =
        [('\'', '\''), ('"', '"'), ('\u{201c}', '\u{201d}'), ('\u{201e}', '\u{201c}'), ('«', '»')];
    let mut found = Vec::new();
    let mut rest = message;
    while let Some(start) = rest.find(|char| PAIRS.iter().any(|(open, _)| *open == char)) {
        let mut chars = rest[start..].chars();
        let open = chars.next().unwrap_or_default();
        let close = PAIRS.iter().find(|(first, _)| *first == open).map_or(open, |(_, last)| *last);
        let inner = chars.as_str();
        let Some(end) = inner.find(close) else { break };
        found.push(&inner[..end]);
        rest = &inner[end + close.len_utf8()..];
    }
    found
}
