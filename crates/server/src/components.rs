//! Parts of pages: functions that return markup. Text in them is escaped unless it is ours.

pub(crate) mod avatar;
pub(crate) mod bar;
pub(crate) mod figures;
pub(crate) mod icons;
pub(crate) mod note;
pub(crate) mod pill;
pub(crate) mod row;
pub(crate) mod shell;
pub(crate) mod summary;
pub(crate) mod times;
