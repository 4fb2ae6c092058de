//! Reading an answer to its end, and telling the log of it.

use crate::{Error, answer::Answer, transport};
use reqwest::{Response, header::HeaderMap};
use tracing::{Span, debug};

/// Larger answers are refused: nothing that okrsync asks for comes near it.
const LARGEST_BODY: usize = 64 << 20;

/// Reads the whole body; one that is shorter than announced is an error beneath.
pub(super) async fn read(mut response: Response, path: &str) -> Result<Answer, Error> {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::with_capacity(announced(&headers).min(LARGEST_BODY));
    while let Some(chunk) = response.chunk().await.map_err(|error| transport::failure(&error))? {
        if body.len() + chunk.len() > LARGEST_BODY {
            return Err(Error::UnexpectedAnswer { detail: format!("`{path}` is larger than {LARGEST_BODY} bytes") });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body, path: path.to_owned() })
}

fn announced(headers: &HeaderMap) -> usize {
    let length = headers.get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
    length.unwrap_or(0)
}

/// At debug only: errors are logged where they are handled. The trace id is what Atlassian's support asks for.
pub(super) fn log(answer: &Result<Answer, Error>) {
    match answer {
        Ok(answer) => {
            Span::current().record("status", answer.status.as_u16());
            let trace = answer.header("atl-traceid").or_else(|| answer.header("x-arequestid")).unwrap_or_default();
            debug!(trace, bytes = answer.body.len(), "Jira answered");
        }
        Err(error) => debug!(%error, "Jira did not answer"),
    }
}
