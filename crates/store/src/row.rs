//! From stored text back to the words of the product: what no longer parses is named by table, column and row.

use crate::{
    error::StoreError,
    sql_types::{Dec, Json},
};
use rust_decimal::Decimal;
use serde::{
    Serialize,
    de::{DeserializeOwned, IntoDeserializer, value},
};
use std::{fmt::Display, str::FromStr};

/// Where a value was read.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    /// The table.
    pub(crate) table: &'static str,
    /// The row's key, as an operator would search for it.
    pub(crate) key: &'a str,
}

impl Row<'_> {
    /// A stored value that is not what it should be.
    pub(crate) fn corrupt(self, column: &'static str, detail: impl Display) -> StoreError {
        let detail = detail.to_string();
        StoreError::Corrupt {
            table: self.table.to_owned(),
            column: column.to_owned(),
            row: self.key.to_owned(),
            detail,
        }
    }

    /// An id.
    pub(crate) fn id<T: FromStr<Err: Display>>(self, column: &'static str, text: &str) -> Result<T, StoreError> {
        text.parse().map_err(|error| self.corrupt(column, error))
    }

    /// An id that may be absent.
    pub(crate) fn id_opt<T: FromStr<Err: Display>>(
        self,
        column: &'static str,
        text: Option<&str>,
    ) -> Result<Option<T>, StoreError> {
        text.map(|text| self.id(column, text)).transpose()
    }

    /// One word of an enum.
    pub(crate) fn word<T: DeserializeOwned>(self, column: &'static str, text: &str) -> Result<T, StoreError> {
        let text: value::StrDeserializer<'_, value::Error> = text.into_deserializer();
        T::deserialize(text).map_err(|error| self.corrupt(column, error))
    }

    /// A document.
    pub(crate) fn json<T: DeserializeOwned>(self, column: &'static str, text: &Json) -> Result<T, StoreError> {
        serde_json::from_str(&text.0).map_err(|error| self.corrupt(column, error))
    }

    /// A document that may be absent.
    pub(crate) fn json_opt<T: DeserializeOwned>(
        self,
        column: &'static str,
        text: Option<&Json>,
    ) -> Result<Option<T>, StoreError> {
        text.map(|text| self.json(column, text)).transpose()
    }

    /// An exact decimal.
    pub(crate) fn decimal(self, column: &'static str, value: Dec) -> Result<Decimal, StoreError> {
        value.0.map_err(|error| self.corrupt(column, error))
    }

    /// An exact decimal that may be absent.
    pub(crate) fn decimal_opt(self, column: &'static str, value: Option<Dec>) -> Result<Option<Decimal>, StoreError> {
        value.map(|value| self.decimal(column, value)).transpose()
    }

    /// A whole number of another width or sign.
    pub(crate) fn number<T: TryFrom<i64>>(self, column: &'static str, value: i64) -> Result<T, StoreError> {
        T::try_from(value).map_err(|_| self.corrupt(column, format_args!("{value} is out of range")))
    }
}

/// The word of an enum.
pub(crate) fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => unreachable!("the domain's enums of words are written as one string"),
    }
}

/// A count as both databases keep it.
pub(crate) fn big<T: TryInto<i64>>(value: T) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}
