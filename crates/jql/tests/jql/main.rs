//! The parser, the printer and the matcher from outside.

mod complaints;
mod corpus;
mod laws;
mod lints;
mod matcher;
mod matcher_laws;
mod suggestions;
mod trees;
mod vectors;
mod world;
