//! The parser, the printer and the matcher from outside.

mod complaints;
mod laws;
mod matcher;
mod matcher_laws;
mod trees;
mod vectors;
mod world;
