//! How much room the database takes.

use crate::{Store, error::StoreError, pool::Db};
use diesel::{prelude::*, sql_query, sql_types::BigInt};

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

impl Store {
    /// Bytes of all tables and indexes on disk, without `SQLite`'s write-ahead log. Room that became free counts as long as
    /// the database keeps it for what comes next.
    pub async fn size(&self) -> Result<u64, StoreError> {
        self.read(|db| {
            let size: Size = match db {
                Db::Sqlite(c) => sql_query(
                    "SELECT page_count * page_size AS bytes FROM pragma_page_count() CROSS JOIN pragma_page_size()",
                )
                .get_result(c),
                Db::Pg(c) => sql_query("SELECT pg_database_size(current_database()) AS bytes").get_result(c),
            }?;
            Ok(u64::try_from(size.bytes).unwrap_or(0))
        })
        .await
    }
}
