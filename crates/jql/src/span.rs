//! Places in a query's text, counted in characters as people count them.

/// A stretch of text in Unicode scalar values from 0; `end` is one past the last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
}

impl Span {
    /// From `start` up to, without, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// From the start of `self` to the end of `other`.
    ///
    /// ```
    /// use okrsync_jql::Span;
    /// assert_eq!(Span::new(2, 5).to(Span::new(8, 9)), Span::new(2, 9));
    /// ```
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }

    /// The part of `text` that lies here; a span beyond the text is cut.
    ///
    /// ```
    /// use okrsync_jql::Span;
    /// assert_eq!(Span::new(0, 3).slice("épé = 1"), "épé");
    /// ```
    pub fn slice(self, text: &str) -> &str {
        let byte = |index: usize| text.char_indices().nth(index).map_or(text.len(), |(byte, _)| byte);
        &text[byte(self.start)..byte(self.end.max(self.start))]
    }
}

/// An edit: the text at `span` becomes `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Fix {
    /// `text` with the edit made.
    ///
    /// ```
    /// use okrsync_jql::{Span, lint::Fix};
    /// let fix = Fix { span: Span::new(7, 9), text: "!=".to_owned() };
    /// assert_eq!(fix.applied_to("größe  <> 1"), "größe  != 1");
    /// ```
    pub fn applied_to(&self, text: &str) -> String {
        let before = Span::new(0, self.span.start).slice(text);
        let after = Span::new(self.span.end, usize::MAX).slice(text);
        format!("{before}{}{after}", self.text)
    }
}

/// Where a node of the tree stood in its text. No part of what the tree means: two places are always equal, so that
/// trees compare by meaning.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place(pub Span);

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}
