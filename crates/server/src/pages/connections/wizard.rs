//! A new connection in two steps: server and sign-in, which Jira has to accept, then the first sync with
//! sharing ([`super::first_sync`]).

use super::{LIST, entries, form, page};
use crate::{
    api::connections::{self, body::ConnectionBody},
    app::App,
    auth::policy::Act,
    components::{
        form::{Entries, hidden},
        icons::{Icon, small},
    },
    error::{ApiError, ApiResult},
    extract::{Id, Patch},
    pages::{
        PageError, Visitor,
        flash::Flash,
        reader::Reader,
        sent::{Done, Sent, mendable},
    },
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use maud::{Markup, html};
use okrsync_domain::ConnectionId;
use serde_json::{Value, json};

/// The first step.
pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Markup, PageError> {
    visitor.caller.may(Act::CreateConnection)?;
    let key = format!("okrsync-{}", hex::encode(app.random().bytes::<3>()));
    Ok(render(&Reader::of(&app, visitor).await?, &entries::blank(&key)))
}

/// Has Jira try the sign-in, and stores the connection if it is accepted.
pub(crate) async fn add(State(app): State<App>, sent: Sent) -> Result<Response, PageError> {
    sent.caller.may(Act::CreateConnection)?;
    let work = async {
        let id = create(&app, &sent).await?;
        let next = if entries::consents(&sent) { "sign-in" } else { "start" };
        Ok(Done::to(format!("/connections/{id}/{next}")))
    };
    match sent.once(&app, work).await {
        Ok(response) => Ok(response),
        Err(error) => {
            let error = mendable(error)?;
            let entries = sent.entries().refused(&error);
            let reader = Reader::of(&app, sent.into_visitor()).await?;
            Ok((error.status(), render(&reader, &entries)).into_response())
        }
    }
}

async fn create(app: &App, sent: &Sent) -> ApiResult<ConnectionId> {
    let body: ConnectionBody = Patch(entries::body(sent)?).apply(json!({}))?;
    connections::create(app, &sent.caller, body, true).await
}

/// Stores who may use it.
pub(crate) async fn finish(
    State(app): State<App>,
    Id(id): Id<ConnectionId>,
    sent: Sent,
) -> Result<Response, PageError> {
    let connection = app.store().get_connection(id).await.map_err(ApiError::from)?;
    sent.caller.may(Act::EditConnection(&connection))?;
    let work = async {
        connections::edit(&app, &sent.caller, id, Patch(entries::choices(&sent))).await?;
        let told = Flash::good(format!("{} is connected", connection.name));
        let next = if sent.get("then") == "link" { "/" } else { LIST };
        Ok(Done::to(next).saying(told.text("Key results can be linked through it now.")))
    };
    Ok(sent.once(&app, work).await?)
}

/// The two steps, with the one that is shown.
pub(crate) fn steps(title: &str, current: usize) -> Markup {
    html! {
        div {
            h1 class="wiz-title" { (title) }
            ol class="wsteps" aria-label="Steps" {
                @for (number, name) in ["Server and sign-in", "First sync and sharing"].into_iter().enumerate() {
                    li class=[(number < current).then_some("ok")] aria-current=[(number == current).then_some("step")] {
                        span class="no" { @if number < current { (small(Icon::Check, "")) } @else { (number + 1) } } (name)
                    }
                }
            }
        }
    }
}

/// The page of the first step.
pub(crate) fn render(reader: &Reader, entries: &Entries) -> Markup {
    let content = html! {
        div class="page" {
            div class="wiz" {
                (steps("New connection", 0))
                form method="post" action="/connections/new" class="conn-form" {
                    (hidden(&reader.csrf, &reader.once))
                    h2 { "Server and sign-in" }
                    p class="t13 mut lead" { "Not sure which type you have? Look at the address in the browser, or ask your Jira administrator." }
                    (entries.banner())
                    (form::server(reader, entries, false))
                    (form::advanced(entries))
                    p class="help only-token" { "Jira is asked whether it accepts the sign-in; only then it is stored." }
                    p class="help only-consent" { "It is stored, and you sign in with Jira on the next page." }
                    div class="actions" {
                        a class="btn" href=(LIST) { "Cancel" }
                        button class="btn pri" { span class="only-token" { "Test and go on" } span class="only-consent" { "Go on to sign in" } }
                    }
                }
            }
        }
    };
    page(reader, "New connection", &content)
}

/// The merge patch of a form that holds everything.
pub(crate) fn whole(sent: &Sent) -> ApiResult<Value> {
    let mut body = entries::body(sent)?;
    if let (Some(body), Value::Object(choices)) = (body.as_object_mut(), entries::choices(sent)) {
        body.extend(choices);
        body.insert("enabled".to_owned(), json!(sent.get("enabled") == "true"));
    }
    Ok(body)
}
