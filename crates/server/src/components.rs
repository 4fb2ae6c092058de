//! The parts that pages are built of: plain functions from small view structs to markup.

pub(crate) mod avatar;
pub(crate) mod bar;
pub(crate) mod icon;
pub(crate) mod pill;
