//! What each connection's site offers, as it was last read.

use crate::{
    Store,
    connections::CONNECTION,
    error::{StoreError, missing},
    pool::on,
    row::Row,
    schema::catalogues,
    sql_types::{Json, Ts},
};
use diesel::prelude::*;
use okrsync_domain::{ConnectionId, Instant, catalogue::Catalogue};

impl Store {
    /// Keeps a catalogue in place of the one before.
    pub async fn save_catalogue(
        &self,
        id: ConnectionId,
        catalogue: &Catalogue,
        read_at: Instant,
    ) -> Result<(), StoreError> {
        let document = Json::of(catalogue);
        self.write(move |db| {
            let content = (catalogues::document.eq(document), catalogues::read_at.eq(Ts(read_at)));
            on!(db, |c| diesel::insert_into(catalogues::table)
                .values((catalogues::connection_id.eq(id.to_string()), content.clone()))
                .on_conflict(catalogues::connection_id)
                .do_update()
                .set(content)
                .execute(c))
            .map_err(|error| missing(error, CONNECTION, &id))?;
            Ok(())
        })
        .await
    }

    /// The catalogue and when it was read.
    pub async fn find_catalogue(&self, id: ConnectionId) -> Result<Option<(Catalogue, Instant)>, StoreError> {
        self.read(move |db| {
            let key = id.to_string();
            let query = catalogues::table.find(key.clone()).select((catalogues::document, catalogues::read_at));
            let found: Option<(Json, Ts)> = on!(db, |c| query.first(c).optional())?;
            let row = Row { table: "catalogues", key: &key };
            found.map(|(document, read_at)| Ok((row.json("document", &document)?, read_at.0))).transpose()
        })
        .await
    }
}
