//! Everything that was seen to vary, and what is refused.

use super::*;
use okrsync_domain::{
    decimal::plain,
    issue::WorkProgress,
    measure::{Aggregate, Metric},
};
use proptest::prelude::*;

const POINTS: &str = "customfield_10016";

fn wanted() -> Wanted {
    let points = [FieldId::new(POINTS)];
    let custom = Metric::CustomField { field_id: FieldId::new("customfield_1"), aggregate: Aggregate::Sum };
    let metrics = [
        &Metric::StoryPoints,
        &Metric::TimeSpent,
        &Metric::OriginalEstimate,
        &Metric::RemainingEstimate,
        &Metric::Progress,
        &custom,
    ];
    Wanted::for_metrics(&metrics.map(|metric| (metric, &points[..]))).with_display()
}

/// One issue with these fields.
fn decode(fields: &str) -> Result<Issue, Error> {
    let body = format!(r#"{{"issues":[{{"id":"7","key":"A-7","fields":{fields}}}]}}"#);
    decode_issues(body.as_bytes(), &wanted()).map(|mut issues| issues.remove(0))
}

#[test]
fn a_full_issue_is_understood() {
    let issue = decode(
        r#"{"summary":"Fix \"it\"","issuetype":{"id":"1","name":"Bug"},"assignee":{"displayName":"Dana"},
        "status":{"id":"10002","name":"Erledigt","statusCategory":{"id":3,"key":"done","name":"Fertig"}},
        "updated":"2026-09-27T10:03:11.123+0200","timespent":5400,"timeoriginalestimate":28800,"timeestimate":0,
        "progress":{"progress":5400,"total":5400,"percent":100},"customfield_10016":3.0,"customfield_1":0.1,
        "customfield_99":{"unwanted":[1,2,{"deep":"x"}]},"timetracking":{}}"#,
    )
    .unwrap();
    assert_eq!((issue.id, issue.key.0.as_str()), (IssueId(7), "A-7"));
    assert_eq!(issue.title.as_deref(), Some("Fix \"it\""));
    assert_eq!(issue.issue_type.as_deref(), Some("Bug"));
    assert_eq!(issue.assignee.as_deref(), Some("Dana"));
    assert_eq!((issue.status_id.as_deref(), issue.status.as_deref()), (Some("10002"), Some("Erledigt")));
    assert_eq!(issue.updated.unwrap().to_rfc3339(), "2026-09-27T08:03:11.123+00:00");
    let facts = issue.facts;
    assert!(facts.completed);
    assert_eq!(
        (facts.time_spent, facts.original_estimate, facts.remaining_estimate),
        (Some(5400), Some(28_800), Some(0))
    );
    assert_eq!(facts.progress, Some(WorkProgress { done: 5400, total: 5400 }));
    assert_eq!(facts.numbers.values().copied().map(plain).collect::<Vec<_>>(), ["0.1", "3"]);
}

#[test]
fn absent_and_null_are_the_same_nothing() {
    for fields in [
        "{}",
        r#"{"summary":null,"issuetype":null,"assignee":null,"status":null,"updated":null,"timespent":null,
            "timeoriginalestimate":null,"timeestimate":null,"progress":null,"customfield_10016":null}"#,
        r#"{"progress":{},"assignee":{"emailAddress":"d@x"}}"#,
    ] {
        let issue = decode(fields).unwrap();
        assert_eq!(issue.facts, okrsync_domain::issue::Facts::default(), "{fields}");
        assert_eq!((issue.title, issue.assignee, issue.updated), (None, None, None));
    }
    let resolved = |value: &str| decode(&format!(r#"{{"resolutiondate":{value}}}"#)).unwrap().resolved;
    assert_eq!((resolved("null"), resolved(r#""2026-09-27T10:03:11.123+0200""#)), (Some(false), Some(true)));
    let no_percent = decode(r#"{"progress":{"progress":0,"total":0}}"#).unwrap();
    assert_eq!(no_percent.facts.progress, Some(WorkProgress { done: 0, total: 0 }));
}

#[test]
fn completed_is_the_category_by_key_else_by_id() {
    for (status, completed) in [
        (r#"{"id":"3","name":"Done","statusCategory":{"id":4,"key":"indeterminate"}}"#, false),
        (r#"{"id":"9","name":"Shipped","statusCategory":{"id":3,"key":"done"}}"#, true),
        (r#"{"id":9,"name":"Shipped","statusCategory":{"id":"3"}}"#, true),
        (r#"{"id":"9","statusCategory":{"id":2}}"#, false),
        (r#"{"id":"9","statusCategory":{"id":3,"key":"new"}}"#, false),
        (r#"{"id":"9","name":"Done"}"#, false),
        (r#"{"id":"9","statusCategory":null}"#, false),
    ] {
        assert_eq!(decode(&format!(r#"{{"status":{status}}}"#)).unwrap().facts.completed, completed, "{status}");
    }
}

#[test]
fn what_is_not_understood_is_blamed_on_its_issue_and_field() {
    for (fields, field) in [
        (r#"{"customfield_10016":"3"}"#, "customfield_10016"),
        (r#"{"customfield_10016":{"value":3}}"#, "customfield_10016"),
        (r#"{"timespent":"1h"}"#, "timespent"),
        (r#"{"timeestimate":1.5}"#, "timeestimate"),
        (r#"{"progress":50}"#, "progress"),
        (r#"{"progress":{"progress":"x","total":1}}"#, "progress"),
        (r#"{"status":"Done"}"#, "status"),
        (r#"{"updated":"yesterday"}"#, "updated"),
        (r#"{"summary":{"type":"doc"}}"#, "summary"),
    ] {
        let Err(Error::UnexpectedAnswer { detail }) = decode(fields) else { panic!("{fields} was believed") };
        assert!(detail.starts_with(&format!("A-7, field `{field}`")), "{detail}");
    }
}

#[test]
fn a_number_that_cannot_be_kept_is_an_error_not_a_wrong_sum() {
    for (fields, field) in [
        (r#"{"customfield_1":1e40}"#, "customfield_1"),
        (r#"{"customfield_10016":123456789012345678901234567890}"#, POINTS),
        (r#"{"timespent":99999999999999999999}"#, "timespent"),
    ] {
        let error = decode(fields).unwrap_err();
        let Error::NumberTooLarge { issue, field: named, .. } = &error else { panic!("{error}") };
        assert_eq!((issue.0.as_str(), named.0.as_str()), ("A-7", field));
    }
    assert!(decode(r#"{"customfield_2":1e40}"#).is_ok(), "fields that nobody measures do not matter");
}

#[test]
fn an_issue_without_key_or_fields_is_no_issue() {
    for issue in [
        r#"{"id":"7"}"#,
        r#"{"id":"7","key":"A-7"}"#,
        r#"{"id":"7","fields":{}}"#,
        r#"{"id":"7","key":"A-7","fields":null}"#,
    ] {
        let body = format!(r#"{{"issues":[{issue}]}}"#);
        assert!(matches!(decode_issues(body.as_bytes(), &wanted()), Err(Error::UnexpectedAnswer { .. })), "{issue}");
    }
}

#[test]
fn a_token_page_knows_whether_it_is_the_last() {
    let next = |rest: &str| {
        token_page::<Issue>("p", format!(r#"{{"issues":[]{rest}}}"#).as_bytes(), &wanted()).map(|page| page.next)
    };
    for (rest, token) in [
        (r#","isLast":true"#, None),
        (r#","isLast":true,"nextPageToken":"t""#, None),
        (r#","nextPageToken":null"#, None),
        (r#","nextPageToken":"""#, None),
        ("", None),
        (r#","isLast":false,"nextPageToken":"t""#, Some("t".to_owned())),
        (r#","nextPageToken":"t""#, Some("t".to_owned())),
    ] {
        assert_eq!(next(rest), Ok(token), "{rest}");
    }
    assert!(matches!(next(r#","isLast":false"#), Err(Error::UnexpectedAnswer { .. })));
}

#[test]
fn an_answer_without_issues_or_total_is_not_an_empty_one() {
    for body in ["{}", r#"{"errorMessages":[]}"#, "[]", "null", r#"{"issues":null}"#] {
        assert!(
            matches!(token_page::<Issue>("p", body.as_bytes(), &wanted()), Err(Error::UnexpectedAnswer { .. })),
            "{body}"
        );
    }
    assert!(matches!(offset_page::<Issue>("p", br#"{"issues":[]}"#, &wanted()), Err(Error::UnexpectedAnswer { .. })));
    for body in ["", r#"{"issues":["#, r#"{"issues":[{"id":"1","key":"A-1","fields":{"timesp"#] {
        assert!(matches!(token_page::<Issue>("p", body.as_bytes(), &wanted()), Err(Error::Truncated { .. })), "{body}");
    }
}

#[test]
fn warnings_of_both_deployments_come_along() {
    let cloud = br#"{"issues":[],"warnings":[{"type":"CLAUSE_LIMIT_EXCEEDED","message":"too long","details":{}},{"type":"T"}]}"#;
    assert_eq!(token_page::<Issue>("p", cloud, &wanted()).unwrap().warnings, ["too long", "T"]);
    let data_center =
        br#"{"expand":"schema","startAt":0,"maxResults":50,"total":0,"issues":[],"warningMessages":["w"]}"#;
    let page = offset_page::<Issue>("p", data_center, &wanted()).unwrap();
    assert_eq!((page.warnings, page.total, page.start), (vec!["w".to_owned()], 0, Some(0)));
}

#[test]
fn catalogue_entries_may_lack_almost_everything() {
    let field = |json: &str| Field::from(serde_json::from_str::<RawField>(json).unwrap());
    let bare = field(r#"{"id":"thumbnail"}"#);
    assert_eq!((bare.name.as_str(), bare.is_numeric()), ("thumbnail", false));
    let points = field(
        r#"{"id":"customfield_10016","key":"customfield_10016","name":"Story point estimate","custom":true,
        "clauseNames":["cf[10016]"],"scope":{"type":"PROJECT"},
        "schema":{"type":"number","custom":"com.pyxis.greenhopper.jira:jsw-story-points","customId":10016}}"#,
    );
    assert!(points.is_numeric());
    assert_eq!(points.custom_type.as_deref(), Some(okrsync_domain::catalogue::JSW_STORY_POINTS));
    let status: RawStatus = serde_json::from_str(r#"{"id":"1","name":"Zu","statusCategory":{"id":3}}"#).unwrap();
    assert!(Status::from(status).done);
    for (category, under_way) in [
        (r#"{"id":3,"key":"indeterminate"}"#, true),
        (r#"{"id":"4"}"#, true),
        (r#"{"id":4,"key":"new"}"#, false),
        ("null", false),
    ] {
        let status = format!(r#"{{"id":"1","name":"Review","statusCategory":{category}}}"#);
        let status: RawStatus = serde_json::from_str(&status).unwrap();
        assert_eq!(Status::from(status).under_way, under_way, "{category}");
    }
}

proptest! {
    #[test]
    fn any_body_is_a_page_or_an_error(body in "\\PC{0,200}") {
        let _ = (token_page::<Issue>("p", body.as_bytes(), &wanted()), offset_page::<Issue>("p", body.as_bytes(), &wanted()));
    }

    #[test]
    fn a_page_cut_anywhere_is_never_a_shorter_page(cut in 0_usize..190) {
        let body = br#"{"issues":[{"id":"1","key":"A-1","fields":{"timespent":1}},{"id":"2","key":"A-2","fields":{"timespent":2}}],"startAt":0,"total":2,"isLast":false,"nextPageToken":"abc","expand":"schema,names"}"#;
        prop_assume!(cut < body.len());
        prop_assert!(token_page::<Issue>("p", &body[..cut], &wanted()).is_err());
        prop_assert!(offset_page::<Issue>("p", &body[..cut], &wanted()).is_err());
    }
}
