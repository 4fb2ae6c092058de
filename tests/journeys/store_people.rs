//! People, connections and what belongs to them, on both databases.

#![expect(
    clippy::unwrap_used,
    reason = "a story ends where the store refuses what it should do, and the error says why"
)]

use crate::store_world::{World, at, issues, noon, on_both, user};
use okrsync_domain::{
    Problem,
    catalogue::{Catalogue, Field, Named, Status},
    connection::{Account, AuthKind, Connection, ConnectionState, Deployment, JiraInfo, Sharing},
    health::HealthNews,
    issue::FieldId,
    okr::OkrKind,
    person::{Role, Scope, Token, User},
    problem::ProblemCode,
};
use okrsync_store::{ConnectionOk, Page, SealedSecret, SecretChanges, StoreError, StoredSession, Viewer};
use secrecy::{ExposeSecret, SecretString};

on_both!(
    people_sign_in_and_somebody_stays_admin,
    tokens_are_found_by_their_hash,
    sessions_end,
    a_connection_comes_back_as_it_was_saved,
    the_last_catalogue_is_kept,
    an_edit_that_asks_jira_differently_starts_over,
    a_connection_in_use_stays_until_its_links_move,
    health_is_noted,
    requests_are_counted_by_the_minute,
);

async fn people_sign_in_and_somebody_stays_admin(world: World) {
    let eve = User { email: "Eve@Northwind.example".to_owned(), ..user(&world.random, "eve", Role::Member) };
    world.store.add_user(&eve, Some(SecretString::from("$argon2id$…"))).await.unwrap();
    let eve = User { email: "eve@northwind.example".to_owned(), ..eve };
    let found = world.store.find_sign_in("EVE@northwind.example").await.unwrap().unwrap();
    assert_eq!((&found.user, found.password_hash.unwrap().expose_secret()), (&eve, "$argon2id$…"));
    assert!(world.store.find_sign_in("dana@northwind.example").await.unwrap().unwrap().password_hash.is_none());
    world.store.set_password(eve.id, SecretString::from("other"), None).await.unwrap();
    let twin = world.store.add_user(&user(&world.random, "EVE", Role::Viewer), None).await;
    assert!(matches!(twin, Err(StoreError::Duplicate { what: "user", field: "email" })), "{twin:?}");
    let renamed = User { email: "dana@northwind.example".to_owned(), ..eve.clone() };
    assert!(matches!(world.store.update_user(&renamed).await, Err(StoreError::Duplicate { .. })));

    for last in [User { role: Role::Member, ..world.dana.clone() }, User { active: false, ..world.dana.clone() }] {
        assert!(matches!(world.store.update_user(&last).await, Err(StoreError::LastAdmin)));
    }
    world.store.update_user(&User { role: Role::Admin, ..eve.clone() }).await.unwrap();
    world.store.update_user(&User { active: false, ..world.dana.clone() }).await.unwrap();
    let people = world.store.users(Page::first(1)).await.unwrap();
    assert!(people.items.len() == 1 && people.next.is_some());
    assert_eq!(world.store.count_users().await.unwrap(), 2);
    assert!(!world.store.get_user(world.dana.id).await.unwrap().active);
    let nobody = user(&world.random, "nobody", Role::Viewer);
    assert!(matches!(world.store.update_user(&nobody).await, Err(StoreError::NotFound { what: "user", .. })));
}

async fn tokens_are_found_by_their_hash(world: World) {
    let token = Token {
        id: world.random.id(noon()),
        user_id: world.dana.id,
        name: "laptop".to_owned(),
        scope: Scope::Write,
        created_at: noon(),
        expires_on: Some("2027-01-01".parse().unwrap()),
        last_used_at: None,
    };
    world.store.add_token(&token, [7; 32]).await.unwrap();
    assert_eq!(world.store.find_token([7; 32]).await.unwrap(), Some((token.clone(), world.dana.clone())));
    assert_eq!(world.store.find_token([8; 32]).await.unwrap(), None);
    for (now, kept) in [(at(1), at(1)), (at(30), at(1)), (at(61), at(61))] {
        world.store.touch_token(token.id, now).await.unwrap();
        assert_eq!(world.store.tokens(world.dana.id).await.unwrap()[0].last_used_at, Some(kept), "to the hour");
    }
    let somebody = world.random.id(noon());
    assert!(matches!(world.store.delete_token(somebody, token.id).await, Err(StoreError::NotFound { .. })));
    world.store.delete_token(world.dana.id, token.id).await.unwrap();
    assert_eq!(world.store.find_token([7; 32]).await.unwrap(), None);
}

async fn sessions_end(world: World) {
    let session = |id: &str, data: &str, expires_at| StoredSession {
        id: id.to_owned(),
        data: data.to_owned(),
        expires_at,
        owner: None,
    };
    assert!(world.store.create_session(session("one", "{}", at(10))).await.unwrap());
    assert!(!world.store.create_session(session("one", "{}", at(10))).await.unwrap(), "the id is taken");
    world.store.save_session(session("one", r#"{"user": 1}"#, at(20))).await.unwrap();
    let kept = world.store.load_session("one", at(19)).await.unwrap().unwrap();
    assert_eq!((kept.data.as_str(), kept.expires_at), (r#"{"user": 1}"#, at(20)));
    assert!(!format!("{kept:?}").contains("one"), "an id is as good as a cookie");
    assert_eq!(world.store.load_session("one", at(20)).await.unwrap(), None);
    world.store.save_session(session("two", "{}", at(99))).await.unwrap();
    assert_eq!(world.store.prune(noon(), at(20)).await.unwrap().sessions, 1);
    world.store.delete_session("two").await.unwrap();
    assert_eq!(world.store.load_session("two", at(1)).await.unwrap(), None);
}

async fn a_connection_comes_back_as_it_was_saved(world: World) {
    let plain = world.connection("plain").await;
    assert_eq!(world.store.get_connection(plain.id).await.unwrap(), plain);
    let full = Connection {
        id: world.random.id(noon()),
        deployment: Deployment::SelfManaged,
        sharing: Sharing::Private,
        auth_kind: AuthKind::Oauth1,
        auth_client: Some("okrsync".to_owned()),
        header_names: vec!["X-Proxy-Key".to_owned(), "X-\"odd\"".to_owned()],
        gateway_url: Some("https://gateway.example".to_owned()),
        auth_url: Some("https://auth.example".to_owned()),
        cloud_id: Some("cloud-1".to_owned()),
        ca_pem: Some("-----BEGIN CERTIFICATE-----".to_owned()),
        proxy_url: Some("http://proxy.example:3128".to_owned()),
        story_points_fields: vec![FieldId::new("customfield_10016")],
        show_titles_to_viewers: false,
        state: ConnectionState::Failing,
        account: Some(Account { id: "5b10".to_owned(), display_name: "Dana".to_owned(), time_zone: None }),
        jira: Some(JiraInfo { version: "9.12.0".to_owned(), deployment_type: "Server".to_owned() }),
        via_gateway: true,
        last_ok_at: Some(at(-5)),
        last_error: Some(crate::store_world::unreachable(at(-1))),
        failures: 2,
        paused_until: Some(at(9)),
        secret_expires_at: Some(at(999)),
        ..plain.clone()
    };
    let token = SealedSecret { name: "token".to_owned(), sealed: "v1.k.aaaa".to_owned() };
    let header = SealedSecret { name: "header:X-Proxy-Key".to_owned(), sealed: "v1.k.bbbb".to_owned() };
    world.store.add_connection(&full, &[token.clone(), header.clone()]).await.unwrap();
    assert_eq!(world.store.get_connection(full.id).await.unwrap(), full);
    assert_eq!(world.store.sealed_secrets(full.id).await.unwrap(), [header, token.clone()]);
    let resealed = SealedSecret { sealed: "v1.k2.aaaa".to_owned(), ..token.clone() };
    world.store.replace_secret(full.id, &resealed).await.unwrap();
    let changes = SecretChanges { set: Vec::new(), remove: vec!["header:X-Proxy-Key".to_owned()] };
    let saved = world.store.update_connection(&full, changes, at(1)).await.unwrap();
    assert_eq!(
        (saved.version, saved.paused_until, saved.failures),
        (2, None, 0),
        "trouble of the old settings is forgotten"
    );
    assert_eq!(world.store.sealed_secrets(full.id).await.unwrap(), [resealed]);
    let late = world.store.update_connection(&full, SecretChanges::default(), at(1)).await;
    assert!(matches!(late, Err(StoreError::Changed { .. })), "{late:?}");

    let visible = async |viewer| world.store.connections(viewer, noon(), Page::all()).await.unwrap().items.len();
    let other = Viewer { user_id: world.random.id(noon()), admin: false };
    assert_eq!((visible(None).await, visible(Some(other)).await), (2, 1), "a private one is its owner's");
}

async fn the_last_catalogue_is_kept(world: World) {
    let connection = world.connection("Northwind Cloud").await;
    let catalogue = Catalogue {
        fields: vec![Field {
            id: FieldId::new("customfield_10016"),
            name: "Story Points".to_owned(),
            custom: true,
            clause_names: vec!["cf[10016]".to_owned()],
            schema_type: Some("number".to_owned()),
            custom_type: None,
        }],
        statuses: vec![Status { id: "3".to_owned(), name: "Done".to_owned(), done: true, under_way: false }],
        priorities: vec![Named { id: "1".to_owned(), name: "High".to_owned(), subtask: false }],
        ..Catalogue::default()
    };
    assert_eq!(world.store.find_catalogue(connection.id).await.unwrap(), None);
    world.store.save_catalogue(connection.id, &Catalogue::default(), at(1)).await.unwrap();
    world.store.save_catalogue(connection.id, &catalogue, at(2)).await.unwrap();
    assert_eq!(world.store.find_catalogue(connection.id).await.unwrap(), Some((catalogue, at(2))));
}

async fn an_edit_that_asks_jira_differently_starts_over(world: World) {
    let (connection, _, link) = world.linked("project = AE").await;
    let running = world.claim_one(noon()).await;
    let renamed = Connection { name: "renamed".to_owned(), ..connection.clone() };
    let renamed = world.store.update_connection(&renamed, SecretChanges::default(), at(1)).await.unwrap();
    world.record(running, issues(1, 0), at(1)).await.expect("a name changes nothing");
    assert_eq!(world.store.find_query(link.link.query_id).await.unwrap().unwrap().due_at, Some(at(61)));

    world.ask(link.link.query_id, at(2)).await;
    let running = world.claim_one(at(2)).await;
    let secret = SealedSecret { name: "token".to_owned(), sealed: "v1.k.cccc".to_owned() };
    let changes = SecretChanges { set: vec![secret], remove: Vec::new() };
    world.store.update_connection(&renamed, changes, at(3)).await.unwrap();
    let lost = world.record(running, issues(1, 0), at(3)).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost { .. })), "it was read with the old token");
    world.refresh(issues(2, 0), at(3)).await;
}

async fn a_connection_in_use_stays_until_its_links_move(world: World) {
    let (from, okr, link) = world.linked("project = AE").await;
    let to = world.connection("Northwind DC").await;
    world.refresh(issues(4, 1), noon()).await;
    let used = world.store.delete_connection(from.id).await;
    assert!(matches!(used, Err(StoreError::InUse { links: 1 })), "{used:?}");
    let overview = world.store.connection_overview(from.id, noon()).await.unwrap();
    assert_eq!((overview.links, overview.connection.id), (1, from.id));
    assert_eq!(world.store.move_links(from.id, to.id, at(1)).await.unwrap(), 1);
    let moved = world.store.find_link(okr.id).await.unwrap().unwrap();
    assert!(moved.connection_id == to.id && moved.query_id != link.link.query_id && moved.edited_at == at(1));
    world.store.delete_connection(from.id).await.unwrap();
    assert_eq!(world.store.find_connection(from.id).await.unwrap(), None);
    assert_eq!(world.store.readings(okr.id, None, None, Page::all()).await.unwrap().items.len(), 1, "readings stay");
    let claim = world.claim_one(at(1)).await;
    assert_eq!(claim.query.connection_id, to.id);
    assert!(matches!(world.store.delete_connection(from.id).await, Err(StoreError::NotFound { .. })));
    let okr = world.okr(OkrKind::KeyResult, None).await;
    assert!(world.store.put_link(crate::store_world::put(&okr, from.id, "a = b"), at(2)).await.is_err());
}

async fn health_is_noted(world: World) {
    let connection = world.connection("Northwind Cloud").await;
    let trouble = Problem { code: ProblemCode::JiraUnauthorized, ..crate::store_world::unreachable(at(1)) };
    let change = world.store.connection_failed(connection.id, &trouble, Some(at(2))).await.unwrap();
    assert_eq!((change.before, change.after), (ConnectionState::Ok, ConnectionState::Failing));
    let news = ConnectionOk {
        at: at(3),
        account: Some(Account {
            id: "5b10".to_owned(),
            display_name: "Dana".to_owned(),
            time_zone: Some("UTC".to_owned()),
        }),
        jira: None,
        cloud_id: Some("cloud-1".to_owned()),
        via_gateway: Some(true),
    };
    let change = world.store.connection_ok(connection.id, news.clone()).await.unwrap();
    assert_eq!((change.before, change.after), (ConnectionState::Failing, ConnectionState::Ok));
    let nothing_new = ConnectionOk { at: at(4), account: None, jira: None, cloud_id: None, via_gateway: None };
    world.store.connection_ok(connection.id, nothing_new).await.unwrap();
    let expected = Connection {
        state: ConnectionState::Ok,
        account: news.account,
        cloud_id: Some("cloud-1".to_owned()),
        via_gateway: true,
        last_ok_at: Some(at(4)),
        ..connection.clone()
    };
    assert_eq!(world.store.get_connection(connection.id).await.unwrap(), expected);
    world.store.connection_news(connection.id, HealthNews::SwitchedOff).await.unwrap();
    world.store.connection_failed(connection.id, &trouble, Some(at(9))).await.unwrap();
    world.store.resume_connection(connection.id).await.unwrap();
    let known = world.store.get_connection(connection.id).await.unwrap();
    assert_eq!((known.state, known.paused_until), (ConnectionState::Disabled, None), "trouble does not switch it on");
    let nowhere = world.store.connection_failed(world.random.id(noon()), &trouble, None).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound { what: "connection", .. })));
}

async fn requests_are_counted_by_the_minute(world: World) {
    let connection = world.connection("Northwind Cloud").await;
    let second = chrono::TimeDelta::milliseconds(1_234);
    for (minutes, number) in [(0, 5), (0, 2), (30, 10), (61, 1)] {
        world.store.add_requests(connection.id, at(minutes) + second, number).await.unwrap();
    }
    assert_eq!(world.store.requests_since(connection.id, noon()).await.unwrap(), 18);
    assert_eq!(world.store.requests_since(connection.id, at(1)).await.unwrap(), 11);
    let overview = world.store.connection_overview(connection.id, at(31)).await.unwrap();
    assert_eq!((overview.requests, overview.links), (1, 0));
    world.store.prune(at(40), noon()).await.unwrap();
    assert_eq!(world.store.requests_since(connection.id, noon()).await.unwrap(), 1);
}
