//! Webhooks: who is told of what happens to issues. How the news travels is in `webhooks/post`.

mod post;

use std::sync::{Arc, Mutex};

use okrsync_jql::Clause;

pub(crate) use post::Parcel;
pub use post::{Carriage, Deliveries, Receipt};

use crate::catalogue::Catalogue;
use crate::clock::Instant;
use crate::error::SimError;
use crate::issue::{AsOf, Change, Issue, IssueId, IssueView};
use crate::matching::{Asker, ItemView, SiteView};
use crate::sim::{JiraSim, Shared};
use crate::site::Site;
use crate::sync::lock;
use crate::web::webhook_json;

/// What may happen to an issue, by Jira's own words.
pub(crate) const ISSUE_EVENTS: [&str; 3] = ["jira:issue_created", "jira:issue_updated", "jira:issue_deleted"];

/// Who made a webhook, and so how its deliveries are signed.
#[derive(Clone, Debug)]
pub(crate) enum Owner {
    /// An administrator, with or without a secret.
    Admin { secret: Option<String> },
    /// An app, for the user who let it in.
    App { client_id: String, client_secret: String, user: String, expires: Instant },
}

/// A webhook.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    pub(crate) id: u64,
    pub(crate) url: String,
    pub(crate) events: Vec<String>,
    /// The issues that it is about; none for all.
    pub(crate) filter: Option<(String, Clause)>,
    /// With fields named, only updates of these count.
    pub(crate) fields: Vec<String>,
    pub(crate) owner: Owner,
}

/// A webhook as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its number.
    pub id: u64,
    /// Where it delivers to.
    pub url: String,
    /// The issues that it is about.
    pub filter: Option<String>,
    /// When it ends: only those that apps register do.
    pub expires: Option<Instant>,
}

/// All webhooks of a site.
#[derive(Debug, Default)]
pub(crate) struct Webhooks {
    pub(crate) hooks: Mutex<Vec<Hook>>,
    pub(crate) deliveries: Deliveries,
}

/// What happened to an issue.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Happened<'a> {
    Created,
    Updated(&'a Change),
    Deleted,
}

impl Happened<'_> {
    /// Jira's own word.
    pub(crate) fn event(&self) -> &'static str {
        match self {
            Self::Created => ISSUE_EVENTS[0],
            Self::Updated(_) => ISSUE_EVENTS[1],
            Self::Deleted => ISSUE_EVENTS[2],
        }
    }

    fn touches(&self, fields: &[String]) -> bool {
        let named = |id: &Option<String>| id.as_ref().is_some_and(|id| fields.contains(id));
        match self {
            Self::Updated(change) => fields.is_empty() || change.items.iter().any(|item| named(&item.field_id)),
            Self::Created | Self::Deleted => true,
        }
    }
}

impl Hook {
    /// As whom issues are looked at, and whether it is still alive.
    fn viewer<'a>(&'a self, account: &'a str, now: Instant) -> Option<&'a str> {
        match &self.owner {
            Owner::Admin { .. } => Some(account),
            Owner::App { user, expires, .. } => (now < *expires).then_some(user),
        }
    }

    fn wants(&self, happened: Happened<'_>, view: IssueView<'_>, around: (&Site, &Catalogue, &Asker<'_>)) -> bool {
        let (site, catalogue, asker) = around;
        let of = SiteView { site, catalogue, user: asker.user };
        let matches = |clause: &Clause| of.matcher(clause, asker).matches(&ItemView { of, view });
        self.events.iter().any(|event| event == happened.event())
            && happened.touches(&self.fields)
            && Site::may_see(catalogue, asker.user, view.state)
            && self.filter.as_ref().is_none_or(|(_, clause)| matches(clause))
    }
}

impl Shared {
    /// Tells everybody who wants to know.
    pub(crate) fn announce(&self, site: &Site, id: IssueId, happened: Happened<'_>) {
        let hooks = lock(&self.webhooks.hooks).clone();
        let Some(issue) = site.issue(id).filter(|_| !hooks.is_empty()) else { return };
        let (now, catalogue) = (self.options.clock.now(), site.catalogue());
        let account = catalogue.users.first().map(|user| user.id.clone()).unwrap_or_default();
        let Some(view) = last(issue) else { return };
        for hook in &hooks {
            let Some(user) = hook.viewer(&account, now) else { continue };
            let (zone, week_starts) = (self.options.zone, self.options.week_starts);
            let asker = Asker { user: Some(user), zone, now, week_starts };
            if hook.wants(happened, view, (site, catalogue, &asker)) {
                let body = webhook_json::payload(self, site, view, happened).to_string();
                self.webhooks.deliveries.send(Parcel::new(hook, happened.event(), id, body, now));
            }
        }
    }

    /// The last entry of an issue's changelog, if it was made by the site's latest change.
    pub(crate) fn announce_update(&self, site: &Site, id: IssueId) {
        let latest = site.issue(id).and_then(|issue| issue.changes.last());
        if let Some(change) = latest.filter(|change| change.revision == site.revision) {
            self.announce(site, id, Happened::Updated(change));
        }
    }
}

/// The last state, also of an issue that is deleted.
fn last(issue: &Issue) -> Option<IssueView<'_>> {
    issue.versions.last().map(|version| IssueView { issue, state: &version.state, as_of: AsOf::Now })
}

impl JiraSim {
    /// An administrator makes a webhook of all events of issues, with or without a secret that signs them, and with a query
    /// if it is about some issues only; its number.
    pub fn add_webhook(&self, url: &str, secret: Option<&str>, filter: Option<&str>) -> Result<u64, SimError> {
        let clause = filter.map(|jql| {
            let query = okrsync_jql::parse(jql).map_err(|_| SimError::Query(jql.to_owned()))?;
            let clause = query.where_clause.ok_or_else(|| SimError::Query(jql.to_owned()))?;
            Ok::<_, SimError>((jql.to_owned(), clause))
        });
        let id = crate::sync::write(&self.shared.site).take_id();
        lock(&self.shared.webhooks.hooks).push(Hook {
            id,
            url: url.to_owned(),
            events: ISSUE_EVENTS.map(str::to_owned).into(),
            filter: clause.transpose()?,
            fields: Vec::new(),
            owner: Owner::Admin { secret: secret.map(str::to_owned) },
        });
        Ok(id)
    }

    /// An administrator removes a webhook, whoever made it. False if there is no such webhook.
    pub fn remove_webhook(&self, id: u64) -> bool {
        let mut hooks = lock(&self.shared.webhooks.hooks);
        let before = hooks.len();
        hooks.retain(|hook| hook.id != id);
        hooks.len() < before
    }

    /// All webhooks.
    pub fn webhooks(&self) -> Vec<Webhook> {
        let shown = |hook: &Hook| Webhook {
            id: hook.id,
            url: hook.url.clone(),
            filter: hook.filter.as_ref().map(|(text, _)| text.clone()),
            expires: match &hook.owner {
                Owner::App { expires, .. } => Some(*expires),
                Owner::Admin { .. } => None,
            },
        };
        lock(&self.shared.webhooks.hooks).iter().map(shown).collect()
    }

    /// How news of issues travel.
    pub fn deliveries(&self) -> &Deliveries {
        &self.shared.webhooks.deliveries
    }
}

/// Shared by the site and by the task that delivers.
type Held<T> = Arc<Mutex<T>>;
