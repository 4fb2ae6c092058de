//! Requests at once: a semaphore whose size may change while requests are under way.

use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// So many requests may be under way at once.
pub(super) struct Seats {
    permits: Semaphore,
    size: Mutex<Size>,
}

struct Size {
    wanted: usize,
    /// Permits above `wanted` that were in use when it shrank: they go as they come back.
    surplus: usize,
}

impl Seats {
    pub(super) fn new(wanted: usize) -> Self {
        let wanted = sound(wanted);
        Self { permits: Semaphore::new(wanted), size: Mutex::new(Size { wanted, surplus: 0 }) }
    }

    /// Waits for a free seat.
    pub(super) async fn take(&self) -> SemaphorePermit<'_> {
        loop {
            let permit = self.permits.acquire().await.expect("the semaphore is never closed");
            if !self.is_surplus() {
                return permit;
            }
            permit.forget();
        }
    }

    /// Whether a permit just taken is one too many; then it counts as gone.
    fn is_surplus(&self) -> bool {
        let mut size = self.size();
        let surplus = size.surplus > 0;
        size.surplus -= usize::from(surplus);
        surplus
    }

    /// More or fewer seats; whoever sits keeps the seat.
    pub(super) fn resize(&self, wanted: usize) {
        let mut size = self.size();
        let issued = size.wanted + size.surplus;
        size.wanted = sound(wanted);
        self.permits.add_permits(size.wanted.saturating_sub(issued));
        let excess = issued.saturating_sub(size.wanted);
        size.surplus = excess - self.permits.forget_permits(excess);
    }

    /// Seats in use.
    pub(super) fn taken(&self) -> usize {
        let size = self.size();
        (size.wanted + size.surplus).saturating_sub(self.permits.available_permits())
    }

    fn size(&self) -> MutexGuard<'_, Size> {
        self.size.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sound(size: usize) -> usize {
    size.clamp(1, Semaphore::MAX_PERMITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time;

    async fn is_full(seats: &Seats) -> bool {
        time::timeout(Duration::ZERO, seats.take()).await.is_err()
    }

    #[tokio::test]
    async fn fewer_seats_hold_once_people_leave_and_more_at_once() {
        let seats = Seats::new(3);
        let mut taken = vec![seats.take().await, seats.take().await, seats.take().await];
        seats.resize(1);
        assert_eq!(seats.taken(), 3, "nobody is sent away");
        taken.truncate(1);
        assert!(is_full(&seats).await);
        assert_eq!(seats.taken(), 1);
        seats.resize(2);
        taken.push(seats.take().await);
        assert!(is_full(&seats).await);
        drop(taken);
        assert_eq!(seats.taken(), 0);
    }
}
