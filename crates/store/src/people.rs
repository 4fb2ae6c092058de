//! People: who they are, what they may do, and the hash of the password they sign in with.

use crate::{
    Store,
    error::{StoreError, duplicate},
    page::{Cursor, Page, Slice, behind},
    pool::{Db, on},
    row::{Row, word},
    schema::users,
    sql_types::Ts,
};
use diesel::prelude::*;
use okrsync_domain::{
    UserId,
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
        let row = UserRow {
            id: user.id.to_string(),
            email: user.email.to_lowercase(),
            name: user.name.clone(),
            role: word(&user.role),
            active: user.active,
            password_hash: password_hash.map(|hash| hash.expose_secret().to_owned()),
            created_at: Ts(user.created_at),
        };
        self.write(move |db| {
            on!(db, |c| diesel::insert_into(users::table).values(&row).execute(c))
                .map_err(|error| duplicate(error, USER, "email"))?;
            Ok(())
        })
        .await
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

    /// Saves a person's address, name, role and whether they may sign in. The last active admin stays one.
    pub async fn update_user(&self, user: &User) -> Result<(), StoreError> {
        let user = user.clone();
        self.write(move |db| {
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
            Ok(())
        })
        .await
    }

    /// Replaces a password's hash.
    pub async fn set_password(&self, id: UserId, hash: SecretString) -> Result<(), StoreError> {
        self.write(move |db| {
            let person = users::table.find(id.to_string());
            let change = users::password_hash.eq(hash.expose_secret());
            let saved = on!(db, |c| diesel::update(person).set(change).execute(c))?;
            if saved == 0 { Err(StoreError::not_found(USER, &id)) } else { Ok(()) }
        })
        .await
    }

    /// How many people there are: none on a new installation.
    pub async fn count_users(&self) -> Result<u64, StoreError> {
        self.read(|db| count(on!(db, |c| users::table.count().get_result::<i64>(c))?)).await
    }
}

fn admins(db: &mut Db) -> Result<u64, StoreError> {
    let admins = users::table.filter(users::active.and(users::role.eq(word(&Role::Admin))));
    count(on!(db, |c| admins.count().get_result::<i64>(c))?)
}

/// A count as the database gives it.
pub(crate) fn count(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|error| StoreError::Internal(error.into()))
}
