//! Samples of the page that copies a period.

use super::{id, okr, reader, rows, sound, user};
use crate::{
    components::form::Entries,
    error::ApiError,
    pages::{
        copy::{CopyPage, Plan, earlier, render},
        period::Quarter,
    },
};
use okrsync_domain::{
    UserId,
    okr::{Okr, ProgressMode, Visibility},
    person::Role,
};

fn quarter(text: &str) -> Quarter {
    text.parse().unwrap()
}

fn page(plan: Plan, entries: Entries) -> CopyPage {
    let people = [(id::<UserId>(1), user(Role::Member))].into();
    CopyPage { to: quarter("2027-Q1"), plan, people, entries, reader: reader(Role::Member) }
}

#[test]
fn what_would_be_copied_is_shown_first() {
    let okrs: Vec<Okr> = rows().into_iter().map(|row| row.okr).collect();
    let plan = Plan { from: Some(quarter("2026-Q4")), okrs, of_others: 2 };
    let text = sound("copy", &render(&page(plan, Entries::default())));
    for part in [
        "Copy Q4 2026 into Q1 2027?",
        "data-dialog-body",
        "action=\"/okrs/copy\"",
        "name=\"from\" value=\"2026-Q4\"",
        "1 Jan 2027 and are due on 31 Mar 2027",
        "Ship fleet updates &lt;script&gt;",
        "48 → 8 open",
        "Dana Okafor",
        "what was measured from Jira (6) is entered by hand",
        "2 more belong to other people",
    ] {
        assert!(text.contains(part), "missing: {part}\n{text}");
    }
    let refused = ApiError::conflict("nothing_to_copy", "There is nothing to copy into Q1 2027.");
    let text = sound("nothing", &render(&page(Plan::default(), Entries::default().refused(&refused))));
    assert!(text.contains("There is nothing to copy into Q1 2027.") && !text.contains("action=\"/okrs/copy\""));
}

#[test]
fn only_what_is_over_and_ones_own_is_offered() {
    let mut own = okr(1, None, "Own", ProgressMode::RollUp);
    own.due_on = "2026-06-30".parse().unwrap();
    let foreign = Okr { owner_id: id(2), due_on: "2026-09-30".parse().unwrap(), ..own.clone() };
    let hidden = Okr { visibility: Visibility::Private, ..foreign.clone() };
    let running = Okr { due_on: "2027-01-31".parse().unwrap(), ..own.clone() };
    let all = [own, foreign, hidden, running];
    let of = |role| earlier(all.iter(), &user(role), quarter("2027-Q1")).map(|it| it.to_string());
    assert_eq!(of(Role::Member).as_deref(), Some("2026-Q2"));
    assert_eq!(of(Role::Admin).as_deref(), Some("2026-Q3"));
    assert_eq!(of(Role::Viewer), None);
}
