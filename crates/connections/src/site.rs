//! One Jira as one account sees it. "Cloud or Data Center?" is asked here, in its parts, and nowhere else.

mod hooks;
mod identity;
mod issues;
mod setup;
mod sizes;

pub use hooks::{RemoteWebhook, registers_webhooks};
pub use identity::ServerInfo;
pub(crate) use identity::read_server_info;
pub(crate) use issues::ordered;
pub use sizes::{Count, PageSizes, charges_points};

use crate::{Error, ProbeReport, Retry, SiteConfig, Verdict, client::Client, cloud, data_center, oauth2, probe};
use okrsync_domain::{Clock, Instant, Random, connection::Deployment, issue::IssueId};
use std::{fmt, sync::Arc};

/// One Jira as one account sees it. A cheap clone; clones share limits, meter and what was learned of the account.
#[derive(Clone)]
pub struct Site {
    client: Client,
    dialect: Dialect,
    /// Issues that searches read past a lagging index.
    hinted: Arc<[IssueId]>,
}

/// What a site understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Cloud,
    DataCenter,
}

impl Dialect {
    /// What a deployment understands, with the headers that it wants.
    fn of(deployment: Deployment) -> (Self, &'static [(&'static str, &'static str)]) {
        match deployment {
            Deployment::Cloud => (Self::Cloud, &[]),
            Deployment::SelfManaged => (Self::DataCenter, &data_center::HEADERS),
        }
    }

    fn api(self) -> &'static str {
        match self {
            Self::Cloud => cloud::API,
            Self::DataCenter => data_center::API,
        }
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Site").field(self.client.config()).finish()
    }
}

impl Site {
    /// Prepares a site; nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Settings`] if the settings are not sound.
    pub fn open(config: SiteConfig, clock: Clock, random: Random) -> Result<Self, Error> {
        let (dialect, headers) = Dialect::of(config.deployment);
        Ok(Self { client: Client::open(config, clock, random, headers)?, dialect, hinted: Arc::default() })
    }

    /// The site with changed settings. With the same server address and deployment, limits (a wait that Jira asked for,
    /// requests under way, requests a second) and the meter go on and are shared with the old one, which still works;
    /// the numbers of the new settings count for both. What was learned of the account is forgotten.
    ///
    /// # Errors
    /// [`Error::Settings`] if the settings are not sound; then nothing has changed.
    pub fn reopen(&self, config: SiteConfig) -> Result<Self, Error> {
        let (dialect, headers) = Dialect::of(config.deployment);
        Ok(Self { client: self.client.reopen(config, headers)?, dialect, hinted: Arc::default() })
    }

    /// The same site without retries, for people who wait for the answer.
    #[must_use]
    pub fn impatient(&self) -> Self {
        self.with(self.client.with_retry(Retry::none()))
    }

    fn with(&self, client: Client) -> Self {
        Self { client, dialect: self.dialect, hinted: Arc::clone(&self.hinted) }
    }

    /// The same site, whose searches see these issues as they are although the index may lag behind: of those that are
    /// said to have changed just now. As many as Jira takes; where searches never lag, it makes no difference.
    #[must_use]
    pub fn reconciling(&self, hinted: &[IssueId]) -> Self {
        let most = hinted.len().min(cloud::MOST_RECONCILED);
        Self { hinted: hinted[..most].into(), ..self.clone() }
    }

    /// Tries everything that a connection needs, step by step, with cures.
    pub async fn probe(&self) -> ProbeReport {
        probe::run(&self.impatient()).await
    }

    /// Jira's own verdict on a query, and whether it matches anything; a refused query is a verdict, not an error.
    ///
    /// # Errors
    /// [`Error::QueryUnbounded`] for a query without restriction on Cloud.
    pub async fn check_query(&self, jql: &str) -> Result<Verdict, Error> {
        match self.dialect {
            Dialect::Cloud => cloud::check_query(&self.client, jql).await,
            Dialect::DataCenter => data_center::check_query(&self.client, jql).await,
        }
    }

    /// The same in one request, which on Cloud does not tell whether anything matches.
    ///
    /// # Errors
    /// As [`Site::check_query`].
    pub async fn judge(&self, jql: &str) -> Result<Verdict, Error> {
        match self.dialect {
            Dialect::Cloud => cloud::judge(&self.client, jql).await,
            Dialect::DataCenter => data_center::check_query(&self.client, jql).await,
        }
    }

    /// Warnings of unknown people in a query that Jira accepts. Nothing is asked where the verdict has them already.
    ///
    /// # Errors
    /// Whatever a request may end in.
    pub async fn unknown_people(&self, jql: &str) -> Result<Vec<String>, Error> {
        match self.dialect {
            Dialect::Cloud => cloud::unknown_people(&self.client, jql).await,
            Dialect::DataCenter => Ok(Vec::new()),
        }
    }

    /// Whether a search works at all, and whether the query matches anything.
    pub(crate) async fn try_search(&self, jql: &str) -> Result<Option<bool>, Error> {
        let probed = match self.dialect {
            Dialect::Cloud => cloud::probe(&self.client, jql).await,
            Dialect::DataCenter => data_center::probe(&self.client, jql).await,
        };
        probed.map(|(matches_nothing, _)| matches_nothing)
    }

    /// Requests sent so far, retries included.
    pub fn requests(&self) -> u64 {
        self.client.sent()
    }

    /// Requests under way.
    pub fn in_flight(&self) -> usize {
        self.client.limits().in_flight()
    }

    /// Jira asked for the whole connection to be left alone until then; nothing is sent before.
    pub fn held_until(&self) -> Option<Instant> {
        self.client.limits().hold().map(|hold| hold.until)
    }

    /// Jira said that a limit is near: until then requests are spread out.
    pub fn slowed_until(&self) -> Option<Instant> {
        self.client.limits().slowed_until()
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn deployment(&self) -> Deployment {
        self.client.config().deployment
    }

    /// How OAuth 2.0 is spoken here.
    pub(crate) fn oauth2_provider(&self) -> Result<oauth2::Provider, Error> {
        match self.dialect {
            Dialect::Cloud => cloud::oauth2(self.client.config()),
            Dialect::DataCenter => data_center::oauth2(self.client.config()),
        }
    }

    /// The other ways in which a token might work: a scoped one behind the gateway, a classic one at the site.
    pub(crate) async fn other_way(&self, via_gateway: bool) -> Option<Result<(Self, Option<String>), Error>> {
        match self.dialect {
            _ if self.client.config().credential.granted().is_some() => None,
            Dialect::Cloud if via_gateway => Some(Ok((self.with(self.client.at_site()), None))),
            Dialect::Cloud => Some(self.behind_gateway().await),
            Dialect::DataCenter => None,
        }
    }

    async fn behind_gateway(&self) -> Result<(Self, Option<String>), Error> {
        let cloud_id = match &self.client.config().cloud_id {
            Some(known) => known.clone(),
            None => cloud::cloud_id(&self.client).await?,
        };
        Ok((self.with(self.client.through_gateway(&cloud_id)?), Some(cloud_id)))
    }
}
