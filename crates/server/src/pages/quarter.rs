//! The period that the board shows: a calendar quarter.

use super::board::Turn;
use chrono::{Datelike, Months};
use okrsync_domain::Date;

/// A calendar quarter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quarter {
    first: Date,
}

impl Quarter {
    /// The quarter around a day.
    pub(crate) fn around(day: Date) -> Self {
        let first = Date::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1);
        Self { first: first.unwrap_or(day) }
    }

    /// Reads `2026-Q4`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (year, number) = text.split_once("-Q")?;
        let (year, number): (i32, u32) = (year.parse().ok()?, number.parse().ok()?);
        // the years that a date picker knows, so that no neighbour falls off the calendar
        let sound = (1970..=9000).contains(&year) && (1..=4).contains(&number);
        sound.then(|| Date::from_ymd_opt(year, number * 3 - 2, 1)).flatten().map(|first| Self { first })
    }

    /// First day.
    pub(crate) fn starts_on(self) -> Date {
        self.first
    }

    /// Last day.
    pub(crate) fn due_on(self) -> Date {
        self.shifted(3).first.pred_opt().unwrap_or(self.first)
    }

    /// "Q4 2026".
    pub(crate) fn name(self) -> String {
        format!("Q{} {}", self.number(), self.first.year())
    }

    /// "1 Oct – 31 Dec 2026 · day 51 of 92 · 41 days left".
    pub(crate) fn dates(self, today: Date) -> String {
        let (first, last) = (self.starts_on(), self.due_on());
        let range = format!("{} – {}", first.format("%-d %b"), last.format("%-d %b %Y"));
        if !(first..=last).contains(&today) {
            return range;
        }
        let [day, all, left] = [(today - first), (last - first), (last - today)].map(|span| span.num_days());
        format!("{range} · day {day} of {all} · {left} days left")
    }

    /// The quarter before.
    pub(crate) fn previous(self) -> Turn {
        self.before(3).turn()
    }

    /// The quarter behind.
    pub(crate) fn next(self) -> Turn {
        self.shifted(3).turn()
    }

    fn number(self) -> u32 {
        self.first.month0() / 3 + 1
    }

    fn shifted(self, months: u32) -> Self {
        Self { first: self.first.checked_add_months(Months::new(months)).unwrap_or(self.first) }
    }

    fn before(self, months: u32) -> Self {
        Self { first: self.first.checked_sub_months(Months::new(months)).unwrap_or(self.first) }
    }

    fn turn(self) -> Turn {
        Turn { name: self.name(), href: format!("/?period={}-Q{}", self.first.year(), self.number()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_knows_its_days_and_neighbours() {
        let today: Date = "2026-11-20".parse().unwrap();
        let quarter = Quarter::around(today);
        assert_eq!(quarter, Quarter::parse("2026-Q4").unwrap());
        assert_eq!(quarter.name(), "Q4 2026");
        assert_eq!(quarter.dates(today), "1 Oct – 31 Dec 2026 · day 50 of 91 · 41 days left");
        assert_eq!((quarter.previous().name, quarter.next().href), ("Q3 2026".into(), "/?period=2027-Q1".into()));
        assert_eq!(Quarter::parse("2026-Q1").unwrap().previous().name, "Q4 2025");
    }

    #[test]
    fn other_text_is_no_quarter() {
        for text in ["", "Q4", "2026-Q5", "2026-Q0", "99999-Q1", "2026-Qx"] {
            assert_eq!(Quarter::parse(text), None, "{text}");
        }
    }
}
