//! Ways to sign in besides password and token: the code that makes the first person, links that reset a password,
//! accounts of the single sign-on provider. Of codes and links only hashes are kept.

use crate::{
    Store,
    error::{StoreError, missing},
    people::{UserRow, end_sessions, insert, replace_password},
    pool::on,
    schema::{api_tokens, identities, password_resets, sessions, setup_codes, users},
    sql_types::Ts,
    turns,
};
use diesel::prelude::*;
use okrsync_domain::{Date, Instant, SessionId, TokenId, UserId, person::User};
use secrecy::SecretString;

/// Somebody's account at a single sign-on provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider's issuer URL.
    pub issuer: String,
    /// Its own, lasting name of the account.
    pub subject: String,
}

/// What somebody showed to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// A personal API token.
    Token(TokenId),
    /// A browser's session.
    Session(SessionId),
}

impl Store {
    /// The active person behind a credential that is still good at `now`.
    pub async fn find_by_credential(
        &self,
        credential: Credential,
        now: Instant,
        today: Date,
    ) -> Result<Option<User>, StoreError> {
        self.read(move |db| {
            let row: Option<UserRow> = match credential {
                Credential::Token(id) => {
                    let good = api_tokens::expires_on.is_null().or(api_tokens::expires_on.ge(Some(today)));
                    let query = api_tokens::table.inner_join(users::table).filter(api_tokens::id.eq(id.to_string()));
                    let query = query.filter(users::active.and(good));
                    on!(db, |c| query.select(UserRow::as_select()).first(c).optional())?
                }
                Credential::Session(handle) => {
                    let good = sessions::handle.eq(handle.to_string()).and(sessions::expires_at.gt(Ts(now)));
                    let query = sessions::table.inner_join(users::table).filter(users::active).filter(good);
                    on!(db, |c| query.select(UserRow::as_select()).first(c).optional())?
                }
            };
            Ok(row.map(UserRow::read).transpose()?.map(|sign_in| sign_in.user))
        })
        .await
    }

    /// Keeps a code that makes the first person; `false` where there is somebody already.
    pub async fn add_setup_code(&self, hash: [u8; 32], now: Instant) -> Result<bool, StoreError> {
        self.write(move |db| {
            turns::of_people(db)?;
            let people: i64 = on!(&mut *db, |c| users::table.count().get_result(c))?;
            if people > 0 {
                return Ok(false);
            }
            let row = (setup_codes::hash.eq(hex::encode(hash)), setup_codes::made_at.eq(Ts(now)));
            on!(db, |c| diesel::insert_into(setup_codes::table).values(row).execute(c))?;
            Ok(true)
        })
        .await
    }

    /// Whether a code makes the first person.
    pub async fn knows_setup_code(&self, hash: [u8; 32]) -> Result<bool, StoreError> {
        self.read(move |db| {
            let known = setup_codes::table.find(hex::encode(hash)).count();
            Ok(on!(db, |c| known.get_result::<i64>(c))? > 0)
        })
        .await
    }

    /// Adds the first person by a code, which works once. One that is not right is not found.
    pub async fn add_first_user(
        &self,
        user: &User,
        password_hash: SecretString,
        code: [u8; 32],
    ) -> Result<(), StoreError> {
        let row = UserRow::of(user, Some(password_hash));
        self.write(move |db| {
            turns::of_people(db)?;
            let gone = on!(&mut *db, |c| diesel::delete(setup_codes::table.find(hex::encode(code))).execute(c))?;
            if gone == 0 {
                return Err(StoreError::not_found(CODE, &"…"));
            }
            insert(db, &row)
        })
        .await
    }

    /// Keeps a link by which a person chooses a new password; their earlier ones end.
    pub async fn add_password_reset(
        &self,
        hash: [u8; 32],
        user: UserId,
        expires_at: Instant,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            let earlier = password_resets::table.filter(password_resets::user_id.eq(user.to_string()));
            on!(&mut *db, |c| diesel::delete(earlier).execute(c))?;
            let row = (
                password_resets::hash.eq(hex::encode(hash)),
                password_resets::user_id.eq(user.to_string()),
                password_resets::expires_at.eq(Ts(expires_at)),
            );
            on!(db, |c| diesel::insert_into(password_resets::table).values(row).execute(c))
                .map_err(|error| missing(error, "user", &user))?;
            Ok(())
        })
        .await
    }

    /// Whose password a link resets at `now`.
    pub async fn find_password_reset(&self, hash: [u8; 32], now: Instant) -> Result<Option<User>, StoreError> {
        self.read(move |db| {
            let query = password_resets::table
                .inner_join(users::table)
                .filter(password_resets::hash.eq(hex::encode(hash)).and(password_resets::expires_at.gt(Ts(now))))
                .filter(users::active);
            let row: Option<UserRow> = on!(db, |c| query.select(UserRow::as_select()).first(c).optional())?;
            Ok(row.map(UserRow::read).transpose()?.map(|sign_in| sign_in.user))
        })
        .await
    }

    /// Replaces a password by a link, which works once. All sessions of the person end.
    pub async fn reset_password(&self, hash: [u8; 32], user: UserId, password: SecretString) -> Result<(), StoreError> {
        self.write(move |db| {
            let gone = on!(&mut *db, |c| diesel::delete(password_resets::table.find(hex::encode(hash))).execute(c))?;
            if gone == 0 {
                return Err(StoreError::not_found(CODE, &"…"));
            }
            replace_password(db, user, &password)?;
            end_sessions(db, user, None)
        })
        .await
    }

    /// The person who signs in with this account.
    pub async fn find_identity(&self, identity: &Identity) -> Result<Option<User>, StoreError> {
        let key = (identity.issuer.clone(), identity.subject.clone());
        self.read(move |db| {
            let query = identities::table.find(key).inner_join(users::table);
            let row: Option<UserRow> = on!(db, |c| query.select(UserRow::as_select()).first(c).optional())?;
            Ok(row.map(UserRow::read).transpose()?.map(|sign_in| sign_in.user))
        })
        .await
    }

    /// From now on the person signs in with this account.
    pub async fn link_identity(&self, identity: &Identity, user: UserId, now: Instant) -> Result<(), StoreError> {
        let row = linked(identity, user, now);
        self.write(move |db| {
            on!(db, |c| diesel::insert_into(identities::table).values(row).execute(c))
                .map_err(|error| missing(error, "user", &user))?;
            Ok(())
        })
        .await
    }

    /// Adds a person who signs in with this account only.
    pub async fn add_user_with_identity(&self, user: &User, identity: &Identity) -> Result<(), StoreError> {
        let (person, row) = (UserRow::of(user, None), linked(identity, user.id, user.created_at));
        self.write(move |db| {
            insert(db, &person)?;
            on!(db, |c| diesel::insert_into(identities::table).values(row).execute(c))?;
            Ok(())
        })
        .await
    }
}

/// What was looked for when a code or link was not right.
const CODE: &str = "code";

type Linked = (
    diesel::dsl::Eq<identities::issuer, String>,
    diesel::dsl::Eq<identities::subject, String>,
    diesel::dsl::Eq<identities::user_id, String>,
    diesel::dsl::Eq<identities::linked_at, Ts>,
);

fn linked(identity: &Identity, user: UserId, now: Instant) -> Linked {
    (
        identities::issuer.eq(identity.issuer.clone()),
        identities::subject.eq(identity.subject.clone()),
        identities::user_id.eq(user.to_string()),
        identities::linked_at.eq(Ts(now)),
    )
}
