//! How often and how patiently a request is sent again.

use okrsync_domain::Random;
use std::time::Duration;

/// How often and how patiently a request is sent again. Only errors that pass by themselves are retried, and every
/// request of this crate only reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Pause before the first retry; it doubles each time, and varies by 30 percent either way.
    pub base: Duration,
    /// Longest pause. When Jira asks for a longer one, the error says so instead of waiting.
    pub cap: Duration,
    /// Retries after the first attempt.
    pub retries: u32,
    /// No retry starts later than this after the first attempt.
    pub patience: Duration,
}

impl Default for Retry {
    /// Atlassian's advice: 2 s, doubling, at most 30 s, at most 4 times.
    fn default() -> Self {
        Self {
            base: Duration::from_secs(2),
            cap: Duration::from_secs(30),
            retries: 4,
            patience: Duration::from_mins(2),
        }
    }
}

impl Retry {
    /// Never: for people who wait for an answer.
    pub fn none() -> Self {
        Self { retries: 0, cap: Duration::ZERO, ..Self::default() }
    }

    /// As often, but in milliseconds: for tests against a server on the same machine.
    pub fn fast() -> Self {
        let millis = Duration::from_millis;
        Self { base: millis(2), cap: millis(200), patience: millis(5000), ..Self::default() }
    }

    /// Pause after attempt number `attempt` (from 0).
    pub(crate) fn pause(&self, attempt: u32, random: &Random) -> Duration {
        let plain = self.base.saturating_mul(2_u32.saturating_pow(attempt)).min(self.cap);
        let permille = 700 + u32::try_from(random.below(601)).unwrap_or(300);
        plain * permille / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap_and_vary_by_a_third() {
        let (retry, random) = (Retry::default(), Random::seeded(7));
        for (attempt, seconds) in [(0, 2.0), (1, 4.0), (3, 16.0), (4, 30.0), (40, 30.0)] {
            let pause = retry.pause(attempt, &random).as_secs_f64();
            assert!((0.7 * seconds..=1.3 * seconds).contains(&pause), "attempt {attempt}: {pause} s");
        }
    }
}
