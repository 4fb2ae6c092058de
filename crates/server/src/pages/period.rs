//! Quarters: the periods that the board shows.

use chrono::Datelike as _;
use maud::{Markup, html};
use okrsync_domain::Date;
use std::{fmt, str::FromStr};

use crate::components::icons::{Icon, icon};

/// A quarter of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quarter {
    year: i32,
    /// 0 to 3.
    index: u32,
}

impl Quarter {
    /// The quarter that a day lies in.
    pub(crate) fn of(day: Date) -> Self {
        Self { year: day.year(), index: day.month0() / 3 }
    }

    /// First day.
    pub(crate) fn first(self) -> Date {
        Date::from_ymd_opt(self.year, self.index * 3 + 1, 1).unwrap_or(Date::MIN)
    }

    /// Last day.
    pub(crate) fn last(self) -> Date {
        self.next().first().pred_opt().unwrap_or(Date::MAX)
    }

    /// The one behind it.
    pub(crate) fn next(self) -> Self {
        if self.index == 3 { Self { year: self.year + 1, index: 0 } } else { Self { index: self.index + 1, ..self } }
    }

    /// The one before it.
    pub(crate) fn previous(self) -> Self {
        if self.index == 0 { Self { year: self.year - 1, index: 3 } } else { Self { index: self.index - 1, ..self } }
    }

    /// The same one a year before.
    fn year_before(self) -> Self {
        Self { year: self.year - 1, ..self }
    }

    /// The quarter that an OKR is shown in: today's while it runs, else that of its last day.
    pub(crate) fn of_okr(first: Date, last: Date, today: Date) -> Self {
        Self::of(if (first..=last).contains(&today) { today } else { last })
    }

    /// The quarter that begins and ends on these days, if one does.
    pub(crate) fn exactly(first: Date, last: Date) -> Option<Self> {
        Some(Self::of(first)).filter(|quarter| quarter.first() == first && quarter.last() == last)
    }

    /// The quarters around a day that one plans in: the one before up to three later ones.
    pub(crate) fn around(day: Date) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(Self::of(day).previous()), |quarter| Some(quarter.next())).take(5)
    }

    /// For people: "Q4 2026".
    pub(crate) fn label(self) -> String {
        format!("Q{} {}", self.index + 1, self.year)
    }

    /// "day 50 of 91 · 41 days left".
    fn course(self, today: Date) -> String {
        let (all, gone) = ((self.last() - self.first()).num_days(), (today - self.first()).num_days());
        match gone {
            gone if gone < 0 => format!("begins in {}", days(-gone)),
            gone if gone > all => "over".to_owned(),
            gone => format!("day {gone} of {all} · {} left", days(all - gone)),
        }
    }

    /// "1 Oct – 31 Dec 2026 · day 50 of 91 · 41 days left".
    pub(crate) fn span(self, today: Date) -> String {
        let (first, last) = (self.first().format("%-d %b"), self.last().format("%-d %b %Y"));
        format!("{first} – {last} · {}", self.course(today))
    }
}

fn days(number: i64) -> String {
    if number == 1 { "1 day".to_owned() } else { format!("{number} days") }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-Q{}", self.year, self.index + 1)
    }
}

impl FromStr for Quarter {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (year, quarter) = text.split_once("-Q").ok_or(())?;
        let (year, number): (i32, u32) = (year.parse().map_err(|_| ())?, quarter.parse().map_err(|_| ())?);
        if (1900..=9999).contains(&year) && (1..=4).contains(&number) {
            return Ok(Self { year, index: number - 1 });
        }
        Err(())
    }
}

/// The switcher at the head of the board.
pub(crate) fn switcher(quarter: Quarter, today: Date) -> Markup {
    let (before, after) = (quarter.previous(), quarter.next());
    html! {
        div class="period" {
            a class="ib" data-period="previous" href={ "/?period=" (before) } aria-label={ "Previous period, " (before.label()) } { (icon(Icon::Left)) }
            h1 { (quarter.label()) }
            (menu(quarter, today))
            a class="ib" data-period="next" href={ "/?period=" (after) } aria-label={ "Next period, " (after.label()) } { (icon(Icon::Right)) }
        }
        span class="t13 mut" { (quarter.span(today)) }
    }
}

/// The quarters from a year ago to the end of the next half, and the one that is shown.
fn menu(shown: Quarter, today: Date) -> Markup {
    let mut quarters: Vec<Quarter> =
        std::iter::successors(Some(Quarter::of(today).year_before()), |it| Some(it.next())).take(7).collect();
    if !quarters.contains(&shown) {
        quarters.push(shown);
        quarters.sort_by_key(|it| it.first());
    }
    html! {
        details class="menu" {
            summary class="ib" aria-label="Choose a period" title="Choose a period" { (icon(Icon::Down)) }
            div class="pop" {
                @for quarter in quarters {
                    a href={ "/?period=" (quarter) } aria-current=[(quarter == shown).then_some("true")] {
                        b class="b5 grow" { (quarter.label()) }
                        span class="t12 mut" { @if quarter == Quarter::of(today) { "now" } @else { (quarter.first().format("%-d %b")) } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn quarters_know_their_days_and_neighbours() {
        let quarter = Quarter::of(day("2026-11-20"));
        assert_eq!((quarter.first(), quarter.last()), (day("2026-10-01"), day("2026-12-31")));
        assert_eq!(quarter.next().to_string(), "2027-Q1");
        assert_eq!(quarter.next().previous(), quarter);
        assert_eq!("2026-Q4".parse(), Ok(quarter));
        assert_eq!(Quarter::of_okr(day("2026-10-08"), day("2027-01-07"), day("2026-11-20")), quarter);
        assert_eq!(Quarter::of_okr(day("2026-10-08"), day("2027-01-07"), day("2027-02-01")), quarter.next());
        assert!("2026-Q5".parse::<Quarter>().is_err() && "Q4".parse::<Quarter>().is_err());
    }

    #[test]
    fn the_head_counts_days_as_expected_progress_does() {
        let quarter = Quarter::of(day("2026-11-20"));
        assert_eq!(quarter.span(day("2026-11-20")), "1 Oct – 31 Dec 2026 · day 50 of 91 · 41 days left");
        assert_eq!(quarter.span(day("2026-12-30")), "1 Oct – 31 Dec 2026 · day 90 of 91 · 1 day left");
        assert_eq!(quarter.span(day("2027-01-01")), "1 Oct – 31 Dec 2026 · over");
        assert_eq!(quarter.span(day("2026-09-01")), "1 Oct – 31 Dec 2026 · begins in 30 days");
    }
}
