//! Tables of asking Jira: refreshes, the past of a query, requests.

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::sql_types::{Document, Moment};
    refreshes (id) {
        id -> Text,
        query_id -> Text,
        connection_id -> Text,
        origin -> Text,
        state -> Text,
        requested_at -> Moment,
        lease_owner -> Nullable<Text>,
        lease_until -> Nullable<Moment>,
        attempt -> BigInt,
        done -> BigInt,
        total -> Nullable<BigInt>,
        requests -> BigInt,
        issues -> BigInt,
        started_at -> Nullable<Moment>,
        finished_at -> Nullable<Moment>,
        error -> Nullable<Document>,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::sql_types::Moment;
    refresh_groups (id) {
        id -> Text,
        requested_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    refresh_group_members (group_id, refresh_id) {
        group_id -> Text,
        refresh_id -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::sql_types::Moment;
    waits (connection_id, endpoint) {
        connection_id -> Text,
        endpoint -> Text,
        until -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::sql_types::Moment;
    request_usage (connection_id, minute) {
        connection_id -> Text,
        minute -> Moment,
        requests -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Nullable, Text};
    use crate::sql_types::{Document, Moment};
    backfills (query_id) {
        query_id -> Text,
        plan -> Text,
        state -> Text,
        from_day -> Nullable<Date>,
        until -> Nullable<Moment>,
        done -> BigInt,
        total -> Nullable<BigInt>,
        gaps -> Document,
        problem -> Nullable<Document>,
        not_before -> Nullable<Moment>,
        lease_owner -> Nullable<Text>,
        lease_until -> Nullable<Moment>,
        attempt -> BigInt,
        finished_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::sql_types::Document;
    backfill_stage (query_id, issue_id) {
        query_id -> Text,
        issue_id -> BigInt,
        document -> Document,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::sql_types::{Document, Moment};
    past_members (run_id, issue_id, since) {
        run_id -> Text,
        query_id -> Text,
        issue_id -> BigInt,
        since -> Moment,
        ended_at -> Moment,
        facts -> Document,
    }
}
