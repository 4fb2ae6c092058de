//! What a webhook is told, in Jira's own shape.

use serde_json::{Value, json};

use super::catalogue_json as shape;
use super::changelog_json::{self, Histories};
use super::issue_json::{IssueJson, Page};
use super::selection::Selection;
use crate::issue::IssueView;
use crate::sim::Shared;
use crate::site::Site;
use crate::webhooks::Happened;

/// The body of a delivery: the issue without expansions, and what changed.
pub(crate) fn payload(shared: &Shared, site: &Site, view: IssueView<'_>, happened: Happened<'_>) -> Value {
    let catalogue = site.catalogue();
    let selection = Selection::of(&["*all".to_owned(), "-worklog".to_owned(), "-subtasks".to_owned()], catalogue);
    let page = Page {
        site,
        catalogue,
        selection: &selection,
        base_url: &shared.base_url,
        dialect: shared.dialect,
        zone: shared.options.zone,
        histories: Histories::None,
    };
    let author = match happened {
        Happened::Updated(change) => &change.author,
        Happened::Created | Happened::Deleted => &view.issue.creator,
    };
    let mut told = json!({
        "timestamp": shared.options.clock.now().timestamp_millis(),
        "webhookEvent": happened.event(),
        "user": catalogue.user(author).map(|user| shape::user(&page, user)),
        "issue": IssueJson { page, view },
    });
    match happened {
        Happened::Updated(change) => {
            told["issue_event_type_name"] = json!("issue_generic");
            let entry = changelog_json::history(&page, change, None);
            told["changelog"] = json!({ "id": entry["id"], "items": entry["items"] });
        }
        Happened::Created => told["issue_event_type_name"] = json!("issue_created"),
        Happened::Deleted => {}
    }
    told
}
