//! The page: four numbered steps, the preview beside them, the buttons below.

use super::{ConnectPage, code::lines, form::KEEP, metrics, result};
use crate::components::{
    form::{Field, hidden, input, options, select},
    icons::{Icon, small},
    shell::{Place, Shell, crumbs, shell},
    surfaces::{StepState, step},
};
use maud::{Markup, html};
use okrsync_domain::{
    connection::{Connection, ConnectionState},
    measure::Measure,
};

/// The page.
pub(crate) fn render(page: &ConnectPage) -> Markup {
    let title = if page.linked { "Edit data source" } else { "Connect data source" };
    let (back, action) = (format!("/okrs/{}", page.okr.id), format!("/okrs/{}/connect", page.okr.id));
    let content = html! {
        div class="page" {
            form class="sheet" method="post" action=(action) data-connect data-dialog-body data-sheet {
                (hidden(&page.reader.csrf, &page.reader.once))
                div class="sh" {
                    div class="grow" { h1 id="dialog-title" { (title) } p class="sub" { (page.okr.title) } }
                    a class="ib" href=(back) data-close aria-label="Close" { (small(Icon::Cross, "")) }
                }
                @if page.connections.is_empty() { (no_connection()) } @else { (body(page)) (foot(page, &back, &action)) }
            }
        }
    };
    let top = crumbs(&[("/".to_owned(), "OKRs".to_owned()), (back.clone(), page.okr.title.clone())], title);
    let back = Some((back, page.okr.title.clone()));
    shell(&Shell { title, place: Place::Board, reader: &page.reader, top, back }, &content)
}

fn no_connection() -> Markup {
    html! {
        div class="form" {
            div class="blank" {
                b { "There is no connection to Jira that you may use" }
                p class="sub" { "Connect your Jira first, or ask an admin to share a connection with everyone." }
                a class="btn pri" href="/connections/new" { "New connection" }
            }
        }
    }
}

fn body(page: &ConnectPage) -> Markup {
    let query = match page.entries.get("jql").trim() {
        _ if !result::wrong(page).is_empty() => StepState::Wrong,
        "" => StepState::Open,
        _ => StepState::Done,
    };
    html! {
        div class="sbody" {
            div class="form" {
                div data-part="problem" { (page.entries.banner()) }
                (step(1, StepState::Done, "Connection", &connection(page)))
                (step(2, StepState::Done, "Measure", &measure(page)))
                div data-part="query-step" class="step-box" { (step(3, query, "Which issues count?", &editor(page))) }
                (step(4, StepState::Done, "Metric", &metric(page)))
            }
            (result::preview(page))
        }
    }
}

fn connection(page: &ConnectPage) -> Markup {
    let field = Field { name: "connection_id", label: "Connection", help: page.reason, ..Field::default() };
    let choices: Vec<_> = page.connections.iter().map(|it| (it.id.to_string(), described(it))).collect();
    select(&field, &page.entries, &choices)
}

fn described(connection: &Connection) -> String {
    let health = match connection.state {
        ConnectionState::Ok => "Healthy",
        ConnectionState::Failing => "Failing",
        ConnectionState::Untested => "Not tested",
        ConnectionState::NeedsAuthorization => "Sign in needed",
        ConnectionState::Disabled => "Paused",
    };
    format!("{} · {health}", connection.name)
}

fn measure(page: &ConnectPage) -> Markup {
    let mut choices = vec![
        ("percent_complete", "Percent complete", "The share of the matching work that is done", ""),
        ("kpi", "KPI", "A number on its way from a start to a target", ""),
    ];
    match &page.okr.measure {
        Measure::StayBelow(_) => choices.push((KEEP, "Stay below a line", "The line that this OKR has now", "")),
        Measure::StayAbove(_) => choices.push((KEEP, "Stay above a line", "The line that this OKR has now", "")),
        _ => {}
    }
    let field = |name, label| Field { name, label, ..Field::default() };
    let number = |name, label| Field { inputmode: "decimal", ..field(name, label) };
    html! {
        (options(&field("measure.kind", "What is measured"), &page.entries, &choices))
        div class="kpi" data-when="measure.kind=kpi" {
            (input(&Field { placeholder: "findings closed", ..field("measure.name", "Metric name") }, &page.entries))
            (input(&Field { optional: true, placeholder: "findings", ..field("measure.unit", "Unit") }, &page.entries))
            (input(&Field { placeholder: "0", ..number("measure.start", "Start") }, &page.entries))
            (input(&number("measure.target", "Target"), &page.entries))
        }
    }
}

fn editor(page: &ConnectPage) -> Markup {
    let text = page.entries.get("jql");
    let wrong = result::wrong(page);
    let places: Vec<_> = wrong.iter().filter_map(|wrong| wrong.place).collect();
    let tidy = page.check.canonical.as_deref().unwrap_or_default();
    html! {
        div class={ "jql" @if !wrong.is_empty() { " err" } } data-jql {
            div class="tb" {
                label class="b5 grow" for="f-jql" { "JQL" }
                button class="btn ghost sm" type="button" data-tidy hidden { "Tidy up" }
                (result::try_in_jira(page))
            }
            div class="ed" {
                pre class="hl" aria-hidden="true" data-part="marks" data-tidied=(tidy) { (lines(text, &places)) }
                // A line end behind the tag is not part of the text.
                textarea id="f-jql" name="jql" rows="4" spellcheck="false" autocapitalize="off" autocomplete="off"
                    placeholder="project = AE AND type = Story" aria-describedby="jql-foot"
                    aria-invalid=[(!wrong.is_empty()).then_some("true")] { "\n" (text) }
            }
            div id="jql-foot" { (result::foot(page)) }
        }
    }
}

fn metric(page: &ConnectPage) -> Markup {
    let percent = page.entries.get("measure.kind") == "percent_complete";
    html! {
        (metrics::render(page))
        label class="switch" {
            input type="checkbox" role="switch" class="sw" name="completed_only" value="true"
                checked[!percent && page.entries.get("completed_only") == "true"] disabled[percent];
            span {
                "Completed issues only "
                span class="mut" { (if percent { "For KPIs. Percent complete always compares done with all." } else { "Counts issues whose status category is Done." }) }
            }
        }
    }
}

fn foot(page: &ConnectPage, back: &str, action: &str) -> Markup {
    html! {
        div class="sf" {
            div class="grow" data-part="confirm" {
                @if result::is_empty(page) {
                    label class="switch" {
                        input type="checkbox" class="sw" name="confirm_empty" value="true"
                            checked[page.entries.get("confirm_empty") == "true"];
                        span { "Save although no issue matches now" }
                    }
                } @else if !result::wrong(page).is_empty() {
                    span class="row t13 why-not" { (small(Icon::Triangle, "")) "Correct the query to save." }
                } @else {
                    span class="t13 mut" { "Saving measures at once and then every " (page.reader.organisation.period_minutes) " minutes." }
                }
            }
            a class="btn" href=(back) data-close { "Cancel" }
            button class="btn" formaction={ (action) "/preview" } formnovalidate data-preview { "Preview" }
            button class="btn pri" data-save { "Save and sync" }
        }
    }
}
