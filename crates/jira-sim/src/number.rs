//! Numbers as Jira sends them: the text is the truth, so nothing passes through a float.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::SimError;

/// A JSON number that keeps its text: `5`, `5.0` and `0.10` stay what they are.
///
/// ```
/// use okrsync_jira_sim::Number;
///
/// let points = Number::new("0.10")?;
/// assert_eq!(points.text(), "0.10");
/// assert_eq!(points.decimal(), Some("0.1".parse()?));
/// assert_eq!(Number::new("1e40")?.decimal(), None); // sound JSON, too large for a decimal
/// assert!(Number::new("NaN").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Number(Arc<RawValue>);

impl Number {
    /// Takes any JSON number. Anything else is [`SimError::NotANumber`].
    pub fn new(text: &str) -> Result<Self, SimError> {
        let refused = || SimError::NotANumber(text.to_owned());
        let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let raw = RawValue::from_string(text.to_owned()).map_err(|_| refused())?;
        if is_number { Ok(Self(Arc::from(raw))) } else { Err(refused()) }
    }

    /// The number as it will be sent.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// The exact value, if it fits a decimal.
    pub fn decimal(&self) -> Option<Decimal> {
        let text = self.text();
        let plain = Decimal::from_str_exact(text).ok();
        plain.or_else(|| Decimal::from_scientific(&text.to_ascii_lowercase()).ok()).map(|d| d.normalize())
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Number {}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
