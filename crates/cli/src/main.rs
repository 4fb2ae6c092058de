//! The `okrsync` command.

fn main() {}
