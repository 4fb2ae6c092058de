//! Dates in queries: absolute ones in the asker's zone, relative ones, and the date functions.

use crate::ast::Value;
use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc, Weekday,
};
use chrono_tz::Tz;

/// When and where a query is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Now, in the asker's zone.
    pub now: DateTime<Tz>,
    /// First day of a week.
    pub week_starts: Weekday,
}

/// The instant that a literal names: `2026-05-07`, `"2026/05/07 14:30"`, `-1w`, `"4w 2d"`, or an unquoted number of
/// milliseconds since 1970.
pub(crate) fn read_literal(value: &Value, moment: &Moment) -> Option<DateTime<Utc>> {
    let text = value.text.trim();
    if value.number {
        return DateTime::from_timestamp_millis(text.parse().ok()?);
    }
    match absolute(text) {
        Some(local) => to_utc(local, moment.now.timezone()),
        None => moment.now.with_timezone(&Utc).checked_add_signed(relative(text)?),
    }
}

fn absolute(text: &str) -> Option<NaiveDateTime> {
    // Four digits of a year, so that `1-2-3` is no date.
    let separator = text.chars().nth(4).filter(|char| matches!(char, '-' | '/'))?;
    let (day, time) = match text.split_once(' ') {
        Some((day, time)) => (day, NaiveTime::parse_from_str(time.trim(), "%H:%M").ok()?),
        None => (text, NaiveTime::MIN),
    };
    let format = if separator == '-' { "%Y-%m-%d" } else { "%Y/%m/%d" };
    Some(NaiveDate::parse_from_str(day, format).ok()?.and_time(time))
}

/// An instant as a literal that stands still, to the minute.
pub(crate) fn write_literal(instant: DateTime<Utc>, zone: Tz) -> String {
    let local = instant.with_timezone(&zone).naive_local();
    let format = if local.time() == NaiveTime::MIN { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M" };
    local.format(format).to_string()
}

/// Whether `text` is a date counted from the time of asking, such as `-1w`.
pub(crate) fn is_relative_date(text: &str) -> bool {
    relative(text.trim()).is_some()
}

/// `-1w`, `"4w 2d"`: calendar time from now; a sign counts for all of it. Units in any case.
fn relative(text: &str) -> Option<TimeDelta> {
    let (sign, terms) = signed(text);
    let mut total = TimeDelta::zero();
    for term in terms.split_whitespace() {
        let (amount, unit) = amount_and_unit(term)?;
        let delta = match unit.to_ascii_lowercase() {
            'w' => TimeDelta::try_weeks(amount),
            'd' => TimeDelta::try_days(amount),
            'h' => TimeDelta::try_hours(amount),
            'm' => TimeDelta::try_minutes(amount),
            _ => None,
        };
        total = total.checked_add(&delta?)?;
    }
    (!terms.trim().is_empty()).then(|| total * sign)
}

fn signed(text: &str) -> (i32, &str) {
    match (text.strip_prefix('-'), text.strip_prefix('+')) {
        (Some(rest), _) => (-1, rest),
        (_, Some(rest)) => (1, rest),
        _ => (1, text),
    }
}

/// `4w` as 4 and w.
pub(crate) fn amount_and_unit(term: &str) -> Option<(i64, char)> {
    let unit = term.chars().last().filter(char::is_ascii_alphabetic)?;
    let amount = term.strip_suffix(unit)?;
    let digits = amount.bytes().all(|byte| byte.is_ascii_digit());
    Some((amount.parse().ok().filter(|_| digits)?, unit))
}

/// Local time as an instant. Where clocks jump forward, a time that never was is the first one after the jump; where
/// they go back, the earlier of two.
fn to_utc(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let quarters = (0..=8).filter_map(|quarter| local.checked_add_signed(TimeDelta::minutes(15 * quarter)));
    let mut instants = quarters.filter_map(|local| zone.from_local_datetime(&local).earliest());
    instants.next().map(|instant| instant.with_timezone(&Utc))
}

/// The day of an instant in the asker's zone.
pub(crate) fn day_of(instant: DateTime<Utc>, moment: &Moment) -> NaiveDate {
    instant.with_timezone(&moment.now.timezone()).date_naive()
}

/// From the start of that day to the start of the next, in the asker's zone.
pub(crate) fn day_bounds(instant: DateTime<Utc>, moment: &Moment) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let day = day_of(instant, moment);
    let start = |day: NaiveDate| to_utc(day.and_time(NaiveTime::MIN), moment.now.timezone());
    Some((start(day)?, start(day.checked_add_days(Days::new(1))?)?))
}

/// A span of the calendar.
#[derive(Clone, Copy)]
enum Period {
    Day,
    Week,
    Month,
    Year,
}

/// Whether `name`, in lower case, is a function that gives a date.
pub(crate) fn is_date_function(name: &str) -> bool {
    name == "now" || period(name).is_some()
}

fn period(name: &str) -> Option<(Period, bool)> {
    let (rest, end) = match (name.strip_prefix("startof"), name.strip_prefix("endof")) {
        (Some(rest), _) => (rest, false),
        (_, Some(rest)) => (rest, true),
        _ => return None,
    };
    let period = match rest {
        "day" => Period::Day,
        "week" => Period::Week,
        "month" => Period::Month,
        "year" => Period::Year,
        _ => return None,
    };
    Some((period, end))
}

/// What `now`, `startOfMonth` and the like give, with an optional increment such as `-1d`, `1` (of the function's own
/// period) or `+2M` (case decides: `M` is months, `m` minutes).
pub(crate) fn call(name: &str, arguments: &[Value], moment: &Moment) -> Option<DateTime<Utc>> {
    if name == "now" {
        return arguments.is_empty().then_some(moment.now.with_timezone(&Utc));
    }
    let (period, end) = period(name)?;
    let today = moment.now.date_naive();
    let first = start_of(period, today, moment.week_starts)?;
    let first = if end { after(period, first)? } else { first };
    let local = match arguments {
        [] => first.and_time(NaiveTime::MIN),
        [increment] => shift(first.and_time(NaiveTime::MIN), &increment.text, period)?,
        _ => return None,
    };
    let instant = to_utc(local, moment.now.timezone())?;
    if end { instant.checked_sub_signed(TimeDelta::milliseconds(1)) } else { Some(instant) }
}

fn start_of(period: Period, today: NaiveDate, week_starts: Weekday) -> Option<NaiveDate> {
    match period {
        Period::Day => Some(today),
        Period::Week => today.checked_sub_days(Days::new(today.weekday().days_since(week_starts).into())),
        Period::Month => today.with_day(1),
        Period::Year => NaiveDate::from_ymd_opt(today.year(), 1, 1),
    }
}

/// The first day of the next period.
fn after(period: Period, first: NaiveDate) -> Option<NaiveDate> {
    match period {
        Period::Day => first.checked_add_days(Days::new(1)),
        Period::Week => first.checked_add_days(Days::new(7)),
        Period::Month => first.checked_add_months(Months::new(1)),
        Period::Year => first.checked_add_months(Months::new(12)),
    }
}

fn shift(local: NaiveDateTime, increment: &str, period: Period) -> Option<NaiveDateTime> {
    let (sign, term) = signed(increment.trim());
    let unit = match period {
        Period::Day => 'd',
        Period::Week => 'w',
        Period::Month => 'M',
        Period::Year => 'y',
    };
    let (amount, unit) = amount_and_unit(term).or_else(|| Some((term.parse().ok()?, unit)))?;
    let amount = amount.checked_mul(sign.into())?;
    match unit {
        'y' => months(local, amount.checked_mul(12)?),
        'M' => months(local, amount),
        'w' => local.checked_add_signed(TimeDelta::try_weeks(amount)?),
        'd' => local.checked_add_signed(TimeDelta::try_days(amount)?),
        'h' => local.checked_add_signed(TimeDelta::try_hours(amount)?),
        'm' => local.checked_add_signed(TimeDelta::try_minutes(amount)?),
        _ => None,
    }
}

fn months(local: NaiveDateTime, amount: i64) -> Option<NaiveDateTime> {
    let months = Months::new(u32::try_from(amount.unsigned_abs()).ok()?);
    if amount < 0 { local.checked_sub_months(months) } else { local.checked_add_months(months) }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn read(text: &str, zone: Tz) -> String {
        let now: DateTime<Utc> = "2026-11-20T12:00:00Z".parse().unwrap();
        let moment = Moment { now: now.with_timezone(&zone), week_starts: Weekday::Sun };
        let value = |text: &str| Value { text: text.into(), number: false, place: crate::span::Place::default() };
        let instant = match text.split_once('(') {
            Some((name, "")) => call(name, &[], &moment),
            Some((name, increment)) => call(name, &[value(increment)], &moment),
            None => read_literal(&value(text), &moment),
        };
        instant.map_or_else(|| "none".to_owned(), |instant| instant.format("%F %T%.3f").to_string())
    }

    #[test]
    fn clocks_that_jump_have_an_answer() {
        let table = [
            ("2026-03-29 02:30", Tz::Europe__Berlin, "2026-03-29 01:00:00.000"), // never was: 03:00 is next
            ("2026-10-25 02:30", Tz::Europe__Berlin, "2026-10-25 00:30:00.000"), // was twice: the earlier
            ("2026-09-06", Tz::America__Santiago, "2026-09-06 04:00:00.000"),    // the day begins at 01:00
            ("2026-05-07", Tz::Asia__Kolkata, "2026-05-06 18:30:00.000"),
        ];
        for (text, zone, expected) in table {
            assert_eq!(read(text, zone), expected, "{text} {zone}");
        }
    }

    #[test]
    fn increments_move_the_end_of_the_period() {
        let table = [
            ("startofweek(", "2026-11-15 00:00:00.000"),
            ("endofday(", "2026-11-20 23:59:59.999"),
            ("endofmonth(1", "2026-12-31 23:59:59.999"),
            ("endofmonth(+15d", "2026-12-15 23:59:59.999"),
            ("endofyear(+3M", "2027-03-31 23:59:59.999"),
            ("startofmonth(+14d", "2026-11-15 00:00:00.000"),
            ("startofday(-30m", "2026-11-19 23:30:00.000"),
            ("startofday(2D", "none"),
            ("startofday(1d 2h", "none"),
            ("startofday(9999999y", "none"),
            ("now(1", "none"),
            ("1-2-3", "none"),
            ("2026-02-30", "none"),
            ("2026-05-07 24:10", "none"),
            ("-", "none"),
            ("", "none"),
        ];
        for (text, expected) in table {
            assert_eq!(read(text, Tz::UTC), expected, "{text}");
        }
    }
}
