//! Check-ins: when a person's own update stands over the measured value.

use okrsync_domain::{
    Instant,
    check_in::{CheckIn, Hold, StatedStatus},
};

/// Whether a check-in still stands against an automatic value measured at `automatic_at` (none: there is none yet).
///
/// A one-off check-in stands until the next automatic reading, on a roll-up until a child's next value; a sticky one
/// until automatic updates are resumed, which ends both.
///
/// ```
/// use okrsync_domain::{Clock, Random, check_in::{CheckIn, Hold}};
/// use okrsync_metrics::check_in::holds;
/// let random = Random::seeded(1);
/// let [nine, ten, eleven] = [9, 10, 11].map(|hour| format!("2026-11-20T{hour:02}:00:00Z").parse().unwrap());
/// let once = CheckIn {
///     id: random.id(ten), okr_id: random.id(ten), author_id: random.id(ten), at: ten, entered: None, status: None,
///     note: String::new(), hold: Hold::NextReading, released_at: None,
/// };
/// assert!(holds(&once, None) && holds(&once, Some(nine)));
/// assert!(!holds(&once, Some(eleven)));
/// let sticky = CheckIn { hold: Hold::UntilResumed, ..once };
/// assert!(holds(&sticky, Some(eleven)));
/// assert!(!holds(&CheckIn { released_at: Some(eleven), ..sticky }, Some(nine)));
/// ```
pub fn holds(check_in: &CheckIn, automatic_at: Option<Instant>) -> bool {
    let not_overtaken = match check_in.hold {
        Hold::UntilResumed => true,
        Hold::NextReading => automatic_at.is_none_or(|at| at <= check_in.at),
    };
    check_in.released_at.is_none() && not_overtaken
}

/// The latest check-in that entered a number. An older one never comes back: whoever entered a newer number replaced it.
pub(crate) fn latest_entry(check_ins: &[CheckIn]) -> Option<&CheckIn> {
    latest(check_ins, |check_in| check_in.entered.is_some())
}

/// The status that a person states now: the latest check-in with a number or a status decides, so that a newer number
/// without a status returns to the computed one. A mere note changes nothing.
pub(crate) fn stated_status(check_ins: &[CheckIn], automatic_at: Option<Instant>) -> Option<StatedStatus> {
    let latest = latest(check_ins, |check_in| check_in.entered.is_some() || check_in.status.is_some())?;
    latest.status.filter(|_| holds(latest, automatic_at))
}

fn latest(check_ins: &[CheckIn], counts: impl Fn(&&CheckIn) -> bool) -> Option<&CheckIn> {
    check_ins.iter().filter(counts).max_by_key(|check_in| (check_in.at, check_in.id))
}
