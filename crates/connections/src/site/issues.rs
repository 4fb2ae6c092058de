//! Asking for issues: walks, sweeps, some by id, their number, their past.

use super::{Count, Dialect, PageSizes, Site};
use crate::{
    Error, Fetched, Pages, Sweep, Wanted, changelog, cloud, data_center,
    offset::OffsetPager,
    search::Pager,
    wanted::Extent,
    wire::{Listed, Row},
    worklogs,
};
use okrsync_domain::{
    history::{IssueHistory, Worklog},
    issue::{Issue, IssueId},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

impl Site {
    /// A walk through all issues of a where-clause (without ORDER BY) with the `wanted` facts.
    pub fn search(&self, where_text: &str, wanted: &Wanted) -> Pages {
        self.walk(where_text, wanted)
    }

    /// The same, with numbers that cannot be kept exactly told apart instead of failing the walk.
    pub fn read(&self, where_text: &str, wanted: &Wanted) -> Pages<Fetched> {
        self.walk(where_text, wanted)
    }

    /// A walk through the ids of all issues of a where-clause, with when each changed where that costs no smaller pages.
    pub fn sweep(&self, where_text: &str) -> Sweep {
        Sweep::new(self.clone(), where_text)
    }

    /// A walk through the ids of all issues of the site that changed within the last `minutes`, by the site's own clock.
    pub fn changed_within(&self, minutes: u32) -> Pages<Listed> {
        self.list(&format!("updated >= -{}m", minutes.max(1)), false)
    }

    /// A listing of ids, on demand with when each issue changed.
    pub(crate) fn list(&self, where_text: &str, stamped: bool) -> Pages<Listed> {
        let extent = if stamped { Extent::Stamps } else { Extent::Ids };
        self.walk(where_text, &Wanted::listing(extent, self.page_sizes().listing))
    }

    /// Whether a listing tells when each issue changed without smaller pages, as far as is known.
    pub fn stamps(&self) -> bool {
        match self.dialect {
            Dialect::Cloud => !self.client.stamps_shrink_pages(),
            Dialect::DataCenter => true,
        }
    }

    fn walk<R: Row>(&self, where_text: &str, wanted: &Wanted) -> Pages<R> {
        let pager = match self.dialect {
            Dialect::Cloud => Pager::Token(cloud::TokenPager::new(ordered(where_text), Arc::clone(&self.hinted))),
            Dialect::DataCenter => Pager::Offset(OffsetPager::new(where_text)),
        };
        Pages::new(self.client.clone(), wanted.clone(), pager)
    }

    /// How many issues come at once, as far as the site showed.
    pub fn page_sizes(&self) -> PageSizes {
        let sizes = PageSizes::of(self.deployment());
        // What is fetched by id comes in one answer: an answer that is paid for is never half a batch.
        PageSizes { fetch: sizes.fetch.min(self.client.page_limit()), ..sizes }
    }

    /// How many issues each page of a walk adds that asks for `size` of them, as far as the site showed.
    pub fn added_by_page(&self, size: u32) -> u32 {
        let size = size.min(self.client.page_limit());
        match self.dialect {
            Dialect::Cloud => size,
            // One row joins a page to the one before.
            Dialect::DataCenter => size.saturating_sub(1).max(1),
        }
    }

    /// Some issues by id, at most [`PageSizes::fetch`]. Those that are gone or hidden from the account are left out.
    ///
    /// # Errors
    /// Also [`Error::UnexpectedAnswer`] where others came, or one came twice.
    pub async fn fetch(&self, ids: &[IssueId], wanted: &Wanted) -> Result<Vec<Fetched>, Error> {
        let fetched = match self.dialect {
            Dialect::Cloud => cloud::fetch(&self.client, ids, wanted).await?,
            Dialect::DataCenter => data_center::fetch(&self.client, ids, wanted).await?,
        };
        let mut asked: HashSet<IssueId> = ids.iter().copied().collect();
        match fetched.iter().find(|fetched| !asked.remove(&fetched.issue.id)) {
            None => Ok(fetched),
            Some(Fetched { issue: Issue { key, .. }, .. }) => {
                Err(Error::UnexpectedAnswer { detail: format!("{key} was not asked for, or came twice") })
            }
        }
    }

    /// Which of these issues the account sees. Of the others Jira does not tell whether they exist.
    pub async fn visible(&self, ids: &[IssueId]) -> Result<BTreeSet<IssueId>, Error> {
        let (size, mut seen) = (usize::try_from(self.page_sizes().fetch).unwrap_or(1), BTreeSet::new());
        for part in ids.chunks(size) {
            seen.extend(self.fetch(part, &Wanted::default()).await?.into_iter().map(|fetched| fetched.issue.id));
        }
        Ok(seen)
    }

    /// How many issues match: one request, exact only on Data Center.
    pub async fn count(&self, where_text: &str) -> Result<Count, Error> {
        match self.dialect {
            Dialect::Cloud => cloud::count(&self.client, where_text).await,
            Dialect::DataCenter => data_center::count(&self.client, where_text).await,
        }
    }

    /// Which of some queries any of these issues matches, in the order of the queries; none where Jira does not tell. At most
    /// [`PageSizes::facts`] issues.
    pub async fn matching(&self, ids: &[IssueId], queries: &[&str]) -> Result<Vec<Option<bool>>, Error> {
        match self.dialect {
            Dialect::Cloud => cloud::matching(&self.client, ids, queries).await,
            Dialect::DataCenter => data_center::matching(&self.client, ids, queries).await,
        }
    }

    /// How many queries one request of [`Site::matching`] is about.
    pub fn matched_at_once(&self) -> usize {
        match self.dialect {
            Dialect::Cloud => cloud::MATCHED_AT_ONCE,
            Dialect::DataCenter => 1,
        }
    }

    /// Issues with the named fields and every change of them, complete; those that the account does not see are left out.
    /// At most [`crate::MOST_ISSUES`] at a time.
    pub async fn histories(&self, ids: &[IssueId], fields: &[&str]) -> Result<Vec<IssueHistory>, Error> {
        match self.dialect {
            Dialect::Cloud => changelog::cloud(&self.client, cloud::API, ids, fields).await,
            Dialect::DataCenter => changelog::data_center(&self.client, data_center::API, ids, fields).await,
        }
    }

    /// The worklogs of issues as they are now, complete; issues that the account does not see are left out. At most
    /// [`crate::MOST_ISSUES`] at a time.
    ///
    /// # Errors
    /// Whatever a request may end in.
    pub async fn worklogs(&self, ids: &[IssueId]) -> Result<BTreeMap<IssueId, Vec<Worklog>>, Error> {
        match self.dialect {
            Dialect::Cloud => worklogs::cloud(&self.client, cloud::API, ids).await,
            Dialect::DataCenter => worklogs::data_center(&self.client, data_center::API, ids).await,
        }
    }
}

/// In an order that does not change while pages are read: keys change only when an issue moves.
pub(crate) fn ordered(where_text: &str) -> String {
    format!("{} ORDER BY key ASC", where_text.trim()).trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_is_always_ordered() {
        assert_eq!(ordered("project = AE "), "project = AE ORDER BY key ASC");
        assert_eq!(ordered(""), "ORDER BY key ASC");
    }
}
