//! What is wrong with something a person or a program handed in: a stable code, a sentence, the fields, a cure.

use serde::Serialize;

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Path of the field, such as `measure.target`.
    pub field: String,
    /// What is wrong and how to mend it.
    pub message: String,
    /// First character of the wrong part, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<usize>,
    /// One past the last character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<usize>,
}

/// Input that cannot be accepted. Answered as 422.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Invalid {
    /// Stable word for programs.
    pub code: &'static str,
    /// One sentence for people.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The fields concerned.
    pub errors: Vec<FieldError>,
}

impl Invalid {
    /// One wrong field.
    pub fn new(code: &'static str, field: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let error = FieldError { field: field.to_owned(), message: detail.clone(), start: None, end: None };
        Self { code, detail, hint: None, errors: vec![error] }
    }

    /// With a cure.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With a place in the text of the first field.
    #[must_use]
    pub fn at(mut self, start: usize, end: usize) -> Self {
        if let Some(error) = self.errors.first_mut() {
            (error.start, error.end) = (Some(start), Some(end));
        }
        self
    }
}

/// Collects what is wrong, so that all of it is said at once.
#[derive(Debug, Default)]
pub struct Fields(Vec<FieldError>);

impl Fields {
    /// Notes `message` for `field` unless `ok`.
    pub fn require(&mut self, ok: bool, field: &str, message: &str) {
        if !ok {
            self.0.push(FieldError { field: field.to_owned(), message: message.to_owned(), start: None, end: None });
        }
    }

    /// Ok if nothing was noted.
    ///
    /// # Errors
    /// Everything that was noted, under one code.
    pub fn into_result(self, code: &'static str, detail: &str) -> Result<(), Invalid> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Invalid { code, detail: detail.to_owned(), hint: None, errors: self.0 })
    }
}
