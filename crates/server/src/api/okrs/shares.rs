//! Shares of an objective's children, saved together: one at a time they would not add up on the way.

use crate::{
    api::number::number,
    app::App,
    auth::{caller::Caller, policy::Act},
    error::{ApiError, ApiResult},
};
use okrsync_domain::OkrId;
use okrsync_metrics::rollup;
use okrsync_scheduler::events::Event;
use rust_decimal::Decimal;

/// Saves the shares of an objective's children; `given` is the text for a child, none for an equal part of the rest.
pub(crate) async fn save(
    app: &App,
    caller: &Caller,
    id: OkrId,
    given: impl Fn(OkrId) -> Option<String>,
) -> ApiResult<()> {
    let okr = app.store().get_okr(id).await?;
    caller.may(Act::EditOkr(&okr))?;
    let mut children = app.store().children(id).await?;
    for child in &mut children {
        // What the editor cannot see they cannot change: it keeps its share.
        if caller.may(Act::SeeOkr(child)).is_err() {
            continue;
        }
        child.share = given(child.id).map(|text| share(child.id, &text)).transpose()?;
        child.check()?;
    }
    rollup::shares(&children.iter().map(|child| child.share).collect::<Vec<_>>())?;
    let shares: Vec<_> = children.iter().map(|child| (child.id, number(child.share))).collect();
    let note = caller.did(app, "okr.shares", &okr).after(&shares);
    app.store().noting(note).update_shares(id, children.iter().map(|child| (child.id, child.share)).collect()).await?;
    for okr_id in children.iter().map(|child| child.id).chain([id]) {
        app.engine().events().publish(Event::OkrUpdated { okr_id });
    }
    Ok(())
}

fn share(child: OkrId, text: &str) -> ApiResult<Decimal> {
    let share = text.parse().ok().filter(|share| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(share));
    share.ok_or_else(|| {
        ApiError::field("invalid_value", &format!("share.{child}"), "A share is a number between 0 and 100.")
    })
}
