//! The one source of randomness: ids, nonces, tokens.

use crate::Instant;
use rand::{RngCore, SeedableRng, rngs::StdRng};
use std::sync::{Arc, Mutex, PoisonError};
use ulid::Ulid;

/// A cryptographically strong generator, seeded by the operating system or by a test. Clones share one stream.
#[derive(Clone)]
pub struct Random(Arc<Mutex<StdRng>>);

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Random")
    }
}

impl Random {
    /// Seeded by the operating system.
    pub fn from_os() -> Self {
        Self(Arc::new(Mutex::new(StdRng::from_os_rng())))
    }

    /// The same stream for the same seed: for tests, the demo's data and Monte Carlo runs, never for secrets.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// A number from 0 up to and without `below`; 0 when `below` is 0.
    pub fn below(&self, below: u64) -> u64 {
        u64::from_le_bytes(self.bytes()).checked_rem(below).unwrap_or(0)
    }

    /// A new id of any kind, made at `now`.
    pub fn id<T: From<Ulid>>(&self, now: Instant) -> T {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Ulid::from_parts(millis, u128::from_le_bytes(self.bytes())).into()
    }
}
