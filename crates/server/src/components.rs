//! Parts of pages: functions that return markup. Text in them is escaped unless it is ours.
//!
//! `shell` is the frame of a page, `form` has fields, `surfaces` banners, cards, dialogs, toasts and steps; the rest is named
//! after what it draws. Classes are those of `assets/style`. How a page is made of them: [`crate::pages`].

pub(crate) mod avatar;
pub(crate) mod bar;
pub(crate) mod chart;
pub(crate) mod entrance;
pub(crate) mod figures;
pub(crate) mod form;
#[expect(dead_code, reason = "the pages that use the rest of it are being written")]
pub(crate) mod icons;
pub(crate) mod issue_status;
pub(crate) mod note;
pub(crate) mod pill;
pub(crate) mod row;
pub(crate) mod shell;
pub(crate) mod spark;
pub(crate) mod summary;
pub(crate) mod surfaces;
pub(crate) mod times;
