//! Removing a connection: what uses it, and where that goes first.

use super::{LIST, page};
use crate::{
    api::connections::removing,
    app::App,
    auth::{
        caller::Caller,
        policy::{Act, Verdict, judge, sees_linked},
    },
    components::{
        form::{Entries, Field, hidden, select},
        surfaces::{actions, dialog},
    },
    error::{ApiError, ApiResult},
    extract::Id,
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
use okrsync_domain::{ConnectionId, connection::Connection};
use okrsync_store::{LinkedOkr, Page};

/// What the question is about.
pub(crate) struct Removal {
    /// The connection.
    pub(crate) connection: Connection,
    /// What uses it.
    pub(crate) linked: Vec<LinkedOkr>,
    /// Others that could take the links over.
    pub(crate) others: Vec<(ConnectionId, String)>,
}

/// The question.
pub(crate) async fn show(
    State(app): State<App>,
    Id(id): Id<ConnectionId>,
    visitor: Visitor,
) -> Result<Markup, PageError> {
    let removal = read(&app, &visitor.caller, id).await?;
    Ok(render(&Reader::of(&app, visitor).await?, &removal, &Entries::default()))
}

async fn read(app: &App, caller: &Caller, id: ConnectionId) -> ApiResult<Removal> {
    let connection = app.store().get_connection(id).await?;
    caller.may(Act::EditConnection(&connection))?;
    let usable = app.store().connections(Some(caller.viewer()), app.now(), Page::all()).await?.items;
    let others = usable
        .into_iter()
        .map(|overview| overview.connection)
        .filter(|other| other.id != id && judge(&caller.user, Act::UseConnection(other)) == Verdict::Allowed)
        .map(|other| (other.id, other.name))
        .collect();
    Ok(Removal { connection, linked: app.store().linked_okrs(id).await?, others })
}

/// Moves the links, then removes it.
pub(crate) async fn remove(
    State(app): State<App>,
    Id(id): Id<ConnectionId>,
    sent: Sent,
) -> Result<Response, PageError> {
    let removal = read(&app, &sent.caller, id).await?;
    let work = async {
        let to = match sent.given(removing::MOVE_LINKS_TO) {
            Some(text) => {
                let missing = |_| ApiError::missing("connection", text, removing::MOVE_LINKS_TO);
                Some(removing::target(&app, &sent.caller, text.parse().map_err(missing)?).await?)
            }
            None => None,
        };
        removing::remove(&app, &sent.caller, &removal.connection, to.as_ref()).await?;
        Ok(Done::to(LIST).saying(Flash::good(format!("{} is removed", removal.connection.name))))
    };
    match sent.once(&app, work).await {
        Ok(response) => Ok(response),
        Err(error) => {
            let error = mendable(error)?;
            let entries = sent.entries().refused(&error);
            let reader = Reader::of(&app, sent.into_visitor()).await?;
            Ok((error.status(), render(&reader, &removal, &entries)).into_response())
        }
    }
}

/// The page of the question.
pub(crate) fn render(reader: &Reader, removal: &Removal, entries: &Entries) -> Markup {
    let Removal { connection, linked, others } = removal;
    let seen: Vec<_> = linked.iter().filter(|okr| sees_linked(&reader.user, okr)).collect();
    let hidden_ones = linked.len() - seen.len();
    let back = format!("/connections/{}", connection.id);
    let options: Vec<_> = others.iter().map(|(id, name)| (id.to_string(), name.clone())).collect();
    let lead = if linked.is_empty() {
        "No key result is linked through it. Its token is forgotten."
    } else {
        "Key results are linked through it. They are measured through another connection from then on; their history stays."
    };
    let inside = html! {
        form method="post" action={ (back) "/remove" } {
            (hidden(&reader.csrf, &reader.once))
            (entries.banner())
            @if !linked.is_empty() {
                ul class="linked t13" {
                    @for okr in &seen { li { (okr.title) } }
                    @if hidden_ones > 0 { li class="mut" { (hidden_ones) " that you do not see" } }
                }
                @if options.is_empty() {
                    p class="sub" { "There is no other connection that could take them over. Add one first." }
                } @else {
                    (select(&Field { name: removing::MOVE_LINKS_TO, label: "Move the links to", ..Field::default() }, entries, &options))
                }
            }
            @if linked.is_empty() || !options.is_empty() {
                (actions(&back, if linked.is_empty() { "Remove" } else { "Move and remove" }, true))
            } @else {
                div class="actions" { a class="btn" href=(back) data-close { "Close" } }
            }
        }
    };
    page(reader, "Remove connection", &dialog(&format!("Remove {}?", connection.name), lead, &inside))
}
