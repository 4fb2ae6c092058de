//! Writing down an objective or key result, and changing one: the same fields.

mod view;

pub(crate) use view::render;

use super::{
    PageError, Visitor,
    flash::Flash,
    okr::load::above,
    period::Quarter,
    reader::Reader,
    sent::{Done, Sent, mendable},
};
use crate::{
    api::okrs,
    app::App,
    auth::{
        caller::Caller,
        policy::{Act, sees_okr},
    },
    board::people,
    components::form::Entries,
    error::ApiResult,
    extract::{Id, Params, Patch, parse},
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::Markup;
use okrsync_domain::{
    OkrId,
    decimal::plain,
    measure::Measure,
    okr::{Okr, OkrKind, ProgressMode, Visibility},
    person::Role,
};
use okrsync_store::{OkrFilter, Page};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What a new OKR begins with.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    parent: String,
    #[serde(default)]
    period: String,
}

/// Everything that the form says.
pub(crate) struct OkrForm {
    /// What is typed, and what is wrong with it.
    pub(crate) entries: Entries,
    /// The OKR that is changed; none writes down a new one.
    pub(crate) okr: Option<Okr>,
    /// Objective or key result.
    pub(crate) kind: OkrKind,
    /// Objectives that it may lie under: id and title.
    pub(crate) objectives: Vec<(String, String)>,
    /// People who may own it: id and name.
    pub(crate) owners: Vec<(String, String)>,
    /// Names of teams that are in use.
    pub(crate) teams: Vec<String>,
    /// Periods to choose from, by their word and label.
    pub(crate) periods: Vec<(String, String)>,
    /// Whether a link says what is measured.
    pub(crate) linked: bool,
    /// The pages above.
    pub(crate) above: Vec<(String, String)>,
    /// Who reads it.
    pub(crate) reader: Reader,
}

/// Stands for a parent that the editor may not see: the OKR stays below it.
const UNSEEN: &str = "unseen";

/// The form for a new one.
pub(crate) async fn new(
    State(app): State<App>,
    visitor: Visitor,
    Params(wanted): Params<Wanted>,
) -> Result<Markup, PageError> {
    visitor.caller.may(Act::CreateOkr(visitor.caller.user.id))?;
    let kind = if wanted.kind == "objective" { OkrKind::Objective } else { OkrKind::KeyResult };
    let parent = match wanted.parent.parse::<OkrId>() {
        Ok(id) => app.store().find_okr(id).await?.filter(|okr| sees_okr(&visitor.caller.user, okr)),
        Err(_) => None,
    };
    let (_, today) = app.today().await?;
    let quarter = wanted.period.parse().unwrap_or_else(|()| Quarter::of(today));
    let (first, last) = parent.as_ref().map_or((quarter.first(), quarter.last()), |okr| (okr.starts_on, okr.due_on));
    let entries = Entries::new([
        ("kind", word(kind).to_owned()),
        ("parent_id", parent.as_ref().map(|okr| okr.id.to_string()).unwrap_or_default()),
        ("owner_id", visitor.caller.user.id.to_string()),
        ("team", parent.as_ref().and_then(|okr| okr.team.clone()).unwrap_or_default()),
        ("period", Quarter::exactly(first, last).map_or_else(|| "other".to_owned(), |quarter| quarter.to_string())),
        ("starts_on", first.to_string()),
        ("due_on", last.to_string()),
        ("progress_mode", if kind == OkrKind::Objective { "roll_up" } else { "manual" }.to_owned()),
        ("measure.kind", "percent_complete".to_owned()),
        ("measure.start", "0".to_owned()),
        ("visibility", "everyone".to_owned()),
    ]);
    Ok(render(&Box::pin(load(&app, visitor, None, kind, entries)).await?))
}

/// Writes it down.
pub(crate) async fn add(State(app): State<App>, sent: Sent) -> Result<Response, PageError> {
    let work = async {
        let okr = okrs::write_down(&app, &sent.caller, parse(body(&sent))?).await?;
        let said = Flash::good(format!("“{}” is written down", okr.title));
        let said = match okr.kind {
            OkrKind::Objective => said.text("Its progress comes from the key results below it."),
            OkrKind::KeyResult => said,
        };
        Ok(Done::to(format!("/okrs/{}", okr.id)).saying(said))
    };
    match sent.once(&app, work).await {
        Ok(answer) => Ok(answer),
        Err(error) => {
            let error = mendable(error)?;
            let kind = if sent.get("kind") == "objective" { OkrKind::Objective } else { OkrKind::KeyResult };
            let entries = sent.entries().refused(&error);
            Box::pin(again(&app, sent.into_visitor(), None, kind, entries)).await
        }
    }
}

/// The form for a change.
pub(crate) async fn edit(State(app): State<App>, visitor: Visitor, Id(id): Id<OkrId>) -> Result<Markup, PageError> {
    let okr = app.store().get_okr(id).await?;
    visitor.caller.may(Act::EditOkr(&okr))?;
    let (kind, entries) = (okr.kind, entries(&okr));
    Ok(render(&Box::pin(load(&app, visitor, Some(okr), kind, entries)).await?))
}

/// Changes it.
pub(crate) async fn change(State(app): State<App>, Id(id): Id<OkrId>, sent: Sent) -> Result<Response, PageError> {
    let work = async {
        let seen = sent.get("version").parse().ok();
        let okr = okrs::edit(&app, &sent.caller, id, Patch(body(&sent)), seen).await?;
        Ok(Done::to(format!("/okrs/{id}")).saying(Flash::good(format!("“{}” is saved", okr.title))))
    };
    match sent.once(&app, work).await {
        Ok(answer) => Ok(answer),
        Err(error) => {
            let error = mendable(error)?;
            let okr = app.store().get_okr(id).await?;
            let mut entries = sent.entries().refused(&error);
            // Who saves again has read that somebody else was faster.
            entries.set("version", okr.version.to_string());
            let kind = okr.kind;
            Box::pin(again(&app, sent.into_visitor(), Some(okr), kind, entries)).await
        }
    }
}

async fn again(
    app: &App,
    visitor: Visitor,
    okr: Option<Okr>,
    kind: OkrKind,
    entries: Entries,
) -> Result<Response, PageError> {
    let page = render(&Box::pin(load(app, visitor, okr, kind, entries)).await?);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// What the form says, as the API takes it. Fields of other measures than the chosen one are left out.
fn body(sent: &Sent) -> Value {
    let mut body = Map::new();
    for name in ["kind", "title", "progress_mode", "visibility", "owner_id"] {
        if let Some(text) = sent.given(name) {
            body.insert(name.to_owned(), json!(text));
        }
    }
    for name in ["description", "team", "parent_id"] {
        body.insert(name.to_owned(), json!(sent.given(name)));
    }
    if sent.get("parent_id") == UNSEEN {
        body.remove("parent_id");
    }
    let quarter = sent.get("period").parse::<Quarter>().ok();
    let day = |name: &str, of: Option<okrsync_domain::Date>| {
        json!(of.map(|day| day.to_string()).or_else(|| sent.given(name).map(ToOwned::to_owned)))
    };
    body.insert("starts_on".to_owned(), day("starts_on", quarter.map(Quarter::first)));
    body.insert("due_on".to_owned(), day("due_on", quarter.map(Quarter::last)));
    body.entry("title").or_insert_with(|| json!(""));
    if let Some(kind) = sent.given("measure.kind") {
        body.insert("measure".to_owned(), measure(sent, kind));
    }
    Value::Object(body)
}

/// A new measure in place of the old one: a merge would keep what the form left empty.
fn measure(sent: &Sent, kind: &str) -> Value {
    let fields: &[&str] = match kind {
        "kpi" => &["name", "unit", "start", "target"],
        "stay_below" | "stay_above" => &["name", "unit", "target", "risk_line"],
        _ => &[],
    };
    let mut measure = Map::from_iter([("kind".to_owned(), json!(kind))]);
    for name in fields {
        let text = sent.given(&format!("measure.{name}")).map(|text| text.replace('−', "-").replace(',', "."));
        measure.insert((*name).to_owned(), text.map_or(Value::Null, Value::String));
    }
    Value::Object(measure)
}

fn word(kind: OkrKind) -> &'static str {
    match kind {
        OkrKind::Objective => "objective",
        OkrKind::KeyResult => "key_result",
    }
}

/// An OKR as the form shows it.
fn entries(okr: &Okr) -> Entries {
    let period = Quarter::exactly(okr.starts_on, okr.due_on);
    let mut entries = Entries::new([
        ("kind", word(okr.kind).to_owned()),
        ("version", okr.version.to_string()),
        ("title", okr.title.clone()),
        ("description", okr.description.clone().unwrap_or_default()),
        ("parent_id", okr.parent_id.map(|id| id.to_string()).unwrap_or_default()),
        ("owner_id", okr.owner_id.to_string()),
        ("team", okr.team.clone().unwrap_or_default()),
        ("period", period.map_or_else(|| "other".to_owned(), |quarter| quarter.to_string())),
        ("starts_on", okr.starts_on.to_string()),
        ("due_on", okr.due_on.to_string()),
        ("progress_mode", if okr.progress_mode == ProgressMode::RollUp { "roll_up" } else { "manual" }.to_owned()),
        ("visibility", if okr.visibility == Visibility::Private { "private" } else { "everyone" }.to_owned()),
    ]);
    let mut set = |pairs: &[(&str, String)]| pairs.iter().for_each(|(name, value)| entries.set(name, value.clone()));
    match &okr.measure {
        Measure::PercentComplete {} => set(&[("measure.kind", "percent_complete".to_owned())]),
        Measure::Kpi { name, unit, start, target } => set(&[
            ("measure.kind", "kpi".to_owned()),
            ("measure.name", name.clone()),
            ("measure.unit", unit.clone()),
            ("measure.start", plain(*start)),
            ("measure.target", plain(*target)),
        ]),
        Measure::StayBelow(line) | Measure::StayAbove(line) => set(&[
            (
                "measure.kind",
                if matches!(okr.measure, Measure::StayBelow(_)) { "stay_below" } else { "stay_above" }.to_owned(),
            ),
            ("measure.name", line.name.clone()),
            ("measure.unit", line.unit.clone()),
            ("measure.target", plain(line.target)),
            ("measure.risk_line", line.risk_line.map(plain).unwrap_or_default()),
        ]),
    }
    entries
}

/// Reads what the fields offer.
async fn load(
    app: &App,
    visitor: Visitor,
    okr: Option<Okr>,
    kind: OkrKind,
    mut entries: Entries,
) -> ApiResult<OkrForm> {
    let caller = visitor.caller.clone();
    let linked = match &okr {
        Some(okr) => app.store().find_link(okr.id).await?.is_some(),
        None => false,
    };
    let seen = OkrFilter { visible_to: Some(caller.viewer()), ..OkrFilter::default() };
    let all = app.store().okrs(&seen, Page::all()).await?.items;
    let below = match &okr {
        Some(okr) => app.store().descendants(okr.id).await?,
        None => vec![],
    };
    let fits = |it: &&Okr| {
        it.kind == OkrKind::Objective && Some(it.id) != okr.as_ref().map(|okr| okr.id) && !below.contains(&it.id)
    };
    let mut objectives = vec![(String::new(), "None: at the top".to_owned())];
    objectives.extend(all.iter().filter(fits).map(|it| (it.id.to_string(), it.title.clone())));
    let parent = okr.as_ref().and_then(|okr| okr.parent_id);
    if let Some(parent) = parent.filter(|parent| all.iter().all(|it| it.id != *parent)) {
        objectives.push((UNSEEN.to_owned(), "One that is private to others".to_owned()));
        if entries.get("parent_id") == parent.to_string() {
            entries.set("parent_id", UNSEEN);
        }
    }
    let mut teams: Vec<String> = all.iter().filter_map(|it| it.team.clone()).collect();
    teams.sort();
    teams.dedup();
    let owners = owners(app, &caller, okr.as_ref()).await?;
    let way = match &okr {
        Some(okr) => above(app, okr).await?.into_iter().chain([okr.clone()]).collect(),
        None => vec![],
    };
    let above =
        way.iter().filter(|it| sees_okr(&caller.user, it)).map(|it| (format!("/okrs/{}", it.id), it.title.clone()));
    let above = [("/".to_owned(), "OKRs".to_owned())].into_iter().chain(above).collect();
    let reader = Reader::of(app, visitor).await?;
    let mut periods: Vec<_> =
        Quarter::around(reader.today).map(|quarter| (quarter.to_string(), quarter.label())).collect();
    if entries.get("period") != "other"
        && !periods.iter().any(|(word, _)| word == entries.get("period"))
        && let Ok(quarter) = entries.get("period").parse::<Quarter>()
    {
        periods.insert(0, (quarter.to_string(), quarter.label()));
    }
    periods.push(("other".to_owned(), "Other dates".to_owned()));
    Ok(OkrForm { entries, okr, kind, objectives, owners, teams, periods, linked, above, reader })
}

/// Admins may hand it to anybody; others keep what is theirs.
async fn owners(app: &App, caller: &Caller, okr: Option<&Okr>) -> ApiResult<Vec<(String, String)>> {
    let mine = okr.map_or(caller.user.id, |okr| okr.owner_id);
    let seen = |user: &okrsync_domain::person::User| {
        user.id == mine || (caller.user.role == Role::Admin && user.active && user.role != Role::Viewer)
    };
    let everybody = people(app).await?;
    let mut owners: Vec<_> =
        everybody.into_values().filter(seen).map(|user| (user.id.to_string(), user.name)).collect();
    owners.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(owners)
}
