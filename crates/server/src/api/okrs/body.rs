//! An OKR as it is handed in.

use super::view::{KindWord, ModeWord, VisibilityWord};
use crate::api::{
    measures::MeasureBody,
    number::{Number, number},
};
use okrsync_domain::{
    Date, Invalid, OkrId, UserId,
    okr::{Okr, OkrKind, ProgressMode},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An objective or key result to write down.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OkrBody {
    /// Objective or key result.
    kind: KindWord,
    /// The objective above it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(crate) parent_id: Option<OkrId>,
    /// One line, at most 200 characters.
    title: String,
    /// Longer text.
    #[serde(default)]
    description: Option<String>,
    /// Who answers for it; the caller if not given.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(crate) owner_id: Option<UserId>,
    /// Name of the team.
    #[serde(default)]
    team: Option<String>,
    /// First day.
    starts_on: Date,
    /// Last day.
    due_on: Date,
    /// Where the value comes from: `roll_up` for objectives and `manual` for key results if not given.
    #[serde(default)]
    progress_mode: Option<ModeWord>,
    /// What it is measured against; `percent_complete` if not given.
    #[serde(default)]
    measure: Option<MeasureBody>,
    /// Fixed share of the parent in percent; null takes an equal part of what is left.
    #[serde(default)]
    share: Option<Number>,
    /// Who may see it.
    #[serde(default)]
    visibility: VisibilityWord,
}

impl OkrBody {
    /// What may be edited of an OKR, as it is now.
    pub(crate) fn of(okr: &Okr) -> Self {
        Self {
            kind: okr.kind.into(),
            parent_id: okr.parent_id,
            title: okr.title.clone(),
            description: okr.description.clone(),
            owner_id: Some(okr.owner_id),
            team: okr.team.clone(),
            starts_on: okr.starts_on,
            due_on: okr.due_on,
            progress_mode: Some(okr.progress_mode.into()),
            measure: Some((&okr.measure).into()),
            share: number(okr.share),
            visibility: okr.visibility.into(),
        }
    }

    /// The OKR over what it was before, if it is sound by itself.
    pub(crate) fn settle(self, before: Okr) -> Result<Okr, Invalid> {
        let kind: OkrKind = self.kind.into();
        let usual = match kind {
            OkrKind::Objective => ProgressMode::RollUp,
            OkrKind::KeyResult => ProgressMode::Manual,
        };
        let text = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let okr = Okr {
            kind,
            parent_id: self.parent_id,
            title: self.title.trim().to_owned(),
            description: text(self.description),
            owner_id: self.owner_id.unwrap_or(before.owner_id),
            team: text(self.team),
            starts_on: self.starts_on,
            due_on: self.due_on,
            progress_mode: self.progress_mode.map_or(usual, Into::into),
            measure: self.measure.unwrap_or_default().measure()?,
            share: self.share.map(|Number(share)| share),
            visibility: self.visibility.into(),
            ..before
        };
        okr.check()?;
        Ok(okr)
    }
}
