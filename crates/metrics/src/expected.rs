//! Expected progress: how far an OKR should be today.

use crate::ratio::Percent;
use num_rational::BigRational;
use okrsync_domain::{Date, measure::Measure};

/// Linear in whole days between the OKR's own dates: 0 on the first day and before, 100 on the last and after.
///
/// None for lines to be kept (stay below, stay above): they are due every day. `today` is the date in the
/// organisation's time zone.
///
/// ```
/// use okrsync_domain::{Date, measure::Measure};
/// use okrsync_metrics::{Percent, expected};
/// let day = |text: &str| text.parse::<Date>().unwrap();
/// let on = |today: &str| expected(&Measure::default(), day("2026-10-01"), day("2026-12-31"), day(today)).unwrap();
/// assert_eq!(on("2026-11-20").api().to_string(), "54.9451");
/// assert_eq!((on("2026-09-01"), on("2026-10-01")), (Percent::zero(), Percent::zero()));
/// assert_eq!((on("2026-12-31"), on("2027-03-01")), (Percent::hundred(), Percent::hundred()));
/// // an OKR of one day expects everything on its day
/// let one_day = |today: &str| expected(&Measure::default(), day("2026-10-01"), day("2026-10-01"), day(today));
/// assert_eq!(one_day("2026-10-01"), Some(Percent::hundred()));
/// assert_eq!(one_day("2026-09-30"), Some(Percent::zero()));
/// ```
pub fn expected(measure: &Measure, starts_on: Date, due_on: Date, today: Date) -> Option<Percent> {
    if measure.is_control() {
        None
    } else if today >= due_on {
        Some(Percent::hundred())
    } else if today <= starts_on {
        Some(Percent::zero())
    } else {
        let days = |to: Date| BigRational::from_integer((to - starts_on).num_days().into());
        Some(Percent::of_fractions(&days(today), &days(due_on)))
    }
}
