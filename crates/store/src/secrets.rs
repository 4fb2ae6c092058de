//! Secrets as they are stored: sealed by keys that the store never sees.
//!
//! [`COLUMNS`] names every column that holds sealed texts; whatever seals them anew walks it. Such a column's name is
//! `sealed`, and a test finds those that are not in the list.

use crate::{
    Store,
    error::StoreError,
    pool::{Db, on},
    schema::connection_secrets,
};
use diesel::{prelude::*, sql_query, sql_types::Text};
use okrsync_domain::ConnectionId;

/// A secret as it is stored: sealed by a key that the store never sees.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = connection_secrets)]
pub struct SealedSecret {
    /// What it is, such as `token` or `header:X-Proxy-Key`.
    pub name: String,
    /// The sealed text.
    pub sealed: String,
}

/// Which secrets an edit replaces or removes; the others stay.
#[derive(Debug, Clone, Default)]
pub struct SecretChanges {
    /// New ones and new values.
    pub set: Vec<SealedSecret>,
    /// Names of those that go.
    pub remove: Vec<String>,
}

/// A column that holds sealed texts. `row` and `name` give a seal's place.
pub(crate) struct SealedColumn {
    /// Name of the table; the place's table, too.
    pub(crate) table: &'static str,
    /// What the place calls the row: an expression in SQL.
    row: &'static str,
    /// What the place calls the column: an expression in SQL.
    name: &'static str,
}

/// Every column that holds sealed texts.
pub(crate) const COLUMNS: [SealedColumn; 3] = [
    SealedColumn { table: "connection_secrets", row: "connection_id", name: "name" },
    SealedColumn { table: "authorization_attempts", row: "state_hash", name: "'sealed'" },
    SealedColumn { table: "webhooks", row: "connection_id", name: "'sealed'" },
];

/// A sealed text with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedText {
    /// Name of the table.
    pub table: &'static str,
    /// Id of the row.
    pub row: String,
    /// Name of the column, or of the secret.
    pub name: String,
    /// The sealed text.
    pub sealed: String,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    place_row: String,
    #[diesel(sql_type = Text)]
    place_name: String,
    #[diesel(sql_type = Text)]
    sealed: String,
}

impl SealedColumn {
    fn read(&self, db: &mut Db, after: (&str, &str), limit: usize) -> Result<Vec<SealedText>, StoreError> {
        let Self { table, row, name } = *self;
        let query = sql_query(format!(
            "SELECT {row} AS place_row, {name} AS place_name, sealed FROM {table} \
             WHERE sealed IS NOT NULL AND ({row}, {name}) > ($1, $2) ORDER BY 1, 2 LIMIT {limit}"
        ));
        let query = query.bind::<Text, _>(after.0).bind::<Text, _>(after.1);
        let found: Vec<Found> = on!(db, |c| query.load(c))?;
        let text =
            |found: Found| SealedText { table, row: found.place_row, name: found.place_name, sealed: found.sealed };
        Ok(found.into_iter().map(text).collect())
    }

    /// Whether the old text was still there.
    fn replace(&self, db: &mut Db, old: &SealedText, sealed: &str) -> Result<bool, StoreError> {
        let Self { table, row, name } = *self;
        let update =
            sql_query(format!("UPDATE {table} SET sealed = $1 WHERE {row} = $2 AND {name} = $3 AND sealed = $4"));
        let update = update
            .bind::<Text, _>(sealed)
            .bind::<Text, _>(&old.row)
            .bind::<Text, _>(&old.name)
            .bind::<Text, _>(&old.sealed);
        Ok(on!(db, |c| update.execute(c))? > 0)
    }
}

/// Stores new secrets and new values inside somebody's transaction.
pub(crate) fn set(db: &mut Db, id: ConnectionId, secrets: &[SealedSecret]) -> Result<(), StoreError> {
    for secret in secrets {
        let values = (
            connection_secrets::connection_id.eq(id.to_string()),
            connection_secrets::name.eq(&secret.name),
            connection_secrets::sealed.eq(&secret.sealed),
        );
        on!(&mut *db, |c| diesel::insert_into(connection_secrets::table)
            .values(values)
            .on_conflict((connection_secrets::connection_id, connection_secrets::name))
            .do_update()
            .set(connection_secrets::sealed.eq(&secret.sealed))
            .execute(c))?;
    }
    Ok(())
}

/// Removes secrets by name inside somebody's transaction.
pub(crate) fn remove(db: &mut Db, id: ConnectionId, names: &[String]) -> Result<(), StoreError> {
    let removed = connection_secrets::table
        .filter(connection_secrets::connection_id.eq(id.to_string()))
        .filter(connection_secrets::name.eq_any(names.to_vec()));
    on!(db, |c| diesel::delete(removed).execute(c))?;
    Ok(())
}

/// All sealed secrets of a connection, by name.
pub(crate) fn load(db: &mut Db, id: ConnectionId) -> Result<Vec<SealedSecret>, StoreError> {
    let query = connection_secrets::table
        .filter(connection_secrets::connection_id.eq(id.to_string()))
        .order(connection_secrets::name);
    Ok(on!(db, |c| query.select(SealedSecret::as_select()).load(c))?)
}

impl Store {
    /// A connection's secrets, sealed as they are.
    pub async fn sealed_secrets(&self, id: ConnectionId) -> Result<Vec<SealedSecret>, StoreError> {
        self.read(move |db| load(db, id)).await
    }

    /// Replaces the seal of a secret whose meaning stays, so that nothing else need notice.
    pub async fn replace_secret(&self, id: ConnectionId, secret: &SealedSecret) -> Result<(), StoreError> {
        let secret = secret.clone();
        self.write(move |db| {
            let row = connection_secrets::table.find((id.to_string(), &secret.name));
            let change = connection_secrets::sealed.eq(&secret.sealed);
            let saved = on!(db, |c| diesel::update(row).set(change).execute(c))?;
            if saved == 0 { Err(StoreError::not_found("secret", &secret.name)) } else { Ok(()) }
        })
        .await
    }

    /// Sealed texts of all tables in a fixed order, behind one that was read before. Fewer than `limit`: those are the last.
    pub async fn sealed_texts(&self, after: Option<&SealedText>, limit: usize) -> Result<Vec<SealedText>, StoreError> {
        let after = after.cloned();
        self.snapshot(move |db| {
            let mut found = Vec::new();
            let first = after.as_ref().map_or(0, |after| position(after.table));
            for (number, column) in COLUMNS.iter().enumerate().skip(first) {
                let behind = after.as_ref().filter(|_| number == first);
                let behind = behind.map_or(("", ""), |after| (after.row.as_str(), after.name.as_str()));
                found.extend(column.read(db, behind, limit - found.len())?);
                if found.len() >= limit {
                    break;
                }
            }
            Ok(found)
        })
        .await
    }

    /// Replaces seals whose meaning stays, all in one transaction. One that somebody else changed meanwhile is left alone.
    /// Tells how many were replaced.
    pub async fn reseal(&self, changes: Vec<(SealedText, String)>) -> Result<u64, StoreError> {
        self.write(move |db| {
            let mut replaced = 0;
            for (old, sealed) in &changes {
                replaced += u64::from(COLUMNS[position(old.table)].replace(db, old, sealed)?);
            }
            Ok(replaced)
        })
        .await
    }
}

fn position(table: &str) -> usize {
    COLUMNS.iter().position(|column| column.table == table).unwrap_or(0)
}
