//! The tables as queries see them, for both databases. The migrations make them; a test selects every one on each.
//!
//! What each table and column means is said where it is made: `migrations/*/…_spine/up.sql`.

mod consent;
mod hooks;
mod people;
mod work;

pub(crate) use consent::{authorization_attempts, grants};
pub(crate) use hooks::{hints, webhooks};
pub(crate) use people::{api_tokens, audit_log, identities, password_resets, sessions, setup_codes, throttles, users};
pub(crate) use work::{
    backfill_stage, backfills, past_members, refresh_group_members, refresh_groups, refreshes, request_usage, waits,
};

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text};
    use crate::sql_types::Exact;
    organisation (id) {
        id -> SmallInt,
        name -> Text,
        time_zone -> Text,
        behind_above -> Exact,
        at_risk_above -> Exact,
        gap_reading -> Text,
        period_minutes -> Nullable<BigInt>,
        jira_enabled -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::sql_types::{Document, Moment};
    connections (id) {
        id -> Text,
        name -> Text,
        server_url -> Text,
        deployment -> Text,
        owner_id -> Text,
        sharing -> Text,
        auth_kind -> Text,
        auth_email -> Nullable<Text>,
        auth_client -> Nullable<Text>,
        header_names -> Document,
        gateway_url -> Nullable<Text>,
        auth_url -> Nullable<Text>,
        cloud_id -> Nullable<Text>,
        ca_pem -> Nullable<Text>,
        proxy_url -> Nullable<Text>,
        timeout_seconds -> BigInt,
        budget_per_hour -> BigInt,
        concurrency -> BigInt,
        story_points_fields -> Document,
        show_titles_to_viewers -> Bool,
        secret_expires_at -> Nullable<Moment>,
        created_at -> Moment,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    connection_secrets (connection_id, name) {
        connection_id -> Text,
        name -> Text,
        sealed -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::sql_types::{Document, Moment};
    connection_health (connection_id) {
        connection_id -> Text,
        state -> Text,
        account -> Nullable<Document>,
        jira -> Nullable<Document>,
        via_gateway -> Bool,
        last_ok_at -> Nullable<Moment>,
        last_error -> Nullable<Document>,
        failures -> BigInt,
        paused_until -> Nullable<Moment>,
        retry_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::sql_types::{Document, Moment};
    catalogues (connection_id) {
        connection_id -> Text,
        document -> Document,
        read_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Nullable, Text};
    use crate::sql_types::{Document, Exact, Moment};
    okrs (id) {
        id -> Text,
        kind -> Text,
        parent_id -> Nullable<Text>,
        title -> Text,
        title_folded -> Text,
        description -> Nullable<Text>,
        owner_id -> Text,
        team -> Nullable<Text>,
        starts_on -> Date,
        due_on -> Date,
        progress_mode -> Text,
        measure -> Document,
        share -> Nullable<Exact>,
        visibility -> Text,
        closed -> Nullable<Document>,
        created_at -> Moment,
        version -> BigInt,
        reading_id -> Nullable<Text>,
        value_check_in_id -> Nullable<Text>,
        standing_check_in_id -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::sql_types::{Document, Moment};
    queries (id) {
        id -> Text,
        connection_id -> Text,
        digest -> Binary,
        canonical -> Text,
        shortest_period -> Nullable<BigInt>,
        follows_default -> Bool,
        due_at -> Nullable<Moment>,
        last_attempt_at -> Nullable<Moment>,
        last_ok_at -> Nullable<Moment>,
        last_matched -> Nullable<BigInt>,
        problem -> Nullable<Document>,
        failures -> BigInt,
        created_at -> Moment,
        hinted -> Bool,
        mirror_version -> Nullable<BigInt>,
        recorded_by -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::sql_types::{Document, Moment};
    links (okr_id) {
        okr_id -> Text,
        connection_id -> Text,
        query_id -> Text,
        jql -> Text,
        metric -> Document,
        completed_only -> Bool,
        period_minutes -> Nullable<BigInt>,
        edited_at -> Moment,
        problem -> Nullable<Document>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::sql_types::Moment;
    #[sql_name = "mirrored"]
    mirror (connection_id, issue_id) {
        connection_id -> Text,
        issue_id -> BigInt,
        seen_at -> Moment,
        listed_at -> Nullable<Moment>,
        updated_at -> Nullable<Moment>,
        status_id -> Nullable<Text>,
        fields -> Text,
        document -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use crate::sql_types::Moment;
    mirror_marks (connection_id) {
        connection_id -> Text,
        looked_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    mirror_versions (connection_id) {
        connection_id -> Text,
        version -> BigInt,
        begun -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    mirror_drops (connection_id, version, issue_id) {
        connection_id -> Text,
        version -> BigInt,
        issue_id -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::sql_types::Moment;
    issues (connection_id, issue_id) {
        connection_id -> Text,
        issue_id -> BigInt,
        issue_key -> Text,
        updated_at -> Nullable<Moment>,
        title -> Nullable<Text>,
        issue_type -> Nullable<Text>,
        status_id -> Nullable<Text>,
        status -> Nullable<Text>,
        assignee -> Nullable<Text>,
        resolved -> Nullable<Bool>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::sql_types::{Document, Moment};
    members (query_id, issue_id, since) {
        query_id -> Text,
        issue_id -> BigInt,
        since -> Moment,
        ended_at -> Nullable<Moment>,
        completed -> Bool,
        time_spent -> Nullable<BigInt>,
        original_estimate -> Nullable<BigInt>,
        remaining_estimate -> Nullable<BigInt>,
        progress_done -> Nullable<BigInt>,
        progress_total -> Nullable<BigInt>,
        numbers -> Document,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::sql_types::Moment;
    departures (query_id, issue_id, ended_at) {
        query_id -> Text,
        issue_id -> BigInt,
        ended_at -> Moment,
        gone -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::sql_types::{Document, Exact, Moment};
    readings (id) {
        id -> Text,
        okr_id -> Text,
        at -> Moment,
        kind -> Text,
        query_id -> Nullable<Text>,
        refresh_id -> Nullable<Text>,
        measure -> Document,
        settings -> Nullable<Document>,
        matched -> BigInt,
        completed -> BigInt,
        value -> Nullable<Exact>,
        done -> Nullable<Exact>,
        total -> Nullable<Exact>,
        with_value -> BigInt,
        without_value -> BigInt,
        warnings -> Document,
        repeats -> BigInt,
        repeated_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::sql_types::{Exact, Moment};
    check_ins (id) {
        id -> Text,
        okr_id -> Text,
        author_id -> Text,
        at -> Moment,
        value -> Nullable<Exact>,
        progress -> Nullable<Exact>,
        status -> Nullable<Text>,
        note -> Text,
        hold -> Text,
        released_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::sql_types::Moment;
    form_submissions (token) {
        token -> Text,
        at -> Moment,
        target -> Nullable<Text>,
    }
}

diesel::joinable!(api_tokens -> users (user_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(identities -> users (user_id));
diesel::joinable!(password_resets -> users (user_id));
diesel::joinable!(links -> okrs (okr_id));
diesel::joinable!(links -> queries (query_id));
diesel::joinable!(links -> connections (connection_id));
diesel::joinable!(connection_health -> connections (connection_id));
diesel::joinable!(refreshes -> queries (query_id));

diesel::allow_tables_to_appear_in_same_query!(
    organisation,
    users,
    api_tokens,
    sessions,
    connections,
    connection_secrets,
    connection_health,
    catalogues,
    okrs,
    queries,
    links,
    refreshes,
    refresh_groups,
    refresh_group_members,
    mirror,
    mirror_marks,
    mirror_versions,
    mirror_drops,
    issues,
    members,
    backfills,
    backfill_stage,
    past_members,
    departures,
    readings,
    check_ins,
    request_usage,
    waits,
    audit_log,
    grants,
    identities,
    setup_codes,
    password_resets,
    throttles,
    webhooks,
    hints,
);
