//! Personal API tokens: only the hash of the secret is kept.

use crate::{
    Store,
    error::{StoreError, missing},
    people::UserRow,
    pool::on,
    row::{Row, word},
    schema::{api_tokens, users},
    sql_types::Ts,
};
use chrono::TimeDelta;
use diesel::prelude::*;
use okrsync_domain::{
    Date, Instant, TokenId, UserId,
    person::{Token, User},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = api_tokens, treat_none_as_default_value = false)]
struct TokenRow {
    id: String,
    user_id: String,
    name: String,
    scope: String,
    hash: Vec<u8>,
    created_at: Ts,
    expires_on: Option<Date>,
    last_used_at: Option<Ts>,
}

/// How exactly the last use is kept: a write on each request would be too much.
const USE_RESOLUTION: TimeDelta = TimeDelta::hours(1);

impl TokenRow {
    fn read(self) -> Result<Token, StoreError> {
        let row = Row { table: "api_tokens", key: &self.id };
        Ok(Token {
            id: row.id("id", &self.id)?,
            user_id: row.id("user_id", &self.user_id)?,
            scope: row.word("scope", &self.scope)?,
            name: self.name,
            created_at: self.created_at.0,
            expires_on: self.expires_on,
            last_used_at: self.last_used_at.map(|at| at.0),
        })
    }
}

impl Store {
    /// Adds a token; `hash` is the SHA-256 of its secret.
    pub async fn add_token(&self, token: &Token, hash: [u8; 32]) -> Result<(), StoreError> {
        let owner = token.user_id;
        let row = TokenRow {
            id: token.id.to_string(),
            user_id: owner.to_string(),
            name: token.name.clone(),
            scope: word(&token.scope),
            hash: hash.to_vec(),
            created_at: Ts(token.created_at),
            expires_on: token.expires_on,
            last_used_at: token.last_used_at.map(Ts),
        };
        self.write(move |db| {
            on!(db, |c| diesel::insert_into(api_tokens::table).values(&row).execute(c))
                .map_err(|error| missing(error, "user", &owner))?;
            Ok(())
        })
        .await
    }

    /// The token with this hash and whose rights it carries. Whether it has expired and the person is active is for the
    /// caller to judge.
    pub async fn find_token(&self, hash: [u8; 32]) -> Result<Option<(Token, User)>, StoreError> {
        self.read(move |db| {
            let query = api_tokens::table.inner_join(users::table).filter(api_tokens::hash.eq(hash.to_vec()));
            let found: Option<(TokenRow, UserRow)> =
                on!(db, |c| query.select((TokenRow::as_select(), UserRow::as_select())).first(c).optional())?;
            found.map(|(token, user)| Ok((token.read()?, user.read()?.user))).transpose()
        })
        .await
    }

    /// Notes that a token was used, to the hour.
    pub async fn touch_token(&self, id: TokenId, now: Instant) -> Result<(), StoreError> {
        self.write(move |db| {
            let hour_ago = Some(Ts(now - USE_RESOLUTION));
            let stale = api_tokens::table
                .filter(api_tokens::id.eq(id.to_string()))
                .filter(api_tokens::last_used_at.is_null().or(api_tokens::last_used_at.le(hour_ago)));
            on!(db, |c| diesel::update(stale).set(api_tokens::last_used_at.eq(Some(Ts(now)))).execute(c))?;
            Ok(())
        })
        .await
    }

    /// A person's tokens, oldest first.
    pub async fn tokens(&self, owner: UserId) -> Result<Vec<Token>, StoreError> {
        self.read(move |db| {
            let query = api_tokens::table
                .filter(api_tokens::user_id.eq(owner.to_string()))
                .order((api_tokens::created_at, api_tokens::id));
            on!(db, |c| query.select(TokenRow::as_select()).load(c))?.into_iter().map(TokenRow::read).collect()
        })
        .await
    }

    /// Revokes one of a person's tokens.
    pub async fn delete_token(&self, owner: UserId, id: TokenId) -> Result<(), StoreError> {
        self.write(move |db| {
            let own = api_tokens::table
                .filter(api_tokens::id.eq(id.to_string()))
                .filter(api_tokens::user_id.eq(owner.to_string()));
            let gone = on!(db, |c| diesel::delete(own).execute(c))?;
            if gone == 0 { Err(StoreError::not_found("token", &id)) } else { Ok(()) }
        })
        .await
    }
}
