//! Decimals in JSON: strings, never numbers.

use okrsync_domain::decimal::text;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A decimal as text, plain and normalised: "27.2727". A JSON number in its place is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, example = "27.2727")]
pub(crate) struct Number(#[serde(with = "text")] pub(crate) Decimal);

impl From<Decimal> for Number {
    fn from(value: Decimal) -> Self {
        Self(value)
    }
}

/// A decimal that may be missing.
pub(crate) fn number(value: Option<Decimal>) -> Option<Number> {
    value.map(Number)
}
