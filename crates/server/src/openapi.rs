//! The API's own description, made from the code.

use crate::error::ProblemDocument;
use utoipa::{
    Modify, OpenApi, PartialSchema as _, ToSchema as _,
    openapi::{
        Content, Ref, Response,
        path::Operation,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

/// What is the same for the whole API.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "okrsync",
        description = "Keeps objectives and key results true: measures Jira queries and shows where they stand.\n\n\
            Ids are ULIDs. Instants are RFC 3339 in UTC, dates `YYYY-MM-DD`. Decimals are strings (\"27.2727\"). Lists are \
            `{items, next_cursor}`. PATCH takes a JSON merge patch. Errors are RFC 9457 problem documents with a stable `code`."
    ),
    modifiers(&SignIn, &Problems),
    security(("token" = []), ("session" = [])),
    tags(
        (name = "OKRs", description = "Objectives and key results"),
        (name = "Links", description = "What an OKR is measured from"),
        (name = "Readings", description = "Measuring and what was measured"),
        (name = "Check-ins", description = "People's own updates"),
        (name = "Connections", description = "Jira sites"),
        (name = "Organisation", description = "Settings of the whole installation"),
        (name = "People", description = "People, tokens, sessions"),
        (name = "Operations", description = "How okrsync itself is")
    )
)]
pub(crate) struct Description;

/// The two ways to sign in.
struct SignIn;

impl Modify for SignIn {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let token =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A personal API token, `okr_…`"));
        components.add_security_scheme("token", SecurityScheme::Http(token.build()));
        let cookie = ApiKeyValue::with_description(crate::auth::sessions::COOKIE, "The browser's session");
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// The shape of every refusal.
struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.schemas.insert(ProblemDocument::name().into(), ProblemDocument::schema());
        let mut parts = vec![];
        ProblemDocument::schemas(&mut parts);
        components.schemas.extend(parts);
    }
}

/// Adds what every operation may answer besides: a problem document.
pub(crate) fn complete(document: &mut utoipa::openapi::OpenApi) {
    for (_, operation) in operations(document) {
        let content = Content::new(Some(Ref::from_schema_name(ProblemDocument::name())));
        let mut response = Response::new("What went wrong");
        response.content.insert("application/problem+json".to_owned(), content.into());
        operation.responses.responses.insert("default".to_owned(), response.into());
    }
}

/// Every operation with its path.
fn operations(document: &mut utoipa::openapi::OpenApi) -> impl Iterator<Item = (&String, &mut Operation)> {
    document.paths.paths.iter_mut().flat_map(|(path, item)| {
        let of_path = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        of_path.into_iter().flatten().map(move |operation| (path, operation))
    })
}

#[cfg(test)]
mod tests {

    /// What programs are promised.
    const PROMISED: &[(&str, &[&str])] = &[
        ("/me", &["get"]),
        ("/users", &["get", "post"]),
        ("/users/{id}", &["patch"]),
        ("/users/{id}/reset-link", &["post"]),
        ("/setup", &["get", "post"]),
        ("/password-reset", &["post"]),
        ("/sessions", &["get"]),
        ("/sessions/{id}", &["delete"]),
        ("/tokens", &["get", "post"]),
        ("/tokens/{id}", &["delete"]),
        ("/session", &["post", "delete"]),
        ("/audit", &["get"]),
        ("/organisation", &["get", "patch"]),
        ("/integrations/jira", &["get", "patch"]),
        ("/connections", &["get", "post"]),
        ("/connections/{id}", &["get", "patch", "delete"]),
        ("/connections/preselected", &["get"]),
        ("/connections/{id}/test", &["post"]),
        ("/connections/{id}/webhook", &["post", "delete"]),
        ("/connections/{id}/fields", &["get"]),
        ("/connections/{id}/suggestions", &["get"]),
        ("/connections/{id}/authorize", &["post"]),
        ("/connections/{id}/site", &["get", "put"]),
        ("/okrs", &["get", "post"]),
        ("/okrs/{id}", &["get", "patch", "delete"]),
        ("/okrs/{id}/close", &["post"]),
        ("/okrs/{id}/postpone", &["post"]),
        ("/okrs/{id}/reopen", &["post"]),
        ("/okrs/{id}/link", &["put", "get", "delete"]),
        ("/okrs/{id}/refresh", &["post"]),
        ("/okrs/{id}/readings", &["get"]),
        ("/okrs/{id}/readings/{reading_id}/issues", &["get"]),
        ("/okrs/{id}/history", &["get"]),
        ("/okrs/{id}/forecast", &["get"]),
        ("/okrs/{id}/what-if", &["post"]),
        ("/okrs/{id}/moves", &["get"]),
        ("/okrs/{id}/issues", &["get"]),
        ("/okrs/{id}/check-ins", &["get", "post"]),
        ("/okrs/{id}/resume", &["post"]),
        ("/summary", &["get"]),
        ("/links/preview", &["post"]),
        ("/jql/check", &["post"]),
        ("/refreshes", &["post"]),
        ("/refreshes/{id}", &["get"]),
        ("/events", &["get"]),
        ("/sync/status", &["get"]),
    ];

    #[test]
    fn every_promise_is_described_with_its_words_and_its_refusal() {
        let document = serde_json::to_value(crate::describe()).unwrap();
        assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
        let mut described = 0;
        for (path, verbs) in PROMISED {
            let item = &document["paths"][format!("/api/v1{path}")];
            for verb in *verbs {
                let operation = &item[verb];
                assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 5), "{verb} {path}: no summary");
                let refusal = &operation["responses"]["default"]["content"]["application/problem+json"];
                assert!(refusal["schema"]["$ref"].is_string(), "{verb} {path}: no refusal");
                described += 1;
            }
        }
        let all: usize =
            document["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len()).sum();
        assert_eq!(all, described, "an operation is not in this list");
    }

    #[test]
    fn every_schema_that_is_referred_to_is_there() {
        let document = serde_json::to_value(crate::describe()).unwrap();
        let text = document.to_string();
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(document["components"]["schemas"][name].is_object(), "no schema {name}");
        }
    }
}
