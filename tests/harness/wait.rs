//! Waiting for a state with a deadline: the one lawful home of sleeping in the tests.

use anyhow::bail;
use std::time::{Duration, Instant};

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Looks until there is something to see; past the deadline the error names what was waited for.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use okrsync_tests::wait;
/// use std::time::Duration;
/// let mut looks = 0;
/// let seen = wait::until("the third look", Duration::from_secs(5), async || { looks += 1; (looks == 3).then_some(looks) }).await;
/// assert_eq!(seen.unwrap(), 3);
/// let error = wait::until("doomsday", Duration::ZERO, async || None::<()>).await.unwrap_err();
/// assert_eq!(error.to_string(), "waited 0ns in vain for doomsday");
/// # })
/// ```
pub async fn until<T>(what: &str, deadline: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> anyhow::Result<T> {
    let start = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return Ok(seen);
        }
        if start.elapsed() >= deadline {
            bail!("waited {deadline:?} in vain for {what}");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// [`until`] for a thread of its own.
pub(crate) fn until_blocking<T>(
    what: &str,
    deadline: Duration,
    mut look: impl FnMut() -> Option<T>,
) -> anyhow::Result<T> {
    let start = Instant::now();
    loop {
        if let Some(seen) = look() {
            return Ok(seen);
        }
        if start.elapsed() >= deadline {
            bail!("waited {deadline:?} in vain for {what}");
        }
        #[expect(clippy::disallowed_methods, reason = "this is the wait for a state with a deadline")]
        std::thread::sleep(PAUSE);
    }
}
