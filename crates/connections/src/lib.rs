//! All that speaks to Jira: sign-in, sealing of secrets, the one HTTP client with its limits and retries, and the
//! Cloud and Data Center dialects.
//!
//! A [`Site`] is one Jira as one account sees it. Everything it returns was proved on the way: it came from that
//! account, was complete, and was understood; whatever is doubtful is an [`Error`] that says what to do, never an
//! empty result.

pub mod address;
mod admission;
mod answer;
mod auth;
mod call;
mod catalogue;
mod changelog;
mod client;
mod cloud;
mod config;
mod data_center;
mod error;
mod grant;
mod identity;
mod limits;
pub mod oauth1;
mod oauth2;
mod offset;
mod policy;
mod probe;
mod resolver;
mod retry;
mod seal;
mod search;
mod site;
mod sweep;
mod transport;
mod verdict;
mod wanted;
pub mod webhook;
pub mod wire;
mod worklogs;

pub use admission::{Admission, Later, Wait};
pub use auth::{Credential, Granted};
pub use changelog::MOST_ISSUES;
pub use config::{REQUESTS_PER_SECOND, SiteConfig};
pub use error::{Error, Unreachable};
pub use grant::{AccessToken, Application, Consent, Grant, GrantedSite, Promised, Tokens};
pub use identity::{IdentityHttp, IdentityHttpError};
pub use policy::{Refusal, ServerPolicy};
pub use probe::{ProbeReport, ProbeStep};
pub use retry::Retry;
pub use seal::{KeyRing, Place, Sealed};
pub use search::{Page, Pages};
pub use site::{Count, PageSizes, RemoteWebhook, ServerInfo, Site, charges_points, registers_webhooks};
pub use sweep::Sweep;
pub use verdict::{Verdict, VerdictError};
pub use wanted::Wanted;
pub use wire::{Fetched, Listed};
