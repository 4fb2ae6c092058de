//! Everything that is sent to Cloud, held against Atlassian's own description of its API where that is at hand.

use crate::server::{Heard, Reply, Server, token_page};
use okrsync_connections::Wanted;
use okrsync_domain::{issue::FieldId, measure::Metric};
use serde_json::{Value, json};
use std::path::Path;

/// The description, beside the workspace.
fn description() -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/jira/cloud-openapi.json");
    let text = std::fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).expect("the description is JSON"))
}

/// Plays a Cloud site well enough for every method to run.
fn cloud(heard: &Heard) -> Reply {
    let body = match heard.path.trim_start_matches("/rest/api/3/") {
        "search/jql" if heard.body["nextPageToken"].is_null() => return token_page([1], Some("t")),
        "search/jql" => return token_page([2], None),
        "search/approximate-count" => json!({"count": 2}),
        "jql/parse" => json!({"queries": [{"query": "x", "errors": []}]}),
        "jql/autocompletedata" => json!({}),
        "project/search" => json!({"values": [], "isLast": true}),
        "myself" => json!({"accountId": "5b10", "displayName": "Dana"}),
        "serverInfo" => json!({"version": "1001", "deploymentType": "Cloud"}),
        _ => json!([{"id": "1", "name": "x"}]),
    };
    Reply::json(&body)
}

#[tokio::test]
async fn every_request_fits_the_official_description() {
    let Some(description) = description() else {
        println!("skipped: no description of the API beside the workspace");
        return;
    };
    let server = Server::start(cloud).await;
    let site = server.cloud();
    assert!(site.probe().await.ok);
    site.catalogue().await.unwrap();
    site.count("project = AE").await.unwrap();
    assert!(site.check_query("project = AE").await.unwrap().accepted());
    let wanted = Wanted::for_metrics(&[(&Metric::StoryPoints, &[FieldId::new("customfield_1")])]).with_display();
    let mut pages = site.search("project = AE", &wanted);
    while pages.next().await.unwrap().is_some() {}
    let heard = server.heard();
    assert!(heard.len() >= 14, "{} requests", heard.len());
    for request in &heard {
        let problems = judge(&description, request);
        assert!(problems.is_empty(), "{} {}: {problems:?}", request.method, request.path);
    }
}

/// What does not fit about a request.
fn judge(description: &Value, heard: &Heard) -> Vec<String> {
    let operation = &description["paths"][&heard.path][heard.method.to_lowercase()];
    if operation.is_null() {
        return vec!["no such operation".to_owned()];
    }
    let mut problems = Vec::new();
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let in_query = |name: &str| parameters.iter().any(|one| one["name"] == name && one["in"] == "query");
    problems.extend(heard.query.keys().filter(|name| !in_query(name)).map(|name| format!("unknown parameter {name}")));
    for required in parameters.iter().filter(|one| one["required"] == true) {
        let name = required["name"].as_str().expect("parameters have names");
        if !heard.query.contains_key(name) {
            problems.push(format!("missing parameter {name}"));
        }
    }
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if schema.is_null() != heard.body.is_null() {
        problems.push("a body where none belongs, or none where one does".to_owned());
    } else if !schema.is_null() {
        fits(description, schema, &heard.body, "body", &mut problems);
    }
    problems
}

/// Checks a value against the part of JSON Schema that the description uses for requests.
fn fits(description: &Value, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = description.pointer(reference.trim_start_matches('#')).expect("references lead somewhere");
        return fits(description, target, value, at, problems);
    }
    let is = match schema["type"].as_str().unwrap_or_default() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        _ => true,
    };
    if !is {
        problems.push(format!("{at} has the wrong type"));
    }
    for item in value.as_array().into_iter().flatten() {
        fits(description, &schema["items"], item, &format!("{at}[]"), problems);
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            problems.push(format!("{at} lacks {name}"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        match &schema["properties"][name] {
            Value::Null if schema["additionalProperties"] == false => {
                problems.push(format!("{at} must not have {name}"));
            }
            known => fits(description, known, member, &format!("{at}.{name}"), problems),
        }
    }
}
