//! Who reads a page, how, and at which moment: what every page of the application needs around it.

use super::{Visitor, flash::Flash};
use crate::{
    app::App,
    components::{note::plainly, shell::Theme, times},
    error::ApiResult,
};
use chrono_tz::Tz;
use okrsync_domain::{Date, Instant, connection::ConnectionState, organisation::Organisation, person::User};
use okrsync_store::{ConnectionOverview, Page};

/// Who reads a page, how, and at which moment.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    /// Who.
    pub(crate) user: User,
    /// The token that forms carry.
    pub(crate) csrf: String,
    /// The mark by which a second click on this page's form is known.
    pub(crate) once: String,
    /// Colours as they chose them.
    pub(crate) theme: Theme,
    /// Where browsers find okrsync, without a slash at the end.
    pub(crate) address: String,
    /// The page's own address, to come back to.
    pub(crate) path: String,
    /// The organisation's settings.
    pub(crate) organisation: Organisation,
    /// The moment it is read.
    pub(crate) now: Instant,
    /// The day that it is in the organisation.
    pub(crate) today: Date,
    /// When Jira is asked next; none while it is not asked.
    pub(crate) next_sync: Option<Instant>,
    /// Connections that fail, with what is wrong: those the reader may know of.
    pub(crate) failing: Vec<Failing>,
    /// All connections that the reader may know of.
    pub(crate) connections: usize,
    /// What the form before this page came to.
    pub(crate) flash: Option<Flash>,
}

/// A connection in trouble.
#[derive(Debug, Clone)]
pub(crate) struct Failing {
    /// What is wrong, in a sentence that names it.
    pub(crate) trouble: String,
    /// Since when, as the reader's page says it.
    pub(crate) since: Option<String>,
    /// Key results that are measured through it.
    pub(crate) links: u64,
}

impl Reader {
    /// Reads what the page's surroundings say.
    pub(crate) async fn of(app: &App, visitor: Visitor) -> ApiResult<Self> {
        let (organisation, now) = (app.store().organisation().await?, app.now());
        let known = app.store().connections(Some(visitor.caller.viewer()), now, Page::all()).await?.items;
        let failing = known.iter().filter(|it| it.connection.state == ConnectionState::Failing);
        let failing = failing.map(|ConnectionOverview { connection, links, .. }| Failing {
            trouble: connection.last_error.as_ref().map(|it| plainly(&connection.name, it)).unwrap_or_default(),
            since: connection.last_error.as_ref().map(|problem| times::clock(problem.at, now, organisation.time_zone)),
            links: *links,
        });
        Ok(Self {
            failing: failing.collect(),
            connections: known.len(),
            next_sync: app.store().next_due().await?.filter(|_| organisation.jira_enabled),
            today: organisation.today(now),
            organisation,
            now,
            once: hex::encode(app.random().bytes::<16>()),
            csrf: visitor.caller.csrf,
            user: visitor.caller.user,
            theme: visitor.theme,
            address: app.settings().address(),
            path: visitor.path,
            flash: visitor.flash,
        })
    }

    /// The organisation's time zone.
    pub(crate) fn zone(&self) -> Tz {
        self.organisation.time_zone
    }
}
