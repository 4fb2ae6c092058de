//! People: who they are, what they may do, and the hash of the password they sign in with.

use crate::{
    Store,
    error::{StoreError, duplicate},
    page::{Cursor, Page, Slice, behind},
    pool::{Db, on},
    row::{Row, word},
    schema::{api_tokens, password_resets, sessions, setup_codes, users},
    sql_types::Ts,
    turns,
};
use diesel::prelude::*;
use okrsync_domain::{
    SessionId, UserId,
    person::{Role, User},
};
use secrecy::{ExposeSecret, SecretString};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(crate) struct UserRow {
    id: String,
    email: String,
    name: String,
    role: String,
    active: bool,
    password_hash: Option<String>,
    created_at: Ts,
}

/// What a sign-in is checked against.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// Who it would be.
    pub user: User,
    /// The password's hash in PHC form; none means that no password signs this person in.
    pub password_hash: Option<SecretString>,
}

/// What was looked for when nobody was found.
const USER: &str = "user";

impl UserRow {
    pub(crate) fn of(user: &User, password_hash: Option<SecretString>) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email.to_lowercase(),
            name: user.name.clone(),
            role: word(&user.role),
            active: user.active,
            password_hash: password_hash.map(|hash| hash.expose_secret().to_owned()),
            created_at: Ts(user.created_at),
        }
    }

    pub(crate) fn read(self) -> Result<SignIn, StoreError> {
        let row = Row { table: "users", key: &self.id };
        let user = User {
            id: row.id("id", &self.id)?,
            role: row.word("role", &self.role)?,
            email: self.email,
            name: self.name,
            active: self.active,
            created_at: self.created_at.0,
        };
        Ok(SignIn { user, password_hash: self.password_hash.map(SecretString::from) })
    }
}

impl Store {
    /// Adds a person. The e-mail address is kept in lower case, and nobody else may have it.
    pub async fn add_user(&self, user: &User, password_hash: Option<SecretString>) -> Result<(), StoreError> {
        let row = UserRow::of(user, password_hash);
        self.write(move |db| insert(db, &row)).await
    }

    /// A person by id.
    pub async fn find_user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.read(move |db| {
            let query = users::table.find(id.to_string());
            let row = on!(db, |c| query.select(UserRow::as_select()).first(c).optional())?;
            Ok(row.map(UserRow::read).transpose()?.map(|sign_in| sign_in.user))
        })
        .await
    }

    /// A person who must exist.
    pub async fn get_user(&self, id: UserId) -> Result<User, StoreError> {
        self.find_user(id).await?.ok_or_else(|| StoreError::not_found(USER, &id))
    }

    /// What a sign-in with this address is checked against.
    pub async fn find_sign_in(&self, email: &str) -> Result<Option<SignIn>, StoreError> {
        let email = email.to_lowercase();
        self.read(move |db| {
            let query = users::table.filter(users::email.eq(email));
            on!(db, |c| query.select(UserRow::as_select()).first(c).optional())?.map(UserRow::read).transpose()
        })
        .await
    }

    /// A person by e-mail address, in any case of letters.
    pub async fn find_user_by_email(&self, email: &str) -> Result<Option<User>, StoreError> {
        Ok(self.find_sign_in(email).await?.map(|sign_in| sign_in.user))
    }

    /// Everybody, by the moment they were added.
    pub async fn users(&self, page: Page) -> Result<Slice<User>, StoreError> {
        self.read(move |db| {
            let rows: Vec<UserRow> = on!(db, |c| {
                let query = users::table.select(UserRow::as_select()).into_boxed();
                behind!(query, page, users::created_at, users::id, ascending).load(c)
            })?;
            let people: Result<Vec<User>, _> = rows.into_iter().map(|row| Ok(row.read()?.user)).collect();
            people.map(|people| page.cut(people, |user| Cursor { at: user.created_at, id: user.id.to_string() }))
        })
        .await
    }

    /// Saves a person's address, name, role and whether they may sign in. The last active admin stays one. Of somebody who
    /// may no longer sign in, every session, token and reset link ends at once and for good; what they own stays.
    pub async fn update_user(&self, user: &User) -> Result<(), StoreError> {
        let user = user.clone();
        self.write(move |db| {
            // two admins who remove each other at once take turns, so that one of them stays
            turns::of_people(db)?;
            let changes = (
                users::email.eq(user.email.to_lowercase()),
                users::name.eq(&user.name),
                users::role.eq(word(&user.role)),
                users::active.eq(user.active),
            );
            let saved =
                on!(&mut *db, |c| diesel::update(users::table.find(user.id.to_string())).set(changes).execute(c))
                    .map_err(|error| duplicate(error, USER, "email"))?;
            if saved == 0 {
                return Err(StoreError::not_found(USER, &user.id));
            }
            if admins(db)? == 0 {
                return Err(StoreError::LastAdmin);
            }
            if !user.active {
                end_sessions(db, user.id, None)?;
                let tokens = api_tokens::table.filter(api_tokens::user_id.eq(user.id.to_string()));
                on!(db, |c| diesel::delete(tokens).execute(c))?;
            }
            Ok(())
        })
        .await
    }

    /// Replaces a password's hash. The person's reset links and sessions end, but for the one that is kept.
    pub async fn set_password(
        &self,
        id: UserId,
        hash: SecretString,
        keep: Option<SessionId>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            replace_password(db, id, &hash)?;
            end_sessions(db, id, keep)
        })
        .await
    }

    /// Replaces a hash by a stronger one of the same password, unless the password was changed in the meantime.
    pub async fn strengthen_password(
        &self,
        id: UserId,
        old: SecretString,
        new: SecretString,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            let person = users::table.find(id.to_string()).filter(users::password_hash.eq(old.expose_secret()));
            on!(db, |c| diesel::update(person).set(users::password_hash.eq(new.expose_secret())).execute(c))?;
            Ok(())
        })
        .await
    }

    /// How many people there are: none on a new installation.
    pub async fn count_users(&self) -> Result<u64, StoreError> {
        self.read(|db| count(on!(db, |c| users::table.count().get_result::<i64>(c))?)).await
    }
}

/// Adds a person inside somebody's transaction. Codes for the first person are worth nothing from then on.
pub(crate) fn insert(db: &mut Db, row: &UserRow) -> Result<(), StoreError> {
    on!(&mut *db, |c| diesel::insert_into(users::table).values(row).execute(c))
        .map_err(|error| duplicate(error, USER, "email"))?;
    on!(db, |c| diesel::delete(setup_codes::table).execute(c))?;
    Ok(())
}

/// Replaces a password's hash inside somebody's transaction.
pub(crate) fn replace_password(db: &mut Db, id: UserId, hash: &SecretString) -> Result<(), StoreError> {
    let change = users::password_hash.eq(hash.expose_secret());
    let saved = on!(db, |c| diesel::update(users::table.find(id.to_string())).set(change).execute(c))?;
    if saved == 0 { Err(StoreError::not_found(USER, &id)) } else { Ok(()) }
}

/// Ends reset links and sessions of a person, but for the session that is kept.
pub(crate) fn end_sessions(db: &mut Db, id: UserId, keep: Option<SessionId>) -> Result<(), StoreError> {
    let resets = password_resets::table.filter(password_resets::user_id.eq(id.to_string()));
    on!(&mut *db, |c| diesel::delete(resets).execute(c))?;
    let kept = keep.map(|keep| keep.to_string()).unwrap_or_default();
    let others = sessions::table.filter(sessions::user_id.eq(id.to_string()).and(sessions::handle.ne(kept)));
    on!(db, |c| diesel::delete(others).execute(c))?;
    Ok(())
}

fn admins(db: &mut Db) -> Result<u64, StoreError> {
    let admins = users::table.filter(users::active.and(users::role.eq(word(&Role::Admin))));
    count(on!(db, |c| admins.count().get_result::<i64>(c))?)
}

/// A count as the database gives it.
pub(crate) fn count(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|error| StoreError::Internal(error.into()))
}
