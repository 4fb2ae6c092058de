//! What is about to go wrong with a connection, while it still works.

use super::Connection;
use crate::Instant;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Days before the end of a secret at which it is worth another word.
const WARNED_DAYS_BEFORE: [i64; 3] = [30, 7, 1];
/// Percent of the budget from which on it is worth a word.
const BUDGET_PERCENT: u64 = 80;

/// What is about to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionWarningCode {
    /// The secret stops working within 30 days.
    SecretExpires,
    /// The secret does not work any more.
    SecretExpired,
    /// Most of the hour's budget is used.
    BudgetNearlyUsed,
    /// The hour's budget is used up.
    BudgetUsedUp,
}

impl ConnectionWarningCode {
    /// The word that the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SecretExpires => "secret_expires",
            Self::SecretExpired => "secret_expired",
            Self::BudgetNearlyUsed => "budget_nearly_used",
            Self::BudgetUsedUp => "budget_used_up",
        }
    }
}

/// A warning with its cure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionWarning {
    /// Stable word.
    pub code: ConnectionWarningCode,
    /// What is about to happen.
    pub message: String,
    /// What to do about it.
    pub hint: &'static str,
}

impl Connection {
    /// What is about to go wrong at `now`, after so many requests within the last hour.
    pub fn warnings(&self, requests_last_hour: u64, now: Instant) -> Vec<ConnectionWarning> {
        self.expiry_warning(now).into_iter().chain(self.budget_warning(requests_last_hour)).collect()
    }

    /// The number of days (30, 7, 1, or 0 once it is expired) that the secret has come under.
    pub fn expiry_threshold(&self, now: Instant) -> Option<i64> {
        let left = self.secret_expires_at? - now;
        if left <= TimeDelta::zero() {
            return Some(0);
        }
        WARNED_DAYS_BEFORE.into_iter().rev().find(|days| left <= TimeDelta::days(*days))
    }

    /// The warning about the secret's end.
    pub fn expiry_warning(&self, now: Instant) -> Option<ConnectionWarning> {
        const CURE: &str = "Make a new token in Jira and enter it: Edit connection.";
        let (threshold, at) = (self.expiry_threshold(now)?, self.secret_expires_at?);
        let day = at.format("%Y-%m-%d");
        let (code, message) = if threshold == 0 {
            (ConnectionWarningCode::SecretExpired, format!("The token expired on {day}."))
        } else {
            let days = (at - now).num_days();
            let left = match days {
                0 => "in less than a day".to_owned(),
                1 => "in 1 day".to_owned(),
                days => format!("in {days} days"),
            };
            (ConnectionWarningCode::SecretExpires, format!("The token expires on {day}, {left}."))
        };
        Some(ConnectionWarning { code, message, hint: CURE })
    }

    fn budget_warning(&self, used: u64) -> Option<ConnectionWarning> {
        const CURE: &str = "Raise the budget, or let links be refreshed less often.";
        let budget = u64::from(self.budget_per_hour);
        let message = format!("{used} of {budget} requests of the last hour's budget are used.");
        let code = if used >= budget {
            ConnectionWarningCode::BudgetUsedUp
        } else if used * 100 >= budget * BUDGET_PERCENT {
            ConnectionWarningCode::BudgetNearlyUsed
        } else {
            return None;
        };
        Some(ConnectionWarning { code, message, hint: CURE })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, Random, connection::ConnectionState};

    fn connection(secret_expires_at: Option<&str>) -> Connection {
        let now = Clock::system().now();
        Connection {
            budget_per_hour: 10,
            state: ConnectionState::Ok,
            secret_expires_at: secret_expires_at.map(|at| at.parse().unwrap()),
            ..Connection::new(Random::seeded(1).id(now), Random::seeded(2).id(now), now)
        }
    }

    #[test]
    fn a_token_is_warned_of_at_thirty_seven_and_one_day() {
        let connection = connection(Some("2026-12-31T12:00:00Z"));
        for (now, threshold, message) in [
            ("2026-12-01T11:59:59Z", None, None),
            ("2026-12-01T12:00:00Z", Some(30), Some("The token expires on 2026-12-31, in 30 days.")),
            ("2026-12-24T12:00:00Z", Some(7), Some("The token expires on 2026-12-31, in 7 days.")),
            ("2026-12-30T12:00:00Z", Some(1), Some("The token expires on 2026-12-31, in 1 day.")),
            ("2026-12-31T11:00:00Z", Some(1), Some("The token expires on 2026-12-31, in less than a day.")),
            ("2026-12-31T12:00:00Z", Some(0), Some("The token expired on 2026-12-31.")),
        ] {
            let now = now.parse().unwrap();
            assert_eq!(connection.expiry_threshold(now), threshold, "{now}");
            assert_eq!(connection.expiry_warning(now).map(|warning| warning.message).as_deref(), message, "{now}");
        }
    }

    #[test]
    fn a_budget_is_warned_of_before_it_is_used_up() {
        let (connection, now) = (connection(None), Clock::system().now());
        for (used, code) in [
            (7, None),
            (8, Some(ConnectionWarningCode::BudgetNearlyUsed)),
            (10, Some(ConnectionWarningCode::BudgetUsedUp)),
        ] {
            assert_eq!(connection.warnings(used, now).first().map(|warning| warning.code), code, "{used}");
        }
    }
}
