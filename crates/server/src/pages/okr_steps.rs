//! Short forms about one OKR: check in, close, postpone, delete. The script shows them as dialogs.

use super::{
    PageError, Visitor,
    flash::Flash,
    reader::Reader,
    sent::{Done, Sent, mendable},
};
use crate::{
    api::{check_ins, okrs, okrs::ending},
    app::App,
    auth::policy::Act,
    board::Board,
    components::{
        figures::counted,
        form::{self, Entries, Field},
        shell::{Place, Shell, crumbs, shell},
        surfaces::{actions, dialog},
    },
    error::{ApiError, ApiResult},
    extract::{Id, parse},
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use okrsync_domain::{
    OkrId,
    measure::Measure,
    okr::{Okr, ProgressMode},
};
use okrsync_metrics::Progress;
use okrsync_store::BoardScope;
use serde_json::{Value, json};

/// Which form it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Say how it stands.
    CheckIn,
    /// Say how it ended.
    Close,
    /// Give it a later last day.
    Postpone,
    /// Remove it with everything that is known of it.
    Delete,
}

/// Everything that such a form says.
pub(crate) struct StepPage {
    /// Which form.
    pub(crate) step: Step,
    /// The OKR.
    pub(crate) okr: Okr,
    /// What is typed, and what is wrong with it.
    pub(crate) entries: Entries,
    /// What the link or the children say now.
    pub(crate) automatic: Option<Progress>,
    /// OKRs below it.
    pub(crate) below: u64,
    /// Who reads it.
    pub(crate) reader: Reader,
}

macro_rules! handlers {
    ($show:ident, $send:ident, $step:expr, $work:ident) => {
        /// Shows the form.
        pub(crate) async fn $show(app: State<App>, visitor: Visitor, id: Id<OkrId>) -> Result<Markup, PageError> {
            show(&app, visitor, id.0, $step).await
        }

        /// Carries it out.
        pub(crate) async fn $send(app: State<App>, id: Id<OkrId>, sent: Sent) -> Result<Response, PageError> {
            match sent.once(&app, $work(&app, id.0, &sent)).await {
                Ok(answer) => Ok(answer),
                Err(error) => again(&app, id.0, sent, $step, error).await,
            }
        }
    };
}
handlers!(check_in, add_check_in, Step::CheckIn, enter);
handlers!(close, end, Step::Close, close_it);
handlers!(postpone, put_off, Step::Postpone, postpone_it);
handlers!(delete, remove, Step::Delete, delete_it);

/// Opens a closed OKR again.
pub(crate) async fn reopen(State(app): State<App>, Id(id): Id<OkrId>, sent: Sent) -> Result<Response, PageError> {
    let work = async {
        Box::pin(ending::open_again(&app, &sent.caller, id)).await?;
        Ok(Done::to(format!("/okrs/{id}")).saying(Flash::good("Reopened").text("It counts as of today again.")))
    };
    Ok(sent.once(&app, work).await?)
}

/// Lets the automatic value show again.
pub(crate) async fn resume(State(app): State<App>, Id(id): Id<OkrId>, sent: Sent) -> Result<Response, PageError> {
    let work = async {
        check_ins::release(&app, &sent.caller, id).await?;
        Ok(Done::to(format!("/okrs/{id}")).saying(Flash::good("The automatic value shows again")))
    };
    Ok(sent.once(&app, work).await?)
}

async fn show(app: &App, visitor: Visitor, id: OkrId, step: Step) -> Result<Markup, PageError> {
    let okr = app.store().get_okr(id).await?;
    visitor.caller.may(Act::EditOkr(&okr))?;
    let entries = Entries::new([
        ("hold", "next_reading".to_owned()),
        ("due_on", super::period::Quarter::of(okr.due_on).next().last().to_string()),
    ]);
    Ok(render(&Box::pin(load(app, visitor, okr, step, entries)).await?))
}

async fn again(app: &App, id: OkrId, sent: Sent, step: Step, error: ApiError) -> Result<Response, PageError> {
    let error = mendable(error)?;
    let okr = app.store().get_okr(id).await?;
    let entries = sent.entries().refused(&error);
    let page = render(&Box::pin(load(app, sent.into_visitor(), okr, step, entries)).await?);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn load(app: &App, visitor: Visitor, okr: Okr, step: Step, entries: Entries) -> ApiResult<StepPage> {
    let board = Board::load(app, BoardScope::Trees(vec![okr.id])).await?;
    let automatic = board.find(okr.id).and_then(|shown| {
        let standing = shown.standing;
        if standing.overridden { standing.automatic_progress.clone() } else { standing.progress.clone() }
    });
    let automatic = automatic.filter(|_| okr.progress_mode != ProgressMode::Manual);
    let below = u64::try_from(board.rows.len()).unwrap_or(u64::MAX).saturating_sub(1);
    Ok(StepPage { step, okr, entries, automatic, below, reader: Reader::of(app, visitor).await? })
}

async fn enter(app: &App, id: OkrId, sent: &Sent) -> ApiResult<Done> {
    let number = |name: &str| sent.given(name).map(|text| text.replace('−', "-").replace(',', "."));
    let body: Value = json!({
        "note": sent.get("note").trim(),
        "value": number("value"),
        "progress": number("progress"),
        "status": sent.given("status"),
        "hold": sent.given("hold").unwrap_or("next_reading"),
    });
    let check_in = check_ins::enter(app, &sent.caller, id, parse(body)?).await?;
    let said = Flash::good("Checked in");
    let holds = check_in.entered.is_some() && check_in.hold == okrsync_domain::check_in::Hold::UntilResumed;
    let said = if holds { said.text("It holds until you resume the automatic value.") } else { said };
    Ok(Done::to(format!("/okrs/{id}")).saying(said))
}

async fn close_it(app: &App, id: OkrId, sent: &Sent) -> ApiResult<Done> {
    let score = sent.given("score").map(|text| text.replace(',', "."));
    let body = parse(json!({ "score": score, "note": sent.get("note").trim() }))?;
    Box::pin(ending::end(app, &sent.caller, id, body)).await?;
    Ok(Done::to(format!("/okrs/{id}")).saying(Flash::good("Closed").text("It stands as it stood today.")))
}

async fn postpone_it(app: &App, id: OkrId, sent: &Sent) -> ApiResult<Done> {
    let body = parse(json!({ "due_on": sent.get("due_on"), "note": sent.get("note").trim() }))?;
    let okr = Box::pin(ending::put_off(app, &sent.caller, id, body)).await?;
    let said = Flash::good(format!("Due {}", okr.due_on.format("%-d %b %Y"))).text("A check-in says so.");
    Ok(Done::to(format!("/okrs/{id}")).saying(said))
}

async fn delete_it(app: &App, id: OkrId, sent: &Sent) -> ApiResult<Done> {
    let okr = okrs::delete(app, &sent.caller, id, sent.get("with_children") == "true").await?;
    let to = okr.parent_id.map_or_else(|| "/".to_owned(), |parent| format!("/okrs/{parent}"));
    Ok(Done::to(to).saying(Flash::good(format!("“{}” is deleted", okr.title))))
}

/// The page, or the dialog.
pub(crate) fn render(page: &StepPage) -> Markup {
    let path = format!("/okrs/{}", page.okr.id);
    let (title, word, verb) = match page.step {
        Step::CheckIn => ("Check in".to_owned(), "check-in", "Check in"),
        Step::Close => (format!("Close “{}”?", page.okr.title), "close", "Close"),
        Step::Postpone => (format!("Postpone “{}”", page.okr.title), "postpone", "Postpone"),
        Step::Delete => (format!("Delete “{}”?", page.okr.title), "delete", "Delete"),
    };
    let inside = html! {
        form method="post" action={ (path) "/" (word) } {
            (form::hidden(&page.reader.csrf, &page.reader.once))
            (page.entries.banner())
            @match page.step {
                Step::CheckIn => { (check_in_fields(page)) }
                Step::Close => { (close_fields(page)) }
                Step::Postpone => { (postpone_fields(page)) }
                Step::Delete => { (delete_fields(page)) }
            }
            (actions(&path, verb, page.step == Step::Delete))
        }
    };
    let content = dialog(&title, &lead(page), &inside);
    let frame = Shell {
        title: &title,
        place: Place::Board,
        reader: &page.reader,
        top: crumbs(&[(path.clone(), page.okr.title.clone())], verb),
        back: Some((path.clone(), page.okr.title.clone())),
    };
    shell(&frame, &content)
}

/// What it means, before it is done.
fn lead(page: &StepPage) -> String {
    match page.step {
        Step::CheckIn => page.okr.title.clone(),
        Step::Close => "Progress, expected and status stay as they are today. It can be reopened.".to_owned(),
        Step::Postpone => format!(
            "It is due {} now. Expected progress spreads over the longer time.",
            page.okr.due_on.format("%-d %b %Y")
        ),
        Step::Delete if page.below > 0 => format!(
            "With its history, and with {} below it. This cannot be undone.",
            counted(page.below, "objective or key result", "objectives and key results")
        ),
        Step::Delete => {
            "Its history goes with it: readings, check-ins, its data source. This cannot be undone.".to_owned()
        }
    }
}

fn check_in_fields(page: &StepPage) -> Markup {
    let percent = page.okr.measure.is_percent_complete();
    let label = match &page.okr.measure {
        Measure::Kpi { unit, .. } if !unit.is_empty() => format!("Value in {unit}"),
        Measure::PercentComplete {} => "Progress in percent".to_owned(),
        _ => "Value".to_owned(),
    };
    let number = Field {
        name: if percent { "progress" } else { "value" },
        label: &label,
        help: "Leave it empty to say something without changing the number.",
        optional: true,
        inputmode: "decimal",
        autofocus: true,
        ..Field::default()
    };
    let status = Field { name: "status", label: "Status", optional: true, ..Field::default() };
    let statuses = [
        ("", "As computed"),
        ("on_track", "On track"),
        ("behind", "Behind"),
        ("at_risk", "At risk"),
        ("achieved", "Achieved"),
    ]
    .map(|(value, text)| (value.to_owned(), text.to_owned()));
    let note = Field { name: "note", label: "What happened", optional: true, ..Field::default() };
    html! {
        (form::input(&number, &page.entries))
        (form::select(&status, &page.entries, &statuses))
        (form::area(&note, &page.entries, 3))
        @if page.okr.progress_mode != ProgressMode::Manual { (hold(page)) }
    }
}

/// An automatic value is overridden: for how long, and what it is.
fn hold(page: &StepPage) -> Markup {
    let field = Field { name: "hold", label: "Over the automatic value", ..Field::default() };
    html! {
        p class="help" {
            @match &page.automatic {
                Some(progress) => { "The automatic value is " b class="num" { (progress.page()) "%" } "." }
                None => { "There is no automatic value." }
            }
        }
        (form::options(&field, &page.entries, &[
            ("next_reading", "Until the next reading", "The next sync replaces it", ""),
            ("until_resumed", "Until resumed", "It holds until somebody resumes", ""),
        ]))
    }
}

fn close_fields(page: &StepPage) -> Markup {
    let score = Field {
        name: "score",
        label: "Score",
        help: "Your own verdict, such as 0.7.",
        optional: true,
        inputmode: "decimal",
        ..Field::default()
    };
    let note = Field { name: "note", label: "Why", optional: true, ..Field::default() };
    html! { (form::input(&score, &page.entries)) (form::area(&note, &page.entries, 3)) }
}

fn postpone_fields(page: &StepPage) -> Markup {
    let due = Field { name: "due_on", label: "New last day", kind: "date", required: true, ..Field::default() };
    let note = Field { name: "note", label: "Why", optional: true, ..Field::default() };
    html! { (form::input(&due, &page.entries)) (form::area(&note, &page.entries, 3)) }
}

fn delete_fields(page: &StepPage) -> Markup {
    html! { @if page.below > 0 { input type="hidden" name="with_children" value="true"; } }
}
