//! The simulator over HTTP, as a client meets it.

mod client;
mod cloud;
mod data_center;
mod faults;
mod history;
mod oauth;
mod scenario;
mod webhooks;
