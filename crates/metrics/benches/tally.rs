//! How long it takes to measure a set of issues.
fn main() {}
