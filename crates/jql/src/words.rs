//! The words of the grammar: keywords, and words that Jira keeps for itself.

/// A word or sign that the grammar knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keyword {
    And,
    Or,
    Not,
    In,
    Is,
    Was,
    Changed,
    Empty,
    After,
    Before,
    On,
    During,
    By,
    From,
    To,
    Order,
    Asc,
    Desc,
}

/// The keyword that `word` is in any case of letters.
pub(crate) fn find_keyword(word: &str) -> Option<Keyword> {
    Some(match word.to_ascii_lowercase().as_str() {
        "and" => Keyword::And,
        "or" => Keyword::Or,
        "not" => Keyword::Not,
        "in" => Keyword::In,
        "is" => Keyword::Is,
        "was" => Keyword::Was,
        "changed" => Keyword::Changed,
        "empty" | "null" => Keyword::Empty,
        "after" => Keyword::After,
        "before" => Keyword::Before,
        "on" => Keyword::On,
        "during" => Keyword::During,
        "by" => Keyword::By,
        "from" => Keyword::From,
        "to" => Keyword::To,
        "order" => Keyword::Order,
        "asc" => Keyword::Asc,
        "desc" => Keyword::Desc,
        _ => return None,
    })
}

/// Whether a field, value or function of this name must be quoted, besides the keywords.
///
/// The list is Atlassian's, published with its JQL parser under Apache-2.0
/// (<https://www.npmjs.com/package/@atlaskit/jql-ast>), without the stop words that the parser lets pass.
pub(crate) fn is_reserved(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    RESERVED.binary_search(&word.as_str()).is_ok()
}

/// Stop words: Jira's documentation counts them among the reserved, its parser does not. Printed with quotes.
pub(crate) fn is_stop_word(word: &str) -> bool {
    STOP.contains(&word.to_ascii_lowercase().as_str())
}

const STOP: [&str; 18] = [
    "a", "an", "all", "are", "at", "be", "but", "it", "no", "such", "that", "the", "their", "there", "these", "they",
    "this", "will",
];

#[rustfmt::skip]
const RESERVED: [&str; 160] = [
    "abort", "access", "add", "alias", "alter", "any", "as", "audit", "avg", "begin", "between", "boolean", "break",
    "byte", "catch", "cf", "char", "character", "check", "checkpoint", "collate", "collation", "column", "commit",
    "connect", "continue", "count", "create", "current", "date", "decimal", "declare", "decrement", "default",
    "defaults", "define", "delete", "delimiter", "difference", "distinct", "divide", "do", "double", "drop", "else",
    "encoding", "end", "equals", "escape", "exclusive", "exec", "execute", "exists", "explain", "false", "fetch",
    "field", "file", "first", "float", "for", "function", "go", "goto", "grant", "greater", "group", "having",
    "identified", "if", "immediate", "increment", "index", "initial", "inner", "inout", "input", "insert", "int",
    "integer", "intersect", "intersection", "into", "isempty", "isnull", "join", "last", "left", "less", "like",
    "limit", "lock", "long", "max", "min", "minus", "mode", "modify", "modulo", "more", "multiply", "next",
    "noaudit", "notin", "nowait", "number", "object", "of", "option", "outer", "output", "power", "previous",
    "prior", "privileges", "public", "raise", "raw", "remainder", "rename", "resource", "return", "returns",
    "revoke", "right", "row", "rowid", "rownum", "rows", "select", "session", "set", "share", "size", "sqrt",
    "start", "strict", "string", "subtract", "sum", "synonym", "table", "then", "trans", "transaction", "trigger",
    "true", "uid", "union", "unique", "update", "user", "validate", "values", "view", "when", "whenever", "where",
    "while", "with",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_for_its_search() {
        assert!(RESERVED.is_sorted());
        assert!(is_reserved("Next") && !is_reserved("a") && is_stop_word("The"));
    }
}
