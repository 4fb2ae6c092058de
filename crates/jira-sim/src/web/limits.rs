//! Token buckets, one for each endpoint and method on Cloud and for each user on Data Center.

use std::collections::HashMap;

use tokio::time::Instant as Tick;

use crate::options::Burst;

/// All buckets of a site.
#[derive(Debug, Default)]
pub(crate) struct Buckets(HashMap<String, Bucket>);

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Tick,
}

/// What a bucket said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) allowed: bool,
    /// Whole requests that are left.
    pub(crate) left: f64,
}

impl Buckets {
    /// Takes one request out of a bucket.
    pub(crate) fn take(&mut self, key: &str, burst: Burst) -> Verdict {
        let now = Tick::now();
        let bucket = self.0.entry(key.to_owned()).or_insert(Bucket { tokens: burst.size, at: now });
        let refill = now.duration_since(bucket.at).as_secs_f64() * burst.per_second;
        bucket.tokens = (bucket.tokens + refill).min(burst.size);
        bucket.at = now;
        let allowed = bucket.tokens >= 1.0;
        if allowed {
            bucket.tokens -= 1.0;
        }
        Verdict { allowed, left: bucket.tokens.floor() }
    }
}
