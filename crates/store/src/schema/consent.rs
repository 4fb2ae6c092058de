//! Tables of signing in on a consent page, by hand.

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::sql_types::Moment;
    authorization_attempts (state_hash) {
        state_hash -> Text,
        connection_id -> Text,
        user_id -> Text,
        browser_hash -> Text,
        callback -> Text,
        sealed -> Nullable<Text>,
        expires_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::sql_types::Moment;
    grants (connection_id) {
        connection_id -> Text,
        serial -> BigInt,
        callback -> Text,
        expires_at -> Nullable<Moment>,
        renewed_at -> Moment,
        lease_owner -> Nullable<Text>,
        lease_until -> Nullable<Moment>,
    }
}
