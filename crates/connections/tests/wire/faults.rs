//! What is retried, what is not, and that nothing doubtful passes for an answer.

use crate::server::{Heard, Reply, SECRET, Server, issue, open, token_page, variant};
use okrsync_connections::{Error, Retry, Wanted};
use okrsync_domain::connection::Deployment;
use serde_json::json;
use std::time::Duration;

/// One search against a server that answers so.
async fn search(server: &Server) -> Result<usize, Error> {
    let page = server.cloud().search("project = AE", &Wanted::default()).next().await?;
    Ok(page.map_or(0, |page| page.issues.len()))
}

#[tokio::test]
async fn trouble_that_passes_is_outlasted() {
    let good = token_page([1], None);
    let body = json!({"issues": [issue(1)], "isLast": true}).to_string();
    for (what, trouble) in [
        ("503", Reply::status(503, "<html>starting</html>")),
        ("500", Reply::status(500, "{}")),
        ("408", Reply::status(408, "")),
        ("a reset", Reply::Reset),
        ("half a body", Reply::Truncated(body.clone())),
        ("a body that ends early", Reply::status(200, &body[..body.len() - 1])),
    ] {
        let server = Server::script(vec![trouble.clone(), trouble, good.clone()]).await;
        assert_eq!(search(&server).await, Ok(1), "{what}");
        assert_eq!(server.heard().len(), 3, "{what}");
    }
}

#[tokio::test]
async fn trouble_that_lasts_is_told_after_four_retries() {
    for (trouble, outcome) in [
        (Reply::status(502, "<html>bad gateway</html>"), "ServerError"),
        (Reply::Reset, "Unreachable"),
        (Reply::Truncated("{\"issues\":[]}".to_owned()), "Truncated"),
    ] {
        let server = Server::script(vec![trouble]).await;
        let error = search(&server).await.unwrap_err();
        assert_eq!((variant(&error).as_str(), error.is_transient()), (outcome, true));
        assert_eq!(server.heard().len(), 5);
    }
}

#[tokio::test]
async fn what_does_not_pass_by_itself_is_asked_once() {
    let failed = ("x-seraph-loginreason", "AUTHENTICATED_FAILED");
    let empty = token_page([], None);
    for (reply, outcome) in [
        (Reply::status(401, "{}"), "CredentialInvalid"),
        (empty.clone().with(failed.0, failed.1), "CredentialInvalid"),
        (empty.clone().with("x-ausername", "anonymous"), "CredentialInvalid"),
        (Reply::status(200, ""), "UnexpectedAnswer"),
        (Reply::html(), "NotJira"),
        (Reply::status(302, "").with("location", "/login.jsp"), "NotJira"),
        (Reply::status(403, "<html>proxy</html>").with("content-type", "text/html"), "NotJira"),
        (Reply::status(403, "").with("x-authentication-denied-reason", "CAPTCHA_CHALLENGE"), "CredentialLocked"),
        (Reply::status(410, "{}"), "ApiRemoved"),
        (Reply::status(404, "{}"), "NotFound"),
        (Reply::json(&json!({"issues": "none"})), "UnexpectedAnswer"),
    ] {
        let server = Server::script(vec![reply]).await;
        let error = search(&server).await.unwrap_err();
        assert_eq!((variant(&error).as_str(), error.is_transient()), (outcome, false));
        assert_eq!(server.heard().len(), 1, "{outcome}");
    }
}

#[tokio::test]
async fn a_redirect_never_carries_the_credential_away() {
    let elsewhere = Server::script(vec![token_page([], None)]).await;
    let redirect = Reply::status(307, "").with("location", elsewhere.url.as_str());
    let server = Server::script(vec![redirect]).await;
    assert_eq!(variant(&search(&server).await.unwrap_err()), "NotJira");
    assert!(elsewhere.heard().is_empty());
}

#[tokio::test]
async fn once_an_account_is_known_every_answer_must_be_its_own() {
    let myself = Reply::json(&json!({"accountId": "5b10", "displayName": "Dana", "timeZone": "Europe/Oslo"}));
    for (search_answer, outcome) in [
        (token_page([1], None).with("x-aaccountid", "5b10"), None),
        (token_page([1], None).with("x-aaccountid", "666"), Some("CredentialInvalid")),
        (token_page([1], None), Some("CredentialInvalid")), // the site names the account, so nobody was meant
    ] {
        let server = Server::script(vec![myself.clone().with("x-aaccountid", "5b10"), search_answer]).await;
        let site = server.cloud();
        assert_eq!(site.myself().await.unwrap().time_zone.as_deref(), Some("Europe/Oslo"));
        let found = site.search("project = AE", &Wanted::default()).next().await;
        assert_eq!(found.err().map(|error| variant(&error)).as_deref(), outcome);
    }
    let server = Server::script(vec![myself, token_page([1], None)]).await;
    let site = server.cloud();
    site.myself().await.unwrap();
    assert!(site.search("a = 1", &Wanted::default()).next().await.is_ok(), "sites that never name it are believed");
}

#[tokio::test]
async fn another_account_than_the_authorised_one_is_refused() {
    let server = Server::script(vec![Reply::json(&json!({"name": "jonas", "displayName": "Jonas"}))]).await;
    let mut config = server.config(Deployment::SelfManaged);
    config.expected_account = Some("dana".to_owned());
    assert_eq!(variant(&open(config).unwrap().myself().await.unwrap_err()), "CredentialInvalid");
}

#[tokio::test]
async fn extra_headers_go_with_every_request_and_reserved_ones_are_refused() {
    let server = Server::script(vec![Reply::json(&json!({"count": 1}))]).await;
    let mut config = server.config(Deployment::Cloud);
    config.headers = vec![("X-Proxy-Key".to_owned(), SECRET.into())];
    open(config.clone()).unwrap().count("a = 1").await.unwrap();
    assert_eq!(server.heard()[0].headers["x-proxy-key"], SECRET);
    for (name, value) in [("Authorization", "x"), ("Host", "x"), ("bad name", "x"), ("X-Key", "a\nb")] {
        config.headers = vec![(name.to_owned(), value.into())];
        let refused = open(config.clone()).map(|_| ()).unwrap_err();
        assert_eq!(variant(&refused), "Settings", "{name}");
    }
}

#[tokio::test]
async fn a_context_path_is_kept() {
    let server = Server::script(vec![Reply::json(&json!({"name": "dana"}))]).await;
    let mut config = server.config(Deployment::SelfManaged);
    config.server_url = server.url.join("jira").unwrap();
    let account = open(config).unwrap().myself().await.unwrap();
    assert_eq!((account.id.as_str(), account.display_name.as_str()), ("dana", "dana"));
    assert_eq!(server.heard()[0].path, "/jira/rest/api/2/myself");
}

#[tokio::test]
async fn people_who_wait_are_told_at_once() {
    let server = Server::script(vec![Reply::status(503, "")]).await;
    let site = server.cloud().impatient();
    assert_eq!(variant(&site.count("a = 1").await.unwrap_err()), "ServerError");
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn patience_has_an_end() {
    let server = Server::script(vec![Reply::status(503, "")]).await;
    let mut config = server.config(Deployment::Cloud);
    config.retry = Retry { patience: Duration::ZERO, ..Retry::fast() };
    assert_eq!(variant(&open(config).unwrap().count("a = 1").await.unwrap_err()), "ServerError");
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn the_catalogue_is_read_from_either_deployment() {
    let server = Server::start(|heard: &Heard| catalogue(heard, "/rest/api/3")).await;
    let catalogue_of_cloud = server.cloud().catalogue().await.unwrap();
    assert_eq!(catalogue_of_cloud.projects.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["AE", "SAFE"]);
    assert_eq!(catalogue_of_cloud.functions, ["currentUser()"]);
    assert!(catalogue_of_cloud.statuses[0].done && catalogue_of_cloud.priorities.is_empty());
    let server = Server::start(|heard: &Heard| catalogue(heard, "/rest/api/2")).await;
    assert_eq!(server.data_center().catalogue().await.unwrap().projects.len(), 1);
}

/// A small site; priorities are forbidden, projects come one a page.
fn catalogue(heard: &Heard, api: &str) -> Reply {
    let project = |id: u32, key: &str| json!({"id": id.to_string(), "key": key, "name": key, "style": "classic"});
    let page = |start: u32, last: bool, values| json!({"startAt": start, "isLast": last, "total": 2, "values": values});
    let body = match heard.path.strip_prefix(api).unwrap_or_default() {
        "/field" => json!([{"id": "status", "name": "Status"}]),
        "/status" => json!([{"id": 7, "name": "Fertig", "statusCategory": {"id": 3, "key": "done"}, "scope": {}}]),
        "/issuetype" => json!([{"id": "1", "name": "Bug", "subtask": false}]),
        "/project" => json!([project(1, "AE")]),
        "/project/search" if heard.query["startAt"] == "0" => page(0, false, vec![project(1, "AE")]),
        "/project/search" => page(1, true, vec![project(2, "SAFE")]),
        "/jql/autocompletedata" => {
            let function = json!({"value": "currentUser()", "displayName": "currentUser()", "isList": "false"});
            json!({"visibleFieldNames": [{"value": "cf[1]", "searchable": "true"}], "visibleFunctionNames": [function]})
        }
        _ => return Reply::status(403, r#"{"errorMessages":["no"]}"#),
    };
    Reply::json(&body)
}
