//! When and how much.
