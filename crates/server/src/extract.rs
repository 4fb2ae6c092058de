//! What a request carries, taken with errors that help: bodies, query parameters, ids in paths.

use crate::error::ApiError;
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, RawPathParams, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use okrsync_domain::{ConnectionId, Invalid, OkrId, RefreshId, SessionId, TokenId, UserId};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value};
use std::str::FromStr;

/// A JSON body of a type.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

/// A JSON merge patch ([RFC 7396](https://www.rfc-editor.org/rfc/rfc7396)): an object.
#[derive(Debug)]
pub(crate) struct Patch(pub(crate) Value);

/// Parameters behind the question mark.
#[derive(Debug)]
pub(crate) struct Params<T>(pub(crate) T);

/// The id in the path.
#[derive(Debug)]
pub(crate) struct Id<T>(pub(crate) T);

/// An id type with the word people use for the thing.
pub(crate) trait Named: FromStr {
    /// Such as "connection".
    const WHAT: &'static str;
}

macro_rules! named {
    ($($id:ty => $what:literal),* $(,)?) => { $(impl Named for $id { const WHAT: &'static str = $what; })* };
}
named!(OkrId => "OKR", ConnectionId => "connection", RefreshId => "refresh", SessionId => "session", TokenId => "token", UserId => "user");

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = json_bytes(request, state).await?;
        check_object(&bytes)?;
        let mut text = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut text).map_err(|error| wrong_json(&error))?;
        text.end().map_err(|error| malformed(&error))?;
        Ok(Self(value))
    }
}

impl<S: Send + Sync> FromRequest<S> for Patch {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = json_bytes(request, state).await?;
        check_object(&bytes)?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| malformed(&error))
    }
}

impl Patch {
    /// `current` with this patch applied, as its type again.
    pub(crate) fn apply<T: DeserializeOwned>(self, mut current: Value) -> Result<T, ApiError> {
        if let (Value::Object(fields), Value::Object(patch)) = (&mut current, self.0) {
            merge_fields(fields, patch);
        }
        parse(current)
    }
}

/// Reads a value of a type from JSON, naming the field that does not fit.
pub(crate) fn parse<T: DeserializeOwned>(value: Value) -> Result<T, ApiError> {
    serde_path_to_error::deserialize(value).map_err(|error| wrong_json(&error))
}

fn merge_fields(fields: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (name, value) in patch {
        if value.is_null() {
            // Null takes the field away; a field that must be there is then missed with its name.
            fields.remove(&name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), value);
        }
    }
}

fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() || changes_kind(target, &patch) {
        *target = Value::Object(Map::new());
    }
    if let Some(fields) = target.as_object_mut() {
        merge_fields(fields, patch);
    }
}

/// A part that becomes another kind of thing starts anew: the old kind's fields mean nothing to the new one.
fn changes_kind(target: &Value, patch: &Map<String, Value>) -> bool {
    matches!((target.get("kind"), patch.get("kind")), (Some(old), Some(new)) if old != new)
}

async fn json_bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    if !is_json(request.headers()) {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body must be JSON: send `Content-Type: application/json`.",
        ));
    }
    Bytes::from_request(request, state).await.map_err(|rejection| unreadable(&rejection))
}

/// A list would be taken for an object's fields in their order.
fn check_object(bytes: &[u8]) -> Result<(), ApiError> {
    if bytes.trim_ascii_start().first() == Some(&b'{') {
        return Ok(());
    }
    serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| malformed(&error))?;
    Err(Invalid::new("invalid_value", "body", "The body must be a JSON object.").into())
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// A body that cannot be taken.
pub(crate) fn unreadable(rejection: &BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = "The body is larger than okrsync accepts (`web.body_limit_kb`).";
        return ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail);
    }
    ApiError::new(StatusCode::BAD_REQUEST, "unreadable_body", "The body broke off before its end.")
}

fn malformed(error: &serde_json::Error) -> ApiError {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default();
    let detail = format!("The body is not JSON: {reason} (line {line}, column {column}).");
    ApiError::new(StatusCode::BAD_REQUEST, "invalid_json", detail)
}

fn wrong_json(error: &serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    let (path, inner) = (error.path().to_string(), error.inner());
    if inner.is_syntax() || inner.is_eof() {
        return malformed(inner);
    }
    wrong_value(&path, &inner.to_string())
}

/// The library's text without a text that was handed in: it may be a secret in the wrong place.
fn without_value(reason: &str) -> String {
    for kind in ["invalid type: string", "invalid value: string"] {
        if let Some((_, expected)) = reason.strip_prefix(kind).and_then(|rest| rest.rsplit_once("\", expected ")) {
            return format!("{kind}, expected {expected}");
        }
    }
    reason.to_owned()
}

/// A value of the wrong type or an unknown word; the library's text lists the words that are known.
fn wrong_value(path: &str, text: &str) -> ApiError {
    let reason = &without_value(text.split(" at line ").next().unwrap_or_default());
    let quoted = |text: &str| reason.strip_prefix(text).and_then(|rest| rest.split('`').next()).map(ToOwned::to_owned);
    let within = |name: String| if path == "." || path.is_empty() { name } else { format!("{path}.{name}") };
    let (field, code) = if let Some(name) = quoted("missing field `") {
        (within(name), "missing_field")
    } else if let Some(name) = quoted("unknown field `") {
        let known = path == name || path.ends_with(&format!(".{name}"));
        (if known { path.to_owned() } else { within(name) }, "invalid_value")
    } else {
        (path.to_owned(), "invalid_value")
    };
    let mut error = Invalid::new(code, &field, format!("`{field}` is not right: {reason}."));
    if reason.contains("expected a string") && reason.contains("invalid type: ") && !reason.contains("null") {
        error = error.hint("Send it as text in quotes; decimals, too, such as \"27.5\", so that no digit is lost.");
    }
    error.into()
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(pairs)
            .map(Self)
            .map_err(|error| wrong_value(&error.path().to_string(), &error.inner().to_string()))
    }
}

impl<S: Send + Sync, T: Named> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(ApiError::internal)?;
        let text = params.iter().find(|(name, _)| *name == "id").map(|(_, text)| text).unwrap_or_default();
        text.parse().map(Self).map_err(|_| ApiError::not_found(T::WHAT, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Method;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Sample {
        name: String,
        #[serde(default)]
        measure: Option<Measure>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Measure {
        kind: Kind,
        #[serde(default, with = "okrsync_domain::decimal::optional_text")]
        target: Option<rust_decimal::Decimal>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Kpi,
        StayBelow,
    }

    async fn read(text: &str) -> Result<Sample, ApiError> {
        let request = Request::builder().method(Method::POST).header("content-type", "application/json; charset=utf-8");
        Body::from_request(request.body(text.to_owned().into()).unwrap(), &()).await.map(|Body(sample)| sample)
    }

    #[tokio::test]
    async fn wrong_bodies_say_what_and_where() {
        for (text, status, code, part) in [
            ("{\"name\": ", 400, "invalid_json", "line 1, column 9"),
            ("", 400, "invalid_json", "column 0"),
            ("{\"name\":\"a\"} x", 400, "invalid_json", "trailing"),
            ("[\"a\"]", 422, "invalid_value", "object"),
            ("{}", 422, "missing_field", "`name`"),
            ("{\"name\": 3}", 422, "invalid_value", "`name`"),
            ("{\"name\":\"a\",\"nmae\":\"b\"}", 422, "invalid_value", "`nmae`"),
            ("{\"name\":\"a\",\"measure\":{\"kind\":\"okr\"}}", 422, "invalid_value", "`kpi` or `stay_below`"),
            ("{\"name\":\"a\",\"measure\":{\"kind\":\"kpi\",\"target\":20}}", 422, "invalid_value", "`measure.target`"),
            (
                "{\"name\":\"a\",\"measure\":{\"kind\":\"kpi\",\"target\":\"1e99\"}}",
                422,
                "invalid_value",
                "`measure.target`",
            ),
            (
                "{\"name\":\"a\",\"measure\":\"s3cret\"}",
                422,
                "invalid_value",
                "not right: invalid type: string, expected",
            ),
            ("{\"name\":\"a\",\"measure\":{}}", 422, "missing_field", "`measure.kind`"),
            ("{\"name\":\"a\",\"measure\":{\"kind\":\"kpi\",\"x\":1}}", 422, "invalid_value", "`measure.x`"),
        ] {
            let error = read(text).await.unwrap_err();
            assert_eq!((error.status().as_u16(), error.code()), (status, code), "{text}: {}", error.detail());
            assert!(error.detail().contains(part), "{text}: {}", error.detail());
        }
    }

    #[tokio::test]
    async fn other_media_types_are_refused() {
        let request = Request::builder().header("content-type", "text/plain").body("{}".into()).unwrap();
        let error = Body::<Sample>::from_request(request, &()).await.unwrap_err();
        assert_eq!(error.status(), 415);
    }

    #[test]
    fn a_patch_merges_and_null_removes() {
        let current = json!({"name": "a", "measure": {"kind": "kpi", "target": "20"}});
        let patched = |patch: Value| Patch(patch).apply::<Value>(current.clone()).unwrap();
        assert_eq!(patched(json!({"measure": {"target": "30"}}))["measure"], json!({"kind": "kpi", "target": "30"}));
        assert_eq!(patched(json!({"measure": null})), json!({"name": "a"}));
        assert_eq!(patched(json!({"measure": {"kind": "stay_below"}}))["measure"], json!({"kind": "stay_below"}));
        let whole = Patch(json!({"kind": "objective"})).apply::<Value>(json!({"kind": "key_result", "title": "a"}));
        assert_eq!(whole.unwrap(), json!({"kind": "objective", "title": "a"}), "the whole thing is not a part");
    }

    #[test]
    fn a_patched_value_is_checked_like_a_new_one() {
        let current = json!({"name": "a"});
        let error = Patch(json!({"measure": {"kind": "kpi", "target": 5}})).apply::<Sample>(current).unwrap_err();
        assert!(error.detail().contains("`measure.target`"), "{}", error.detail());
    }
}
