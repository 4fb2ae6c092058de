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
