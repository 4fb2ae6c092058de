//! Which rows of the board are wanted: a form and links, all of it in the address.

use super::{BoardPage, size};
use crate::{
    app::App,
    board::Shown,
    components::{
        icons::{Icon, small},
        pill::{look, pill},
    },
    error::ApiResult,
    pages::{encode, tree::mentions},
};
use maud::{Markup, html};
use okrsync_domain::{OkrId, UserId, okr::ProgressMode};
use okrsync_metrics::Status;
use serde::Deserialize;
use std::collections::BTreeSet;

/// What the reader asked for. Anything unknown is as good as nothing: addresses are typed and shared.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    pub(crate) period: String,
    pub(crate) page: String,
    status: String,
    q: String,
    owner: String,
    team: String,
    source: String,
}

/// Where a number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// From Jira.
    Jira,
    /// From people.
    Hand,
}

impl Source {
    const ALL: [Self; 2] = [Self::Jira, Self::Hand];

    fn word(self) -> &'static str {
        if self == Self::Jira { "jira" } else { "hand" }
    }

    fn label(self) -> &'static str {
        if self == Self::Jira { "Jira" } else { "Entered by hand" }
    }
}

/// Which rows are wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Words that rows must mention.
    pub(crate) search: String,
    /// Linked OKRs that the issue with this key counts for, if the search is a key.
    pub(crate) with_issue: BTreeSet<OkrId>,
    /// Status that rows must have.
    pub(crate) status: Option<Status>,
    /// Who must own them.
    pub(crate) owner: Option<UserId>,
    /// Team that they must be of.
    pub(crate) team: Option<String>,
    /// Where their numbers must come from.
    pub(crate) source: Option<Source>,
}

impl Filter {
    /// Reads what was asked for.
    pub(super) async fn of(app: &App, asked: &Asked) -> ApiResult<Self> {
        let search = asked.q.trim().to_owned();
        let with_issue = if is_key(&search) {
            app.store().okrs_with_issue(&search.to_uppercase()).await?.into_iter().collect()
        } else {
            BTreeSet::new()
        };
        Ok(Self {
            with_issue,
            status: asked.status.parse().ok(),
            owner: asked.owner.parse().ok(),
            team: Some(asked.team.trim().to_owned()).filter(|team| !team.is_empty()),
            source: Source::ALL.into_iter().find(|source| source.word() == asked.source),
            search,
        })
    }

    /// Whether it leaves anything out.
    pub(super) fn is_on(&self) -> bool {
        !self.query().is_empty()
    }

    /// Its part of the address.
    pub(super) fn query(&self) -> String {
        let pairs = [
            ("q", Some(self.search.clone()).filter(|text| !text.is_empty())),
            ("status", self.status.map(|status| status.as_str().to_owned())),
            ("owner", self.owner.map(|owner| owner.to_string())),
            ("team", self.team.clone()),
            ("source", self.source.map(|source| source.word().to_owned())),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some(format!("&{name}={}", encode(&value?)))).collect()
    }

    /// Whether a row is wanted.
    pub(super) fn fits(&self, shown: &Shown<'_>) -> bool {
        let okr = &shown.row.okr;
        let source = match (okr.progress_mode, &shown.row.link) {
            (ProgressMode::DataSource, Some(_)) => Some(Source::Jira),
            (ProgressMode::RollUp, _) => None,
            _ => Some(Source::Hand),
        };
        self.status.is_none_or(|status| shown.standing.status == status)
            && (self.search.is_empty() || mentions(shown, &self.search) || self.with_issue.contains(&okr.id))
            && self.owner.is_none_or(|owner| okr.owner_id == owner)
            && self.team.as_ref().is_none_or(|team| okr.team.as_ref() == Some(team))
            && self.source.is_none_or(|wanted| source == Some(wanted))
    }
}

/// Whether a text is the key of an issue: `AE-786`, in any case.
fn is_key(text: &str) -> bool {
    let Some((project, number)) = text.rsplit_once('-') else { return false };
    let letters = |text: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    project.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && letters(project)
        && !number.is_empty()
        && number.bytes().all(|digit| digit.is_ascii_digit())
}

/// Search, filters and the number of rows.
pub(super) fn tools(page: &BoardPage) -> Markup {
    let filter = &page.filter;
    html! {
        form class="tools" method="get" action="/" role="search" {
            input type="hidden" name="period" value=(page.quarter);
            @if let Some(status) = filter.status { input type="hidden" name="status" value=(status.as_str()); }
            @if let Some(owner) = filter.owner { input type="hidden" name="owner" value=(owner); }
            @if let Some(team) = &filter.team { input type="hidden" name="team" value=(team); }
            @if let Some(source) = filter.source { input type="hidden" name="source" value=(source.word()); }
            label class="in sm" {
                (small(Icon::Search, ""))
                span class="vh" { "Filter by title, issue key or query" }
                input type="search" name="q" value=(filter.search) placeholder="Filter by title, issue key or query";
                kbd class="kbd only-d" aria-hidden="true" { "/" }
            }
            (statuses(page)) (owners(page)) (teams(page)) (sources(page))
            @if filter.is_on() { a class="btn ghost sm" href=(page.address(&Filter::default())) { "Clear filters" } }
            span class="grow" {}
            span class="t12 mut only-d size" data-part="size" { (size(page)) }
            button class="btn ghost only-d" type="button" data-collapse hidden { "Collapse all" }
        }
    }
}

/// One filter: its name, the value that is on, and the choices as address, text and whether it is the one.
fn chip(name: &str, none: &str, on: Option<&str>, choices: &[(String, Markup, bool)]) -> Markup {
    html! {
        details class={ "menu f-" (name.to_lowercase()) } {
            summary class={ "chip" @if on.is_some() { " on" } } { (name) " " b { (on.unwrap_or(none)) } (small(Icon::Down, "")) }
            div class="pop" {
                @for (address, text, chosen) in choices { a href=(address) aria-current=[chosen.then_some("true")] { (text) } }
            }
        }
    }
}

/// The choice that takes a filter away.
fn any(page: &BoardPage, text: &str, filter: &Filter, chosen: bool) -> (String, Markup, bool) {
    (page.address(filter), html! { (text) }, chosen)
}

fn statuses(page: &BoardPage) -> Markup {
    let on = page.filter.status;
    let with = |status| Filter { status, ..page.filter.clone() };
    let mut choices = vec![any(page, "Any", &with(None), on.is_none())];
    let all = [Status::AtRisk, Status::Behind, Status::OnTrack, Status::Achieved, Status::NotStarted, Status::NoData];
    choices.extend(all.map(|status| (page.address(&with(Some(status))), pill(status), on == Some(status))));
    chip("Status", "Any", on.map(|status| look(status).word), &choices)
}

fn owners(page: &BoardPage) -> Markup {
    let on = page.filter.owner;
    let with = |owner| Filter { owner, ..page.filter.clone() };
    let ids: BTreeSet<UserId> = page.board.rows.iter().map(|row| row.okr.owner_id).collect();
    let mut people: Vec<_> = ids.iter().filter_map(|id| page.people.get(id)).collect();
    people.sort_by(|a, b| a.name.cmp(&b.name));
    let mut choices = vec![any(page, "Anyone", &with(None), on.is_none())];
    choices.extend(
        people.iter().map(|user| (page.address(&with(Some(user.id))), html! { (user.name) }, on == Some(user.id))),
    );
    let name = on.and_then(|owner| page.people.get(&owner)).map(|user| user.name.as_str());
    chip("Owner", "Anyone", name, &choices)
}

fn teams(page: &BoardPage) -> Markup {
    let on = page.filter.team.as_deref();
    let with = |team: Option<&str>| Filter { team: team.map(ToOwned::to_owned), ..page.filter.clone() };
    let names: BTreeSet<&str> = page.board.rows.iter().filter_map(|row| row.okr.team.as_deref()).collect();
    let mut choices = vec![any(page, "All", &with(None), on.is_none())];
    choices.extend(names.iter().map(|name| (page.address(&with(Some(name))), html! { (name) }, on == Some(*name))));
    html! { @if !names.is_empty() { (chip("Team", "All", on, &choices)) } }
}

fn sources(page: &BoardPage) -> Markup {
    let on = page.filter.source;
    let with = |source| Filter { source, ..page.filter.clone() };
    let mut choices = vec![any(page, "All", &with(None), on.is_none())];
    choices.extend(
        Source::ALL.map(|source| (page.address(&with(Some(source))), html! { (source.label()) }, on == Some(source))),
    );
    chip("Source", "All", on.map(Source::label), &choices)
}

#[cfg(test)]
mod tests {
    use super::is_key;

    #[test]
    fn keys_are_told_from_words() {
        for (text, key) in [
            ("AE-786", true),
            ("ae-1", true),
            ("A3_X-12", true),
            ("update-path", false),
            ("AE-", false),
            ("-1", false),
            ("3-1", false),
        ] {
            assert_eq!(is_key(text), key, "{text}");
        }
    }
}
