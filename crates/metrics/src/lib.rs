//! The normative arithmetic.
