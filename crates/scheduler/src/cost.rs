//! What reading a query costs, and which way of reading it costs less. Pure.

use okrsync_connections::{PageSizes, charges_points};
use okrsync_domain::connection::Connection;

/// Of a thousand issues so many change between two refreshes, as far as plans are concerned.
const CHANGED_PER_THOUSAND: u64 = 5;
const THOUSAND: u64 = 1000;
/// Requests for statuses and for what changed.
const BESIDES: u64 = 3;
/// Requests that come before a listing: the account, the fields, the number of issues.
pub const ASKED_FIRST: u64 = 3;

/// What Jira counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Requests: tokens and Data Center.
    Requests,
    /// Points: a request costs one and one more for each issue it returns (OAuth on Cloud).
    Points,
}

impl Unit {
    /// What Jira counts on a connection.
    pub fn of(connection: &Connection) -> Self {
        if charges_points(connection.deployment, connection.auth_kind) { Self::Points } else { Self::Requests }
    }
}

/// How a query is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Whole, with all facts.
    Read,
    /// Its ids; facts only of what changed.
    Sweep,
}

/// What a refresh costs. A share of a request that serves several queries counts as that share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Thousandths of a request.
    requests: u64,
    /// Issues returned.
    issues: u64,
}

impl Cost {
    /// Of reading `matched` issues whole.
    ///
    /// ```
    /// use okrsync_connections::PageSizes;
    /// use okrsync_domain::connection::Deployment;
    /// use okrsync_scheduler::cost::Cost;
    /// let cost = Cost::of_reading(2000, PageSizes::of(Deployment::Cloud));
    /// assert_eq!((cost.requests(), cost.points()), (20, 2020));
    /// ```
    pub fn of_reading(matched: u64, sizes: PageSizes) -> Self {
        Self { requests: pages(matched, sizes.facts) * THOUSAND, issues: matched }
    }

    /// Of sweeping `matched` issues and fetching some of them in requests that are shared with other queries.
    ///
    /// ```
    /// use okrsync_connections::PageSizes;
    /// use okrsync_domain::connection::Deployment;
    /// use okrsync_scheduler::cost::Cost;
    /// let cost = Cost::of_sweeping(2000, 10, PageSizes::of(Deployment::Cloud));
    /// assert_eq!((cost.requests(), cost.points()), (2, 2012), "one and a tenth");
    /// ```
    pub fn of_sweeping(matched: u64, fetched: u64, sizes: PageSizes) -> Self {
        let shared = fetched * THOUSAND / u64::from(sizes.fetch.max(1));
        Self { requests: pages(matched, sizes.listing) * THOUSAND + shared, issues: matched + fetched }
    }

    /// Of the next refresh of a query that matched so many issues.
    pub fn of_refresh(matched: u64, sizes: PageSizes, unit: Unit) -> Self {
        match way(matched, sizes, unit) {
            Way::Read => Self::of_reading(matched, sizes),
            Way::Sweep => Self::of_sweeping(matched, changed(matched), sizes),
        }
    }

    /// Whole requests, rounded up.
    pub fn requests(self) -> u64 {
        self.requests.div_ceil(THOUSAND)
    }

    /// Whole points, rounded up.
    pub fn points(self) -> u64 {
        self.requests() + self.issues
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { requests: self.requests + other.requests, issues: self.issues + other.issues }
    }

    /// Of the first refresh of a query that matches so many issues, of which none are known.
    pub fn of_first(matched: u64, sizes: PageSizes, unit: Unit) -> Self {
        match unit {
            Unit::Requests if matched > u64::from(sizes.facts) => Self::of_sweeping(matched, matched, sizes),
            Unit::Requests | Unit::Points => Self::of_reading(matched, sizes),
        }
    }

    /// Of an hour with a refresh every `period_minutes`.
    ///
    /// ```
    /// use okrsync_connections::PageSizes;
    /// use okrsync_domain::connection::Deployment;
    /// use okrsync_scheduler::cost::Cost;
    /// let once = Cost::of_reading(100, PageSizes::of(Deployment::Cloud));
    /// assert_eq!((once.an_hour(15).requests(), once.an_hour(120).points()), (4, 51));
    /// ```
    #[must_use]
    pub fn an_hour(self, period_minutes: u32) -> Self {
        let period = u64::from(period_minutes.max(1));
        Self { requests: self.requests * 60 / period, issues: self.issues * 60 / period }
    }

    /// In thousandths of what Jira counts.
    fn in_unit(self, unit: Unit) -> u64 {
        match unit {
            Unit::Requests => self.requests,
            Unit::Points => self.requests + self.issues * THOUSAND,
        }
    }
}

/// The cheaper way to read a query that matched so many issues.
///
/// ```
/// use okrsync_connections::PageSizes;
/// use okrsync_domain::connection::Deployment;
/// use okrsync_scheduler::cost::{Unit, Way, way};
/// let cloud = PageSizes::of(Deployment::Cloud);
/// assert_eq!(way(100, cloud, Unit::Requests), Way::Read, "one page has it all");
/// assert_eq!(way(101, cloud, Unit::Requests), Way::Sweep);
/// assert_eq!(way(150, cloud, Unit::Points), Way::Read, "ids cost points, too");
/// assert_eq!(way(5000, cloud, Unit::Points), Way::Sweep);
/// ```
pub fn way(matched: u64, sizes: PageSizes, unit: Unit) -> Way {
    let read = Cost::of_reading(matched, sizes).in_unit(unit);
    let sweep = Cost::of_sweeping(matched, changed(matched).max(1), sizes).in_unit(unit);
    if read <= sweep { Way::Read } else { Way::Sweep }
}

/// Requests that must be sent at one go to learn which issues match, with what is asked besides: half of a listing is none.
///
/// ```
/// use okrsync_scheduler::cost::at_one_go;
/// assert_eq!((at_one_go(100, 5000), at_one_go(100_000, 5000)), (1, 23));
/// ```
pub fn at_one_go(matched: u64, page: u32) -> u64 {
    let pages = pages(matched, page);
    // A page goes as any request does.
    if pages == 1 { 1 } else { pages + BESIDES }
}

fn changed(matched: u64) -> u64 {
    (matched * CHANGED_PER_THOUSAND).div_ceil(THOUSAND)
}

/// Even nothing takes a page to be known.
fn pages(issues: u64, size: u32) -> u64 {
    issues.div_ceil(u64::from(size.max(1))).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use okrsync_domain::connection::Deployment;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_way_taken_is_never_the_dearer_one(
            matched in 0_u64..1_000_000, cloud in any::<bool>(), points in any::<bool>()
        ) {
            let sizes = PageSizes::of(if cloud { Deployment::Cloud } else { Deployment::SelfManaged });
            let unit = if points { Unit::Points } else { Unit::Requests };
            let cost = Cost::of_refresh(matched, sizes, unit).in_unit(unit);
            prop_assert!(cost <= Cost::of_reading(matched, sizes).in_unit(unit));
            prop_assert!(cost <= Cost::of_sweeping(matched, changed(matched).max(1), sizes).in_unit(unit));
        }
    }
}
