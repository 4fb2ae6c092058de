//! One Jira as one account sees it. "Cloud or Data Center?" is asked here and nowhere else.

use crate::{
    Error, Fetched, Pages, ProbeReport, Retry, SiteConfig, Sweep, Verdict, Wanted,
    answer::same_account,
    call::Call,
    catalogue, changelog,
    client::Client,
    cloud, data_center, oauth2,
    offset::OffsetPager,
    probe,
    search::Pager,
    wanted::Extent,
    wire::{Listed, Row},
};
use okrsync_domain::{
    Clock, Instant, Random,
    catalogue::{Catalogue, Field, Project, Status},
    connection::{Account, AuthKind, Deployment, JiraInfo},
    history::{IssueHistory, Thing},
    issue::{Issue, IssueId},
};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt,
};

/// How many issues match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The number.
    pub number: u64,
    /// Whether it is exact; Cloud only estimates.
    pub exact: bool,
}

/// How many issues a deployment gives at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSizes {
    /// On a page with facts.
    pub facts: u32,
    /// On a page of a sweep.
    pub listing: u32,
    /// By id.
    pub fetch: u32,
}

impl PageSizes {
    /// Those of a deployment.
    ///
    /// ```
    /// use okrsync_connections::PageSizes;
    /// use okrsync_domain::connection::Deployment;
    /// assert_eq!(PageSizes::of(Deployment::Cloud).listing, 5000);
    /// assert_eq!(PageSizes::of(Deployment::SelfManaged).listing, 1000);
    /// ```
    pub fn of(deployment: Deployment) -> Self {
        match deployment {
            Deployment::Cloud => {
                Self { facts: cloud::PAGE_SIZE, listing: cloud::LISTING_SIZE, fetch: cloud::FETCH_SIZE }
            }
            Deployment::SelfManaged => Self {
                facts: data_center::PAGE_SIZE,
                listing: data_center::LISTING_SIZE,
                fetch: data_center::FETCH_SIZE,
            },
        }
    }
}

/// Whether Jira counts points rather than requests: on Cloud, of apps that people authorised.
///
/// ```
/// use okrsync_connections::charges_points;
/// use okrsync_domain::connection::{AuthKind, Deployment};
/// assert!(charges_points(Deployment::Cloud, AuthKind::Oauth2));
/// assert!(!charges_points(Deployment::Cloud, AuthKind::ApiToken));
/// assert!(!charges_points(Deployment::SelfManaged, AuthKind::Oauth2));
/// ```
pub fn charges_points(deployment: Deployment, auth: AuthKind) -> bool {
    deployment == Deployment::Cloud && auth == AuthKind::Oauth2
}

/// What answers at the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// Version and deployment type in Jira's words.
    pub info: JiraInfo,
    /// What that means: Data Center calls itself "Server" too.
    pub deployment: Deployment,
}

/// One Jira as one account sees it. A cheap clone; clones share limits, meter and what was learned of the account.
#[derive(Clone)]
pub struct Site {
    client: Client,
    dialect: Dialect,
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
        Ok(Self { client: Client::open(config, clock, random, headers)?, dialect })
    }

    /// The site with changed settings. With the same server address and deployment, limits (a wait that Jira asked for,
    /// requests under way, requests a second) and the meter go on and are shared with the old one, which still works;
    /// the numbers of the new settings count for both. What was learned of the account is forgotten.
    ///
    /// # Errors
    /// [`Error::Settings`] if the settings are not sound; then nothing has changed.
    pub fn reopen(&self, config: SiteConfig) -> Result<Self, Error> {
        let (dialect, headers) = Dialect::of(config.deployment);
        Ok(Self { client: self.client.reopen(config, headers)?, dialect })
    }

    /// The same site without retries, for people who wait for the answer.
    #[must_use]
    pub fn impatient(&self) -> Self {
        self.with(self.client.with_retry(Retry::none()))
    }

    fn with(&self, client: Client) -> Self {
        Self { client, dialect: self.dialect }
    }

    /// The account that the site answers to. Later answers must come from the same one.
    ///
    /// # Errors
    /// [`Error::CredentialInvalid`] if it is not the one that the connection was authorised for.
    pub async fn myself(&self) -> Result<Account, Error> {
        let (account, _) = self.who().await?;
        self.expect(&account)?;
        Ok(account)
    }

    /// Who answers, whoever that is, and what the server's clock showed.
    pub(crate) async fn who(&self) -> Result<(Account, Option<Instant>), Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Myself {
            account_id: Option<String>,
            name: Option<String>,
            display_name: Option<String>,
            time_zone: Option<String>,
        }
        let answer = self.client.send(&Call::get(format!("{}/myself", self.dialect.api())).about_me()).await?;
        let myself: Myself = answer.read()?;
        let id = match self.dialect {
            Dialect::Cloud => myself.account_id,
            Dialect::DataCenter => myself.name,
        };
        let id = id.ok_or_else(|| Error::UnexpectedAnswer { detail: "the account came without its id".to_owned() })?;
        let display_name = myself.display_name.unwrap_or_else(|| id.clone());
        Ok((Account { id, display_name, time_zone: myself.time_zone }, answer.date()))
    }

    /// Holds `account` against the one expected; without one, it is the one from now on.
    pub(crate) fn expect(&self, account: &Account) -> Result<(), Error> {
        self.client.expect_account(&account.id);
        match self.client.account() {
            Some(expected) if !same_account(expected, &account.id) => Err(Error::CredentialInvalid {
                detail: format!("the sign-in is {}'s, not of the account of this connection", account.display_name),
            }),
            _ => Ok(()),
        }
    }

    /// Version and kind of what answers; asked without credential first, since most sites tell everybody.
    pub async fn server_info(&self) -> Result<ServerInfo, Error> {
        let call = Call::get(format!("{}/serverInfo", self.dialect.api()));
        let answer = match self.client.send(&call.clone().anonymous()).await {
            Err(Error::CredentialInvalid { .. } | Error::Forbidden { .. }) => self.client.send(&call).await?,
            answer => answer?,
        };
        read_server_info(&answer)
    }

    /// Tries everything that a connection needs, step by step, with cures.
    pub async fn probe(&self) -> ProbeReport {
        probe::run(&self.impatient()).await
    }

    /// A walk through all issues of a where-clause (without ORDER BY) with the `wanted` facts.
    pub fn search(&self, where_text: &str, wanted: &Wanted) -> Pages {
        self.walk(where_text, wanted)
    }

    /// The same, with numbers that cannot be kept exactly told apart instead of failing the walk.
    pub fn read(&self, where_text: &str, wanted: &Wanted) -> Pages<Fetched> {
        self.walk(where_text, wanted)
    }

    /// A walk through the ids of all issues of a where-clause, with when each changed where that costs no smaller pages.
    pub fn sweep(&self, where_text: &str) -> Sweep {
        Sweep::new(self.clone(), where_text)
    }

    /// A walk through the ids of all issues of the site that changed within the last `minutes`, by the site's own clock.
    pub fn changed_within(&self, minutes: u32) -> Pages<Listed> {
        self.list(&format!("updated >= -{}m", minutes.max(1)), false)
    }

    /// A listing of ids, on demand with when each issue changed.
    pub(crate) fn list(&self, where_text: &str, stamped: bool) -> Pages<Listed> {
        let extent = if stamped { Extent::Stamps } else { Extent::Ids };
        self.walk(where_text, &Wanted::listing(extent, self.page_sizes().listing))
    }

    /// Whether a listing tells when each issue changed without smaller pages, as far as is known.
    pub fn stamps(&self) -> bool {
        match self.dialect {
            Dialect::Cloud => !self.client.stamps_shrink_pages(),
            Dialect::DataCenter => true,
        }
    }

    fn walk<R: Row>(&self, where_text: &str, wanted: &Wanted) -> Pages<R> {
        let pager = match self.dialect {
            Dialect::Cloud => Pager::Token(cloud::TokenPager::new(ordered(where_text))),
            Dialect::DataCenter => Pager::Offset(OffsetPager::new(where_text)),
        };
        Pages::new(self.client.clone(), wanted.clone(), pager)
    }

    /// How many issues come at once.
    pub fn page_sizes(&self) -> PageSizes {
        PageSizes::of(self.deployment())
    }

    /// Some issues by id, at most [`PageSizes::fetch`]. Those that are gone or hidden from the account are left out.
    ///
    /// # Errors
    /// Also [`Error::UnexpectedAnswer`] where others came, or one came twice.
    pub async fn fetch(&self, ids: &[IssueId], wanted: &Wanted) -> Result<Vec<Fetched>, Error> {
        let fetched = match self.dialect {
            Dialect::Cloud => cloud::fetch(&self.client, ids, wanted).await?,
            Dialect::DataCenter => data_center::fetch(&self.client, ids, wanted).await?,
        };
        let mut asked: HashSet<IssueId> = ids.iter().copied().collect();
        match fetched.iter().find(|fetched| !asked.remove(&fetched.issue.id)) {
            None => Ok(fetched),
            Some(Fetched { issue: Issue { key, .. }, .. }) => {
                Err(Error::UnexpectedAnswer { detail: format!("{key} was not asked for, or came twice") })
            }
        }
    }

    /// Which of these issues the account sees. Of the others Jira does not tell whether they exist.
    pub async fn visible(&self, ids: &[IssueId]) -> Result<BTreeSet<IssueId>, Error> {
        let (size, mut seen) = (usize::try_from(self.page_sizes().fetch).unwrap_or(1), BTreeSet::new());
        for part in ids.chunks(size) {
            seen.extend(self.fetch(part, &Wanted::default()).await?.into_iter().map(|fetched| fetched.issue.id));
        }
        Ok(seen)
    }

    /// How many issues match: one request, exact only on Data Center.
    pub async fn count(&self, where_text: &str) -> Result<Count, Error> {
        match self.dialect {
            Dialect::Cloud => cloud::count(&self.client, where_text).await,
            Dialect::DataCenter => data_center::count(&self.client, where_text).await,
        }
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

    /// All fields that the account sees.
    pub async fn fields(&self) -> Result<Vec<Field>, Error> {
        catalogue::fields(&self.client, self.dialect.api()).await
    }

    /// All statuses that the account sees, with their categories.
    pub async fn statuses(&self) -> Result<Vec<Status>, Error> {
        catalogue::statuses(&self.client, self.dialect.api()).await
    }

    /// Everything that the account sees of the site's set-up. What serves only hints may come empty.
    pub async fn catalogue(&self) -> Result<Catalogue, Error> {
        let (client, api) = (&self.client, self.dialect.api());
        let (fields, statuses, projects, issue_types, priorities, functions) = tokio::join!(
            catalogue::fields(client, api),
            catalogue::statuses(client, api),
            self.projects(),
            catalogue::named(client, api, "issuetype"),
            catalogue::named(client, api, "priority"),
            catalogue::functions(client, api),
        );
        Ok(Catalogue {
            fields: fields?,
            statuses: statuses?,
            projects: catalogue::or_none("projects", projects)?,
            issue_types: catalogue::or_none("issue types", issue_types)?,
            priorities: catalogue::or_none("priorities", priorities)?,
            functions: catalogue::or_none("functions", functions)?,
        })
    }

    /// The category of each status by the status's id.
    pub async fn status_categories(&self) -> Result<BTreeMap<String, Thing>, Error> {
        catalogue::status_categories(&self.client, self.dialect.api()).await
    }

    /// Issues with the named fields and every change of them, complete; those that the account does not see are left out.
    /// At most [`crate::MOST_ISSUES`] at a time.
    pub async fn histories(&self, ids: &[IssueId], fields: &[&str]) -> Result<Vec<IssueHistory>, Error> {
        match self.dialect {
            Dialect::Cloud => changelog::cloud(&self.client, cloud::API, ids, fields).await,
            Dialect::DataCenter => changelog::data_center(&self.client, data_center::API, ids, fields).await,
        }
    }

    /// All projects that the account sees.
    pub async fn projects(&self) -> Result<Vec<Project>, Error> {
        match self.dialect {
            Dialect::Cloud => cloud::projects(&self.client).await,
            Dialect::DataCenter => data_center::projects(&self.client).await,
        }
    }

    /// Requests sent so far, retries included.
    pub fn requests(&self) -> u64 {
        self.client.sent()
    }

    /// Requests under way.
    pub fn in_flight(&self) -> usize {
        self.client.limits().in_flight()
    }

    /// Jira asked to be left alone until then; nothing is sent before.
    pub fn held_until(&self) -> Option<Instant> {
        self.client.limits().hold().map(|hold| hold.until)
    }

    /// Nothing is sent before `until`, because Jira asked somebody else to wait: another process, or this one before it was
    /// started anew. An earlier instant than one that is known, or one in the past, changes nothing; a day is the most.
    pub fn hold_until(&self, until: Instant) {
        self.client.limits().hold_until(until);
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

    /// Who is there: as this flavour would answer, and as the other would.
    pub(crate) fn server_info_calls(&self) -> [Call; 2] {
        let apis = match self.dialect {
            Dialect::Cloud => [cloud::API, data_center::API],
            Dialect::DataCenter => [data_center::API, cloud::API],
        };
        apis.map(|api| Call::get(format!("{api}/serverInfo")).anonymous())
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

/// Reads what `serverInfo` tells.
pub(crate) fn read_server_info(answer: &crate::answer::Answer) -> Result<ServerInfo, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Raw {
        version: String,
        deployment_type: Option<String>,
    }
    let raw: Raw =
        answer.read().map_err(|_| Error::NotJira { detail: "it does not tell a Jira version".to_owned() })?;
    let deployment_type = raw.deployment_type.unwrap_or_else(|| "Server".to_owned());
    let deployment = match deployment_type.as_str() {
        "Cloud" => Deployment::Cloud,
        _ => Deployment::SelfManaged,
    };
    Ok(ServerInfo { info: JiraInfo { version: raw.version, deployment_type }, deployment })
}

/// In an order that does not change while pages are read: keys change only when an issue moves.
pub(crate) fn ordered(where_text: &str) -> String {
    format!("{} ORDER BY key ASC", where_text.trim()).trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_is_always_ordered() {
        assert_eq!(ordered("project = AE "), "project = AE ORDER BY key ASC");
        assert_eq!(ordered(""), "ORDER BY key ASC");
    }
}
