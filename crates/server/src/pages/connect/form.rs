//! The form's fields, and what the API takes in their place.

use crate::components::form::Entries;
use okrsync_domain::{
    OkrId,
    link::Link,
    measure::{Aggregate, Measure, Metric},
    okr::Okr,
};
use okrsync_jql::lint::Measured;
use okrsync_scheduler::measured as made;
use serde_json::{Value, json};

/// What a measure is called that the page leaves as it is.
pub(super) const KEEP: &str = "keep";

/// What the form begins with.
pub(super) fn entries(okr: &Okr, link: Option<&Link>) -> Entries {
    let kind = match &okr.measure {
        Measure::PercentComplete {} => "percent_complete",
        Measure::Kpi { .. } => "kpi",
        Measure::StayBelow(_) | Measure::StayAbove(_) => KEEP,
    };
    let mut entries = Entries::new([("measure.kind", kind.to_owned()), ("metric", "count".to_owned())]);
    if let Measure::Kpi { name, unit, start, target } = &okr.measure {
        entries.set("measure.name", name.clone());
        entries.set("measure.unit", unit.clone());
        entries.set("measure.start", start.to_string());
        entries.set("measure.target", target.to_string());
    }
    if let Some(link) = link {
        entries.set("connection_id", link.connection_id.to_string());
        entries.set("jql", link.jql.clone());
        entries.set("metric", word(&link.metric));
        entries.set("completed_only", link.completed_only.to_string());
    }
    entries
}

/// A metric as one word of the form: its kind, then field and aggregate.
pub(super) fn word(metric: &Metric) -> String {
    match metric {
        Metric::CustomField { field_id, aggregate: Aggregate::Sum } => format!("custom_field:{field_id}"),
        Metric::CustomField { field_id, aggregate } => format!("custom_field:{field_id}:{}", aggregate.as_str()),
        metric => metric.kind().to_owned(),
    }
}

/// What the query's matches are made of, as chosen by now.
pub(super) fn measured(entries: &Entries, okr: &Okr) -> Measured {
    let completed_only = entries.get("completed_only") == "true";
    match entries.get("measure.kind") {
        "percent_complete" => Measured::PercentComplete,
        "kpi" if completed_only => Measured::CompletedOnly,
        "kpi" => Measured::All,
        _ => made(&okr.measure, completed_only),
    }
}

/// The body of a link.
pub(super) fn link_body(values: &[(String, String)]) -> Value {
    let mut body = shared(values);
    body["confirm_empty"] = json!(get(values, "confirm_empty") == "true");
    body
}

/// The body of a preview.
pub(super) fn preview_body(values: &[(String, String)], okr: OkrId) -> Value {
    let mut body = shared(values);
    body["okr_id"] = json!(okr.to_string());
    body
}

fn shared(values: &[(String, String)]) -> Value {
    let kind = get(values, "measure.kind");
    let mut parts = get(values, "metric").split(':');
    let mut metric = json!({"kind": parts.next().unwrap_or_default()});
    for (name, part) in ["field_id", "aggregate"].into_iter().zip(parts) {
        metric[name] = json!(part);
    }
    // Lines end as JQL's positions count them.
    let jql = get(values, "jql").replace("\r\n", "\n");
    let mut body = json!({"connection_id": get(values, "connection_id"), "jql": jql, "metric": metric});
    if kind != "percent_complete" {
        body["completed_only"] = json!(get(values, "completed_only") == "true");
    }
    match kind {
        KEEP => {}
        "kpi" => {
            let given = |name: &str| Some(get(values, &format!("measure.{name}")).trim()).filter(|it| !it.is_empty());
            let mut measure = json!({"kind": kind, "name": given("name").unwrap_or_default(),
                "unit": given("unit").unwrap_or_default(), "start": given("start").unwrap_or("0")});
            if let Some(target) = given("target") {
                measure["target"] = json!(target);
            }
            body["measure"] = measure;
        }
        kind => body["measure"] = json!({"kind": kind}),
    }
    body
}

fn get<'a>(values: &'a [(String, String)], name: &str) -> &'a str {
    values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_says_what_the_api_takes() {
        let values = |pairs: &[(&str, &str)]| -> Vec<_> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let percent = values(&[
            ("measure.kind", "percent_complete"),
            ("metric", "count"),
            ("jql", "a = 1\r\nAND b = 2"),
            ("completed_only", "true"),
            ("connection_id", "c"),
        ]);
        assert_eq!(
            link_body(&percent),
            json!({"connection_id": "c", "jql": "a = 1\nAND b = 2", "metric": {"kind": "count"},
                "measure": {"kind": "percent_complete"}, "confirm_empty": false})
        );
        let kpi = values(&[
            ("measure.kind", "kpi"),
            ("measure.name", "Bugs"),
            ("measure.target", " 20 "),
            ("metric", "custom_field:customfield_1:average"),
            ("confirm_empty", "true"),
        ]);
        let body = link_body(&kpi);
        assert_eq!(body["measure"], json!({"kind": "kpi", "name": "Bugs", "unit": "", "start": "0", "target": "20"}));
        let metric = json!({"kind": "custom_field", "field_id": "customfield_1", "aggregate": "average"});
        assert_eq!((&body["metric"], &body["completed_only"]), (&metric, &json!(false)));
        assert!(link_body(&values(&[("measure.kind", KEEP)])).get("measure").is_none());
    }
}
