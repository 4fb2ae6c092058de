//! Faults by chance, the same ones for the same seed and the same order of requests.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::faults::{Effect, Fault, RequestFacts};

/// Strikes requests with a probability.
///
/// ```
/// use okrsync_jira_sim::{Fault, RandomFaults};
///
/// let storm = RandomFaults::new(7).rate(0.3);
/// let resets_only = RandomFaults::new(7).among(vec![Fault::reset(), Fault::truncated()]);
/// ```
#[derive(Clone, Debug)]
pub struct RandomFaults {
    random: StdRng,
    rate: f64,
    left: Option<u32>,
    among: Vec<Fault>,
}

impl RandomFaults {
    /// One request in five is struck by anything that a client can notice: an issue that is left out of a Cloud page
    /// cannot be noticed and is not among it.
    pub fn new(seed: u64) -> Self {
        let among = vec![
            Fault::status(500),
            Fault::status(502),
            Fault::status(503),
            Fault::html(502),
            Fault::html(503),
            Fault::maintenance(),
            Fault::rate_limited(None),
            Fault::rate_limited(Some(1)).reason("jira-burst-based"),
            Fault::reset(),
            Fault::truncated(),
            Fault::slow(Duration::from_millis(30)),
            Fault::login_page(),
            Fault::login_redirect(),
            Fault::gone(),
            Fault::repeated_token(),
            Fault::duplicate_across_pages(),
            Fault::token_rejected(),
            Fault::other_account("somebody-else"),
            Fault::anonymous(),
            Fault::expired(),
            Fault::empty_body(),
            Fault::captcha(),
        ];
        Self { random: StdRng::seed_from_u64(seed), rate: 0.2, left: None, among }
    }

    /// The share of requests that are struck, 0 to 1.
    #[must_use]
    pub fn rate(mut self, rate: f64) -> Self {
        self.rate = rate.clamp(0.0, 1.0);
        self
    }

    /// Only these faults; their own counts are not minded, their conditions are.
    #[must_use]
    pub fn among(mut self, faults: Vec<Fault>) -> Self {
        self.among = faults;
        self
    }

    /// Another fault besides.
    #[must_use]
    pub fn and(mut self, fault: Fault) -> Self {
        self.among.push(fault);
        self
    }

    /// Ends after so many strikes.
    #[must_use]
    pub fn at_most(mut self, strikes: u32) -> Self {
        self.left = Some(strikes);
        self
    }

    /// Throws the dice for a request.
    pub(crate) fn choose(&mut self, request: &RequestFacts) -> Option<Effect> {
        if self.left == Some(0) || !self.random.random_bool(self.rate) {
            return None;
        }
        let fitting: Vec<&Fault> = self.among.iter().filter(|fault| fault.fits(request)).collect();
        let index = self.random.random_range(0..fitting.len().max(1));
        let effect = fitting.get(index)?.effect().clone();
        self.left = self.left.map(|left| left - 1);
        Some(effect)
    }
}
