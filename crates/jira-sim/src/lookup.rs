//! Finding issues, and hiding them from people.

use crate::catalogue::User;
use crate::error::SimError;
use crate::issue::IssueId;
use crate::options::Dialect;
use crate::sim::JiraSim;
use crate::site::{Lag, Site};
use crate::sync::read;

impl JiraSim {
    /// The present key of an issue.
    pub fn key(&self, id: IssueId) -> Result<String, SimError> {
        let site = read(&self.shared.site);
        site.view(id).map(|view| view.state.key.to_string()).ok_or_else(|| SimError::unknown("issue", &id))
    }

    /// The name of an issue's status.
    pub fn status(&self, id: IssueId) -> Result<String, SimError> {
        let site = read(&self.shared.site);
        let status = site.view(id).and_then(|view| site.catalogue().status(view.state.status));
        status.map(|status| status.name.clone()).ok_or_else(|| SimError::unknown("issue", &id))
    }

    /// An issue by its present or a former key.
    pub fn find(&self, key: &str) -> Option<IssueId> {
        let site = read(&self.shared.site);
        site.find(key).filter(|id| site.view(*id).is_some())
    }

    /// Hides an issue from everybody: it exists, but nobody may see it. `updated` stays.
    pub fn hide(&self, id: IssueId) -> Result<(), SimError> {
        self.restrict(id, &[])
    }

    /// Shows a hidden issue again.
    pub fn unhide(&self, id: IssueId) -> Result<(), SimError> {
        self.edit(id)?.apply(|state, _| {
            state.only = None;
            Ok(Vec::new())
        })?;
        Ok(())
    }

    /// Lets only these users see an issue.
    pub fn restrict(&self, id: IssueId, users: &[&User]) -> Result<(), SimError> {
        self.edit(id)?.apply(|state, _| {
            state.only = Some(users.iter().map(|user| user.id.as_str().into()).collect());
            Ok(Vec::new())
        })?;
        Ok(())
    }

    /// Cloud's search does not see the change at once, where the site lags.
    pub(crate) fn note_lag(&self, site: &mut Site, id: IssueId, seen_as_of: u64) {
        let searches_left = self.shared.options.lag_requests;
        if searches_left > 0 && self.shared.dialect == Dialect::Cloud {
            let seen_as_of = site.lag.get(&id).map_or(seen_as_of, |lag| lag.seen_as_of);
            site.lag.insert(id, Lag { seen_as_of, searches_left });
        }
    }
}
