//! Samples of the pages about OKRs.

use super::{at, board_page, id, now, reader, rows, sound, under_way, user};
use crate::{
    api::{
        issues::{Behind, Contributing},
        operations::{PassView, PlanView, QueueView, SyncView},
    },
    board::Board,
    components::{
        chart::Point,
        form::Entries,
        icons::{Icon, small},
    },
    error::ApiError,
    moves::Move,
    pages::{
        mine::{self, MinePage},
        okr::{
            self,
            load::{OkrPage, Parts, Rights},
            moves::Told,
        },
        okr_form::{self, OkrForm},
        okr_steps::{self, Step, StepPage},
        period::Quarter,
        shares::{self, SharesPage},
        sync,
    },
    reached::Reached,
};
use maud::html;
use okrsync_domain::{
    OkrId, UserId,
    check_in::{CheckIn, Entered, Hold, StatedStatus},
    connection::{Connection, ConnectionState, Sharing},
    issue::{Facts, Issue, IssueId, IssueKey},
    moves::{Account, Cause, CauseKind, Effect, IssueName},
    okr::{Closing, OkrKind},
    person::Role,
    reading::Repeats,
    refresh::{Refresh, RefreshState},
};
use okrsync_metrics::{
    Percent, Progress,
    forecast::{Chance, Forecast, Spread},
};
use rust_decimal::Decimal;

fn percent(tenths: i64) -> Percent {
    Percent::from(Decimal::new(tenths, 1))
}

fn progress(tenths: i64) -> Progress {
    percent(tenths).clamped()
}

fn connection() -> Connection {
    Connection {
        name: "Northwind Cloud".to_owned(),
        server_url: "https://northwind.atlassian.net".to_owned(),
        sharing: Sharing::Everyone,
        show_titles_to_viewers: false,
        state: ConnectionState::Ok,
        ..Connection::new(id(3), id(1), now())
    }
}

fn issue(number: i64, status: &str) -> Contributing {
    let completed = status == "Done";
    let issue = Issue {
        id: IssueId(number),
        key: IssueKey(format!("AE-{number}")),
        updated: None,
        title: Some("Retry <storm> when the broker restarts".to_owned()),
        issue_type: Some("Bug".to_owned()),
        status_id: Some(status.to_owned()),
        status: Some(status.to_owned()),
        assignee: Some("Kenji Mori".to_owned()),
        resolved: None,
        facts: Facts { completed, ..Facts::default() },
    };
    let adds = Decimal::new(3125, 3);
    Contributing {
        issue,
        value: Some(2.into()),
        contribution: Some(if completed { adds } else { Decimal::ZERO }),
        at_most: (!completed).then_some(adds),
    }
}

fn check_in() -> CheckIn {
    CheckIn {
        id: id(81),
        okr_id: id(11),
        author_id: id(1),
        at: at("2026-11-20T09:40:00Z"),
        entered: Some(Entered::Progress(60.into())),
        status: Some(StatedStatus::OnTrack),
        note: "Delta packages <are> out.".to_owned(),
        hold: Hold::UntilResumed,
        released_at: None,
    }
}

fn refresh(state: RefreshState) -> Refresh {
    Refresh {
        id: id(90),
        queries: vec![id(4)],
        state,
        done: 14,
        total: Some(14),
        started_at: Some(at("2026-11-20T10:12:00Z")),
        finished_at: Some(at("2026-11-20T10:12:01.250Z")),
        requests: 1,
        issues: 14,
        error: None,
    }
}

fn moved() -> Move {
    let effect = Effect { value: None, progress: Some(Decimal::new(31, 1)) };
    let issue = IssueName { id: IssueId(790), key: IssueKey("AE-790".to_owned()), title: None };
    let cause = Cause {
        kind: CauseKind::Completed,
        issue: Some(issue),
        okr_id: None,
        field: None,
        from: None,
        to: None,
        effect,
    };
    let account = Account { delta: effect, causes: vec![cause] };
    let repeats = Some(Repeats { times: 14, last_at: at("2026-11-20T06:48:00Z") });
    Move { to: id(20), from: Some(id(21)), okr_id: Some(id(11)), at: at("2026-11-19T16:48:00Z"), repeats, account }
}

fn outlook() -> Forecast {
    let on = |day: &str| day.parse().unwrap();
    let spread =
        |day: &str| Spread { on: on(day), low_80: 60.0, low_50: 70.0, median: 80.0, high_50: 90.0, high_80: 100.0 };
    Forecast {
        chance: Chance::About(0.71),
        even_on: Some(on("2026-12-20")),
        likely_on: None,
        cone: vec![spread("2026-11-21"), spread("2026-12-31")],
        days: 50,
        active_days: 20,
        pace: 0.95,
        growth: 0.0,
    }
}

/// The page of one of the sample rows.
fn page(number: u32, role: Role) -> OkrPage {
    let reader = reader(role);
    let own: OkrId = id(number);
    let board = Board::of(rows(), reader.organisation.clone(), now());
    let linked = board.find(own).is_some_and(|shown| shown.row.link.is_some());
    let behind = Behind {
        issues: vec![issue(815, "To do"), issue(812, "In review"), issue(790, "Done")],
        next: Some(IssueId(815)),
        connection: connection(),
        titles: true,
    };
    let day = |text: &str, tenths| Point {
        day: text.parse().unwrap(),
        progress: progress(tenths),
        expected: Some(percent(549)),
        scope: std::cmp::Ordering::Greater,
    };
    OkrPage {
        id: own,
        board,
        reached: [(id(18), "2026-11-18".parse().unwrap())].into(),
        people: [(id::<UserId>(1), user(role))].into(),
        quarter: Quarter::of("2026-11-20".parse().unwrap()),
        above: vec![(id(10), "Ship <fleet> updates".to_owned())],
        before: Some(id(12)),
        after: Some(id(13)),
        points: if linked { vec![day("2026-10-05", 100), day("2026-11-20", 531)] } else { vec![] },
        forecast: linked.then(|| Ok(outlook())),
        check_ins: vec![check_in()],
        issues: linked.then_some(behind),
        under_way: under_way("In review"),
        parts: Parts { first_issues: true, whole_history: false, more_moves: true },
        moves: vec![Told { moved: moved(), to: Some(progress(531)) }],
        history: vec![refresh(RefreshState::Done), refresh(RefreshState::Running)],
        rights: Rights { edits: role != Role::Viewer, refreshes: role != Role::Viewer },
        reader,
    }
}

#[test]
fn a_key_result_has_its_number_its_way_and_its_issues() {
    let text = sound("key result", &okr::render(&page(11, Role::Member)));
    for part in [
        "<h1>Deliver staged fleet updates</h1>",
        "53.1<small>%</small>",
        "1.8 pt under expected",
        "34 <span>of 64 pts</span>",
        "41 <span>days</span>",
        "Expected 54.9%",
        "Progress reached 53.1% on 20 Nov against 54.9% expected today",
        "View as table",
        "Chance to hit the target: 71%.",
        "Half of the trials reach it by 20 Dec.",
        "60% low",
        "53.1% <s>← 50.0%</s>",
        "AE-790 completed",
        "+3.1 pt",
        "https://northwind.atlassian.net/browse/AE-815",
        "up to 3.1 pt",
        "+3.1",
        "Retry &lt;storm&gt;",
        "issues_after=815",
        "Delta packages &lt;are&gt; out.",
        "Holds until resumed",
        "<span class=\"q-f\">\"Epic Link\"</span>",
        "1.2 s",
        "data-refresh=\"/api/v1/okrs/00000000000000000000000011/refresh\"",
        "href=\"/okrs/00000000000000000000000010\"",
        "href=\"/okrs/00000000000000000000000011/connect\" data-dialog",
    ] {
        assert!(text.contains(part), "missing: {part}\n{text}");
    }
    for (status, class, drawing) in
        [("To do", "c-none", Icon::Circle), ("In review", "c-acc", Icon::Half), ("Done", "c-ok", Icon::Tick)]
    {
        let drawn = html! { span class=(class) { (small(drawing, "")) } (status) }.0;
        assert!(text.contains(&drawn), "missing: {drawn}");
    }
    assert!(!sound("viewer", &okr::render(&page(11, Role::Viewer))).contains("Check in"));
}

#[test]
fn trouble_is_said_where_the_number_is() {
    let failing = sound("failing", &okr::render(&page(12, Role::Member)));
    assert!(
        failing.contains("Since 19 Nov, 13:05.")
            && failing.contains("Try again")
            && failing.contains("last good value")
    );
    let nothing = sound("no data", &okr::render(&page(13, Role::Member)));
    assert!(nothing.contains("No value") && nothing.contains("The query matches no issues"));
    let mut closed = page(15, Role::Member);
    for row in &mut closed.board.rows {
        row.okr.closed = Some(Closing { score: Some(Decimal::new(7, 1)), note: "Done <well>.".to_owned(), at: now() });
    }
    let text = sound("closed", &okr::render(&closed));
    assert!(text.contains("Score 0.7. Done &lt;well&gt;.") && text.contains("Reopen"));
}

#[test]
fn an_objective_shows_what_is_below_it() {
    let text = sound("objective", &okr::render(&page(10, Role::Admin)));
    for part in
        ["New key result", "Deliver staged fleet updates", "Average of 4 of 6", "Shares", "equal", "role=\"treegrid\""]
    {
        assert!(text.contains(part), "missing: {part}");
    }
    assert!(!text.contains("View as table"), "a roll-up has no readings to draw");
}

fn form(kind: OkrKind, entries: Entries, edited: bool) -> OkrForm {
    let objective = (String::from("00000000000000000000000010"), "Ship updates".to_owned());
    OkrForm {
        entries,
        okr: edited.then(|| rows()[1].okr.clone()),
        kind,
        objectives: vec![(String::new(), "None: at the top".to_owned()), objective],
        owners: vec![(String::from("00000000000000000000000001"), "Dana Okafor".to_owned())],
        teams: vec!["Platform".to_owned()],
        periods: vec![("2026-Q4".to_owned(), "Q4 2026".to_owned()), ("other".to_owned(), "Other dates".to_owned())],
        linked: edited,
        above: vec![("/".to_owned(), "OKRs".to_owned())],
        reader: reader(Role::Member),
    }
}

#[test]
fn a_refused_form_keeps_what_was_typed() {
    let typed = || {
        Entries::new([
            ("title", "Ship <b>".to_owned()),
            ("period", "other".to_owned()),
            ("due_on", "2026-01-01".to_owned()),
        ])
    };
    let error = ApiError::field(
        "invalid_okr",
        "due_on",
        "the due date must not lie before the start: swap `starts_on` and `due_on`",
    );
    let text = sound("refused", &okr_form::render(&form(OkrKind::KeyResult, typed().refused(&error), false)));
    for part in [
        "value=\"Ship &lt;b&gt;\"",
        "id=\"f-due_on-error\"",
        "aria-invalid=\"true\"",
        "swap starts_on and due_on",
        "name=\"measure.target\"",
    ] {
        assert!(text.contains(part), "missing: {part}");
    }
    let stale = ApiError::conflict("changed_meanwhile", "Somebody else has changed the OKR in the meantime.");
    let text = sound("stale", &okr_form::render(&form(OkrKind::Objective, typed().refused(&stale), true)));
    assert!(
        text.contains("Somebody else has changed the OKR")
            && text.contains("name=\"version\"")
            && text.contains("From its key results")
    );
}

#[test]
fn short_forms_say_what_they_do() {
    let step = |step, part: &str| {
        let page = StepPage {
            step,
            okr: rows()[1].okr.clone(),
            entries: Entries::new([("hold", "next_reading".to_owned())]),
            automatic: Some(progress(531)),
            below: 3,
            reader: reader(Role::Member),
        };
        let text = sound(part, &okr_steps::render(&page));
        assert!(text.contains(part) && text.contains("data-dialog-body"), "missing: {part}");
    };
    step(Step::CheckIn, "The automatic value is <b class=\"num\">53.1%</b>");
    step(Step::Close, "Progress, expected and status stay as they are today.");
    step(Step::Postpone, "It is due 31 Dec 2026 now.");
    step(Step::Delete, "with 3 objectives and key results below it");
    let children = rows().into_iter().skip(1).map(|row| row.okr).collect();
    let page =
        SharesPage { okr: rows()[0].okr.clone(), children, entries: Entries::default(), reader: reader(Role::Admin) };
    assert!(sound("shares", &shares::render(&page)).contains("name=\"share.00000000000000000000000011\""));
}

#[test]
fn my_okrs_begin_with_what_waits() {
    let board = board_page(rows(), Role::Member).board;
    let page = MinePage {
        board,
        reached: Reached::new(),
        people: [(id::<UserId>(1), user(Role::Member))].into(),
        reader: reader(Role::Member),
    };
    let text = sound("mine", &mine::render(&page));
    let (waits, others) = (text.find("Waits for you").unwrap(), text.find("On their way").unwrap());
    assert!(waits < others && text.contains("Commission 24 A3 cells"));
    let empty = MinePage { board: board_page(vec![], Role::Viewer).board, ..page };
    assert!(sound("nothing mine", &mine::render(&empty)).contains("You answer for no objective"));
}

#[test]
fn the_sync_status_says_what_is_under_way() {
    let pass = PassView {
        running: false,
        started_at: Some(now()),
        finished_at: Some(now()),
        done: 11,
        failed: 1,
        in_flight: 0,
        requests: 14,
        issues: 1940,
        lag_seconds: 0,
        error: None,
    };
    let plan = |state: &str| PlanView {
        id: id(3),
        name: "Northwind <Cloud>".to_owned(),
        state: state.to_owned(),
        links: 6,
        queries: 5,
        failing: 0,
        next_at: Some(at("2026-11-20T11:12:00Z")),
        paused_until: None,
        requests_last_hour: 2390,
        budget_per_hour: 10_000,
        plan: crate::api::operations::ReadingPlan::default(),
    };
    let status = SyncView {
        last_pass: pass,
        queue: QueueView { queued: 1, running: 2, due: 3 },
        lag_seconds: 150,
        next_at: Some(at("2026-11-20T11:12:00Z")),
        connections: ["ok", "failing", "first_sync", "disabled", "needs_authorization", "untested"].map(plan).into(),
    };
    let text = sound("sync", &sync::render(&reader(Role::Member), &status));
    for part in [
        "2 min",
        "11:12",
        "2,390 of 10,000",
        "1,940 <span>issues in 14 requests",
        "First sync",
        "Northwind &lt;Cloud&gt;",
    ] {
        assert!(text.contains(part), "missing: {part}");
    }
}
