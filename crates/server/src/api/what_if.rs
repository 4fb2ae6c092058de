//! What if: numbers as they would be after edits that nobody has made. Nothing is stored.

mod body;
mod issues;
mod tree;
mod view;

use crate::{
    app::App,
    auth::{caller::Caller, policy::Act},
    error::ApiResult,
    extract::{Body, Id},
};
use axum::{Json, extract::State};
use body::WhatIfBody;
use issues::Edited;
use okrsync_domain::OkrId;
use tree::Tree;
use utoipa_axum::{router::OpenApiRouter, routes};
use view::WhatIfView;

/// Routes of what-if.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(ask))
}

/// How an OKR, its forecast and the objectives above it would be, if issues were completed, dropped or valued otherwise,
/// and if target, dates or shares were moved. Nothing is stored.
///
/// Also the way back: the fewest open issues that would have to be completed, after these edits, for the OKR to be on
/// track today; of as many issues those that go farthest, and then the first by key.
#[utoipa::path(post, path = "/okrs/{id}/what-if", tag = "OKRs", params(("id" = String, Path)),
    request_body = WhatIfBody, responses((status = 200, body = WhatIfView)))]
async fn ask(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<OkrId>,
    Body(body): Body<WhatIfBody>,
) -> ApiResult<Json<WhatIfView>> {
    let okr = app.store().get_okr(id).await?;
    caller.may(Act::SeeOkr(&okr))?;
    let changed = body.changed(&okr)?;
    let tree = Tree::load(&app, &okr).await?;
    let edited = Edited::of(&app, &tree, &okr, &changed, &body).await?;
    let then = tree.after(&changed, edited.as_ref(), &body.shares)?;
    Box::pin(WhatIfView::of(&app, &caller, &tree, &then, &changed, edited)).await.map(Json)
}
