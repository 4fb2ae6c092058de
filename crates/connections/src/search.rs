//! Walking through all issues of a query, page by page, with proof that none is missed and none counted twice.

use crate::{Error, Wanted, client::Client, cloud::TokenPager, offset::OffsetPager, wire::Row};
use okrsync_domain::issue::{Issue, IssueId};
use std::{collections::HashSet, marker::PhantomData};

/// No walk is longer: a server that never ends is broken.
const MOST_PAGES: u32 = 100_000;

/// One page of a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<R = Issue> {
    /// Issues that no earlier page of the walk had.
    pub issues: Vec<R>,
    /// How many match in all (Data Center only).
    pub total: Option<u64>,
    /// What Jira tolerated in the query, in its words.
    pub warnings: Vec<String>,
}

/// A walk through all issues of a query, from [`crate::Site::search`] and its like.
pub struct Pages<R = Issue> {
    client: Client,
    wanted: Wanted,
    pager: Pager,
    state: State,
    seen: HashSet<IssueId>,
    walked: u32,
    reads: PhantomData<fn() -> R>,
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
pub(crate) struct Found<R> {
    pub page: Page<R>,
    /// Whether the pager proved that it was the last.
    pub last: bool,
}

impl<R: Row> Pages<R> {
    pub(crate) fn new(client: Client, wanted: Wanted, pager: Pager) -> Self {
        let (state, seen, reads) = (State::Walking, HashSet::new(), PhantomData);
        Self { client, wanted, pager, state, seen, walked: 0, reads }
    }

    /// The next page; nothing once every page was read and the whole was proved.
    ///
    /// # Errors
    /// Whatever [`Error`] says. A failed walk stays failed and repeats its error; [`Error::ResultChanged`] asks for a
    /// new one.
    pub async fn next(&mut self) -> Result<Option<Page<R>>, Error> {
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

    /// Whether every page was read and the whole proved.
    pub fn is_proved(&self) -> bool {
        matches!(self.state, State::Proved)
    }

    /// Distinct issues read so far.
    pub fn read(&self) -> u64 {
        self.seen.len() as u64
    }

    async fn step(&mut self) -> Result<Found<R>, Error> {
        self.walked += 1;
        if self.walked > MOST_PAGES {
            return Err(Error::UnexpectedAnswer { detail: format!("there is no end after {MOST_PAGES} pages") });
        }
        let found: Found<R> = match &mut self.pager {
            Pager::Token(pager) => pager.next(&self.client, &self.wanted).await?,
            Pager::Offset(pager) => pager.next(&self.client, &self.wanted).await?,
        };
        match found.page.issues.iter().find(|issue| !self.seen.insert(issue.id())) {
            Some(twice) => {
                let name = twice.key().map_or_else(|| twice.id().to_string(), ToString::to_string);
                Err(Error::ResultChanged { detail: format!("{name} came twice") })
            }
            None => Ok(found),
        }
    }
}
