//! The rules of the house, checked. Each rule is a small function from what it reads to its complaints; beside each stands
//! a sample that it must complain about.

#[path = "architecture/layout.rs"]
mod layout;
#[path = "architecture/packages.rs"]
mod packages;
#[path = "architecture/sources.rs"]
mod sources;
#[path = "architecture/tree.rs"]
mod tree;

use packages::Package;
use tree::Source;

/// Fails with one line a complaint.
#[track_caller]
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn rust_sources() -> Vec<Source> {
    tree::sources().into_iter().filter(Source::is_rust).collect()
}

#[test]
fn dependencies_point_down() {
    assert_none(&packages::wrong_arrows(&Package::all()));
}

#[test]
fn pure_crates_cannot_do_io() {
    assert_none(&packages::impure_dependencies(&Package::all()));
    assert_none(&sources::impure(&rust_sources()));
}

#[test]
fn only_the_store_knows_sql() {
    assert_none(&packages::sql_outside_store(&Package::all()));
    assert_none(&sources::sql_outside_store(&rust_sources()));
}

#[test]
fn files_are_short() {
    assert_none(&sources::too_long(&rust_sources()));
}

#[test]
fn files_say_whose_room_they_are() {
    assert_none(&sources::without_module_doc(&rust_sources()));
}

#[test]
fn ignored_tests_say_why() {
    assert_none(&sources::ignored_without_reason(&rust_sources()));
}

#[test]
fn tests_do_not_sleep() {
    assert_none(&sources::sleeping_tests(&rust_sources()));
}

#[test]
fn every_crate_has_the_lints() {
    assert_none(&layout::without_lints(&tree::sources()));
}

#[test]
fn nothing_names_a_place_outside_the_repository() {
    assert_none(&layout::outside_places(&tree::sources()));
}

#[test]
fn the_top_level_is_short() {
    assert_none(&layout::unexpected_at_top(&tree::top_level()));
}

#[test]
fn the_readme_tells_the_truth() {
    let readme = tree::read("README.md");
    let crates = Package::all().iter().map(Package::folder).collect::<Vec<_>>();
    assert_none(&layout::untold_crates(&readme, &crates));
    assert_none(&layout::dead_links(&readme, tree::exists));
}
