//! The board of the scenario as plain data: what the demo writes into okrsync.

use crate::options::Dialect;
use crate::sim::JiraSim;

/// One of the four sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteName {
    /// Northwind Cloud.
    Cloud = 0,
    /// Support desk.
    Support = 1,
    /// Halden plant Jira.
    Halden = 2,
    /// Partner lab.
    Lab = 3,
}

impl SiteName {
    /// All sites, in the order of the pictures.
    pub const ALL: [Self; 4] = [Self::Cloud, Self::Support, Self::Halden, Self::Lab];

    /// The name of the connection.
    pub fn title(self) -> &'static str {
        match self {
            Self::Cloud => "Northwind Cloud",
            Self::Support => "Support desk",
            Self::Halden => "Halden plant Jira",
            Self::Lab => "Partner lab",
        }
    }

    /// Which Jira it is.
    pub fn dialect(self) -> Dialect {
        match self {
            Self::Cloud | Self::Support => Dialect::Cloud,
            Self::Halden | Self::Lab => Dialect::DataCenter,
        }
    }
}

/// A connection to make.
#[derive(Clone, Debug)]
pub struct ConnectionPlan {
    /// The site.
    pub site: SiteName,
    /// Its name.
    pub name: &'static str,
    /// Its server URL.
    pub server_url: String,
    /// Cloud: its gateway.
    pub gateway_url: String,
    /// Cloud: the e-mail address to sign in with.
    pub email: String,
    /// API token or personal access token.
    pub token: String,
    /// Whether everybody may link to it.
    pub shared: bool,
}

impl ConnectionPlan {
    pub(crate) fn of(site: SiteName, sim: &JiraSim) -> Self {
        Self {
            site,
            name: site.title(),
            server_url: sim.base_url(),
            gateway_url: sim.gateway_url(),
            email: sim.account().email,
            token: format!("demo-token-of-{}", site.title().to_lowercase().replace(' ', "-")),
            shared: site != SiteName::Lab,
        }
    }
}

/// A person of the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staff {
    /// Two letters.
    pub initials: &'static str,
    /// First name in lower case: user name and start of the e-mail address `…@northwind.example`.
    pub user: &'static str,
    /// Shown name.
    pub name: &'static str,
}

impl Staff {
    /// E-mail address.
    pub fn email(&self) -> String {
        format!("{}@northwind.example", self.user)
    }
}

/// An objective with its key results.
#[derive(Clone, Debug)]
pub struct ObjectivePlan {
    /// Title.
    pub title: &'static str,
    /// Team.
    pub team: &'static str,
    /// Initials of the owner.
    pub owner: &'static str,
    /// Its key results.
    pub key_results: Vec<KeyResultPlan>,
}

/// A key result.
#[derive(Clone, Debug)]
pub struct KeyResultPlan {
    /// Title.
    pub title: &'static str,
    /// Initials of the owner.
    pub owner: &'static str,
    /// What it is measured against.
    pub measure: MeasurePlan,
    /// Where its number comes from.
    pub source: SourcePlan,
}

/// Percent complete, or a value on its way; numbers are decimal texts.
#[derive(Clone, Debug)]
pub enum MeasurePlan {
    /// The share that is done.
    PercentComplete,
    /// From a start to a target.
    Kpi {
        /// What is counted.
        name: &'static str,
        /// Its unit.
        unit: &'static str,
        /// Where it began.
        start: &'static str,
        /// Where it should end.
        target: &'static str,
    },
}

/// Where a number comes from.
#[derive(Clone, Debug)]
pub enum SourcePlan {
    /// A query.
    Jira(JiraPlan),
    /// A person.
    ByHand(Vec<CheckInPlan>),
}

/// A link to make.
#[derive(Clone, Debug)]
pub struct JiraPlan {
    /// The site.
    pub site: SiteName,
    /// The query.
    pub jql: &'static str,
    /// `metric.kind` of the API: `count`, `story_points`, `time_spent`.
    pub metric: &'static str,
    /// "Completed issues only".
    pub completed_only: bool,
    /// The query matches nothing, and that is meant.
    pub confirm_empty: bool,
}

/// A check-in to make.
#[derive(Clone, Debug)]
pub struct CheckInPlan {
    /// Days before today.
    pub days_ago: u64,
    /// The value, a decimal text.
    pub value: &'static str,
    /// Initials of the person.
    pub by: &'static str,
    /// What they wrote.
    pub note: &'static str,
}
