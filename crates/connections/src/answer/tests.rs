//! A table of answers as they were seen in the wild, and the verdict on each.

use super::*;
use crate::Unreachable;

const SIGNED: Expectation<'static> = Expectation { kind: Kind::Read, account: None, named: false };
const SEARCH: Expectation<'static> = Expectation { kind: Kind::Query, ..SIGNED };

fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
    let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let status = StatusCode::from_u16(status).unwrap();
    Answer { status, headers: headers.collect(), body: body.into(), path: "rest/api/2/search".to_owned() }
}

fn verdict(expected: Expectation<'_>, status: u16, headers: &[(&'static str, &str)], body: &str) -> String {
    match answer(status, headers, body).judge(expected) {
        Ok(()) => "accepted".to_owned(),
        Err(error) => format!("{error:?}").split([' ', '{']).next().unwrap().to_owned(),
    }
}

#[test]
fn an_answer_is_trusted_only_from_the_right_account() {
    let dana = Expectation { account: Some("dana"), ..SIGNED };
    let named = Expectation { named: true, ..SIGNED };
    let unsigned = Expectation::default();
    for (expected, headers, outcome) in [
        (SIGNED, vec![], "accepted"),
        (SIGNED, vec![("x-ausername", "dana")], "accepted"),
        (SIGNED, vec![("x-ausername", "anonymous")], "CredentialInvalid"),
        (unsigned, vec![("x-ausername", "anonymous")], "accepted"),
        (dana, vec![("x-ausername", "Dana")], "accepted"),
        (dana, vec![("x-ausername", "jonas")], "CredentialInvalid"),
        (dana, vec![("x-aaccountid", "5b10"), ("x-ausername", "dana")], "CredentialInvalid"),
        (Expectation { account: Some("d o@x"), ..SIGNED }, vec![("x-ausername", "d+o%40x")], "accepted"),
        (named, vec![], "CredentialInvalid"),
        (named, vec![("x-aaccountid", "5b10")], "accepted"),
        (SIGNED, vec![("x-seraph-loginreason", "OK")], "accepted"),
        (SIGNED, vec![("x-seraph-loginreason", "OUT, OK")], "accepted"),
        (SIGNED, vec![("x-seraph-loginreason", "OUT")], "CredentialInvalid"),
        (SIGNED, vec![("x-seraph-loginreason", "AUTHENTICATED_FAILED")], "CredentialInvalid"),
        (SIGNED, vec![("x-seraph-loginreason", "AUTHENTICATED_FAILED, OK")], "CredentialInvalid"),
        (SIGNED, vec![("x-seraph-loginreason", "AUTHORISATION_FAILED")], "CredentialInvalid"),
        (SIGNED, vec![("x-seraph-loginreason", "AUTHENTICATION_DENIED")], "CredentialLocked"),
    ] {
        assert_eq!(verdict(expected, 200, &headers, r#"{"issues":[]}"#), outcome, "{headers:?}");
    }
}

#[test]
fn a_success_that_is_no_json_is_no_answer() {
    for (headers, body, outcome) in [
        (vec![("content-type", "text/html;charset=UTF-8")], "<html>Log in</html>", "NotJira"),
        (vec![("content-type", "application/json")], "  <!DOCTYPE html>", "NotJira"),
        (vec![("content-type", "application/json")], "", "UnexpectedAnswer"),
        (vec![], " \r\n", "UnexpectedAnswer"),
        (vec![("content-type", "application/json;charset=UTF-8")], "{}", "accepted"),
        (vec![], " [] \n", "accepted"),
        (vec![], "{\"issues\":[", "Truncated"),
        (vec![], "[{}", "Truncated"),
        (vec![], "\"OK\"", "UnexpectedAnswer"),
        (vec![("x-seraph-loginreason", "AUTHENTICATED_FAILED")], "", "CredentialInvalid"),
    ] {
        assert_eq!(verdict(SIGNED, 200, &headers, body), outcome, "{headers:?} {body:?}");
    }
}

#[test]
fn each_refusal_says_what_to_do() {
    let captcha = [("x-authentication-denied-reason", "CAPTCHA_CHALLENGE; login-url=https://jira.corp/login.jsp")];
    let html = [("content-type", "text/html")];
    let jira_html = [("content-type", "text/html"), ("x-arequestid", "1x2x3")];
    let scope = r#"{"code":401,"message":"Unauthorized; scope does not match"}"#;
    let unbounded = r#"{"errorMessages":["Unbounded JQL queries are not allowed here."],"errors":{}}"#;
    let window = r#"{"errorMessages":["Search limit exceeded: requests 10,100 results, limit of 10,000"]}"#;
    for (expected, status, headers, body, outcome) in [
        (SIGNED, 401, &[][..], r#"{"message":"Client must be authenticated","status-code":401}"#, "CredentialInvalid"),
        (SIGNED, 401, &jira_html[..], "<html>Unauthorized (401)</html>", "CredentialInvalid"),
        (SIGNED, 401, &[][..], scope, "ScopeMissing"),
        (SIGNED, 403, &captcha[..], "<html>", "CredentialLocked"),
        (SIGNED, 401, &[("x-seraph-loginreason", "AUTHENTICATION_DENIED")][..], "", "CredentialLocked"),
        (SIGNED, 403, &[("x-seraph-loginreason", "AUTHENTICATED_FAILED")][..], "", "CredentialInvalid"),
        (SIGNED, 403, &[][..], "Basic Authentication has been disabled on this instance.", "CredentialInvalid"),
        (SIGNED, 403, &html[..], "<html>the proxy says no</html>", "NotJira"),
        (SIGNED, 403, &jira_html[..], "<html>Forbidden</html>", "Forbidden"),
        (SIGNED, 403, &[][..], r#"{"errorMessages":["no"]}"#, "Forbidden"),
        (SIGNED, 404, &[][..], "{}", "NotFound"),
        (SIGNED, 404, &[("x-ausername", "anonymous")][..], "{}", "CredentialInvalid"),
        (SEARCH, 400, &[][..], unbounded, "QueryUnbounded"),
        (SEARCH, 400, &[][..], r#"{"errorMessages":["Error in the JQL Query: x"]}"#, "QueryInvalid"),
        (SEARCH, 400, &[("x-ausername", "anonymous")][..], unbounded, "CredentialInvalid"),
        (SIGNED, 400, &[][..], unbounded, "UnexpectedAnswer"),
        (SEARCH, 410, &[][..], r#"{"errorMessages":["The requested API has been removed."]}"#, "ApiRemoved"),
        (SEARCH, 500, &[][..], window, "ResultWindow"),
        (SIGNED, 500, &[][..], window, "ServerError"),
        (SEARCH, 500, &[][..], "{}", "ServerError"),
        (SEARCH, 503, &html[..], "<html>JIRA is starting</html>", "ServerError"),
        (SEARCH, 408, &[][..], "", "ServerError"),
        (SEARCH, 407, &[][..], "", "Unreachable"),
        (SEARCH, 415, &[][..], "", "UnexpectedAnswer"),
        (SEARCH, 302, &[("location", "/login.jsp?os_destination=x")][..], "", "NotJira"),
    ] {
        assert_eq!(verdict(expected, status, headers, body), outcome, "{status} {headers:?} {body}");
    }
}

#[test]
fn messages_are_taken_from_either_family_of_error_bodies() {
    for (body, words) in [
        (r#"{"errorMessages":["a","b"],"errors":{"jql":"c"}}"#, "a b c"),
        (r#"{"errorMessages":[],"errors":["d"]}"#, "d"),
        (r#"{"code":401,"message":"e"}"#, "e"),
        ("plain\n text", "plain text"),
        ("<html>", "Bad Request"),
        ("", "Bad Request"),
        ("{}", "{}"),
    ] {
        assert_eq!(answer(400, &[], body).words(), words, "{body}");
    }
    assert_eq!(answer(400, &[], &"x".repeat(1000)).words().chars().count(), LONGEST_DETAIL + 1);
}

#[test]
fn a_redirect_is_told_without_its_query() {
    let redirect = answer(302, &[("location", "https://sso.corp/login?token=s3cret#x")], "");
    let error = redirect.judge(SIGNED).unwrap_err().to_string();
    assert!(error.contains("https://sso.corp/login") && !error.contains("s3cret"), "{error}");
}

#[test]
fn where_to_sign_in_is_told() {
    let header = ("x-authentication-denied-reason", "CAPTCHA_CHALLENGE; login-url=https://jira.corp/login.jsp");
    let locked = answer(403, &[header], "").judge(SIGNED).unwrap_err();
    assert_eq!(locked, Error::CredentialLocked { login_url: Some("https://jira.corp/login.jsp".into()) });
    assert!(!locked.is_transient());
}

#[test]
fn a_proxy_that_refuses_is_no_fault_of_jira() {
    let refused = answer(407, &[], "").judge(SIGNED).unwrap_err();
    assert!(matches!(refused, Error::Unreachable { cause: Unreachable::Proxy, .. }));
}
