//! How much a deployment gives at once, and what it charges for it.

use crate::{cloud, data_center};
use okrsync_domain::connection::{AuthKind, Deployment};

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
