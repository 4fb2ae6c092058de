//! The table of metrics: both ways to measure each, with live values, so that the choice is seen before it is made.

use super::{ConnectPage, Outcome, form};
use crate::components::figures::figure;
use maud::{Markup, html};
use okrsync_domain::{
    catalogue::Field,
    measure::{Aggregate, Metric},
};
use okrsync_scheduler::preview::Choice;

/// Custom fields that are offered one by one.
const MOST_FIELDS: usize = 20;

/// A row: value in the form, name, what percent complete and a KPI make of it (empty: not available).
struct Row {
    word: String,
    name: String,
    custom: bool,
    percent: &'static str,
    kpi: &'static str,
    unit: &'static str,
}

/// Name, percent complete, KPI, unit of the metrics that every site has.
const ROWS: [(Metric, &str, &str, &str, &str); 6] = [
    (Metric::Count, "Count of issues", "Done ÷ all issues", "Matching issues", ""),
    (Metric::TimeSpent, "Time spent", "Done ÷ all hours", "Hours", " h"),
    (Metric::OriginalEstimate, "Original estimate", "Done ÷ all estimated", "Hours", " h"),
    (Metric::RemainingEstimate, "Remaining estimate", "", "Hours left", " h"),
    (Metric::Progress, "Progress", "", "Average of all issues", "%"),
    (Metric::StoryPoints, "Story points", "Done ÷ all points", "Points", ""),
];

/// Every metric of the table, for a preview.
pub(super) fn table(fields: &[Field]) -> Vec<Metric> {
    let custom = fields.iter().take(MOST_FIELDS).map(sum_of);
    ROWS.iter().map(|row| row.0.clone()).chain(custom).collect()
}

fn sum_of(field: &Field) -> Metric {
    Metric::CustomField { field_id: field.id.clone(), aggregate: Aggregate::Sum }
}

fn rows(page: &ConnectPage) -> Vec<Row> {
    let site = ROWS.iter().map(|(metric, name, percent, kpi, unit)| Row {
        word: form::word(metric),
        name: (*name).to_owned(),
        custom: false,
        percent,
        kpi,
        unit,
    });
    let custom = |word: String, name: String| Row {
        word,
        name,
        custom: true,
        percent: "Done ÷ all, this field",
        kpi: "Sum",
        unit: "",
    };
    let fields =
        page.fields.iter().take(MOST_FIELDS).map(|field| custom(form::word(&sum_of(field)), field.name.clone()));
    let mut rows: Vec<Row> = site.chain(fields).collect();
    // What is linked now may be an average, or a field that is not offered.
    let chosen = page.entries.get("metric");
    if !chosen.is_empty() && rows.iter().all(|row| row.word != chosen) {
        let mut parts = chosen.split(':').skip(1);
        let field = parts.next().unwrap_or(chosen);
        let name = page.fields.iter().find(|it| it.id.0 == field).map_or(field, |it| &it.name);
        let name = parts.next().map_or_else(|| name.to_owned(), |aggregate| format!("{name}, {aggregate}"));
        rows.push(custom(chosen.to_owned(), name));
    }
    rows
}

/// The table.
pub(super) fn render(page: &ConnectPage) -> Markup {
    let percent = page.entries.get("measure.kind") == "percent_complete";
    let choices: &[Choice] = match &page.outcome {
        Outcome::Looked(looked) => &looked.preview.table,
        _ => &[],
    };
    html! {
        div class="mt" data-part="table" {
            table class="tbl" {
                thead { tr data-part="metric-head" {
                    th scope="col" { "Metric" }
                    th scope="col" class=[(!percent).then_some("offc")] { "Percent complete" @if percent { " (chosen)" } }
                    th scope="col" class=[percent.then_some("offc")] { "KPI" @if !percent { " (chosen)" } }
                } }
                tbody { @for row in rows(page) { (line(page, &row, percent, choices)) } }
            }
        }
    }
}

fn line(page: &ConnectPage, row: &Row, percent: bool, choices: &[Choice]) -> Markup {
    let choice = choices.iter().find(|choice| form::word(&choice.metric) == row.word);
    let reached = choice.and_then(|choice| choice.percent.as_ref()).map(|progress| format!("{}%", progress.page()));
    let value = choice.and_then(|choice| choice.value).map(|value| format!("{}{}", figure(value), row.unit));
    let barred = percent && row.percent.is_empty();
    html! {
        tr {
            td {
                label class="row nowrap" {
                    input type="radio" class="radio" name="metric" value=(row.word)
                        checked[row.word == page.entries.get("metric")] disabled[barred];
                    span class=[barred.then_some("mut")] { (row.name) }
                    @if row.custom { span class="tag line" { "Custom field" } }
                }
            }
            td class=[(!percent).then_some("offc")] data-part={ "percent-" (row.word) } {
                @if row.percent.is_empty() { span class="na" { "N/A" } } @else { (cell(row.percent, reached)) }
            }
            td class=[percent.then_some("offc")] data-part={ "kpi-" (row.word) } { (cell(row.kpi, value)) }
        }
    }
}

fn cell(meaning: &str, value: Option<String>) -> Markup {
    html! { div class="between" { small { (meaning) } @if let Some(value) = value { b class="num b6" { (value) } } } }
}
