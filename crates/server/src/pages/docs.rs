//! The API's description to read: made from the same document that programs get, with nothing from other hosts.

use crate::components::shell::{Theme, document};
use maud::{Markup, html};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The page for an OpenAPI document.
pub(crate) fn page(description: &utoipa::openapi::OpenApi) -> Markup {
    let description = serde_json::to_value(description).unwrap_or_default();
    let operations = by_tag(&description);
    let body = html! {
        main class="docs" id="main" {
            h1 { "okrsync API" }
            @for line in description["info"]["description"].as_str().unwrap_or_default().split("\n\n") { p { (inline(line)) } }
            p {
                "For programs: " a class="link" href="/api/v1/openapi.json" { "openapi.json" } ". Sign in with "
                code { "Authorization: Bearer okr_…" } "."
            }
            @for tag in description["tags"].as_array().into_iter().flatten() {
                @let name = tag["name"].as_str().unwrap_or_default();
                h2 { (name) }
                @if let Some(about) = tag["description"].as_str() { p { (about) } }
                @for operation in operations.get(name).into_iter().flatten() { (operation_part(operation)) }
            }
            h2 { "Schemas" }
            @for (name, schema) in object(&description["components"]["schemas"]) { (schema_part(name, schema)) }
        }
    };
    document("API", Theme::System, None, &body)
}

/// An operation with its address.
struct Operation<'a> {
    verb: &'a str,
    path: &'a str,
    content: &'a Value,
}

fn by_tag(description: &Value) -> BTreeMap<&str, Vec<Operation<'_>>> {
    let mut by_tag: BTreeMap<&str, Vec<Operation<'_>>> = BTreeMap::new();
    for (path, item) in object(&description["paths"]) {
        for (verb, content) in object(item).filter(|(_, content)| content["responses"].is_object()) {
            let tag = content["tags"][0].as_str().unwrap_or_default();
            by_tag.entry(tag).or_default().push(Operation { verb, path, content });
        }
    }
    by_tag
}

fn operation_part(operation: &Operation<'_>) -> Markup {
    let content = operation.content;
    html! {
        details {
            summary {
                span class="verb" { (operation.verb) }
                code { (operation.path) }
                span class="sub t13" { (inline(text(&content["summary"]))) }
            }
            div class="body" {
                @if let Some(text) = content["description"].as_str() { p { (inline(text)) } }
                @if let Some(parameters) = content["parameters"].as_array() { (parameters_part(parameters)) }
                @if let Some(schema) = json_schema(&content["requestBody"]) { p { "Body: " (reference(schema)) } }
                table {
                    thead { tr { th { "Answer" } th { "Body" } th { "" } } }
                    tbody {
                        @for (status, response) in object(&content["responses"]) {
                            tr {
                                td { (status) }
                                td { @if let Some(schema) = json_schema(response) { (reference(schema)) } }
                                td { (inline(text(&response["description"]))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn parameters_part(parameters: &[Value]) -> Markup {
    html! {
        table {
            thead { tr { th { "Parameter" } th { "In" } th { "Type" } th { "Meaning" } } }
            tbody {
                @for parameter in parameters {
                    tr {
                        td { code { (parameter["name"].as_str().unwrap_or_default()) } }
                        td { (parameter["in"].as_str().unwrap_or_default()) }
                        td { (reference(&parameter["schema"])) }
                        td { (inline(text(&parameter["description"]))) }
                    }
                }
            }
        }
    }
}

fn schema_part(name: &str, schema: &Value) -> Markup {
    let required = |field: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == field));
    html! {
        details id={ "schema-" (name) } {
            summary { code { (name) } span class="sub t13" { (inline(text(&schema["description"]))) } }
            div class="body" {
                @if schema["properties"].is_object() {
                    table {
                        thead { tr { th { "Field" } th { "Type" } th { "" } th { "Meaning" } } }
                        tbody {
                            @for (field, property) in object(&schema["properties"]) {
                                tr {
                                    td { code { (field) } }
                                    td { (reference(property)) }
                                    td { @if required(field) { "required" } }
                                    td { (inline(text(&property["description"]))) }
                                }
                            }
                        }
                    }
                } @else { p { (reference(schema)) } }
            }
        }
    }
}

/// The schema of a body or answer, whatever its media type.
fn json_schema(part: &Value) -> Option<&Value> {
    object(&part["content"]).next().map(|(_, content)| &content["schema"])
}

/// A type in words, with links to schemas.
fn reference(schema: &Value) -> Markup {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return html! { a class="link" href={ "#schema-" (name) } { (name) } };
    }
    let choices = ["oneOf", "anyOf", "allOf"].into_iter().find_map(|key| schema[key].as_array());
    if let Some(choices) = choices {
        return html! {
            @for (index, choice) in choices.iter().enumerate() { @if index > 0 { " or " } (reference(choice)) }
        };
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return html! { code { (words.join(" | ")) } };
    }
    if schema["items"].is_object() {
        return html! { "list of " (reference(&schema["items"])) };
    }
    match &schema["type"] {
        Value::String(kind) => html! { (kind) },
        Value::Array(kinds) => html! { (kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or ")) },
        _ => html! { "any" },
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Text with `code` in it.
fn inline(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}
