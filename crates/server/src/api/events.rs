//! What happens, as it happens: server-sent events.

use crate::{
    api::okrs::view::word,
    app::App,
    auth::{caller::Caller, policy::Act},
    error::ApiResult,
};
use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event as Line, KeepAlive, Sse},
};
use futures_util::StreamExt as _;
use okrsync_scheduler::events::{Event, Sequenced, Subscription};
use std::{convert::Infallible, time::Duration};
use tokio_stream::Stream;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Seconds between signs of life on a quiet line.
const ALIVE: Duration = Duration::from_secs(20);

/// Routes of events.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(listen))
}

/// Server-sent events: `okr.updated`, `refresh.progress`, `connection.state`, each with the id concerned.
///
/// `Last-Event-ID` resumes behind the last one heard; `missed` says that some are lost and all should be read again.
#[utoipa::path(get, path = "/events", tag = "Operations",
    params(("Last-Event-ID" = Option<u64>, Header, description = "Number of the last event heard")),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn listen(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> ApiResult<Sse<impl Stream<Item = Result<Line, Infallible>>>> {
    caller.may(Act::Look)?;
    let heard = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let subscription = app.engine().events().subscribe(heard);
    let lines = lines(subscription).take_until(app.closing().clone().cancelled_owned());
    Ok(Sse::new(lines).keep_alive(KeepAlive::new().interval(ALIVE)))
}

fn lines(subscription: Subscription) -> impl Stream<Item = Result<Line, Infallible>> {
    futures_util::stream::unfold(subscription, |mut subscription| async {
        let event = subscription.next().await?;
        Some((Ok(line(&event)), subscription))
    })
}

fn line(Sequenced { sequence, event }: &Sequenced) -> Line {
    let (name, data) = match event {
        Event::OkrUpdated { okr_id } => ("okr.updated", serde_json::json!({ "id": okr_id })),
        Event::RefreshProgress { refresh_id, state, done, total } => (
            "refresh.progress",
            serde_json::json!({ "id": refresh_id, "state": word(state), "progress": { "done": done, "total": total } }),
        ),
        Event::ConnectionState { connection_id, state } => {
            ("connection.state", serde_json::json!({ "id": connection_id, "state": word(state) }))
        }
        Event::Missed => ("missed", serde_json::json!({})),
    };
    Line::default().id(sequence.to_string()).event(name).data(data.to_string())
}
