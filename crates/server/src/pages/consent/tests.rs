//! The pages of signing in with Jira, rendered from samples.

use super::*;
use crate::pages::samples::{reader, sound};
use okrsync_domain::{
    Clock, Problem, Random,
    connection::{Account, Sharing},
    person::Role,
    problem::ProblemCode,
};

fn connection(state: ConnectionState) -> Connection {
    let (now, random) = (Clock::system().now(), Random::seeded(1));
    let account = Account { id: "dana".into(), display_name: "Dana <b>".into(), time_zone: None };
    let problem = Problem {
        code: ProblemCode::JiraUnauthorized,
        message: "The grant is over.".into(),
        hint: Some("Sign in with Jira again.".into()),
        at: now,
        retry_at: None,
    };
    let waits = state == ConnectionState::NeedsAuthorization;
    Connection {
        name: "Halden plant Jira".into(),
        server_url: "https://jira.halden.example".into(),
        deployment: Deployment::SelfManaged,
        sharing: Sharing::Everyone,
        auth_kind: AuthKind::Oauth2,
        auth_client: Some("client".into()),
        state,
        account: Some(account),
        last_error: waits.then_some(problem),
        ..Connection::new(random.id(now), random.id(now), now)
    }
}

fn page(connection: Connection, public_key: Option<&str>) -> SignInPage {
    let public_key = public_key.map(ToOwned::to_owned);
    SignInPage { connection, public_key, problem: None, reader: reader(Role::Member) }
}

#[test]
fn the_page_says_whose_eyes_are_used_or_what_is_to_be_done() {
    let text = sound("signed in", &render(&page(connection(ConnectionState::Ok), None)));
    assert!(text.contains("Connected as Dana &lt;b&gt;.") && text.contains("Sign in again") && text.contains("/start"));
    let mut waits = page(connection(ConnectionState::NeedsAuthorization), None);
    let text = sound("waits", &render(&waits));
    for part in ["The grant is over.", "Sign in with Jira again.", "role=\"alert\"", "token-of-the-session"] {
        assert!(text.contains(part), "missing: {part}");
    }
    waits.problem = Some(("The access was not granted in Jira: <denied>.".into(), "Choose \"Allow\".".into()));
    let text = sound("denied", &render(&waits));
    assert!(text.contains("&lt;denied&gt;") && text.contains("Choose") && !text.contains("The grant is over."));
}

#[test]
fn what_jira_needs_to_know_can_be_copied() {
    let waiting = |kind, deployment| Connection {
        auth_kind: kind,
        deployment,
        ..connection(ConnectionState::NeedsAuthorization)
    };
    let link = page(waiting(AuthKind::Oauth1, Deployment::SelfManaged), Some("-----BEGIN PUBLIC KEY-----"));
    let text = sound("application link", &render(&link));
    for part in ["Consumer key", "BEGIN PUBLIC KEY", "https://okrs.northwind.example/oauth1/callback<"] {
        assert!(text.contains(part), "missing: {part}");
    }
    for deployment in [Deployment::Cloud, Deployment::SelfManaged] {
        let text = sound("oauth 2.0", &render(&page(waiting(AuthKind::Oauth2, deployment), None)));
        assert!(text.contains("https://okrs.northwind.example/oauth/callback<") && !text.contains("Public key"));
    }
}

#[test]
fn sites_are_chosen_by_a_button_each() {
    let site = |id: &str| GrantedSite { cloud_id: id.into(), name: "Acme".into(), url: "https://a.example".into() };
    let sites = [site("1"), site("2")];
    let text = sound("sites", &choice(&connection(ConnectionState::NeedsAuthorization), &sites, &reader(Role::Member)));
    assert_eq!(text.matches("name=\"cloud_id\"").count(), 2);
}

#[test]
fn the_way_to_jira_needs_no_script() {
    let text = onward("https://auth.example/authorize?a=1&b=\"2\"", Theme::Dark).0;
    let address = "https://auth.example/authorize?a=1&amp;b=&quot;2&quot;";
    assert!(text.contains(&format!("content=\"0;url={address}\"")) && text.contains(&format!("href=\"{address}\"")));
    assert_eq!(text.matches("<h1").count(), 1);
}
