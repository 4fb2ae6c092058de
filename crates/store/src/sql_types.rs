//! SQL types that mean the same on both databases but are kept differently: instants, exact decimals, documents.
//!
//! Reading a decimal or a document never fails here: whoever knows the row names what is wrong (see [`crate::row`]).

use chrono::{DateTime, Utc};
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue},
    query_builder::QueryId,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{self, SqlType},
    sqlite::{Sqlite, SqliteValue},
};
use rust_decimal::Decimal;
use serde::Serialize;
use std::io::Write;

/// An instant: `timestamptz`, or microseconds since 1970.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
#[diesel(sqlite_type(name = "Long"))]
pub struct Moment;
impl sql_types::SqlOrd for Moment {} // allows min() and max()

/// An exact decimal: `numeric` without scale, or its plain text (diesel's own on SQLite goes through a float).
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1700, array_oid = 1231))]
#[diesel(sqlite_type(name = "Text"))]
pub struct Exact;

/// A JSON document: `jsonb`, or text.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 3802, array_oid = 3807))]
#[diesel(sqlite_type(name = "Text"))]
pub struct Document;

/// The value of a [`Moment`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = Moment)]
pub(crate) struct Ts(pub(crate) DateTime<Utc>);

/// The value of an [`Exact`]; `Err` holds why what is stored is no decimal.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Exact)]
pub(crate) struct Dec(pub(crate) Result<Decimal, String>);

/// The text of a [`Document`].
#[derive(Debug, Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Document)]
pub(crate) struct Json(pub(crate) String);

impl From<Decimal> for Dec {
    fn from(value: Decimal) -> Self {
        Self(Ok(value))
    }
}

impl Json {
    /// Writes a value as a document.
    pub(crate) fn of<T: Serialize + ?Sized>(value: &T) -> Self {
        Self(serde_json::to_string(value).expect("the domain's types have string keys and write without errors"))
    }
}

/// Byte in front of the text on the wire of `jsonb`.
const JSONB_VERSION: u8 = 1;

impl ToSql<Moment, Pg> for Ts {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <DateTime<Utc> as ToSql<sql_types::Timestamptz, Pg>>::to_sql(&self.0, out)
    }
}

impl ToSql<Moment, Sqlite> for Ts {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.timestamp_micros());
        Ok(IsNull::No)
    }
}

impl FromSql<Moment, Pg> for Ts {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <DateTime<Utc> as FromSql<sql_types::Timestamptz, Pg>>::from_sql(value).map(Self)
    }
}

impl FromSql<Moment, Sqlite> for Ts {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<sql_types::BigInt, Sqlite>>::from_sql(value)?;
        DateTime::from_timestamp_micros(micros).map(Self).ok_or_else(|| format!("{micros} is no instant").into())
    }
}

impl ToSql<Exact, Pg> for Dec {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let value = self.0.as_ref().map_err(String::as_str)?;
        <Decimal as ToSql<sql_types::Numeric, Pg>>::to_sql(value, &mut out.reborrow())
    }
}

impl ToSql<Exact, Sqlite> for Dec {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        let value = self.0.as_ref().map_err(String::as_str)?;
        out.set_value(okrsync_domain::decimal::plain(*value));
        Ok(IsNull::No)
    }
}

impl FromSql<Exact, Pg> for Dec {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let value = <Decimal as FromSql<sql_types::Numeric, Pg>>::from_sql(value);
        Ok(Self(value.map(|value| value.normalize()).map_err(|error| error.to_string())))
    }
}

impl FromSql<Exact, Sqlite> for Dec {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(okrsync_domain::decimal::exact(value.read_text()).map_err(|error| error.to_string())))
    }
}

impl ToSql<Document, Pg> for Json {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&[JSONB_VERSION])?;
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl ToSql<Document, Sqlite> for Json {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_str());
        Ok(IsNull::No)
    }
}

impl FromSql<Document, Pg> for Json {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        match value.as_bytes().split_first() {
            Some((&JSONB_VERSION, text)) => Ok(Self(std::str::from_utf8(text)?.to_owned())),
            _ => Err("unknown version of jsonb".into()),
        }
    }
}

impl FromSql<Document, Sqlite> for Json {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(value.read_text().to_owned()))
    }
}
