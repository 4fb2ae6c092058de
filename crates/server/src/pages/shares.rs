//! How much each key result of an objective counts.

use super::{
    PageError, Visitor,
    flash::Flash,
    reader::Reader,
    sent::{Done, Sent, mendable},
};
use crate::{
    api::okrs,
    app::App,
    auth::policy::{Act, sees_okr},
    components::{
        form::{self, Entries, Field},
        shell::{Place, Shell, crumbs, shell},
        surfaces::{actions, dialog},
    },
    error::ApiResult,
    extract::Id,
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use okrsync_domain::{OkrId, decimal::plain, okr::Okr};

/// Everything that the form says.
pub(crate) struct SharesPage {
    /// The objective.
    pub(crate) okr: Okr,
    /// What is below it.
    pub(crate) children: Vec<Okr>,
    /// What is typed, under `share.<id>`.
    pub(crate) entries: Entries,
    /// Who reads it.
    pub(crate) reader: Reader,
}

/// Shows the form.
pub(crate) async fn show(State(app): State<App>, visitor: Visitor, Id(id): Id<OkrId>) -> Result<Markup, PageError> {
    let okr = app.store().get_okr(id).await?;
    visitor.caller.may(Act::EditOkr(&okr))?;
    Ok(render(&Box::pin(load(&app, visitor, okr, None)).await?))
}

/// Saves all of them, or none.
pub(crate) async fn save(State(app): State<App>, Id(id): Id<OkrId>, sent: Sent) -> Result<Response, PageError> {
    let work = async {
        let given = |child: OkrId| sent.given(&format!("share.{child}")).map(|text| text.replace(',', "."));
        okrs::shares::save(&app, &sent.caller, id, given).await?;
        Ok(Done::to(format!("/okrs/{id}")).saying(Flash::good("Shares saved")))
    };
    match sent.once(&app, work).await {
        Ok(answer) => Ok(answer),
        Err(error) => {
            let error = mendable(error)?;
            let entries = sent.entries().refused(&error);
            let okr = app.store().get_okr(id).await?;
            let page = render(&Box::pin(load(&app, sent.into_visitor(), okr, Some(entries))).await?);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

async fn load(app: &App, visitor: Visitor, okr: Okr, entries: Option<Entries>) -> ApiResult<SharesPage> {
    let children = app.store().children(okr.id).await?;
    let stored = |child: &Okr| child.share.map(plain).unwrap_or_default();
    let entries = entries.unwrap_or_else(|| {
        let mut entries = Entries::default();
        for child in &children {
            entries.set(&name(child.id), stored(child));
        }
        entries
    });
    let user = visitor.caller.user.clone();
    let children = children.into_iter().filter(|child| sees_okr(&user, child)).collect();
    Ok(SharesPage { okr, children, entries, reader: Reader::of(app, visitor).await? })
}

fn name(child: OkrId) -> String {
    format!("share.{child}")
}

/// The page, or the dialog.
pub(crate) fn render(page: &SharesPage) -> Markup {
    let path = format!("/okrs/{}", page.okr.id);
    let inside = html! {
        form method="post" action={ (path) "/shares" } {
            (form::hidden(&page.reader.csrf, &page.reader.once))
            (page.entries.banner())
            div class="fg" {
                @for child in &page.children {
                    (form::input(
                        &Field { name: &name(child.id), label: &child.title, placeholder: "equal", inputmode: "decimal", ..Field::default() },
                        &page.entries,
                    ))
                }
            }
            (actions(&path, "Save", false))
        }
    };
    let lead = "Percent of the objective. What is left empty takes an equal part of the rest; 0 does not count.";
    let content = dialog("Shares", lead, &inside);
    let frame = Shell {
        title: "Shares",
        place: Place::Board,
        reader: &page.reader,
        top: crumbs(&[(path.clone(), page.okr.title.clone())], "Shares"),
        back: Some((path.clone(), page.okr.title.clone())),
    };
    shell(&frame, &content)
}
