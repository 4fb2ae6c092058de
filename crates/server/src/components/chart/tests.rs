//! What the chart draws of known points.

use super::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn point(text: &str, percent: i64) -> Point {
    Point {
        day: day(text),
        progress: Percent::from(Decimal::from(percent)).clamped(),
        expected: None,
        scope: Ordering::Equal,
    }
}

#[test]
fn the_line_steps_from_the_first_day_to_today() {
    let points = [point("2026-10-01", 0), point("2026-10-31", 50)];
    let expected = Percent::from(Decimal::new(549, 1));
    let it = Chart {
        first: day("2026-10-01"),
        last: day("2026-12-30"),
        today: day("2026-11-15"),
        points: &points,
        expected: Some(&expected),
        cone: &[],
    };
    let text = chart(&it).0;
    // A third of the way at 31 October, half of it at 15 November; 0% at the bottom, 50% in the middle.
    assert!(text.contains("d=\"M40 266H260.7V146H371\""), "{text}");
    assert!(text.contains("Progress reached 50.0% on 31 Oct against 54.9% expected today"));
    assert!(text.contains("Today, 15 Nov") && text.contains("View as table"));
    assert!(!text.contains("scope-"));
    let grown = [points[0].clone(), Point { scope: Ordering::Greater, ..points[1].clone() }];
    let text = chart(&Chart { points: &grown, ..it }).0;
    assert!(
        text.contains("class=\"scope-stem\" d=\"M260.7 263v-8\"") && text.contains("31 Oct</time>, scope grew"),
        "{text}"
    );
}

#[test]
fn the_cone_begins_at_today_and_never_falls_under_it() {
    let points = [point("2026-10-01", 0), point("2026-11-15", 50)];
    let spread = |on: &str, low_80: f64| Spread {
        on: day(on),
        low_80,
        low_50: 60.0,
        median: 75.0,
        high_50: 90.0,
        high_80: 100.0,
    };
    let it = Chart {
        first: day("2026-10-01"),
        last: day("2026-12-30"),
        today: day("2026-11-15"),
        points: &points,
        expected: None,
        cone: &[spread("2026-11-16", 40.0), spread("2026-12-30", 55.0)],
    };
    let text = chart(&it).0;
    assert!(text.contains("class=\"band-80\" d=\"M371 146L378.4 26L702 26L702 134L378.4 146Z\""), "{text}");
    assert!(text.contains("55% low"));
}

#[test]
fn days_outside_and_single_days_are_drawn_within() {
    let points = [point("2026-10-05", 100)];
    let it = Chart {
        first: day("2026-10-01"),
        last: day("2026-10-01"),
        today: day("2026-10-09"),
        points: &points,
        expected: None,
        cone: &[],
    };
    let text = chart(&it).0;
    assert!(text.contains("M702 26") && !text.contains("Today,"), "{text}");
    assert!(Canvas::new(&it, true).ticks().is_empty());
}
