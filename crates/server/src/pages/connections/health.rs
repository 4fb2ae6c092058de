//! How a connection fares, in a word, a sentence and, where there is trouble, a cure.

use crate::{
    components::{
        figures::{counted, figure},
        icons::{Icon, small},
        times,
    },
    pages::reader::Reader,
};
use maud::{Markup, html};
use okrsync_domain::{
    ConnectionId,
    connection::{Connection, ConnectionState},
};
use okrsync_store::{ConnectionOverview, FirstSync};

/// How a connection is, as the list says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// It answers.
    Healthy,
    /// Its first issues are being read.
    FirstSync,
    /// It waits: Jira, or its budget, asks for it.
    SlowedDown,
    /// It does not answer, or not as it should.
    Failing,
    /// Somebody has to sign in with Jira.
    SignInNeeded,
    /// Nobody has asked yet.
    NotTested,
    /// Switched off, alone or with the whole integration.
    Paused,
}

impl Health {
    /// Judges a connection.
    pub(crate) fn of(overview: &ConnectionOverview, reader: &Reader) -> Self {
        let ConnectionOverview { connection, first_sync, .. } = overview;
        let waits = connection.paused_until.is_some_and(|until| until > reader.now);
        match connection.state {
            _ if !reader.organisation.jira_enabled => Self::Paused,
            ConnectionState::Disabled => Self::Paused,
            ConnectionState::NeedsAuthorization => Self::SignInNeeded,
            ConnectionState::Failing => Self::Failing,
            ConnectionState::Ok | ConnectionState::Untested if waits => Self::SlowedDown,
            ConnectionState::Ok | ConnectionState::Untested if first_sync.is_some() => Self::FirstSync,
            ConnectionState::Ok => Self::Healthy,
            ConnectionState::Untested => Self::NotTested,
        }
    }

    fn look(self) -> (&'static str, Icon, &'static str) {
        match self {
            Self::Healthy => ("c-ok", Icon::Tick, "Healthy"),
            Self::FirstSync => ("c-acc", Icon::Sync, "First sync"),
            Self::SlowedDown => ("c-mid", Icon::Clock, "Slowed down"),
            Self::Failing => ("c-bad", Icon::Triangle, "Failing"),
            Self::SignInNeeded => ("c-mid", Icon::Lock, "Sign in needed"),
            Self::NotTested => ("mut", Icon::Dashed, "Not tested"),
            Self::Paused => ("mut", Icon::Circle, "Paused"),
        }
    }

    /// What the list calls it.
    pub(crate) fn word(self) -> &'static str {
        self.look().2
    }

    /// Whether it is trouble that opens in place.
    pub(crate) fn is_trouble(self) -> bool {
        matches!(self, Self::SlowedDown | Self::Failing | Self::SignInNeeded)
    }
}

/// The word with its icon, and since when.
pub(crate) fn cell(health: Health, overview: &ConnectionOverview, reader: &Reader) -> Markup {
    let connection = &overview.connection;
    let (class, drawing, word) = health.look();
    let age = |at| times::age(at, reader.now, reader.zone());
    let clock = |at| times::clock(at, reader.now, reader.zone());
    let line = match health {
        Health::Failing => connection.last_error.as_ref().map(|problem| format!("Since {}", clock(problem.at))),
        Health::FirstSync => {
            let started = overview.first_sync.and_then(|sync| sync.started_at);
            Some(started.map_or_else(|| "Begins soon".to_owned(), |at| format!("Started {}", clock(at))))
        }
        Health::SlowedDown => connection.paused_until.map(|until| format!("Until {}", clock(until))),
        _ => connection.last_ok_at.map(|at| format!("Answered {}", age(at))),
    };
    html! {
        div {
            div class="row t13 b5 health" { span class=(class) { (small(drawing, "")) } (word) }
            @if let Some(line) = line { div class="t12 mut" { (line) } }
        }
    }
}

/// How far the first reading has come; `edits` is the connection that the reader may change.
pub(crate) fn first_sync(sync: &FirstSync, edits: Option<ConnectionId>) -> Markup {
    let share = sync.percent().unwrap_or(0);
    html! {
        div class="first-sync" {
            div class="between t13" {
                span { b class="b6" { "First sync." } " Reading issues" }
                span class="num" {
                    @match sync.total {
                        Some(total) => { (figure(sync.done.into())) " of " (counted(total, "issue", "issues")) }
                        None => { (counted(sync.done, "issue", "issues")) " so far" }
                    }
                }
            }
            svg class="bar run" role="progressbar" aria-label="First sync" aria-valuemin="0" aria-valuemax="100" aria-valuenow=(share) {
                rect class="track" y="4" width="100%" height="6" rx="3" {}
                rect class="fill" y="4" width={ (share) "%" } height="6" rx="3" {}
            }
            p class="t12 mut" {
                "You can already link key results. Their numbers settle when the first sync is done."
                @if let Some(id) = edits { " " a class="link" href={ "/connections/" (id) "/start" } { "Follow it" } }
            }
        }
    }
}

/// What is wrong in Jira's words, since when nothing came, and what stays.
pub(crate) fn trouble(connection: &Connection, links: u64, reader: &Reader) -> (String, String) {
    let title = match &connection.last_error {
        Some(problem) => problem.message.clone(),
        None => "Somebody has to sign in with Jira.".to_owned(),
    };
    let mut text = Vec::new();
    if let Some(at) = connection.last_ok_at {
        text.push(format!("It last worked {}.", times::age(at, reader.now, reader.zone())));
    }
    text.extend(connection.last_error.as_ref().and_then(|problem| problem.hint.clone()));
    match links {
        0 => {}
        1 => text.push("1 linked key result keeps its last good value.".to_owned()),
        links => text.push(format!("{links} linked key results keep their last good values.")),
    }
    (title, text.join(" "))
}
