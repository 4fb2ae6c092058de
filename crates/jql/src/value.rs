//! Literals as text: when they need quotes, and how to put them on.

use crate::{
    lexer::{is_illegal, is_whole_number},
    words::{find_keyword, is_reserved, is_stop_word},
};
use std::fmt::{self, Write};

/// `text` as a quoted literal that no text can break out of.
///
/// ```
/// use okrsync_jql::{parse, value::quote};
/// assert_eq!(quote(r#"a "b" \ c"#), r#""a \"b\" \\ c""#);
/// let evil = r#"x" OR project = SECRET OR a = "b"#;
/// assert_eq!(parse(&format!("summary ~ {}", quote(evil))).unwrap().where_clause.unwrap().terms().len(), 1);
/// ```
pub fn quote(text: &str) -> String {
    Quoted(text).to_string()
}

/// Shows its text in quotes.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for char in self.0.chars() {
            match char {
                '"' | '\\' => write!(f, "\\{char}")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                '\r' => f.write_str("\\r")?,
                char if is_illegal(char) => write!(f, "\\u{:04x}", u32::from(char))?,
                char => f.write_char(char)?,
            }
        }
        f.write_char('"')
    }
}

/// Writes a name or text literal, quoted only where it must be.
pub(crate) fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    if needs_quotes(text) { write!(f, "{}", Quoted(text)) } else { f.write_str(text) }
}

/// `text` as a literal or field name, quoted only where it must be.
pub(crate) fn quote_where_needed(text: &str) -> String {
    if needs_quotes(text) { quote(text) } else { text.to_owned() }
}

fn needs_quotes(text: &str) -> bool {
    let plain = |char: char| char.is_alphanumeric() || "._-:".contains(char);
    let kept = find_keyword(text).is_some() || is_reserved(text) || is_stop_word(text);
    text.is_empty() || !text.chars().all(plain) || is_whole_number(text) || kept
}
