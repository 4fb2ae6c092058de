//! The audit log: who did what to what, with filters, page by page, and as a file.

use super::{PageError, Visitor, encode, reader::Reader};
use crate::{
    app::App,
    audit_export::days,
    auth::policy::Act,
    components::{
        form::{self, Entries, Field},
        icons::{Icon, small},
        shell::{Place, Shell, crumbs, shell},
        times,
    },
    error::ApiError,
    extract::Params,
};
use axum::extract::State;
use maud::{Markup, html};
use okrsync_domain::{
    audit::{Entry, Note, Via},
    person::User,
};
use okrsync_store::{AuditFilter, Page, Slice};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// Entries on a page.
const SIZE: u32 = 50;
/// Most characters that are shown of a value.
const SHOWN: usize = 60;

/// What is asked for; a field that is left empty asks for everything.
#[derive(Debug, Default, Clone, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    actor: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    cursor: String,
}

impl Asked {
    async fn filter(&self, app: &App) -> Result<AuditFilter, ApiError> {
        let day = |name: &str, text: &str| match text {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| ApiError::field("invalid_value", name, "This is no day.")),
        };
        let days = days(app.store(), day("from", &self.from)?, day("to", &self.to)?).await?;
        let text = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let actor = text(&self.actor).map(|id| id.parse()).transpose();
        let actor = actor.map_err(|_| ApiError::field("invalid_value", "actor", "There is nobody with this id."))?;
        Ok(AuditFilter { actor, action: text(&self.action), subject: text(&self.subject), ..days })
    }

    /// The same question, behind the question mark.
    fn query(&self) -> String {
        let pairs = [("from", &self.from), ("to", &self.to), ("actor", &self.actor), ("action", &self.action)];
        let pairs = pairs.into_iter().chain([("subject", &self.subject)]).filter(|(_, value)| !value.is_empty());
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        if query.is_empty() { query } else { format!("{query}&") }
    }

    fn entries(&self) -> Entries {
        Entries::new([
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("actor", self.actor.clone()),
            ("action", self.action.clone()),
            ("subject", self.subject.clone()),
        ])
    }
}

/// The page.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Params(asked): Params<Asked>,
) -> Result<Markup, PageError> {
    visitor.caller.may(Act::Administer)?;
    let filter = asked.filter(&app).await?;
    let after = Some(asked.cursor.as_str()).filter(|text| !text.is_empty()).map(str::parse).transpose();
    let after = after.map_err(|_| crate::api::listing::bad_cursor())?;
    let entries = app.store().audit(&filter, Page { limit: SIZE, after }).await?;
    let people = app.store().users(Page::all()).await?.items;
    Ok(render(&Reader::of(&app, visitor).await?, &asked, &entries, &people))
}

/// The page.
pub(crate) fn render(reader: &Reader, asked: &Asked, entries: &Slice<Entry>, people: &[User]) -> Markup {
    let query = asked.query();
    let content = html! {
        div class="page" {
            div class="between" {
                h1 class="title" { "Audit log" }
                span class="row" {
                    a class="btn" href={ "/api/v1/audit?" (query) "format=csv" } { "CSV" }
                    a class="btn" href={ "/api/v1/audit?" (query) "format=jsonl" } { "JSON lines" }
                }
            }
            (filters(asked, people))
            @if entries.items.is_empty() { p class="sub" { "Nothing was changed that fits." } } @else {
                div class="card scroll" { (table(reader, &entries.items)) }
            }
            @if let Some(next) = &entries.next {
                p { a class="btn" href={ "/audit?" (query) "cursor=" (encode(&next.to_string())) } { "Older entries" } }
            }
        }
    };
    shell(
        &Shell { title: "Audit log", place: Place::Audit, reader, top: crumbs(&[], "Audit log"), back: None },
        &content,
    )
}

fn filters(asked: &Asked, people: &[User]) -> Markup {
    let entries = asked.entries();
    let everybody = [(String::new(), "Everybody".to_owned())].into_iter();
    let people: Vec<(String, String)> =
        everybody.chain(people.iter().map(|user| (user.id.to_string(), user.name.clone()))).collect();
    let text = |name, label, kind, placeholder| {
        form::input(&Field { name, label, kind, placeholder, ..Field::default() }, &entries)
    };
    html! {
        form method="get" action="/audit" class="filters" {
            (text("from", "From", "date", ""))
            (text("to", "To", "date", ""))
            (form::select(&Field { name: "actor", label: "Who", ..Field::default() }, &entries, &people))
            (text("action", "What", "text", "okr.change"))
            input type="hidden" name="subject" value=(asked.subject);
            button class="btn" { (small(Icon::Filter, "")) "Show" }
            @if !asked.query().is_empty() { a class="link" href="/audit" { "Clear filters" } }
        }
    }
}

fn table(reader: &Reader, entries: &[Entry]) -> Markup {
    html! {
        table class="tbl" {
            thead { tr {
                th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "What" } th scope="col" { "To what" }
                th scope="col" { "Change" }
            } }
            tbody {
                @for Entry { note, .. } in entries {
                    tr {
                        td class="num" title=(times::exact(note.at, reader.zone())) { (times::clock(note.at, reader.now, reader.zone())) }
                        td { (note.actor.name) " " span class="mut" { (via(note.actor.via)) } }
                        td { code { (note.action) } }
                        td {
                            a class="link" href={ "/audit?subject=" (encode(&note.subject.id)) } title="Everything about it" {
                                (note.subject.name)
                            }
                            " " span class="mut" { (note.subject.kind) }
                        }
                        td { (changes(note)) }
                    }
                }
            }
        }
    }
}

fn via(via: Via) -> &'static str {
    match via {
        Via::Session | Via::Command => "",
        Via::Token => "by token",
        Via::Link => "by link",
    }
}

/// What was different, a line each.
fn changes(note: &Note) -> Markup {
    let members = |value: &Option<Value>| value.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    let (before, after) = (members(&note.before), members(&note.after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    html! {
        @if !names.is_empty() {
            details {
                summary { (names.len()) @if names.len() == 1 { " field" } @else { " fields" } }
                dl class="changes" {
                    @for name in names {
                        dt { (name) }
                        dd {
                            @if let Some(value) = before.get(name) { span class="mut" { (short(value)) } " → " }
                            @match after.get(name) { Some(value) => (short(value)), None => span class="mut" { "gone" } }
                        }
                    }
                }
            }
        }
    }
}

fn short(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    if text.chars().count() <= SHOWN { text } else { text.chars().take(SHOWN).chain(['…']).collect() }
}
