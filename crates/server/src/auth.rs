//! Who is asking: tokens of programs, sessions of browsers, and what either may do.

pub mod access;
pub(crate) mod bearer;
pub(crate) mod caller;
pub(crate) mod oidc;
pub(crate) mod origin;
pub(crate) mod password;
pub(crate) mod policy;
pub(crate) mod sessions;
pub(crate) mod throttle;
