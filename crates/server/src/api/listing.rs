//! Lists in pages.

use crate::error::{ApiError, ApiResult};
use okrsync_store::{Cursor, Page, Slice};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Things on a page unless asked otherwise.
const USUAL: u32 = 50;
/// Most things on a page.
const MOST: u32 = 200;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listing<T> {
    /// The things of this page.
    pub(crate) items: Vec<T>,
    /// Hand it in as `cursor` for the next page; null on the last one.
    pub(crate) next_cursor: Option<String>,
}

impl<T> Listing<T> {
    /// A page of the store, each thing as it is answered.
    pub(crate) fn of<S>(slice: Slice<S>, answer: impl FnMut(S) -> T) -> Self {
        Self {
            items: slice.items.into_iter().map(answer).collect(),
            next_cursor: slice.next.map(|cursor| cursor.to_string()),
        }
    }

    /// A list that has one page only.
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }
}

/// Which page of a list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// Things on the page: 1 to 200, 50 if not said.
    pub(crate) limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
}

impl Paging {
    /// The page for the store.
    pub(crate) fn page(&self) -> ApiResult<Page> {
        page(self.limit, self.cursor.as_deref())
    }
}

/// Things on a page, if the wish can be granted.
pub(crate) fn limit(asked: Option<u32>) -> ApiResult<u32> {
    let limit = asked.unwrap_or(USUAL);
    if (1..=MOST).contains(&limit) {
        return Ok(limit);
    }
    Err(ApiError::field("invalid_value", "limit", format!("`limit` lies between 1 and {MOST}.")))
}

/// The page for the store.
pub(crate) fn page(asked: Option<u32>, cursor: Option<&str>) -> ApiResult<Page> {
    let after = cursor.map(str::parse::<Cursor>).transpose().map_err(|_| bad_cursor())?;
    Ok(Page { limit: limit(asked)?, after })
}

/// The cursor is none of ours.
pub(crate) fn bad_cursor() -> ApiError {
    ApiError::field("invalid_value", "cursor", "`cursor` is not the `next_cursor` of an earlier page.")
}
