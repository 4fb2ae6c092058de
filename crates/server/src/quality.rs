//! Data quality: what makes a number say less than it seems to, or count something twice. Read from what is stored.

use crate::{app::App, auth::policy::sees_okr, board::Board, error::ApiResult};
use okrsync_domain::{
    ConnectionId, OkrId,
    catalogue::{Catalogue, story_points_fields},
    measure::Metric,
    okr::Okr,
    person::User,
};
use okrsync_store::{BoardRow, Linked, Overlap};
use std::collections::{BTreeMap, BTreeSet};

/// Statuses or overlaps named one by one; the others are only counted.
const NAMED: usize = 5;

/// Something to know about what a number is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Quality {
    /// Stable word.
    pub(crate) code: &'static str,
    /// One sentence.
    pub(crate) message: String,
    /// How many issues it concerns.
    pub(crate) issues: Option<u64>,
    /// Of how many.
    pub(crate) of: Option<u64>,
    /// The other OKR that it concerns, if there is one that may be seen.
    pub(crate) okr_id: Option<OkrId>,
}

/// What is to be known about the number of an OKR of the board.
pub(crate) async fn of_okr(app: &App, board: &Board, id: OkrId, viewer: &User) -> ApiResult<Vec<Quality>> {
    let Some(row) = board.rows.iter().find(|row| row.okr.id == id) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    if let Some(linked) = &row.link {
        found.extend(coverage(row, linked));
        found.extend(done_without_resolution(app, row, linked).await?);
        found.extend(parents_and_subtasks(app, linked).await?);
    }
    found.extend(counted_twice(app, &row.okr, viewer).await?);
    found.extend(definitions(app, board, id).await?);
    Ok(found)
}

/// Issues without the number that is measured.
fn coverage(row: &BoardRow, linked: &Linked) -> Option<Quality> {
    let covered = row.reading.as_ref()?.tally.coverage;
    let (missing, of) = (covered.without_value, covered.without_value + covered.with_value);
    let what = match &linked.link.metric {
        Metric::Count => return None,
        Metric::TimeSpent => "no time logged".to_owned(),
        Metric::OriginalEstimate => "no original estimate".to_owned(),
        Metric::RemainingEstimate => "no remaining estimate".to_owned(),
        Metric::Progress => "no progress of their own".to_owned(),
        Metric::StoryPoints => "no story points".to_owned(),
        Metric::CustomField { field_id, .. } => format!("nothing in `{field_id}`"),
    };
    (missing > 0).then(|| Quality {
        code: "values_missing",
        message: format!("{missing} of {of} issues have {what}."),
        issues: Some(missing),
        of: Some(of),
        okr_id: None,
    })
}

/// Issues that are completed by their status while Jira calls them unresolved: queries and reports that go by the resolution
/// give other numbers.
async fn done_without_resolution(app: &App, row: &BoardRow, linked: &Linked) -> ApiResult<Option<Quality>> {
    let count = app.store().done_without_resolution(linked.link.query_id).await?;
    let of = row.reading.as_ref().map_or(count, |reading| reading.tally.completed.max(count));
    Ok((count > 0).then(|| Quality {
        code: "done_without_resolution",
        message: format!(
            "{count} of {of} completed issues have no resolution: they count here, and Jira calls them unresolved."
        ),
        issues: Some(count),
        of: Some(of),
        okr_id: None,
    }))
}

/// Sub-tasks beside other issues: if their parents match too, what both have counts twice.
async fn parents_and_subtasks(app: &App, linked: &Linked) -> ApiResult<Option<Quality>> {
    let Some((catalogue, _)) = app.store().find_catalogue(linked.connection.id).await? else { return Ok(None) };
    let names: BTreeSet<&str> =
        catalogue.issue_types.iter().filter(|it| it.subtask).map(|it| it.name.as_str()).collect();
    let types = app.store().member_types(linked.link.query_id).await?;
    let of: u64 = types.iter().map(|(_, count)| count).sum();
    let subtasks: u64 =
        types.iter().filter(|(name, _)| name.as_deref().is_some_and(|name| names.contains(name))).map(|(_, n)| n).sum();
    Ok((subtasks > 0 && subtasks < of).then(|| Quality {
        code: "parents_and_subtasks",
        message: format!("{subtasks} of {of} issues are sub-tasks: where their parents match too, both count."),
        issues: Some(subtasks),
        of: Some(of),
        okr_id: None,
    }))
}

/// Issues that several key results of one objective count.
async fn counted_twice(app: &App, okr: &Okr, viewer: &User) -> ApiResult<Vec<Quality>> {
    let children = app.store().children(okr.id).await?;
    let family = match okr.parent_id {
        Some(parent) if children.is_empty() => app.store().children(parent).await?,
        _ => children,
    };
    if family.len() < 2 {
        return Ok(Vec::new());
    }
    let titles: BTreeMap<OkrId, &str> =
        family.iter().filter(|okr| sees_okr(viewer, okr)).map(|okr| (okr.id, okr.title.as_str())).collect();
    let overlaps = app.store().overlaps(family.iter().map(|okr| okr.id).collect()).await?;
    let own = family.iter().any(|member| member.id == okr.id);
    let mut told: Vec<Overlap> = overlaps
        .into_iter()
        .filter(|Overlap { okrs: (a, b), .. }| !own || *a == okr.id || *b == okr.id)
        .filter(|Overlap { okrs: (a, b), .. }| titles.contains_key(a) && titles.contains_key(b))
        .collect();
    told.sort_by_key(|overlap| std::cmp::Reverse(overlap.issues));
    told.truncate(NAMED);
    let title = |id: OkrId| titles.get(&id).copied().unwrap_or_default();
    let quality = |Overlap { okrs: (a, b), issues }: Overlap| {
        let other = if own && b == okr.id { a } else { b };
        let (count, are) = if issues == 1 { ("1 issue".to_owned(), "is") } else { (format!("{issues} issues"), "are") };
        let message = if own {
            format!("{count} {are} also counted by “{}”.", title(other))
        } else {
            format!("{count} {are} counted by both “{}” and “{}”.", title(a), title(b))
        };
        Quality { code: "counted_twice", message, issues: Some(issues), of: None, okr_id: Some(other) }
    };
    Ok(told.into_iter().map(quality).collect())
}

/// Sites below one objective that mean different things by the same words.
async fn definitions(app: &App, board: &Board, id: OkrId) -> ApiResult<Vec<Quality>> {
    let below = board.rows.iter().filter(|row| row.okr.id != id).filter_map(|row| row.link.as_ref());
    let mut sites: BTreeMap<ConnectionId, Site> = BTreeMap::new();
    for linked in below {
        let connection = &linked.connection;
        let points = linked.link.metric == Metric::StoryPoints;
        if let Some(site) = sites.get_mut(&connection.id) {
            site.points |= points;
        } else if let Some((catalogue, _)) = app.store().find_catalogue(connection.id).await? {
            let own = app.store().get_connection(connection.id).await?.story_points_fields;
            sites.insert(connection.id, Site { name: connection.name.clone(), points, own, catalogue });
        }
    }
    let sites: Vec<Site> = sites.into_values().collect();
    Ok(points_differ(&sites).into_iter().chain(statuses_differ(&sites)).collect())
}

/// A site as far as its definitions go.
struct Site {
    name: String,
    points: bool,
    own: Vec<okrsync_domain::issue::FieldId>,
    catalogue: Catalogue,
}

impl Site {
    /// The name of the field whose points count first.
    fn points_field(&self) -> Option<&str> {
        let first =
            self.own.first().cloned().or_else(|| story_points_fields(&self.catalogue.fields).into_iter().next());
        let first = first.filter(|_| self.points)?;
        self.catalogue.fields.iter().find(|field| field.id == first).map(|field| field.name.as_str())
    }
}

fn points_differ(sites: &[Site]) -> Option<Quality> {
    let named: Vec<(&str, &str)> =
        sites.iter().filter_map(|site| Some((site.points_field()?, site.name.as_str()))).collect();
    let (first, site) = named.first()?;
    let (other, elsewhere) = named.iter().find(|(field, _)| !field.eq_ignore_ascii_case(first))?;
    Some(definition(format!("Points are “{first}” on {site} and “{other}” on {elsewhere}.")))
}

/// Statuses that are done on one site and not on another.
fn statuses_differ(sites: &[Site]) -> Option<Quality> {
    let mut done: BTreeMap<String, (&str, bool, &str)> = BTreeMap::new();
    let mut differ: BTreeMap<String, String> = BTreeMap::new();
    for site in sites {
        for status in &site.catalogue.statuses {
            let (name, is_done, known) = (status.name.to_lowercase(), status.done, site.name.as_str());
            let (shown, was_done, place) = *done.entry(name.clone()).or_insert((&status.name, is_done, known));
            if was_done != is_done && place != known {
                let (yes, no) = if was_done { (place, known) } else { (known, place) };
                differ.entry(name).or_insert_with(|| format!("“{shown}” is done on {yes}, not on {no}"));
            }
        }
    }
    let more = differ.len().saturating_sub(NAMED);
    let mut said: Vec<String> = differ.into_values().take(NAMED).collect();
    if more > 0 {
        said.push(format!("and {more} more"));
    }
    (!said.is_empty()).then(|| definition(format!("{}.", said.join("; "))))
}

fn definition(message: String) -> Quality {
    Quality { code: "definitions_differ", message, issues: None, of: None, okr_id: None }
}
