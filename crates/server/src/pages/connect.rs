//! Connect data source: which issues an OKR is measured from, and how. A plain form in four steps; the script sends it for
//! a preview while somebody types and puts the parts of the answer in place, so that everything is drawn here once.

pub(super) mod code;
mod form;
mod metrics;
mod result;
#[cfg(test)]
mod samples;
mod view;

use super::{
    PageError, Visitor,
    flash::Flash,
    reader::Reader,
    sent::{Done, Sent, mendable},
};
use crate::{
    api::{
        connections::fields,
        links::{self, body::LinkBody, preview::Looked, preview::PreviewBody},
    },
    app::App,
    auth::policy::{Act, Verdict, judge},
    components::{form::Entries, issue_status::UnderWay},
    error::{ApiError, ApiResult},
    extract::{Id, parse},
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::Markup;
use okrsync_domain::{
    OkrId,
    catalogue::Field,
    connection::{Connection, ConnectionState},
    okr::Okr,
};
use okrsync_scheduler::check::{JqlCheck, Question};
use okrsync_store::Page;
use std::time::Duration;

/// How long the browser is kept waiting for the first reading; what takes longer shows on the board.
const PATIENCE: Duration = Duration::from_secs(15);

/// Everything that the page says.
pub(crate) struct ConnectPage {
    /// Who reads it.
    pub(crate) reader: Reader,
    /// What is connected.
    pub(crate) okr: Okr,
    /// Whether it is connected by now.
    pub(crate) linked: bool,
    /// Connections that the reader may use.
    pub(crate) connections: Vec<Connection>,
    /// Why the chosen one is chosen; empty if the reader chose it.
    pub(crate) reason: &'static str,
    /// Numeric fields of the chosen connection's site.
    pub(crate) fields: Vec<Field>,
    /// In which of its statuses somebody works.
    pub(crate) under_way: UnderWay,
    /// What is typed.
    pub(crate) entries: Entries,
    /// What is known of the query without asking Jira.
    pub(crate) check: JqlCheck,
    /// What Jira said.
    pub(crate) outcome: Outcome,
}

/// What Jira said of the query.
pub(crate) enum Outcome {
    /// It has not been asked.
    Unasked,
    /// What the link would show.
    Looked(Box<Looked>),
    /// Why there is nothing to show, or why it was not saved.
    Refused(ApiError),
}

/// The form.
pub(crate) async fn show(State(app): State<App>, visitor: Visitor, Id(id): Id<OkrId>) -> Result<Markup, PageError> {
    let okr = app.store().get_okr(id).await.map_err(ApiError::from)?;
    visitor.caller.may(Act::EditOkr(&okr))?;
    let link = app.store().find_link(id).await.map_err(ApiError::from)?;
    let entries = form::entries(&okr, link.as_ref());
    Ok(view::render(&Box::pin(read(&app, visitor, okr, entries, Outcome::Unasked)).await?))
}

/// The form with what it would come to. Nothing is stored. With `live` only what costs no request is looked at.
pub(crate) async fn preview(State(app): State<App>, Id(id): Id<OkrId>, sent: Sent) -> Result<Markup, PageError> {
    let okr = app.store().get_okr(id).await.map_err(ApiError::from)?;
    sent.caller.may(Act::EditOkr(&okr))?;
    let outcome = if sent.get("live").is_empty() { look(&app, &okr, &sent).await? } else { Outcome::Unasked };
    let entries = typed(&sent);
    Ok(view::render(&Box::pin(read(&app, sent.into_visitor(), okr, entries, outcome)).await?))
}

/// Saves the link and measures it, as the API does.
pub(crate) async fn save(State(app): State<App>, Id(id): Id<OkrId>, sent: Sent) -> Result<Response, PageError> {
    let okr = app.store().get_okr(id).await.map_err(ApiError::from)?;
    sent.caller.may(Act::EditOkr(&okr))?;
    let error = match sent.once(&app, connect(&app, &okr, &sent)).await {
        Ok(response) => return Ok(response),
        Err(error) => mendable(error)?,
    };
    let entries = typed(&sent).refused(&error);
    let page = Box::pin(read(&app, sent.into_visitor(), okr, entries, Outcome::Refused(error))).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, view::render(&page)).into_response())
}

/// What was typed; lines of the query end as its positions count them.
fn typed(sent: &Sent) -> Entries {
    let mut entries = sent.entries();
    let jql = entries.get("jql").replace("\r\n", "\n");
    entries.set("jql", jql);
    entries
}

async fn connect(app: &App, okr: &Okr, sent: &Sent) -> ApiResult<Done> {
    let body: LinkBody = parse(form::link_body(&sent.values))?;
    let put = Box::pin(links::link(app, &sent.caller, okr, body)).await?;
    let refresh = app.wait(put.refresh_id, PATIENCE).await?;
    let flash = match refresh.as_ref().map(|refresh| (&refresh.error, refresh.finished_at)) {
        Some((Some(problem), _)) => Flash::warning("Connected, but not measured yet").text(problem.message.clone()),
        Some((None, None)) => Flash::good("Connected").text("The first reading takes a while and will show here."),
        _ => Flash::good("Connected").text(format!("{} is measured from Jira now.", okr.title)),
    };
    Ok(Done::to(format!("/okrs/{}", okr.id)).saying(flash))
}

async fn look(app: &App, okr: &Okr, sent: &Sent) -> Result<Outcome, PageError> {
    let looked = async {
        let body: PreviewBody = parse(form::preview_body(&sent.values, okr.id))?;
        let (connections, _) = usable(app, &sent.caller.user, sent.caller.viewer(), sent.get("connection_id")).await?;
        let (fields, _) = offered(app, &connections, sent.get("connection_id")).await?;
        Box::pin(links::preview::look(app, &sent.caller, body, metrics::table(&fields))).await
    };
    match looked.await {
        Ok(looked) => Ok(Outcome::Looked(Box::new(looked))),
        Err(error) => Ok(Outcome::Refused(mendable(error)?)),
    }
}

async fn read(app: &App, visitor: Visitor, okr: Okr, mut entries: Entries, outcome: Outcome) -> ApiResult<ConnectPage> {
    let viewer = visitor.caller.viewer();
    let reader = Reader::of(app, visitor).await?;
    let (connections, reason) = usable(app, &reader.user, viewer, entries.get("connection_id")).await?;
    if entries.get("connection_id").is_empty() {
        entries.set("connection_id", connections.first().map(|it| it.id.to_string()).unwrap_or_default());
    }
    let chosen = chosen(&connections, entries.get("connection_id"));
    let measured = form::measured(&entries, &okr);
    let question = Question { jql: entries.get("jql"), connection: chosen, measured, ask_jira: false };
    let check = app.engine().check_jql(&question).await?;
    let (fields, under_way) = offered(app, &connections, entries.get("connection_id")).await?;
    let linked = app.store().find_link(okr.id).await?.is_some();
    Ok(ConnectPage { reader, okr, linked, connections, reason, fields, under_way, entries, check, outcome })
}

/// The connection that is chosen.
fn chosen<'a>(connections: &'a [Connection], id: &str) -> Option<&'a Connection> {
    connections.iter().find(|connection| connection.id.to_string() == id)
}

/// Connections that somebody may use, the best one first, and why it is.
async fn usable(
    app: &App,
    user: &okrsync_domain::person::User,
    viewer: okrsync_store::Viewer,
    chosen: &str,
) -> ApiResult<(Vec<Connection>, &'static str)> {
    let known = app.store().connections(Some(viewer), app.now(), Page::all()).await?.items;
    let mut usable: Vec<Connection> = known.into_iter().map(|overview| overview.connection).collect();
    usable.retain(|connection| judge(user, Act::UseConnection(connection)) == Verdict::Allowed);
    usable.sort_by_key(|connection| (connection.state != ConnectionState::Ok, connection.owner_id != user.id));
    let reason = match usable.first() {
        _ if !chosen.is_empty() => "",
        Some(first) if first.state != ConnectionState::Ok => {
            "Chosen for you, although it is in trouble: no other is better."
        }
        Some(first) if first.owner_id == user.id => "Chosen for you: your first healthy connection.",
        _ => "Chosen for you: the first healthy connection that is shared with everyone.",
    };
    Ok((usable, reason))
}

/// The numeric fields and the statuses of a connection's site, as far as they are known.
async fn offered(app: &App, connections: &[Connection], id: &str) -> ApiResult<(Vec<Field>, UnderWay)> {
    let Some(connection) = chosen(connections, id) else { return Ok((vec![], UnderWay::default())) };
    let catalogue = app.engine().catalogue_if_any(connection).await?;
    let under_way = UnderWay::of(catalogue.as_ref());
    Ok((fields::choices(connection, catalogue.map(|catalogue| catalogue.fields).unwrap_or_default()), under_way))
}
