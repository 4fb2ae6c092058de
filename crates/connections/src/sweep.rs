//! Sweeping: which issues a query matches, all of them, by id.

use crate::{Error, Listed, Page, Pages, Site};

/// A walk through the ids of everything that a query matches, from [`Site::sweep`]. Complete or an error, like every walk.
pub struct Sweep {
    site: Site,
    where_text: String,
    pages: Pages<Listed>,
    stamped: bool,
    /// Whether nothing was read yet.
    fresh: bool,
}

impl Sweep {
    pub(crate) fn new(site: Site, where_text: &str) -> Self {
        let stamped = site.stamps();
        let pages = site.list(where_text, stamped);
        Self { site, where_text: where_text.to_owned(), pages, stamped, fresh: true }
    }

    /// The next page; nothing once the whole was proved.
    ///
    /// # Errors
    /// As [`Pages::next`].
    pub async fn next(&mut self) -> Result<Option<Page<Listed>>, Error> {
        let page = self.pages.next().await?;
        let first = std::mem::replace(&mut self.fresh, false);
        if first && self.stamped && self.is_cut_short(page.as_ref()) {
            // Cloud gives small pages as soon as a field is named. Once is enough to know.
            self.site.client().note_that_stamps_shrink_pages();
            self.stamped = false;
            self.pages = self.site.list(&self.where_text, false);
            return self.pages.next().await;
        }
        Ok(page)
    }

    /// Whether there is more although the page is smaller than it might be. Data Center clamps every page alike and tells
    /// the total, which is no reason to do without the stamps.
    fn is_cut_short(&self, page: Option<&Page<Listed>>) -> bool {
        let size = usize::try_from(self.site.page_sizes().listing).unwrap_or(usize::MAX);
        let small = page.is_some_and(|page| page.total.is_none() && page.issues.len() < size);
        small && !self.pages.is_proved()
    }
}
