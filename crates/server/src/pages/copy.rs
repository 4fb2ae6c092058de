//! Beginning a period with the objectives and key results of an earlier one.

use super::{
    PageError, Visitor,
    flash::Flash,
    period::Quarter,
    reader::Reader,
    sent::{Done, Sent, mendable},
};
use crate::{
    api::okrs::copies::{self, may_copy},
    app::App,
    auth::{caller::Caller, policy::Act},
    board::people,
    components::{
        figures::{counted, figure},
        form::{Entries, hidden},
        shell::{Place, Shell, crumbs, shell},
        surfaces::{actions, dialog},
        times,
    },
    error::{ApiError, ApiResult},
    extract::Params,
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use okrsync_domain::{
    OkrId, UserId,
    measure::Measure,
    okr::{Okr, OkrKind, ProgressMode},
    person::User,
};
use okrsync_store::{OkrFilter, Page};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Which period is to be filled.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    period: String,
}

/// What would be copied.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// From where.
    pub(crate) from: Option<Quarter>,
    /// What, parents first.
    pub(crate) okrs: Vec<Okr>,
    /// How many more there are that only an admin writes down for their owners.
    pub(crate) of_others: usize,
}

/// Everything that the page says.
pub(crate) struct CopyPage {
    /// The period to be filled.
    pub(crate) to: Quarter,
    /// What would be copied into it.
    pub(crate) plan: Plan,
    /// Everybody.
    pub(crate) people: BTreeMap<UserId, User>,
    /// What went wrong.
    pub(crate) entries: Entries,
    /// Who reads it.
    pub(crate) reader: Reader,
}

/// The last period before another one that ends with something the person may copy.
pub(crate) fn earlier<'o>(okrs: impl Iterator<Item = &'o Okr>, user: &User, to: Quarter) -> Option<Quarter> {
    let over = okrs.filter(|okr| okr.due_on < to.first() && may_copy(user, okr));
    over.map(|okr| okr.due_on).max().map(Quarter::of)
}

async fn plan(app: &App, caller: &Caller, to: Quarter) -> ApiResult<Plan> {
    let filter = OkrFilter { visible_to: Some(caller.viewer()), ..OkrFilter::default() };
    let seen = app.store().okrs(&filter, Page::all()).await?.items;
    if seen.iter().any(|okr| okr.starts_on <= to.last() && okr.due_on >= to.first()) {
        return Ok(Plan::default());
    }
    let Some(from) = earlier(seen.iter(), &caller.user, to) else { return Ok(Plan::default()) };
    let there = seen.into_iter().filter(|okr| Quarter::of(okr.due_on) == from);
    let (own, others): (Vec<Okr>, Vec<Okr>) = there.partition(|okr| may_copy(&caller.user, okr));
    Ok(Plan { from: Some(from), okrs: copies::parents_first(own), of_others: others.len() })
}

/// Shows what would be copied.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Params(asked): Params<Asked>,
) -> Result<Markup, PageError> {
    visitor.caller.may(Act::CreateOkr(visitor.caller.user.id))?;
    let (_, today) = app.today().await?;
    let to = asked.period.parse().unwrap_or_else(|()| Quarter::of(today).next());
    Ok(render(&Box::pin(load(&app, visitor, to, Entries::default())).await?))
}

/// Copies what was shown.
pub(crate) async fn copy(State(app): State<App>, sent: Sent) -> Result<Response, PageError> {
    sent.caller.may(Act::CreateOkr(sent.caller.user.id))?;
    let to = sent.get("period").parse();
    let to: Quarter = to.map_err(|()| ApiError::field("invalid_value", "period", "There is no such period."))?;
    let work = async {
        let plan = plan(&app, &sent.caller, to).await?;
        let from = plan.from.filter(|from| sent.given("from").is_none_or(|shown| shown == from.to_string()));
        let Some(from) = from else {
            return Err(ApiError::conflict(
                "nothing_to_copy",
                format!("There is nothing to copy into {}.", to.label()),
            )
            .hint("A period is filled from an earlier one while you see nothing in it."));
        };
        let number = copies::write_down(&app, &sent.caller, plan.okrs, (to.first(), to.last())).await?;
        let said =
            format!("{} copied", counted(number as u64, "objective or key result", "objectives and key results"));
        let said = Flash::good(said).text(format!("They are those of {}, without their numbers.", from.label()));
        Ok(Done::to(format!("/?period={to}")).saying(said))
    };
    match sent.once(&app, work).await {
        Ok(answer) => Ok(answer),
        Err(error) => {
            let error = mendable(error)?;
            let entries = sent.entries().refused(&error);
            let page = Box::pin(load(&app, sent.into_visitor(), to, entries)).await?;
            Ok((error.status(), render(&page)).into_response())
        }
    }
}

async fn load(app: &App, visitor: Visitor, to: Quarter, entries: Entries) -> ApiResult<CopyPage> {
    let plan = plan(app, &visitor.caller, to).await?;
    Ok(CopyPage { to, plan, people: people(app).await?, entries, reader: Reader::of(app, visitor).await? })
}

/// The page, or the dialog.
pub(crate) fn render(page: &CopyPage) -> Markup {
    let back = format!("/?period={}", page.to);
    let (title, inside) = match page.plan.from {
        Some(from) => (format!("Copy {} into {}?", from.label(), page.to.label()), form(page, from, &back)),
        None => (format!("Nothing to copy into {}", page.to.label()), nothing(page, &back)),
    };
    let name = page.to.label();
    let top = crumbs(&[(back.clone(), name.clone())], &title);
    let frame = Shell { title: &title, place: Place::Board, reader: &page.reader, top, back: Some((back, name)) };
    shell(&frame, &dialog(&title, "", &inside))
}

fn nothing(page: &CopyPage, back: &str) -> Markup {
    html! {
        (page.entries.banner())
        p class="sub" { "A period is filled from an earlier one while you see nothing in it, and only with what you may write down." }
        div class="actions" { a class="btn" href=(back) data-close { "Back" } }
    }
}

fn form(page: &CopyPage, from: Quarter, back: &str) -> Markup {
    let day = |day| times::day(day, page.reader.today);
    let measured = page.plan.okrs.iter().filter(|okr| okr.progress_mode == ProgressMode::DataSource).count();
    html! {
        p class="sub" {
            "Titles, descriptions, owners, teams, measures with start and target, shares and who may see them are copied. They begin on "
            (day(page.to.first())) " and are due on " (day(page.to.last())) ". Check-ins and readings stay behind."
        }
        @if measured > 0 {
            p class="sub" {
                "Links to Jira are not copied: what was measured from Jira (" (measured) ") is entered by hand until you connect it."
            }
        }
        @if page.plan.of_others > 0 {
            p class="sub" {
                (counted(page.plan.of_others as u64, "more belongs", "more belong")) " to other people: only an admin writes those down."
            }
        }
        form method="post" action="/okrs/copy" {
            (hidden(&page.reader.csrf, &page.reader.once))
            (page.entries.banner())
            input type="hidden" name="period" value=(page.to);
            input type="hidden" name="from" value=(from);
            (list(page))
            (actions(back, "Copy", false))
        }
    }
}

fn list(page: &CopyPage) -> Markup {
    let shown: Vec<OkrId> = page.plan.okrs.iter().map(|okr| okr.id).collect();
    let roots = page.plan.okrs.iter().filter(|okr| okr.parent_id.is_none_or(|parent| !shown.contains(&parent)));
    html! { ul class="copied" { @for okr in roots { (line(page, okr)) } } }
}

fn line(page: &CopyPage, okr: &Okr) -> Markup {
    let below: Vec<&Okr> = page.plan.okrs.iter().filter(|it| it.parent_id == Some(okr.id)).collect();
    let owner = page.people.get(&okr.owner_id).map(|owner| owner.name.as_str()).unwrap_or_default();
    html! {
        li {
            span class=[(okr.kind == OkrKind::Objective).then_some("b6")] { (okr.title) }
            small { @if okr.kind == OkrKind::KeyResult { (measure(&okr.measure)) " · " } (owner) }
            @if !below.is_empty() { ul { @for okr in below { (line(page, okr)) } } }
        }
    }
}

fn measure(measure: &Measure) -> String {
    match measure {
        Measure::PercentComplete {} => "Percent complete".to_owned(),
        Measure::Kpi { unit, start, target, .. } => format!("{} → {} {unit}", figure(*start), figure(*target)),
        Measure::StayBelow(line) => format!("Stay under {} {}", figure(line.target), line.unit),
        Measure::StayAbove(line) => format!("Stay over {} {}", figure(line.target), line.unit),
    }
}
