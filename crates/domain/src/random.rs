//! The one source of randomness: ids, nonces, tokens.

use crate::Instant;
use rand::{RngCore, SeedableRng, rngs::StdRng};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use ulid::Ulid;

/// A cryptographically strong generator, seeded by the operating system or by a test. Clones share one stream.
#[derive(Clone)]
pub struct Random(Arc<Mutex<Stream>>);

struct Stream {
    generator: StdRng,
    /// The id made last: another one of the same millisecond follows it.
    last: Ulid,
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Random")
    }
}

impl Random {
    /// Seeded by the operating system.
    pub fn from_os() -> Self {
        Self::from_generator(StdRng::from_os_rng())
    }

    /// The same stream for the same seed: for tests, the demo's data and Monte Carlo runs, never for secrets.
    pub fn seeded(seed: u64) -> Self {
        Self::from_generator(StdRng::seed_from_u64(seed))
    }

    fn from_generator(generator: StdRng) -> Self {
        Self(Arc::new(Mutex::new(Stream { generator, last: Ulid::nil() })))
    }

    fn stream(&self) -> MutexGuard<'_, Stream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.stream().generator.fill_bytes(&mut bytes);
        bytes
    }

    /// A number from 0 up to and without `below`; 0 when `below` is 0.
    pub fn below(&self, below: u64) -> u64 {
        u64::from_le_bytes(self.bytes()).checked_rem(below).unwrap_or(0)
    }

    /// A new id of any kind, made at `now`. Ids of one millisecond sort in the order in which they were made.
    ///
    /// ```
    /// use okrsync_domain::{OkrId, Random};
    /// let (random, now) = (Random::seeded(1), "2026-11-20T10:00:00Z".parse().unwrap());
    /// let ids: Vec<OkrId> = (0..100).map(|_| random.id(now)).collect();
    /// assert!(ids.is_sorted_by(|earlier, later| earlier < later));
    /// ```
    pub fn id<T: From<Ulid>>(&self, now: Instant) -> T {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        let mut stream = self.stream();
        let following = (stream.last.timestamp_ms() == millis).then(|| stream.last.increment()).flatten();
        stream.last = following.unwrap_or_else(|| {
            let mut bytes = [0; 16];
            stream.generator.fill_bytes(&mut bytes);
            Ulid::from_parts(millis, u128::from_le_bytes(bytes))
        });
        stream.last.into()
    }
}
