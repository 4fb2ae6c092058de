//! A database, a connection to the small Jira, linked OKRs and an engine whose time stands still.

use crate::jira::Jira;
use okrsync_connections::{KeyRing, ServerPolicy};
use okrsync_domain::{
    Clock, ConnectionId, Instant, OkrId, Random,
    connection::{Connection, Sharing},
    issue::FieldId,
    measure::{Aggregate, Measure, Metric},
    okr::{Okr, OkrKind, ProgressMode, Visibility},
    person::{Role, User},
    reading::Reading,
};
use okrsync_scheduler::{Engine, SyncConfig, sites};
use okrsync_store::{BoardScope, Linked, Options, Origin, Page, PutLink, RefreshScope, SecretChanges, Store};
use tempfile::TempDir;

/// Story points by the field that the small Jira has.
pub(crate) fn points() -> Metric {
    Metric::CustomField { field_id: FieldId::new("customfield_10016"), aggregate: Aggregate::Sum }
}

/// Everything a test holds.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    pub(crate) clock: Clock,
    pub(crate) jira: Jira,
    pub(crate) connection: Connection,
    random: Random,
    keys: KeyRing,
    user: User,
    _folder: TempDir,
}

impl World {
    /// A world with one connection and no OKR.
    pub(crate) async fn new(jira: Jira) -> Self {
        let (clock, random) = (Clock::manual(noon()), Random::seeded(7));
        let keys = KeyRing::new([7; 32], []);
        let folder = TempDir::new().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("okrsync.db").display());
        let store = Store::open(&url, Options::new(random.clone())).await.expect("a new database opens");
        let user = User {
            id: random.id(noon()),
            email: "dana@northwind.example".to_owned(),
            name: "Dana".to_owned(),
            role: Role::Admin,
            active: true,
            created_at: noon(),
        };
        store.add_user(&user, None).await.expect("the first user");
        let connection = connection(&jira, random.id(noon()), &user);
        let token = sites::seal(&keys, connection.id, sites::TOKEN, &"secret-token".into(), &random);
        store.add_connection(&connection, &[token]).await.expect("a sound connection");
        let config = SyncConfig { request_retries: 0, ..SyncConfig::default() };
        let engine =
            Engine::new(store.clone(), keys.clone(), clock.clone(), random.clone(), config, ServerPolicy::default());
        Self { store, engine, clock, jira, connection, random, keys, user, _folder: folder }
    }

    /// Another process on the same database.
    pub(crate) fn other_engine(&self, config: SyncConfig) -> Engine {
        let (clock, random) = (self.clock.clone(), Random::seeded(8));
        Engine::new(self.store.clone(), self.keys.clone(), clock, random, config, ServerPolicy::default())
    }

    /// A key result measured in percent complete by `metric` over `jql`.
    pub(crate) async fn link(&self, jql: &str, metric: Metric) -> OkrId {
        let now = self.clock.now();
        let okr = Okr {
            id: self.random.id(now),
            kind: OkrKind::KeyResult,
            parent_id: None,
            title: jql.to_owned(),
            description: None,
            owner_id: self.user.id,
            team: None,
            starts_on: "2026-10-01".parse().expect("a date"),
            due_on: "2026-12-31".parse().expect("a date"),
            progress_mode: ProgressMode::Manual,
            measure: Measure::default(),
            share: None,
            visibility: Visibility::Everyone,
            closed: None,
            created_at: now,
            version: 1,
        };
        self.store.add_okr(&okr).await.expect("a sound OKR");
        let link = PutLink {
            okr_id: okr.id,
            connection_id: self.connection.id,
            jql: jql.to_owned(),
            canonical: jql.to_owned(),
            metric,
            completed_only: false,
            period_minutes: None,
            measure: None,
        };
        self.store.put_link(link, now).await.expect("a sound link");
        okr.id
    }

    /// All readings of an OKR, newest first.
    pub(crate) async fn readings(&self, okr: OkrId) -> Vec<Reading> {
        self.store.readings(okr, None, None, Page::all()).await.expect("readings").items
    }

    /// The link with its health.
    pub(crate) async fn linked(&self, okr: OkrId) -> Linked {
        let rows = self.store.board(BoardScope::Only(vec![okr]), None).await.expect("the board");
        rows.into_iter().next().and_then(|row| row.link).expect("it is linked")
    }

    /// Code of what is wrong with a link.
    pub(crate) async fn problem(&self, okr: OkrId) -> Option<&'static str> {
        self.linked(okr).await.problem.map(|problem| problem.code.as_str())
    }

    /// The connection as it is stored now.
    pub(crate) async fn stored(&self) -> Connection {
        self.store.get_connection(self.connection.id).await.expect("it is stored")
    }

    /// Presses refresh for one OKR, without the engine's say.
    pub(crate) async fn press(&self, okr: OkrId) {
        let scope = RefreshScope::Okrs(vec![okr]);
        self.store.request_refresh(scope, Origin::Person, self.clock.now()).await.expect("a request");
    }

    /// Edits the connection.
    pub(crate) async fn edit(&self, edit: impl FnOnce(&mut Connection)) {
        let mut connection = self.stored().await;
        edit(&mut connection);
        let changes = SecretChanges::default();
        self.store.update_connection(&connection, changes, self.clock.now()).await.expect("a sound edit");
    }
}

pub(crate) fn noon() -> Instant {
    "2026-11-20T12:00:00Z".parse().expect("an instant")
}

fn connection(jira: &Jira, id: ConnectionId, owner: &User) -> Connection {
    Connection {
        name: "Northwind Cloud".to_owned(),
        server_url: jira.url.clone(),
        sharing: Sharing::Everyone,
        auth_email: Some("dana@northwind.example".to_owned()),
        timeout_seconds: 5,
        ..Connection::new(id, owner.id, noon())
    }
}
