//! The parser, the printer and the matcher from outside.

mod complaints;
mod corpus;
mod highlights;
mod laws;
mod lints;
mod matcher;
mod matcher_laws;
mod names;
mod suggestions;
mod trees;
mod vectors;
mod world;
