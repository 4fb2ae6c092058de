//! The form as it is shown.

use super::OkrForm;
use crate::components::{
    form::{self, Field},
    shell::{Place, Shell, crumbs, shell},
    surfaces::actions,
};
use maud::{Markup, html};
use okrsync_domain::okr::OkrKind;

/// The page.
pub(crate) fn render(page: &OkrForm) -> Markup {
    let objective = page.kind == OkrKind::Objective;
    let title = match (&page.okr, objective) {
        (None, true) => "New objective".to_owned(),
        (None, false) => "New key result".to_owned(),
        (Some(okr), _) => format!("Edit “{}”", okr.title),
    };
    let (action, back) = match &page.okr {
        None => ("/okrs".to_owned(), page.above.last().map_or("/".to_owned(), |(path, _)| path.clone())),
        Some(okr) => (format!("/okrs/{}/edit", okr.id), format!("/okrs/{}", okr.id)),
    };
    let verb = if page.okr.is_some() {
        "Save"
    } else if objective {
        "Create objective"
    } else {
        "Create key result"
    };
    let content = html! {
        div class="page narrow" {
            h1 class="title" { (title) }
            form method="post" action=(action) {
                (form::hidden(&page.reader.csrf, &page.reader.once))
                input type="hidden" name="kind" value=(page.entries.get("kind"));
                @if page.okr.is_some() { input type="hidden" name="version" value=(page.entries.get("version")); }
                (page.entries.banner())
                (fields(page, objective))
                @if page.okr.is_none() && !objective {
                    p class="help next" { "Next, you connect it to Jira, or enter its number by hand." }
                }
                (actions(&back, verb, false))
            }
        }
    };
    let here = if page.okr.is_some() { "Edit" } else { &title };
    let frame = Shell {
        title: &title,
        place: Place::Board,
        reader: &page.reader,
        top: crumbs(&page.above, here),
        back: page.above.last().cloned(),
    };
    shell(&frame, &content)
}

fn fields(page: &OkrForm, objective: bool) -> Markup {
    let entries = &page.entries;
    let title = Field {
        name: "title",
        label: "Title",
        help: if objective {
            "What should be true at the end of the period?"
        } else {
            "How will you know? One line, with the number if there is one."
        },
        required: true,
        autofocus: true,
        ..Field::default()
    };
    let description = Field { name: "description", label: "Description", optional: true, ..Field::default() };
    let parent = Field {
        name: "parent_id",
        label: if objective { "Below the objective" } else { "Objective" },
        help: if objective { "" } else { "The objective that it counts towards." },
        ..Field::default()
    };
    let owner = Field { name: "owner_id", label: "Owner", ..Field::default() };
    let seen = Field { name: "visibility", label: "Who may see it", ..Field::default() };
    let visibility = [("everyone", "Everyone who is signed in"), ("private", "Its owner and admins")]
        .map(|(value, text)| (value.to_owned(), text.to_owned()));
    html! {
        (form::input(&title, entries))
        (form::area(&description, entries, 3))
        div class="g2" { (form::select(&parent, entries, &page.objectives)) (form::select(&owner, entries, &page.owners)) }
        div class="g2" { (team(page)) (form::select(&seen, entries, &visibility)) }
        (period(page))
        @if objective { (mode(page)) }
        @if objective { div data-when="progress_mode=manual" { (measures(page)) } } @else { (measures(page)) }
    }
}

fn team(page: &OkrForm) -> Markup {
    let field = Field { name: "team", label: "Team", optional: true, ..Field::default() };
    html! {
        (form::input_from(&field, &page.entries, "teams"))
        datalist id="teams" { @for team in &page.teams { option value=(team) {} } }
    }
}

fn period(page: &OkrForm) -> Markup {
    let period = Field { name: "period", label: "Period", ..Field::default() };
    let first = Field { name: "starts_on", label: "First day", kind: "date", ..Field::default() };
    let last = Field { name: "due_on", label: "Last day", kind: "date", ..Field::default() };
    html! {
        div class="field" { (form::select(&period, &page.entries, &page.periods)) }
        div class="g2" data-when="period=other" { (form::input(&first, &page.entries)) (form::input(&last, &page.entries)) }
    }
}

fn mode(page: &OkrForm) -> Markup {
    let field = Field { name: "progress_mode", label: "Progress", ..Field::default() };
    form::options(
        &field,
        &page.entries,
        &[
            ("roll_up", "From its key results", "The average of what lies below it, by shares", ""),
            ("manual", "Entered by hand", "Each check-in with a number sets it", ""),
        ],
    )
}

/// What it is measured against.
fn measures(page: &OkrForm) -> Markup {
    let entries = &page.entries;
    let kind = Field {
        name: "measure.kind",
        label: "Measure",
        help: if page.linked { "Its data source measures it again when this changes." } else { "" },
        ..Field::default()
    };
    let field = |name, label, help, optional| Field { name, label, help, optional, ..Field::default() };
    let number = |name, label, help, optional| Field { inputmode: "decimal", ..field(name, label, help, optional) };
    html! {
        (form::options(&kind, entries, &[
            ("percent_complete", "Percent complete", "The share of the work that is done", ""),
            ("kpi", "KPI", "A number on its way from a start to a target", ""),
            ("stay_below", "Stay below", "A number that must not reach a line", ""),
            ("stay_above", "Stay above", "A number that must not fall to a line", ""),
        ]))
        div class="sub-fields" data-when="measure.kind=kpi stay_below stay_above" {
            div class="g2" {
                (form::input(&field("measure.name", "What is counted", "Such as “Bugs fixed”.", true), entries))
                (form::input(&field("measure.unit", "Unit", "Shown behind the number.", true), entries))
            }
            div class="g2" {
                div data-when="measure.kind=kpi" { (form::input(&number("measure.start", "Start", "The value at 0%.", false), entries)) }
                (form::input(&number("measure.target", "Target", "The value at 100%, or the line to keep.", false), entries))
                div data-when="measure.kind=stay_below stay_above" {
                    (form::input(&number("measure.risk_line", "Risk line", "At or past it the status is at risk.", true), entries))
                }
            }
        }
    }
}
