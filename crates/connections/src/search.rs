//! Walking through all issues of a query, page by page, with proof that none is missed and none counted twice.

use crate::{Error, Wanted, client::Client, cloud::TokenPager, data_center::OffsetPager};
use okrsync_domain::issue::{Issue, IssueId};
use std::collections::HashSet;

/// No walk is longer: a server that never ends is broken.
const MOST_PAGES: u32 = 100_000;

/// One page of a walk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Issues that no earlier page of the walk had.
    pub issues: Vec<Issue>,
    /// How many match in all (Data Center only).
    pub total: Option<u64>,
    /// What Jira tolerated in the query, in its words.
    pub warnings: Vec<String>,
}

/// A walk through all issues of a query, from [`crate::Site::search`].
pub struct Pages {
    client: Client,
    wanted: Wanted,
    pager: Pager,
    state: State,
    seen: HashSet<IssueId>,
    walked: u32,
}

/// How a deployment pages.
pub(crate) enum Pager {
    /// Opaque tokens, no total.
    Token(TokenPager),
    /// Offsets into a query that runs anew for each page.
    Offset(OffsetPager),
}

enum State {
    Walking,
    Proved,
    Failed(Error),
}

/// A page as a pager found it.
pub(crate) struct Found {
    pub page: Page,
    /// Whether the pager proved that it was the last.
    pub last: bool,
}

impl Pages {
    pub(crate) fn new(client: Client, wanted: Wanted, pager: Pager) -> Self {
        Self { client, wanted, pager, state: State::Walking, seen: HashSet::new(), walked: 0 }
    }

    /// The next page; nothing once every page was read and the whole was proved.
    ///
    /// # Errors
    /// Whatever [`Error`] says. A failed walk stays failed and repeats its error; [`Error::ResultChanged`] asks for a
    /// new one.
    pub async fn next(&mut self) -> Result<Option<Page>, Error> {
        match &self.state {
            State::Proved => return Ok(None),
            State::Failed(error) => return Err(error.clone()),
            State::Walking => {}
        }
        let found = self.step().await.inspect_err(|error| self.state = State::Failed(error.clone()))?;
        if found.last {
            self.state = State::Proved;
        }
        Ok(Some(found.page))
    }

    /// Distinct issues read so far.
    pub fn read(&self) -> u64 {
        self.seen.len() as u64
    }

    async fn step(&mut self) -> Result<Found, Error> {
        self.walked += 1;
        if self.walked > MOST_PAGES {
            return Err(Error::UnexpectedAnswer { detail: format!("there is no end after {MOST_PAGES} pages") });
        }
        let found = match &mut self.pager {
            Pager::Token(pager) => pager.next(&self.client, &self.wanted).await?,
            Pager::Offset(pager) => pager.next(&self.client, &self.wanted).await?,
        };
        match found.page.issues.iter().find(|issue| !self.seen.insert(issue.id)) {
            Some(twice) => Err(Error::ResultChanged { detail: format!("{} came twice", twice.key) }),
            None => Ok(found),
        }
    }
}
