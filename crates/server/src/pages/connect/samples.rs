//! The page in its states, rendered from samples.

use super::{ConnectPage, Outcome, form, view::render};
use crate::{
    api::links::preview::Looked,
    error::ApiError,
    pages::samples::{id, now, okr, reader, sound, under_way},
};
use axum::http::StatusCode;
use okrsync_domain::{
    catalogue::Field,
    connection::{Connection, ConnectionState, Sharing},
    issue::{Facts, FieldId, Issue, IssueId, IssueKey},
    measure::{Measure, Metric},
    okr::ProgressMode,
    person::Role,
};
use okrsync_jql::Span;
use okrsync_jql::lint::{Code, Fix, Lint};
use okrsync_metrics::{Status, progress};
use okrsync_scheduler::{
    check::JqlCheck,
    preview::{Choice, Preview},
};

fn connection() -> Connection {
    Connection {
        name: "Northwind <Cloud>".to_owned(),
        server_url: "https://northwind.example".to_owned(),
        sharing: Sharing::Everyone,
        state: ConnectionState::Ok,
        ..Connection::new(id(50), id(1), now())
    }
}

fn page(jql: &str, outcome: Outcome) -> ConnectPage {
    let okr = okr(11, None, "Close the findings", ProgressMode::Manual);
    let mut entries = form::entries(&okr, None);
    entries.set("jql", jql);
    entries.set("connection_id", connection().id.to_string());
    let risk = Field {
        id: FieldId::new("customfield_10050"),
        name: "Risk score".to_owned(),
        custom: true,
        clause_names: vec![],
        schema_type: Some("number".to_owned()),
        custom_type: None,
    };
    ConnectPage {
        reader: reader(Role::Member),
        okr,
        linked: false,
        connections: vec![connection()],
        reason: "Chosen for you: your first healthy connection.",
        fields: vec![risk],
        under_way: under_way("3"),
        entries,
        check: JqlCheck::of_text(jql),
        outcome,
    }
}

fn looked(matched: u64) -> Outcome {
    let tally = okrsync_domain::reading::Tally {
        matched,
        completed: 3.min(matched),
        value: None,
        done: Some(3.into()),
        total: Some(matched.into()),
        coverage: okrsync_domain::reading::Coverage { with_value: matched, without_value: 0 },
        warnings: vec![],
    };
    let issue = Issue {
        id: IssueId(1),
        key: IssueKey("SAFE-148".to_owned()),
        updated: None,
        title: Some("<b>E-stop</b>".to_owned()),
        issue_type: None,
        status_id: Some("3".to_owned()),
        status: Some("In review".to_owned()),
        assignee: None,
        resolved: None,
        facts: Facts::default(),
    };
    let measure = Measure::default();
    let reached = progress(&measure, &tally);
    let lint = Lint {
        code: Code::OrderByIgnored,
        message: "The order changes no number.".to_owned(),
        span: Span::new(0, 1),
        fix: Some(Fix { span: Span::new(12, 25), text: String::new() }),
    };
    Outcome::Looked(Box::new(Looked {
        connection: connection(),
        preview: Preview {
            canonical: String::new(),
            matched,
            completed: Some(3.min(matched)),
            tally: Some(tally),
            estimate: false,
            issues: vec![issue],
            table: vec![Choice { metric: Metric::TimeSpent, percent: reached.clone(), value: Some(68.into()) }],
            lints: vec![lint],
            unchecked: vec![],
            warnings: vec!["nobody is unknown".to_owned()],
            requests: 3,
        },
        measure,
        value: None,
        progress: reached,
        expected: None,
        status: Some(Status::AtRisk),
        current: None,
        period_minutes: 60,
    }))
}

#[track_caller]
fn holds(name: &str, page: &ConnectPage, parts: &[&str]) -> String {
    let text = sound(name, &render(page));
    for part in parts {
        assert!(text.contains(part), "{name}: missing {part}");
    }
    text
}

#[test]
fn the_four_steps_are_a_plain_form() {
    let parts = [
        "action=\"/okrs/00000000000000000000000011/connect\"",
        "formaction=\"/okrs/00000000000000000000000011/connect/preview\"",
        "data-dialog-body data-sheet",
        "id=\"dialog-title\"",
        "Northwind &lt;Cloud&gt; · Healthy",
        "Chosen for you",
        "name=\"measure.target\"",
        "value=\"custom_field:customfield_10050\"",
        "N/A",
        "Nothing to preview yet",
    ];
    let text = holds("empty", &page("", Outcome::Unasked), &parts);
    assert!(!text.contains("data-rejected"));
    let nobody = ConnectPage { connections: vec![], ..page("", Outcome::Unasked) };
    holds("no connection", &nobody, &["There is no connection to Jira that you may use"]);
}

#[test]
fn a_preview_says_what_the_link_would_show() {
    let parts = [
        "Valid.</b> 11 issues match",
        "27.3%",
        "At risk",
        "SAFE-148",
        "<span class=\"c-acc\">",
        "&lt;b&gt;E-stop",
        "68 h",
        "Leave it out",
        "nobody is unknown",
        "q-k\">ORDER",
    ];
    holds("preview", &page("project = SAFE ORDER BY key", looked(11)), &parts);
    let text =
        holds("nothing", &page("labels = x", looked(0)), &["name=\"confirm_empty\"", "whether such a label exists"]);
    assert!(!text.contains("data-rejected"));
}

#[test]
fn what_is_wrong_is_marked_where_it_is() {
    let parts = ["data-rejected", "Line 2, column 14", "class=\"q-s sq\"", "aria-invalid=\"true\"", "Correct line 2"];
    holds("syntax", &page("a = 1\nAND labels = next", Outcome::Unasked), &parts);
    let refused =
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_jql", "The query is not valid.").errors(vec![
            okrsync_domain::invalid::FieldError {
                field: "jql".to_owned(),
                message: "There is no project NOPE.".to_owned(),
                start: Some(20),
                end: Some(24),
            },
        ]);
    let mut refused = page("a = 1\nAND project = NOPE", Outcome::Refused(refused));
    refused.check.lints.push(Lint {
        code: Code::UnknownValue,
        message: String::new(),
        span: Span::new(20, 24),
        fix: Some(Fix { span: Span::new(20, 24), text: "NOP".to_owned() }),
    });
    let parts = ["data-rejected", "Line 2, column 15", "class=\"q-s sq\"", "Use NOP", "Correct line 2", "aria-invalid"];
    holds("refused", &refused, &parts);
    let silent = ApiError::new(StatusCode::BAD_GATEWAY, "jira_unreachable", "No answer.");
    let text = holds("silent", &page("a = 1", Outcome::Refused(silent)), &["Jira does not answer"]);
    assert!(!text.contains("data-rejected"), "it can be saved");
}
