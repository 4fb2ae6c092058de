//! Demo and bench data: a company that works, and as many issues as one likes.
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), okrsync_jira_sim::SimError> {
//! use okrsync_jira_sim::scenario::{Northwind, ScenarioOptions};
//!
//! let northwind = Northwind::start(ScenarioOptions::default()).await?;
//! let staged = northwind.cloud.truth("\"Epic Link\" = AE-786 OR parent = AE-786")?;
//! assert_eq!((staged.completed(), staged.matched()), (7, 14));
//! # Ok(()) }
//! ```

mod board;
pub mod bulk;
mod cloud_site;
mod fleet_epic;
mod halden_site;
mod lab_site;
mod live;
mod plan;
mod support_site;
mod workshop;

use std::net::{Ipv4Addr, SocketAddr};

use chrono::{Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;

use crate::clock::SimClock;
use crate::credentials::TokenKind;
use crate::error::SimError;
use crate::options::{Dialect, SiteOptions};
use crate::sim::JiraSim;

pub use board::objectives;
pub use live::Live;
pub use plan::{
    CheckInPlan, ConnectionPlan, JiraPlan, KeyResultPlan, MeasurePlan, ObjectivePlan, SiteName, SourcePlan, Staff,
};
pub use workshop::STAFF;

/// Day of the period on which the scenario stands.
pub(crate) const DAY: u64 = 50;
/// Days from the first to the last day of the period.
const LENGTH: u64 = 91;

/// How the scenario is made. The same options make the same issues.
#[derive(Clone, Debug)]
pub struct ScenarioOptions {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// The day on which the board stands as in the pictures.
    pub today: NaiveDate,
    /// Time of all sites.
    pub clock: SimClock,
    /// The first of four ports, so that a demo finds its sites again; 0 takes free ones.
    pub first_port: u16,
    /// Issues beside those of the board, over all sites, roughly.
    pub background: usize,
}

impl Default for ScenarioOptions {
    /// The day of the pictures, at noon, on a clock that stands.
    fn default() -> Self {
        let today = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap_or_default();
        let clock = SimClock::manual(today.and_time(NaiveTime::MIN).and_utc() + chrono::TimeDelta::hours(12));
        Self { seed: 7, today, clock, first_port: 0, background: 3000 }
    }
}

/// Northwind Robotics and its four Jira sites.
#[derive(Clone, Debug)]
pub struct Northwind {
    /// "Northwind Cloud": fleet updates, safety, trials.
    pub cloud: JiraSim,
    /// "Support desk", also on Cloud.
    pub support: JiraSim,
    /// "Halden plant Jira", Data Center below `/jira`.
    pub halden: JiraSim,
    /// "Partner lab", Data Center; nothing is linked to it.
    pub lab: JiraSim,
    /// First and last day of the period.
    pub period: (NaiveDate, NaiveDate),
    seed: u64,
}

impl Northwind {
    /// Starts the sites and fills them with the past.
    pub async fn start(options: ScenarioOptions) -> Result<Self, SimError> {
        let starts_on = options.today - Days::new(DAY);
        let site = async |name: SiteName| -> Result<JiraSim, SimError> {
            let port = if options.first_port == 0 { 0 } else { options.first_port + name as u16 };
            let site = SiteOptions {
                name: name.title().to_owned(),
                listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
                context_path: if name == SiteName::Halden { "/jira".to_owned() } else { String::new() },
                clock: options.clock.clone(),
                zone: Tz::Europe__Oslo,
                ..SiteOptions::default()
            };
            match name.dialect() {
                Dialect::Cloud => JiraSim::cloud(site).await,
                Dialect::DataCenter => JiraSim::data_center(site).await,
            }
        };
        let northwind = Self {
            cloud: site(SiteName::Cloud).await?,
            support: site(SiteName::Support).await?,
            halden: site(SiteName::Halden).await?,
            lab: site(SiteName::Lab).await?,
            period: (starts_on, starts_on + Days::new(LENGTH)),
            seed: options.seed,
        };
        northwind.fill(&options)?;
        Ok(northwind)
    }

    fn fill(&self, options: &ScenarioOptions) -> Result<(), SimError> {
        let start = self.period.0;
        let share = |part: usize| options.background * part / 100;
        cloud_site::fill(&self.cloud, options.seed, start, share(45))?;
        support_site::fill(&self.support, options.seed, start, share(15))?;
        halden_site::fill(&self.halden, options.seed, start, share(10))?;
        lab_site::fill(&self.lab, options.seed, start, share(30))?;
        let long_ago = (start - Days::new(365)).and_time(NaiveTime::MIN).and_utc();
        for plan in self.connections() {
            let site = self.site(plan.site);
            site.backdate(long_ago);
            let kind = if plan.site.dialect() == Dialect::Cloud { TokenKind::Classic } else { TokenKind::Personal };
            site.set_token(&site.account(), kind, &plan.token);
        }
        Ok(())
    }

    /// A site by its name.
    pub fn site(&self, name: SiteName) -> &JiraSim {
        match name {
            SiteName::Cloud => &self.cloud,
            SiteName::Support => &self.support,
            SiteName::Halden => &self.halden,
            SiteName::Lab => &self.lab,
        }
    }

    /// How to connect to each site. The tokens are the same in every run.
    pub fn connections(&self) -> Vec<ConnectionPlan> {
        SiteName::ALL.iter().map(|name| ConnectionPlan::of(*name, self.site(*name))).collect()
    }

    /// The board: objectives and key results with their sources.
    pub fn objectives(&self) -> Vec<ObjectivePlan> {
        objectives()
    }

    /// The plant's Jira refuses the connection's token from now on, as in the picture.
    pub fn refuse_halden(&self) {
        self.halden.expire_token(&ConnectionPlan::of(SiteName::Halden, &self.halden).token);
    }

    /// The plant's Jira accepts the token again.
    pub fn accept_halden(&self) {
        self.halden.set_token_expiry(&ConnectionPlan::of(SiteName::Halden, &self.halden).token, None);
    }

    /// Work that goes on; see [`Live::run`].
    pub fn live(&self) -> Live {
        Live::new(self.clone(), self.seed)
    }
}
