//! Tables of people, how they sign in, and what they did.

diesel::table! {
    use diesel::sql_types::{Bool, Nullable, Text};
    use crate::sql_types::Moment;
    users (id) {
        id -> Text,
        email -> Text,
        name -> Text,
        role -> Text,
        active -> Bool,
        password_hash -> Nullable<Text>,
        created_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::{Binary, Date, Nullable, Text};
    use crate::sql_types::Moment;
    api_tokens (id) {
        id -> Text,
        user_id -> Text,
        name -> Text,
        scope -> Text,
        hash -> Binary,
        created_at -> Moment,
        expires_on -> Nullable<Date>,
        last_used_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::sql_types::Moment;
    sessions (id) {
        id -> Text,
        data -> Text,
        expires_at -> Moment,
        user_id -> Nullable<Text>,
        handle -> Nullable<Text>,
        began_at -> Nullable<Moment>,
        seen_at -> Nullable<Moment>,
        agent -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::sql_types::Moment;
    identities (issuer, subject) {
        issuer -> Text,
        subject -> Text,
        user_id -> Text,
        linked_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::sql_types::Moment;
    setup_codes (hash) {
        hash -> Text,
        made_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::sql_types::Moment;
    password_resets (hash) {
        hash -> Text,
        user_id -> Text,
        expires_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::sql_types::Moment;
    throttles (key) {
        key -> Text,
        clear_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::sql_types::{Document, Moment};
    audit_log (id) {
        id -> Text,
        at -> Moment,
        actor_id -> Nullable<Text>,
        actor_name -> Text,
        via -> Text,
        action -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        subject_name -> Text,
        before -> Nullable<Document>,
        after -> Nullable<Document>,
    }
}
