//! The engine on a real database against a small Jira that obeys or fails as told. Journeys through the whole product
//! are in the workspace's own `tests/`; here is what needs a hand on the engine.

mod jira;
mod passes;
mod previews;
mod proofs;
mod world;
