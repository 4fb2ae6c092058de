//! Paging by offset, as Data Center does it: each page runs the query anew, and no page reaches beyond the server's
//! result window.

use crate::{
    Error, Wanted,
    client::Client,
    data_center::{PAGE_SIZE, search},
    search::{Found, Page},
    site::ordered,
    wire::{self, OffsetPage, Row},
};
use okrsync_domain::issue::{IssueId, IssueKey};
use std::collections::BTreeSet;

/// Jira's default for the largest offset that a search may reach (`jira.search.platform.max.result.window`). A server
/// with a smaller one says so, and is believed.
const WINDOW: u64 = 10_000;

/// Pages by offset. Rows may move between pages: every page starts with the last row of the one before, and the walk must
/// end at the total that the first page told.
///
/// What lies beyond the result window is read in slices: the query restricted to what comes behind the last key read, by
/// its project and number, since Jira compares keys within a project only. Whatever a server makes of that, a slice must
/// hold exactly what is left of the total.
pub(crate) struct OffsetPager {
    where_text: String,
    slice: Slice,
    read: u64,
    total: Option<u64>,
    /// Projects of the issues read.
    projects: BTreeSet<String>,
    last_key: Option<IssueKey>,
}

/// A part of the walk that pages count from 0.
struct Slice {
    jql: String,
    read: u64,
    total: Option<u64>,
    last: Option<IssueId>,
}

impl Slice {
    fn new(where_text: &str) -> Self {
        Self { jql: ordered(where_text), read: 0, total: None, last: None }
    }
}

impl OffsetPager {
    pub(crate) fn new(where_text: &str) -> Self {
        let (projects, last_key) = Default::default();
        let slice = Slice::new(where_text);
        Self { where_text: where_text.to_owned(), slice, read: 0, total: None, projects, last_key }
    }

    pub(crate) async fn next<R: Row>(&mut self, client: &Client, wanted: &Wanted) -> Result<Found<R>, Error> {
        if self.slice.read + u64::from(wanted.page_size.unwrap_or(PAGE_SIZE)) > WINDOW {
            self.cut()?;
        }
        match self.ask(client, wanted).await {
            Err(Error::ResultWindow) if self.slice.read > 0 => {
                self.cut()?;
                self.ask(client, wanted).await
            }
            answer => answer,
        }
    }

    async fn ask<R: Row>(&mut self, client: &Client, wanted: &Wanted) -> Result<Found<R>, Error> {
        let start = self.slice.read.saturating_sub(1);
        let size = self.size(start, wanted.page_size.unwrap_or(PAGE_SIZE));
        let answer = client.send(&search(&self.slice.jql, start, size, wanted.names())).await?;
        let page = wire::offset_page(&answer.path, &answer.body, wanted)?;
        if start + (page.issues.len() as u64) < page.total {
            client.note_page(size, page.issues.len());
        }
        self.accept(start, page)
    }

    /// At least 2, since 1 would only ever be the row known already; and not beyond the total, since servers refuse
    /// what reaches over their result window.
    fn size(&self, start: u64, wanted: u32) -> u32 {
        let left = self.slice.total.map_or(u32::MAX, |total| u32::try_from(total - start).unwrap_or(u32::MAX));
        wanted.max(2).min(left)
    }

    /// Goes on with what comes behind the last row.
    fn cut(&mut self) -> Result<(), Error> {
        let key = self.last_key.as_ref().ok_or(Error::ResultWindow)?;
        let (project, _) = key.0.rsplit_once('-').ok_or(Error::ResultWindow)?;
        let seen = self.projects.iter().map(|project| format!("\"{project}\"")).collect::<Vec<_>>().join(", ");
        let behind = format!("(project = \"{project}\" AND key > \"{key}\") OR project NOT IN ({seen})");
        self.slice = Slice::new(&match self.where_text.trim() {
            "" => behind,
            text => format!("({text}) AND ({behind})"),
        });
        Ok(())
    }

    /// Holds a page against what is known of the walk.
    fn accept<R: Row>(&mut self, start: u64, mut page: OffsetPage<R>) -> Result<Found<R>, Error> {
        if page.start.is_some_and(|echoed| echoed != start) {
            return Err(Error::UnexpectedAnswer { detail: "the page does not start where it should".to_owned() });
        }
        let total = *self.total.get_or_insert(page.total);
        let left = total.saturating_sub(self.read);
        let (first, expected) = (self.slice.total.is_none(), self.slice.total.unwrap_or(left));
        if expected != page.total {
            return Err(changed(format!("{expected} issues matched at first, now {}", page.total)));
        }
        self.slice.total = Some(expected);
        if let Some(last) = self.slice.last.filter(|_| !first) {
            if page.issues.first().is_none_or(|row| row.id() != last) {
                return Err(changed("the pages no longer join".to_owned()));
            }
            page.issues.remove(0);
        }
        self.note(&page.issues);
        let last = self.read >= total;
        if self.read > total || (page.issues.is_empty() && !last) {
            return Err(changed(format!("{} issues came, {total} were told", self.read)));
        }
        Ok(Found { page: Page { issues: page.issues, total: Some(total), warnings: page.warnings }, last })
    }

    fn note<R: Row>(&mut self, rows: &[R]) {
        let found = rows.len() as u64;
        self.read += found;
        self.slice.read += found;
        self.slice.last = rows.last().map(Row::id).or(self.slice.last);
        for key in rows.iter().filter_map(Row::key) {
            if let Some((project, _)) = key.0.rsplit_once('-')
                && !self.projects.contains(project)
            {
                self.projects.insert(project.to_owned());
            }
        }
        self.last_key = rows.last().and_then(Row::key).cloned().or_else(|| self.last_key.take());
    }
}

fn changed(detail: String) -> Error {
    Error::ResultChanged { detail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;

    fn page(start: u64, total: u64, ids: std::ops::Range<i64>) -> OffsetPage<Listed> {
        let issue = |id| Listed { id: IssueId(id), key: Some(IssueKey(format!("A-{id}"))), updated: None };
        OffsetPage { start: Some(start), total, issues: ids.map(issue).collect(), warnings: Vec::new() }
    }

    /// Walks over hand-made pages: the issues read, or why the walk failed.
    fn walk(pages: Vec<OffsetPage<Listed>>) -> Result<Vec<i64>, Error> {
        let (mut walk, mut ids) = (OffsetPager::new(""), Vec::new());
        for page in pages {
            let found = walk.accept(walk.slice.read.saturating_sub(1), page)?;
            ids.extend(found.page.issues.iter().map(|issue| issue.id.0));
            if found.last {
                return Ok(ids);
            }
        }
        Err(Error::SealBroken) // stands for "the pages ran out"
    }

    #[test]
    fn pages_overlap_by_one_row_and_end_at_the_total() {
        assert_eq!(walk(vec![page(0, 5, 0..3), page(2, 5, 2..5)]).unwrap(), [0, 1, 2, 3, 4]);
        assert_eq!(walk(vec![page(0, 3, 0..3)]).unwrap(), [0, 1, 2]);
        assert_eq!(walk(vec![page(0, 0, 0..0)]).unwrap(), [] as [i64; 0]);
        assert_eq!(walk(vec![page(0, 4, 0..2), page(1, 4, 1..3), page(2, 4, 2..4)]).unwrap(), [0, 1, 2, 3]);
    }

    #[test]
    fn rows_that_moved_are_noticed() {
        for (what, pages) in [
            ("a row slipped to the page before", vec![page(0, 5, 0..3), page(2, 5, 3..6)]),
            ("a row came in before", vec![page(0, 5, 0..3), page(2, 5, 1..4)]),
            ("the total shrank", vec![page(0, 5, 0..3), page(2, 4, 2..4)]),
            ("the total grew", vec![page(0, 5, 0..3), page(2, 6, 2..5)]),
            ("rows are missing at the end", vec![page(0, 5, 0..3), page(2, 5, 2..3)]),
            ("the next page is empty", vec![page(0, 5, 0..3), page(2, 5, 0..0)]),
            ("more rows than told", vec![page(0, 2, 0..3)]),
            ("no row at all", vec![page(0, 2, 0..0)]),
        ] {
            assert!(matches!(walk(pages), Err(Error::ResultChanged { .. })), "{what}");
        }
        let wrong_start = walk(vec![page(0, 5, 0..3), page(0, 5, 0..3)]);
        assert!(matches!(wrong_start, Err(Error::UnexpectedAnswer { .. })));
    }

    /// A walk that was cut after three of five rows.
    fn cut() -> OffsetPager {
        let mut walk = OffsetPager::new("labels = x OR labels = y");
        walk.accept(0, page(0, 5, 0..3)).unwrap();
        walk.cut().unwrap();
        walk
    }

    #[test]
    fn a_slice_holds_exactly_what_is_left() {
        let mut walk = cut();
        let behind = r#"(project = "A" AND key > "A-2") OR project NOT IN ("A")"#;
        assert_eq!(walk.slice.jql, format!("(labels = x OR labels = y) AND ({behind}) ORDER BY key ASC"));
        let found = walk.accept(0, page(0, 2, 3..5)).unwrap();
        assert!(found.last && found.page.total == Some(5), "the total is the whole walk's");
        for total in [1, 3, 5] {
            assert!(matches!(cut().accept(0, page(0, total, 3..5)), Err(Error::ResultChanged { .. })), "{total}");
        }
        assert!(
            matches!(OffsetPager::new("").cut(), Err(Error::ResultWindow)),
            "nothing was read that could be cut behind"
        );
    }
}
