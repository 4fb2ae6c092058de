//! Every page is rendered from samples, so that none breaks unseen.

mod connections;
mod copies;
mod okrs;
mod people;

use super::{
    board::{BoardPage, Filter, render},
    docs,
    flash::Flash,
    message, more,
    period::Quarter,
    reader::{Failing, Reader},
    resend::{self, Kept},
    sign_in::{self, SignInPage},
};
use crate::{
    board::Board,
    components::{issue_status::UnderWay, shell::Theme},
    error::ApiError,
    trends::Trends,
};
use maud::Markup;
use okrsync_domain::{
    ConnectionId, Instant, OkrId, Problem, UserId,
    catalogue::{self, Catalogue},
    check_in::{CheckIn, Entered, Hold},
    connection::{ConnectionState, Deployment},
    link::Link,
    measure::{Measure, Metric},
    okr::{Okr, OkrKind, ProgressMode, Visibility},
    organisation::Organisation,
    person::{Role, User},
    problem::ProblemCode,
    reading::{Reading, ReadingKind, Tally, WarningCode},
};
use okrsync_metrics::Status;
use okrsync_store::{BoardRow, Linked, LinkedConnection, Query};
use std::{
    fmt::{Debug, Display},
    str::FromStr,
};

/// Digits alone are an id.
pub(crate) fn id<T: FromStr<Err: Debug>>(number: u32) -> T {
    format!("{number:026}").parse().unwrap()
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub(super) fn now() -> Instant {
    at("2026-11-20T10:24:00Z")
}

fn user(role: Role) -> User {
    let (name, email) = ("Dana Okafor".to_owned(), "dana@northwind.example".to_owned());
    User { id: id(1), email, name, role, active: true, created_at: now() }
}

/// Who reads the samples, on the day of the pictures.
pub(super) fn reader(role: Role) -> Reader {
    Reader {
        user: user(role),
        csrf: "token-of-the-session".to_owned(),
        once: "mark-of-the-page".to_owned(),
        theme: Theme::Dark,
        address: "https://okrs.northwind.example".to_owned(),
        path: "/?period=2026-Q4".to_owned(),
        organisation: Organisation { name: "Northwind Robotics".to_owned(), ..Organisation::default() },
        now: now(),
        today: "2026-11-20".parse().unwrap(),
        next_sync: Some(at("2026-11-20T11:12:00Z")),
        failing: vec![Failing {
            trouble: "Halden plant Jira refuses our sign-in.".to_owned(),
            since: Some("19 Nov, 13:05".to_owned()),
            links: 1,
        }],
        connections: 4,
        flash: Some(Flash::good("Saved").text("Progress is measured again.")),
    }
}

/// A site with one status in which somebody works.
pub(super) fn under_way(status: &str) -> UnderWay {
    let status = catalogue::Status { id: status.to_owned(), name: status.to_owned(), done: false, under_way: true };
    UnderWay::of(Some(&Catalogue { statuses: vec![status], ..Catalogue::default() }))
}

pub(crate) fn okr(number: u32, parent: Option<u32>, title: &str, mode: ProgressMode) -> Okr {
    Okr {
        id: id(number),
        kind: if mode == ProgressMode::RollUp { OkrKind::Objective } else { OkrKind::KeyResult },
        parent_id: parent.map(id),
        title: title.to_owned(),
        description: None,
        owner_id: id(1),
        team: Some("Platform".to_owned()),
        starts_on: "2026-10-01".parse().unwrap(),
        due_on: "2026-12-31".parse().unwrap(),
        progress_mode: mode,
        measure: Measure::default(),
        share: None,
        visibility: Visibility::Everyone,
        closed: None,
        created_at: now(),
        version: 1,
    }
}

fn plain(okr: Okr) -> BoardRow {
    BoardRow { okr, link: None, reading: None, value_check_in: None, status_check_in: None }
}

/// A linked key result with a reading, or without.
fn linked(okr: Okr, jql: &str, tally: Option<Tally>) -> BoardRow {
    let (okr_id, connection_id, query_id): (OkrId, ConnectionId, _) = (okr.id, id(50), id(60));
    let link = Link {
        okr_id,
        connection_id,
        query_id,
        jql: jql.to_owned(),
        metric: Metric::StoryPoints,
        completed_only: false,
        period_minutes: None,
        edited_at: at("2026-10-02T08:00:00Z"),
    };
    let query = Query {
        id: query_id,
        connection_id,
        canonical: jql.to_owned(),
        period_minutes: 60,
        due_at: Some(at("2026-11-20T11:12:00Z")),
        last_attempt_at: Some(at("2026-11-20T10:12:00Z")),
        last_ok_at: Some(at("2026-11-20T10:12:00Z")),
        last_matched: Some(18),
        problem: None,
        failures: 0,
    };
    let connection = LinkedConnection {
        id: connection_id,
        name: "Halden plant Jira".to_owned(),
        server_url: "https://jira.halden.example/jira".to_owned(),
        deployment: Deployment::SelfManaged,
        state: ConnectionState::Ok,
        show_titles_to_viewers: true,
    };
    let reading = tally.map(|tally| Reading {
        id: id(70),
        okr_id,
        at: at("2026-11-20T10:12:00Z"),
        kind: ReadingKind::Automatic,
        query_id: Some(query_id),
        refresh_id: None,
        repeats: None,
        measure: okr.measure.clone(),
        tally,
    });
    BoardRow { link: Some(Linked { link, query, problem: None, connection }), reading, ..plain(okr) }
}

fn points(done: i64, total: i64) -> Tally {
    Tally { matched: 18, completed: 9, done: Some(done.into()), total: Some(total.into()), ..Tally::default() }
}

/// Like the picture: measured, failing, without data, by hand, kept under a line, and a text that tries to break out.
fn rows() -> Vec<BoardRow> {
    let kr = |number, title| okr(number, Some(10), title, ProgressMode::DataSource);
    let mut failing = linked(kr(12, "Commission 24 A3 cells"), "project = HAL", Some(points(9, 24)));
    if let Some(linked) = &mut failing.link {
        linked.problem = Some(Problem {
            code: ProblemCode::JiraUnauthorized,
            message: "Jira refuses our sign-in.".to_owned(),
            hint: Some("Give the connection a new token.".to_owned()),
            at: at("2026-11-19T13:05:00Z"),
            retry_at: None,
        });
    }
    let nothing = Tally { warnings: vec![WarningCode::NoIssueMatches.into()], ..Tally::default() };
    let mut kpi = kr(14, "Cut the open P1 backlog from 48 to 8");
    kpi.measure = Measure::Kpi { name: String::new(), unit: "open".to_owned(), start: 48.into(), target: 8.into() };
    let by_hand = CheckIn {
        id: id(80),
        okr_id: id(15),
        author_id: id(1),
        at: at("2026-11-17T09:00:00Z"),
        entered: Some(Entered::Progress(30.into())),
        status: None,
        note: String::new(),
        hold: Hold::NextReading,
        released_at: None,
    };
    vec![
        plain(okr(10, None, "Ship fleet updates <script>alert(1)</script>", ProgressMode::RollUp)),
        linked(kr(11, "Deliver staged fleet updates"), "\"Epic Link\" = AE-786", Some(points(34, 64))),
        failing,
        linked(kr(13, "Move work orders"), "project = NONE", Some(nothing)),
        linked(kpi, "priority = P1", Some(Tally { value: Some(37.into()), matched: 37, ..Tally::default() })),
        BoardRow { value_check_in: Some(by_hand), ..plain(okr(15, Some(10), "Train operators", ProgressMode::Manual)) },
        linked(okr(16, None, "Standing alone", ProgressMode::DataSource), "project = ONE", None),
        plain(okr(17, Some(10), "Below an objective", ProgressMode::RollUp)),
        linked(okr(18, None, "Write thirty articles", ProgressMode::DataSource), "project = DOC", Some(points(30, 30))),
    ]
}

fn board_page(rows: Vec<BoardRow>, role: Role) -> BoardPage {
    let reader = reader(role);
    BoardPage {
        board: Board::of(rows, reader.organisation.clone(), now()),
        people: [(id::<UserId>(1), user(role))].into(),
        quarter: Quarter::of("2026-11-20".parse().unwrap()),
        earlier: Some(Quarter::of("2026-08-01".parse().unwrap())),
        filter: Filter::default(),
        number: 1,
        trends: Trends::new(),
        reached: [(id(18), "2026-11-18".parse().unwrap())].into(),
        reader,
    }
}

fn searching(text: &str) -> Filter {
    Filter { search: text.to_owned(), ..Filter::default() }
}

/// What holds for every page: nothing that the policy for pages would block, one heading, nothing from other hosts.
#[track_caller]
pub(super) fn sound(name: impl Display, page: &Markup) -> String {
    let text = page.0.clone();
    for forbidden in ["style=\"", "<style", "<script>", "onclick", "javascript:", "src=\"http", "href=\"//"] {
        assert!(!text.contains(forbidden), "{name}: {forbidden}");
    }
    // Nothing is fetched from elsewhere; what leads there is a link that tells nobody where from.
    let (outside, quiet) = (text.matches("href=\"http").count(), text.matches("rel=\"noopener noreferrer\"").count());
    assert_eq!(outside, quiet, "{name}: links to other hosts");
    assert_eq!(text.matches("<h1").count(), 1, "{name}: one heading");
    assert!(text.starts_with("<!DOCTYPE html>") && text.contains("<title>"), "{name}");
    text
}

#[test]
fn the_board_says_what_every_row_is_about() {
    let text = sound("board", &render(&board_page(rows(), Role::Member)));
    for part in [
        "data-theme=\"dark\"",
        "Q4 2026",
        "1 Oct – 31 Dec 2026 · day 50 of 91 · 41 days left",
        "width=\"53.1%\"",
        "53.1 percent, 54.9 expected, behind",
        "34 of 64 pts",
        "<b>100.0%</b><small>Reached 18 Nov</small>",
        "12 min ago",
        "Halden plant Jira refuses our sign-in. This is the last good value.",
        "class=\"stripes\"",
        "The query matches no issues, so this row is left out of the roll-up.",
        "No value",
        "→ 8 open",
        "17 Nov, by Dana",
        "Average of 4 of 6",
        "Not yet",
        "1 of 4 is failing",
        "Next sync at 11:12<br>Every 60 minutes",
        "expected 54.9%",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "action=\"/okrs/00000000000000000000000011/refresh\"",
    ] {
        assert!(text.contains(part), "missing: {part}");
    }
}

#[test]
fn viewers_get_no_buttons_that_would_be_refused() {
    let text = sound("board", &render(&board_page(rows(), Role::Viewer)));
    assert!(!text.contains("/refresh\""));
}

#[test]
fn filters_keep_the_objective_above_and_say_when_nothing_fits() {
    let behind = BoardPage {
        filter: Filter { status: Some(Status::Behind), ..Filter::default() },
        ..board_page(rows(), Role::Member)
    };
    let text = sound("filtered", &render(&behind));
    assert!(text.contains("Deliver staged fleet updates") && !text.contains("Standing alone"));
    let search = BoardPage { filter: searching("epic link"), ..board_page(rows(), Role::Member) };
    let text = sound("searched", &render(&search));
    assert!(text.contains("Deliver staged") && !text.contains("Train operators") && text.contains("context"));
    let nothing = BoardPage { filter: searching("zzz"), ..board_page(rows(), Role::Member) };
    assert!(sound("nothing", &render(&nothing)).contains("No key result matches."));
}

#[test]
fn more_than_a_thousand_rows_come_by_the_hundred() {
    let alone = |number| plain(okr(number, None, "Standing alone", ProgressMode::Manual));
    let of =
        |rows: u32, number| BoardPage { number, ..board_page((100..100 + rows).map(alone).collect(), Role::Member) };
    let shown = |page: &BoardPage| {
        let text = sound("large", &render(page));
        (text.matches("role=\"row\" data-part=").count(), text.contains(&format!("Page {} of ", page.number)))
    };
    assert_eq!(shown(&of(1000, 1)), (1000, false), "all on one page");
    assert_eq!((shown(&of(1050, 1)), shown(&of(1050, 11))), ((100, true), (50, true)));
}

#[test]
fn an_empty_period_says_how_to_begin() {
    let text = sound("empty", &render(&board_page(vec![], Role::Admin)));
    assert!(text.contains("No objectives in Q4 2026 yet") && text.contains("copy the objectives of Q3 2026"));
    let first = BoardPage { earlier: None, ..board_page(vec![], Role::Admin) };
    assert!(!sound("first", &render(&first)).contains("/okrs/copy"));
    assert!(!sound("viewer", &render(&board_page(vec![], Role::Viewer))).contains("/okrs/copy"));
    let mut off = board_page(rows(), Role::Admin);
    off.board.organisation.jira_enabled = false;
    assert!(sound("off", &render(&off)).contains("Jira sync is switched off."));
}

#[test]
fn the_sign_in_keeps_the_address_and_says_what_is_wrong() {
    let kept = Kept::default();
    let page = |problem, sso| SignInPage {
        organisation: "Northwind Robotics",
        address: "okrs.northwind.example",
        email: "dana@northwind.example",
        next: "/?status=behind",
        problem,
        sso,
        kept: &kept,
        theme: Theme::System,
    };
    let text = sound("sign-in", &sign_in::page(&page(Some("They do not belong together."), None)));
    assert!(text.contains("role=\"alert\"") && text.contains("value=\"dana@northwind.example\""));
    assert!(!text.contains("/oidc/start"));
    let text = sound("with single sign-on", &sign_in::page(&page(None, Some("Northwind SSO"))));
    assert!(text.contains("Continue with Northwind SSO") && text.contains("/oidc/start?next=%2F%3Fstatus%3Dbehind"));
}

#[test]
fn what_was_typed_outlives_a_session() {
    let typed = [("csrf", "old"), ("once", "mark"), ("title", "Ship \"it\" & <go>")];
    let kept = Kept::of("/okrs", &typed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let text = sound("expired", &sign_in::after_expiry(&kept));
    assert!(text.contains("kept_path\" value=\"/okrs\"") && text.contains("what you entered is kept"));
    let text = sound("again", &resend::page(&kept, "new-token", Theme::Light));
    for part in ["action=\"/okrs\"", "value=\"new-token\"", "value=\"mark\"", "Ship &quot;it&quot; &amp; &lt;go&gt;"] {
        assert!(text.contains(part), "missing: {part}");
    }
    assert!(!text.contains("value=\"old\""));
}

#[test]
fn the_other_places_and_the_keys_have_pages() {
    let text = sound("more", &more::render(&reader(Role::Member)));
    assert!(text.contains("Sign out") && text.contains("data-toast"));
    assert!(sound("keys", &more::render_keys(&reader(Role::Viewer))).contains("next period"));
}

#[test]
fn errors_have_a_page() {
    let error = ApiError::not_found("OKR", "x").hint("Look again.");
    assert!(sound("error", &message::page(&error)).contains("Look again."));
}

#[test]
fn the_api_page_lists_every_operation() {
    let description = crate::describe();
    let text = sound("docs", &docs::page(&description));
    for part in ["/api/v1/okrs/{id}/link", "schema-OkrBody", "Bearer okr_", "percent_complete", "list of "] {
        assert!(text.contains(part), "missing: {part}");
    }
}
