//! When a query is due, and when it is tried again after a failure. Pure.

use crate::SyncConfig;
use chrono::{DateTime, TimeDelta};
use okrsync_domain::{
    ConnectionId, Instant, Problem, Random,
    link::{MAX_PERIOD_MINUTES, MIN_PERIOD_MINUTES},
    problem::ProblemCode,
};

const SECONDS_PER_MINUTE: i64 = 60;
/// How long a connection rests where only a person can help, unless somebody tests it or presses refresh before.
const HELPLESS: TimeDelta = TimeDelta::hours(1);
/// A locked account is made worse by trying: the lock is looked at once a day at most.
const LOCKED: TimeDelta = A_DAY;
const A_DAY: TimeDelta = TimeDelta::days(1);
/// Nothing is tried again at once, even where Jira names an instant that has passed.
const SOONEST: TimeDelta = TimeDelta::seconds(1);

/// The next instant after `now` at which a connection's queries of this period are due. Queries of one connection
/// share it, so that its catalogue and account are read once for all; connections are spread over the period by their
/// ids. It depends on nothing that happened before: what was missed is not made up for.
///
/// ```
/// use okrsync_scheduler::plan::next_slot;
/// let connection = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
/// let now = "2026-11-20T12:00:00Z".parse().unwrap();
/// let due = next_slot(connection, 60, now);
/// assert!(due > now && due <= now + chrono::TimeDelta::minutes(60));
/// assert_eq!(next_slot(connection, 60, due), due + chrono::TimeDelta::minutes(60));
/// ```
pub fn next_slot(connection: ConnectionId, period_minutes: u32, now: Instant) -> Instant {
    let period = i64::from(period_minutes.clamp(MIN_PERIOD_MINUTES, MAX_PERIOD_MINUTES)) * SECONDS_PER_MINUTE;
    // One phase within the longest period for all periods: where one divides the other, slots coincide.
    let phase = phase_seconds(connection) % period;
    let now = now.timestamp();
    let slot = now - (now - phase).rem_euclid(period) + period;
    DateTime::from_timestamp(slot, 0).unwrap_or(DateTime::<chrono::Utc>::MAX_UTC)
}

/// FNV-1a of the id's text: the same in every process and version, unlike the standard library's hasher.
fn phase_seconds(connection: ConnectionId) -> i64 {
    let hash = connection
        .to_string()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let day = i64::from(MAX_PERIOD_MINUTES) * SECONDS_PER_MINUTE;
    i64::try_from(hash >> 1).unwrap_or(0) % day
}

/// How long to rest after `failures` failures in a row (the latest included): doubling up to `cap`, with a jitter of
/// ×0.7–1.3 so that connections to one site do not come back all at once.
pub fn backoff(failures: u32, cap: TimeDelta, config: &SyncConfig, random: &Random) -> TimeDelta {
    let doublings = failures.saturating_sub(1).min(20);
    let plain = i64::from(config.backoff_seconds.max(1)) * 1000 * (1_i64 << doublings);
    let percent = 70 + i64::try_from(random.below(61)).unwrap_or(30);
    TimeDelta::milliseconds(plain.min(cap.num_milliseconds()) * percent / 100).min(cap).max(SOONEST)
}

/// Whether trying again soon may help without anybody doing anything.
pub fn is_transient(code: ProblemCode) -> bool {
    use ProblemCode as Code;
    matches!(
        code,
        Code::JiraUnreachable | Code::JiraRateLimited | Code::JiraUnexpectedAnswer | Code::SuddenDrop | Code::Internal
    )
}

/// Until when a connection rests after a problem that concerns all of it. What Jira itself asks for is kept.
pub fn pause_until(problem: &Problem, failures: u32, now: Instant, config: &SyncConfig, random: &Random) -> Instant {
    if let Some(retry_at) = problem.retry_at {
        return retry_at.max(now + SOONEST);
    }
    now + match problem.code {
        ProblemCode::JiraLocked => LOCKED,
        code if is_transient(code) => backoff(failures, config.backoff_cap(), config, random),
        _ => HELPLESS,
    }
}

/// When a query that failed for a reason of its own is tried again: after a backoff where that may help, else with
/// the next slot, when its author may have mended it. A query that keeps failing is soon asked no oftener than a sound
/// one.
pub fn retry_query_at(
    problem: &Problem,
    failures: u32,
    slot: Instant,
    now: Instant,
    config: &SyncConfig,
    random: &Random,
) -> Instant {
    match problem.retry_at {
        Some(retry_at) => retry_at.max(now + SOONEST),
        None if is_transient(problem.code) => slot.min(now + backoff(failures, A_DAY, config, random)),
        None => slot,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ulid::Ulid;

    fn connection(number: u128) -> ConnectionId {
        ConnectionId::from(Ulid::from(number))
    }

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn problem(code: ProblemCode, retry_at: Option<Instant>) -> Problem {
        Problem { code, message: String::new(), hint: None, at: at("2026-11-20T12:00:00Z"), retry_at }
    }

    proptest! {
        #[test]
        fn a_slot_comes_once_a_period(id in any::<u128>(), period in 5_u32..=1440, now in 0_i64..4_000_000_000) {
            let now = DateTime::from_timestamp(now, 500_000_000).unwrap();
            let period_length = TimeDelta::minutes(period.into());
            let slot = next_slot(connection(id), period, now);
            prop_assert!(slot > now && slot <= now + period_length);
            prop_assert_eq!(next_slot(connection(id), period, slot), slot + period_length);
            prop_assert_eq!(next_slot(connection(id), period, slot - TimeDelta::microseconds(1)), slot);
        }

        #[test]
        fn shorter_periods_meet_the_slots_of_their_multiples(id in any::<u128>(), now in 0_i64..4_000_000_000) {
            let now = DateTime::from_timestamp(now, 0).unwrap();
            let hourly = next_slot(connection(id), 60, now);
            prop_assert_eq!(next_slot(connection(id), 15, hourly - TimeDelta::minutes(1)), hourly);
        }

        #[test]
        fn backoff_grows_to_its_cap_and_never_beyond(failures in 0_u32..10_000, seed in any::<u64>()) {
            let config = SyncConfig::default();
            let rest = backoff(failures, config.backoff_cap(), &config, &Random::seeded(seed));
            prop_assert!(rest <= config.backoff_cap());
            prop_assert!(rest >= TimeDelta::seconds(21));
        }
    }

    #[test]
    fn connections_are_spread_over_the_period() {
        let now = at("2026-11-20T12:00:00Z");
        let mut quarters = [0_u32; 4];
        for number in 0..400 {
            let wait = next_slot(connection(number * 7919), 60, now) - now;
            let quarter = usize::try_from((wait.num_seconds() - 1) / 900).unwrap();
            quarters[quarter] += 1;
        }
        assert!(quarters.iter().all(|count| (60..=140).contains(count)), "{quarters:?}");
    }

    #[test]
    fn what_jira_asks_for_is_kept_and_a_lock_is_left_alone() {
        let (config, random, now) = (SyncConfig::default(), Random::seeded(1), at("2026-11-20T12:00:00Z"));
        let pause = |code, retry_at| pause_until(&problem(code, retry_at), 1, now, &config, &random) - now;
        let later = now + TimeDelta::hours(3);
        assert_eq!(pause(ProblemCode::JiraRateLimited, Some(later)), TimeDelta::hours(3));
        assert_eq!(pause(ProblemCode::JiraRateLimited, Some(now - TimeDelta::hours(1))), SOONEST);
        assert_eq!(pause(ProblemCode::JiraLocked, None), TimeDelta::days(1));
        assert_eq!(pause(ProblemCode::JiraUnauthorized, None), TimeDelta::hours(1));
        assert!(pause(ProblemCode::JiraUnreachable, None) < TimeDelta::minutes(1));
    }

    #[test]
    fn a_wrong_query_waits_for_its_slot_and_a_hiccup_does_not() {
        let (config, random, now) = (SyncConfig::default(), Random::seeded(1), at("2026-11-20T12:00:00Z"));
        let slot = now + TimeDelta::minutes(40);
        let retry = |code, failures| retry_query_at(&problem(code, None), failures, slot, now, &config, &random);
        assert_eq!(retry(ProblemCode::InvalidJql, 1), slot);
        assert!(retry(ProblemCode::JiraUnexpectedAnswer, 1) < now + TimeDelta::minutes(1));
        assert_eq!(retry(ProblemCode::JiraUnexpectedAnswer, 30), slot, "as often as if it were sound");
    }
}
