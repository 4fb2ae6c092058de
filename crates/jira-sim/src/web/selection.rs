//! Which fields of an issue an answer shows.

use crate::catalogue::Catalogue;
use crate::field::{Field, FieldKind};

/// The fields to show, resolved against the site's fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// Only ids and keys were asked for: no `fields` object, and Cloud allows large pages.
    pub(crate) bare: bool,
    /// The key is shown even so.
    pub(crate) key: bool,
    pub(crate) fields: Vec<Shown>,
}

/// A field to show.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) id: String,
    pub(crate) kind: FieldKind,
}

impl Selection {
    /// Resolves a list such as `["*navigable", "-comment", "customfield_10016"]`. Unknown names are ignored, as Jira
    /// ignores them.
    pub(crate) fn of(wanted: &[String], catalogue: &Catalogue) -> Self {
        let is_key = |name: &str| name.eq_ignore_ascii_case("key") || name.eq_ignore_ascii_case("issuekey");
        if !wanted.is_empty() && wanted.iter().all(|name| name == "id" || is_key(name)) {
            return Self { bare: true, key: wanted.iter().any(|name| is_key(name)), fields: Vec::new() };
        }
        let excluded: Vec<&str> = wanted.iter().filter_map(|name| name.strip_prefix('-')).collect();
        let only_exclusions = excluded.len() == wanted.len();
        let included = |field: &&Field| {
            let named = wanted.iter().any(|name| match name.as_str() {
                "*all" => true,
                "*navigable" => field.navigable,
                other => field.id == other,
            });
            (only_exclusions || named) && !excluded.contains(&field.id.as_str())
        };
        let shown = catalogue.visible_fields().filter(included).filter(|field| field.kind != FieldKind::IssueKey);
        let fields = shown.map(|field| Shown { id: field.id.clone(), kind: field.kind }).collect();
        Self { bare: false, key: true, fields }
    }

    /// Whether the wildcards are asked for, which some limits mind.
    pub(crate) fn is_explicit(wanted: &[String]) -> bool {
        wanted.iter().any(|name| !name.starts_with(['*', '-']))
            && !wanted.iter().any(|name| name.starts_with('*') || name == "comment" || name == "worklog")
    }
}
