//! The handle of a running simulator: start, addresses, people, sign-in. Changes of issues are in `edit`.

use std::sync::{Arc, Mutex, RwLock};

use chrono_tz::Tz;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::catalogue::{Catalogue, User};
use crate::clock::{Instant, SimClock};
use crate::credentials::{Credentials, TokenKind};
use crate::error::SimError;
use crate::faults::Faults;
use crate::ledger::Ledger;
use crate::oauth::Oauth;
use crate::options::{Dialect, SiteOptions};
use crate::site::Site;
use crate::sync::{lock, read, write};
use crate::web::{self, Memory};
use crate::webhooks::Webhooks;

/// Everything that requests and the handle share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) dialect: Dialect,
    pub(crate) options: SiteOptions,
    pub(crate) base_url: String,
    pub(crate) gateway_url: String,
    pub(crate) auth_url: String,
    pub(crate) cloud_id: String,
    pub(crate) site: RwLock<Site>,
    pub(crate) credentials: Mutex<Credentials>,
    pub(crate) oauth: Oauth,
    pub(crate) required_headers: Mutex<Vec<(String, String)>>,
    pub(crate) faults: Faults,
    pub(crate) ledger: Ledger,
    pub(crate) memory: Memory,
    pub(crate) webhooks: Webhooks,
}

/// A running Jira site. Clones are the same site; it stops listening when the last one is dropped.
#[derive(Clone, Debug)]
pub struct JiraSim {
    pub(crate) shared: Arc<Shared>,
    account: Arc<User>,
    _running: Arc<DropGuard>,
}

impl JiraSim {
    /// Starts a Jira Cloud site, with a gateway beside it.
    pub async fn cloud(options: SiteOptions) -> Result<Self, SimError> {
        Self::start(Dialect::Cloud, options).await
    }

    /// Starts a Jira Data Center site.
    pub async fn data_center(options: SiteOptions) -> Result<Self, SimError> {
        Self::start(Dialect::DataCenter, options).await
    }

    async fn start(dialect: Dialect, options: SiteOptions) -> Result<Self, SimError> {
        let listener = TcpListener::bind(options.listen).await?;
        let base_url = format!("http://{}{}", listener.local_addr()?, options.context_path);
        let (gateway, auth) = match dialect {
            Dialect::Cloud => {
                let beside = (options.listen.ip(), 0);
                (Some(TcpListener::bind(beside).await?), Some(TcpListener::bind(beside).await?))
            }
            Dialect::DataCenter => (None, None),
        };
        let shared = Arc::new(Shared {
            dialect,
            base_url,
            gateway_url: address(gateway.as_ref())?,
            auth_url: address(auth.as_ref())?,
            cloud_id: cloud_id(&options.name),
            site: RwLock::new(Site::new(options.clock.now(), Catalogue::standard(dialect, options.time_tracking))),
            credentials: Mutex::default(),
            oauth: Oauth::new(dialect),
            required_headers: Mutex::default(),
            faults: Faults::default(),
            ledger: Ledger::default(),
            memory: Memory::default(),
            webhooks: Webhooks::default(),
            options,
        });
        let running = CancellationToken::new();
        web::serve(listener, web::site_router(&shared), running.clone());
        if let Some(gateway) = gateway {
            web::serve(gateway, web::gateway_router(&shared), running.clone());
        }
        if let Some(auth) = auth {
            web::serve(auth, web::auth_router(&shared), running.clone());
        }
        let account = Arc::new(add_user(&shared, "account", None));
        Ok(Self { shared, account, _running: Arc::new(running.drop_guard()) })
    }

    /// The server URL to give to a connection: with the context path, without a slash at the end.
    pub fn base_url(&self) -> String {
        self.shared.base_url.clone()
    }

    /// Cloud: what stands for `https://api.atlassian.com`; append `/ex/jira/{cloud_id}`. Empty on Data Center.
    pub fn gateway_url(&self) -> String {
        self.shared.gateway_url.clone()
    }

    /// The site's id at the gateway.
    pub fn cloud_id(&self) -> &str {
        &self.shared.cloud_id
    }

    /// Which Jira this site plays.
    pub fn dialect(&self) -> Dialect {
        self.shared.dialect
    }

    /// The options that the site was started with.
    pub fn options(&self) -> &SiteOptions {
        &self.shared.options
    }

    /// The site's clock.
    pub fn clock(&self) -> &SimClock {
        &self.shared.options.clock
    }

    /// The site's time.
    pub fn now(&self) -> Instant {
        self.clock().now()
    }

    /// Faults to be played.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Requests that came in.
    pub fn ledger(&self) -> &Ledger {
        &self.shared.ledger
    }

    /// Grows with every change of the site: name it later with [`crate::AsOf::Revision`].
    pub fn revision(&self) -> u64 {
        read(&self.shared.site).revision
    }

    /// The user that every site is born with.
    pub fn account(&self) -> User {
        User::clone(&self.account)
    }

    /// Adds a user in the site's time zone.
    pub fn add_user(&self, name: &str) -> User {
        add_user(&self.shared, name, None)
    }

    /// Adds a user with a time zone of their own.
    pub fn add_user_in(&self, name: &str, zone: Tz) -> User {
        add_user(&self.shared, name, Some(zone))
    }

    /// Changes the shown name of a user.
    pub fn rename_user(&self, user: &User, display_name: &str) -> Result<(), SimError> {
        self.change_catalogue(|catalogue| {
            let known = catalogue.users.iter_mut().find(|known| known.id == user.id);
            let known = known.ok_or_else(|| SimError::unknown("user", &user.id))?;
            display_name.clone_into(&mut known.display_name);
            Ok(())
        })
    }

    /// Puts users into a group, in place of those it had.
    pub fn set_group(&self, name: &str, members: &[&User]) {
        let ids = members.iter().map(|user| user.id.clone()).collect();
        self.change_catalogue(|catalogue| catalogue.groups.insert(name.to_owned(), ids));
    }

    /// A token for the site's own host: an API token on Cloud (Basic), a personal access token on Data Center (Bearer).
    pub fn token(&self, user: &User) -> String {
        let kind = match self.shared.dialect {
            Dialect::Cloud => TokenKind::Classic,
            Dialect::DataCenter => TokenKind::Personal,
        };
        lock(&self.shared.credentials).issue(&user.id, kind)
    }

    /// Cloud: a token with scopes, good at the gateway only.
    pub fn scoped_token(&self, user: &User) -> String {
        lock(&self.shared.credentials).issue(&user.id, TokenKind::Scoped)
    }

    /// A token whose text is known beforehand.
    pub fn set_token(&self, user: &User, kind: TokenKind, text: &str) {
        lock(&self.shared.credentials).set(&user.id, kind, text);
    }

    /// Lets a token expire at an instant, or never. False if there is no such token.
    pub fn set_token_expiry(&self, token: &str, expires: Option<Instant>) -> bool {
        lock(&self.shared.credentials).set_expiry(token, expires)
    }

    /// Lets a token expire now. False if there is no such token.
    pub fn expire_token(&self, token: &str) -> bool {
        self.set_token_expiry(token, Some(self.now()))
    }

    /// Revokes a token for good. False if there is no such token.
    pub fn revoke_token(&self, token: &str) -> bool {
        lock(&self.shared.credentials).revoke(token)
    }

    /// From now on a proxy before the site answers 403 to requests without this header.
    pub fn require_header(&self, name: &str, value: &str) {
        lock(&self.shared.required_headers).push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn change_catalogue<T>(&self, change: impl FnOnce(&mut Catalogue) -> T) -> T {
        let at = self.now();
        write(&self.shared.site).change_catalogue(at, change)
    }
}

fn add_user(shared: &Shared, name: &str, zone: Option<Tz>) -> User {
    let at = shared.options.clock.now();
    let zone = zone.unwrap_or(shared.options.zone);
    let mut site = write(&shared.site);
    let number = site.take_id();
    let id = match shared.dialect {
        Dialect::Cloud => format!("5b10sim{number:017}"),
        Dialect::DataCenter => format!("JIRAUSER{number}"),
    };
    let email = format!("{name}@northwind.example");
    let user = User { id, name: name.to_owned(), email, display_name: name.to_owned(), zone };
    site.change_catalogue(at, |catalogue| catalogue.users.push(user.clone()));
    user
}

/// Where something listens; empty where nothing does.
fn address(listener: Option<&TcpListener>) -> Result<String, SimError> {
    let at = listener.map(TcpListener::local_addr).transpose()?;
    Ok(at.map(|at| format!("http://{at}")).unwrap_or_default())
}

/// A stable id in the shape of a UUID, so that a restarted demo keeps its connection.
fn cloud_id(name: &str) -> String {
    let fold =
        |seed: u64| name.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let (a, b) = (fold(0xcbf2_9ce4_8422_2325), fold(0x9e37_79b9_7f4a_7c15));
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        a >> 32,
        a & 0xffff,
        (a >> 16) & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}
