//! A Jira that obeys: sites of both dialects on loopback, whose state, clock and faults a test or demo drives.
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), okrsync_jira_sim::SimError> {
//! use okrsync_jira_sim::{IssueDraft, JiraSim, SiteOptions};
//!
//! let jira = JiraSim::cloud(SiteOptions::default()).await?;
//! jira.add_project("AE", "Arm engineering")?;
//! let story = jira.create(IssueDraft::new("AE", "Story").points("5.0"))?;
//! jira.edit(story)?.transition("In Progress")?.transition("Done")?;
//! assert_eq!(jira.truth("project = AE AND statusCategory = Done")?.keys(), ["AE-1"]);
//! # Ok(()) }
//! ```

mod admin;
mod candidates;
mod catalogue;
mod clock;
mod credentials;
mod draft;
mod edit;
mod error;
mod faults;
mod field;
mod issue;
mod ledger;
mod lookup;
mod matching;
mod number;
mod oauth;
mod options;
mod ordering;
mod random_faults;
mod results;
pub mod scenario;
mod sim;
mod site;
mod sync;
mod truth;
mod web;
mod webhooks;

pub use catalogue::{Browsers, Category, SprintState, User};
pub use clock::{Instant, SimClock};
pub use credentials::{AuthKind, TokenKind};
pub use draft::IssueDraft;
pub use edit::IssueEdit;
pub use error::SimError;
pub use faults::{Fault, FaultId, Faults, RequestFacts};
pub use issue::{AsOf, IssueId};
pub use ledger::{Entry, Ledger};
pub use number::Number;
pub use oauth::OauthClient;
pub use options::{AnonymousAccess, BadCredentials, Burst, Dialect, SiteOptions};
pub use random_faults::RandomFaults;
pub use sim::JiraSim;
pub use truth::{Quantity, TrueIssue, Truth};
pub use webhooks::{Carriage, Deliveries, Receipt, Webhook};
