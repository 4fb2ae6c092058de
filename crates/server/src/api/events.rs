//! What happens, as it happens: server-sent events.

use crate::{
    api::okrs::view::word,
    app::App,
    auth::{
        caller::Caller,
        policy::{Act, sees_connection, sees_okr},
    },
    error::ApiResult,
};
use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event as Line, KeepAlive, Sse},
};
use futures_util::StreamExt as _;
use okrsync_domain::person::{Role, User};
use okrsync_scheduler::events::{Event, Sequenced, Subscription};
use std::{convert::Infallible, time::Duration};
use tokio::time::Instant;
use tokio_stream::Stream;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Seconds between signs of life on a quiet line.
const ALIVE: Duration = Duration::from_secs(20);
/// How long a sign-in is taken to be good after it was looked at.
const FRESH: Duration = Duration::from_secs(1);
/// How often the sign-in of somebody who hears nothing is looked at.
const LOOK: Duration = Duration::from_secs(2);

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
    let closing = app.closing().clone();
    let listener = Listener { reader: caller.user.clone(), app, caller, subscription, checked: Instant::now() };
    let lines = futures_util::stream::unfold(listener, |mut listener| async {
        let event = listener.next().await?;
        Some((Ok(line(&event)), listener))
    });
    Ok(Sse::new(lines.take_until(closing.cancelled_owned())).keep_alive(KeepAlive::new().interval(ALIVE)))
}

/// Somebody who listens, for as long as they may.
struct Listener {
    app: App,
    caller: Caller,
    /// The person as they were when they were last looked at.
    reader: User,
    checked: Instant,
    subscription: Subscription,
}

impl Listener {
    /// The next event that the person may hear of; none once they are signed out or may no longer sign in.
    async fn next(&mut self) -> Option<Sequenced> {
        loop {
            let event = tokio::select! {
                event = self.subscription.next() => Some(event?),
                () = tokio::time::sleep(LOOK) => None,
            };
            if !self.is_welcome().await {
                return None;
            }
            if let Some(event) = event
                && let Some(event) = self.heard(event).await.ok()?
            {
                return Some(event);
            }
        }
    }

    /// Whether the sign-in is still good, looked up every second at most.
    async fn is_welcome(&mut self) -> bool {
        if self.checked.elapsed() < FRESH {
            return true;
        }
        self.checked = Instant::now();
        match self.caller.still(&self.app).await {
            Ok(Some(user)) => {
                self.reader = user;
                true
            }
            // A database that is away for a moment ends the stream as well: the page asks again.
            Ok(None) | Err(_) => false,
        }
    }

    /// The event as this person may hear it. Of what is gone nobody knows any more whether it was private: they are told
    /// to read everything again.
    async fn heard(&self, event: Sequenced) -> ApiResult<Option<Sequenced>> {
        if self.reader.role == Role::Admin {
            return Ok(Some(event));
        }
        let seen = match &event.event {
            Event::OkrUpdated { okr_id } => {
                self.app.store().find_okr(*okr_id).await?.map(|okr| sees_okr(&self.reader, &okr))
            }
            Event::ConnectionState { connection_id, .. } => {
                let connection = self.app.store().find_connection(*connection_id).await?;
                connection.map(|connection| sees_connection(&self.reader, &connection))
            }
            Event::RefreshProgress { .. } | Event::Missed => Some(true),
        };
        Ok(match seen {
            Some(true) => Some(event),
            Some(false) => None,
            None => Some(Sequenced { event: Event::Missed, ..event }),
        })
    }
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
