//! What can be written at the cursor: fields, operators, values, functions and keywords that fit there.

mod values;
mod words;

use crate::{
    ast::{Field, PredicateKind},
    catalogue::{Known, Names},
    fields::{Kind as FieldKind, find_system_field, kind_of, system_fields},
    lexer::{Kind as TokenKind, Token, tokens},
    parser::{Expected, Prefix, read_prefix},
    span::Span,
    value::quote_where_needed,
};
use okrsync_domain::catalogue::Catalogue;

/// Something that can be written at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// What to write, with quotes where they are needed.
    pub text: String,
    /// What it is.
    pub kind: Kind,
    /// The part of the text that it replaces; empty where nothing has been typed of it.
    pub replace: Span,
}

/// What a suggestion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A field's name.
    Field,
    /// An operator.
    Operator,
    /// A literal.
    Value,
    /// A call.
    Function,
    /// A word of the grammar.
    Keyword,
}

impl Kind {
    /// The word that the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Operator => "operator",
            Self::Value => "value",
            Self::Function => "function",
            Self::Keyword => "keyword",
        }
    }
}

/// No more suggestions than this are made at once.
pub const MAX_SUGGESTIONS: usize = 40;

/// What can be written at `cursor` (in characters), best first; nothing where the text before it is wrong.
///
/// ```
/// use okrsync_jql::suggest::suggest;
/// let texts = |text: &str| {
///     let all = suggest(text, text.chars().count(), None);
///     all.into_iter().map(|suggestion| suggestion.text).collect::<Vec<_>>()
/// };
/// assert_eq!(texts("statusC"), ["statusCategory", "statusCategoryChangedDate"]);
/// assert_eq!(texts("statusCategory = do"), ["Done", "\"To Do\""]);
/// assert_eq!(texts("project = AE o"), ["OR", "ORDER BY"]);
/// assert_eq!(texts("assignee is "), ["EMPTY", "NOT EMPTY"]);
/// assert!(texts("status = = ").is_empty());
/// ```
pub fn suggest(text: &str, cursor: usize, catalogue: Option<&Catalogue>) -> Vec<Suggestion> {
    let cursor = cursor.min(text.chars().count());
    let replace = typed_part(text, cursor);
    let before = Span::new(0, replace.start).slice(text);
    let Some(prefix) = read_prefix(before) else { return Vec::new() };
    let typed = Span::new(replace.start, cursor).slice(text).trim_start_matches(['"', '\'']).to_lowercase();
    let place = Place { prefix, catalogue };
    let mut ranked: Vec<_> =
        place.candidates().into_iter().filter_map(|found| Some((found.rank(&typed)?, found))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    let best = ranked.into_iter().take(MAX_SUGGESTIONS);
    best.map(|(_, found)| Suggestion { text: found.text, kind: found.kind, replace }).collect()
}

/// The word or literal that the cursor touches from the right or stands in.
fn typed_part(text: &str, cursor: usize) -> Span {
    let tokens = tokens(text);
    let touched = tokens.iter().find(|token| token.span.start < cursor && cursor <= token.span.end);
    match touched {
        Some(token) if is_typed(token, cursor) => token.span,
        _ => Span::new(cursor, cursor),
    }
}

fn is_typed(token: &Token, cursor: usize) -> bool {
    match token.kind {
        TokenKind::Sign(_) | TokenKind::End => false,
        // Behind its closing quote a literal is complete.
        TokenKind::Quoted(_) => cursor < token.span.end,
        _ => true,
    }
}

/// What could be written, before it is compared with what has been typed.
struct Candidate {
    text: String,
    kind: Kind,
}

impl Candidate {
    /// A name or literal, quoted where it must be.
    fn text(kind: Kind, text: &str) -> Self {
        Self { text: quote_where_needed(text), kind }
    }

    /// Text that is written as it is.
    fn plain(kind: Kind, text: &str) -> Self {
        Self { text: text.to_owned(), kind }
    }

    /// Lower is better; nothing if it does not go on from what was typed.
    fn rank(&self, typed: &str) -> Option<u8> {
        let text = self.text.trim_matches('"').to_lowercase();
        let words = || text.split(|char: char| !char.is_alphanumeric()).any(|word| word.starts_with(typed));
        match () {
            () if text.starts_with(typed) => Some(0),
            () if words() => Some(1),
            () => None,
        }
    }
}

/// A place in a query, and what is known of the site.
struct Place<'a> {
    prefix: Prefix,
    catalogue: Option<&'a Catalogue>,
}

impl Place<'_> {
    fn candidates(&self) -> Vec<Candidate> {
        match self.prefix.expected {
            Expected::Field => self.fields().chain(words::keywords(&["NOT"])).collect(),
            Expected::SortField => self.fields().collect(),
            Expected::Operator => words::operators(self.kind()),
            Expected::Single | Expected::Ordered | Expected::List | Expected::Item => values::candidates(self),
            expected => words::candidates(expected, &self.prefix),
        }
    }

    fn fields(&self) -> impl Iterator<Item = Candidate> {
        let system = system_fields().iter().map(|field| field.name);
        let custom = self.catalogue.into_iter().flat_map(|catalogue| &catalogue.fields).filter(|field| field.custom);
        let names = system.chain(custom.map(|field| field.name.as_str()));
        names.map(|name| Candidate::text(Kind::Field, name))
    }

    /// What the values of the field are, as far as that is known.
    fn kind(&self) -> Option<FieldKind> {
        if let Some(PredicateKind::By) = self.prefix.predicate {
            return Some(FieldKind::User);
        }
        if self.prefix.predicate.is_some_and(|kind| !matches!(kind, PredicateKind::From | PredicateKind::To)) {
            return Some(FieldKind::Instant);
        }
        let field = self.prefix.field.as_ref()?;
        if let Some(system) = find_system_field(&field.plain_name()) {
            return Some(system.kind);
        }
        let names = Names::of_field(&field.name);
        Known::new(self.catalogue?, &names).fields(&field.name).first().map(|field| kind_of(field))
    }

    /// Jira's id of the field, where a predicate does not ask for something else.
    fn field_id(&self) -> Option<String> {
        let own = self.prefix.predicate.is_none_or(|kind| matches!(kind, PredicateKind::From | PredicateKind::To));
        let field: &Field = self.prefix.field.as_ref().filter(|_| own)?;
        find_system_field(&field.plain_name()).map(|field| field.id.to_owned())
    }
}
