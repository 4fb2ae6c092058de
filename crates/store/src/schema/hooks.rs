//! Tables of what Jira tells us by itself.

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::sql_types::{Document, Moment};
    webhooks (connection_id) {
        connection_id -> Text,
        kind -> Text,
        address -> Text,
        address_hash -> Text,
        signed -> Bool,
        sealed -> Text,
        remote_id -> Nullable<BigInt>,
        expires_at -> Nullable<Moment>,
        check_at -> Nullable<Moment>,
        problem -> Nullable<Document>,
        made_at -> Moment,
        heard_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::sql_types::Moment;
    hints (connection_id, issue_id) {
        connection_id -> Text,
        issue_id -> BigInt,
        hinted_at -> Moment,
    }
}
