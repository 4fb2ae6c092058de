//! Runs one kind of work whenever a tick or a wake asks for it: one run at a time, stopping in good order.
//!
//! Nothing here knows the product. The tick comes from `tokio-cron-scheduler`, which is used as a clock only: its jobs
//! overlap and its shutdown waits for nobody, so a job does no more than wake.

use crate::waker::Waker;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;

/// When to look for work and how long to wait for it at the end.
#[derive(Debug, Clone)]
pub(crate) struct Driver {
    /// Time between two ticks.
    pub(crate) tick: Duration,
    /// How long work under way may take once a stop is asked for.
    pub(crate) stop_within: Duration,
    /// Asks for work between the ticks.
    pub(crate) waker: Waker,
}

impl Driver {
    /// Drives `work` until `stop`: once at the start, then at each tick and wake. A run that panics is logged and the
    /// next one happens all the same.
    ///
    /// # Errors
    /// The ticking clock could not be started.
    pub(crate) async fn run<W, F>(&self, stop: CancellationToken, work: W) -> Result<(), JobSchedulerError>
    where
        W: Fn() -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        let mut clock = ticking(self.tick, self.waker.clone()).await?;
        self.waker.wake();
        while self.is_woken(&stop).await {
            let mut run = tokio::spawn(work());
            tokio::select! {
                ended = &mut run => report(ended),
                () = stop.cancelled() => self.finish(run).await,
            }
        }
        clock.shutdown().await
    }

    /// Whether a wake came before the stop.
    async fn is_woken(&self, stop: &CancellationToken) -> bool {
        tokio::select! {
            biased;
            () = stop.cancelled() => false,
            () = self.waker.woken() => true,
        }
    }

    /// Lets the last run end by itself, or ends it when its time is up.
    async fn finish(&self, mut run: JoinHandle<()>) {
        if let Ok(ended) = tokio::time::timeout(self.stop_within, &mut run).await {
            return report(ended);
        }
        tracing::warn!(waited_seconds = self.stop_within.as_secs(), "work under way was cut off at shutdown");
        run.abort();
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a run of background work ended abnormally");
    }
}

async fn ticking(every: Duration, waker: Waker) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let tick = Job::new_repeated_async(every, move |_, _| {
        let waker = waker.clone();
        Box::pin(async move { waker.wake() })
    })?;
    scheduler.add(tick).await?;
    scheduler.start().await?;
    Ok(scheduler)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    };
    use tokio::sync::{Notify, watch};

    fn driver(tick: Duration, stop_within: Duration) -> Driver {
        Driver { tick, stop_within, waker: Waker::default() }
    }

    const LONG: Duration = Duration::from_hours(1);

    async fn within<T>(what: impl Future<Output = T>) -> T {
        tokio::time::timeout(Duration::from_secs(20), what).await.expect("happens before the deadline")
    }

    #[tokio::test]
    async fn runs_never_overlap_and_wakes_during_a_run_fold_into_one() {
        let driver = driver(LONG, LONG);
        let (runs, go_on) = (Arc::new(watch::channel(0_u32).0), Arc::new(Notify::new()));
        let (waker, stop, mut seen) = (driver.waker.clone(), CancellationToken::new(), runs.subscribe());
        let (count, gate) = (runs.clone(), go_on.clone());
        let running = Arc::new(AtomicUsize::new(0));
        let drive = tokio::spawn({
            let stop = stop.clone();
            async move {
                driver
                    .run(stop, move || {
                        let (count, gate, running) = (count.clone(), gate.clone(), running.clone());
                        async move {
                            assert_eq!(running.fetch_add(1, SeqCst), 0, "single flight");
                            count.send_modify(|runs| *runs += 1);
                            gate.notified().await;
                            running.fetch_sub(1, SeqCst);
                        }
                    })
                    .await
            }
        });
        within(seen.wait_for(|runs| *runs == 1)).await.unwrap();
        for _ in 0..5 {
            waker.wake();
        }
        go_on.notify_one();
        within(seen.wait_for(|runs| *runs == 2)).await.unwrap();
        go_on.notify_one();
        stop.cancel();
        within(drive).await.unwrap().unwrap();
        assert_eq!(*runs.borrow(), 2, "five wakes, one more run");
    }

    #[tokio::test]
    async fn ticks_run_without_a_wake_and_a_panic_does_not_end_them() {
        let driver = driver(Duration::from_secs(1), LONG);
        let (runs, stop) = (Arc::new(watch::channel(0_u32).0), CancellationToken::new());
        let (count, mut seen, end) = (runs.clone(), runs.subscribe(), stop.clone());
        let drive = tokio::spawn(async move {
            driver
                .run(end, move || {
                    let count = count.clone();
                    async move {
                        count.send_modify(|runs| *runs += 1);
                        assert!(*count.borrow() > 1, "the first run fails on purpose");
                    }
                })
                .await
        });
        within(seen.wait_for(|runs| *runs >= 2)).await.unwrap();
        stop.cancel();
        within(drive).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn stop_waits_for_work_but_not_for_ever() {
        for (stop_within, finishes) in [(LONG, true), (Duration::from_millis(20), false)] {
            let driver = driver(LONG, stop_within);
            let (started, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
            let (finished, stop) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
            let (signal, gate, done, end) = (started.clone(), release.clone(), finished.clone(), stop.clone());
            let drive = tokio::spawn(async move {
                driver
                    .run(end, move || {
                        let (signal, gate, done) = (signal.clone(), gate.clone(), done.clone());
                        async move {
                            signal.notify_one();
                            gate.notified().await;
                            done.fetch_add(1, SeqCst);
                        }
                    })
                    .await
            });
            within(started.notified()).await;
            stop.cancel();
            if finishes {
                release.notify_one();
            }
            within(drive).await.unwrap().unwrap();
            assert_eq!(finished.load(SeqCst), usize::from(finishes));
        }
    }
}
