//! Sign-in is tried a few times a minute, not a thousand.

use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use std::{num::NonZeroU32, sync::Arc, time::Duration};

/// Addresses that are remembered before old ones are let go.
const REMEMBERED: usize = 10_000;

/// Limits on tries to sign in: for one e-mail address, and for all together.
#[derive(Debug, Clone)]
pub(crate) struct Throttle {
    each: Arc<DefaultKeyedRateLimiter<String>>,
    all: Arc<DefaultDirectRateLimiter>,
}

impl Throttle {
    /// `per_minute` tries for one address and ten times as many in all.
    pub(crate) fn new(per_minute: u32) -> Self {
        let each = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        let all = each.saturating_mul(NonZeroU32::MIN.saturating_add(9));
        Self {
            each: Arc::new(RateLimiter::keyed(Quota::per_minute(each))),
            all: Arc::new(RateLimiter::direct(Quota::per_minute(all))),
        }
    }

    /// Notes a try; with too many of them, the time after which another one makes sense.
    pub(crate) fn admit(&self, email: &str) -> Result<(), Duration> {
        let now = DefaultClock::default().now();
        if self.each.len() > REMEMBERED {
            self.each.retain_recent();
        }
        // One address first: its owner's tries must not be eaten by somebody who guesses at another one.
        self.each.check_key(&email.to_owned()).map_err(|until| until.wait_time_from(now))?;
        self.all.check().map_err(|until| until.wait_time_from(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_stopped_while_another_is_not() {
        let throttle = Throttle::new(3);
        for _ in 0..3 {
            assert!(throttle.admit("dana@northwind.example").is_ok());
        }
        let wait = throttle.admit("dana@northwind.example").unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_mins(1));
        assert!(throttle.admit("kenji@northwind.example").is_ok());
    }
}
