//! "Support desk": help-centre articles and customers' requests.

use chrono::NaiveDate;

use super::workshop::Workshop;
use crate::draft::IssueDraft;
use crate::error::SimError;
use crate::sim::JiraSim;

/// Open P1 requests on the first day.
const OPEN_AT_START: usize = 48;
/// Closed since then.
const CLOSED: usize = 23;
/// Come in since then.
const NEW: usize = 12;

/// Fills the site.
pub(super) fn fill(sim: &JiraSim, seed: u64, start: NaiveDate, background: usize) -> Result<(), SimError> {
    sim.add_project("HELP", "Help centre")?;
    sim.add_project("SUP", "Customer requests")?;
    sim.add_issue_type("Article", 0)?;
    sim.add_issue_type("Request", 0)?;
    let mut shop = Workshop::new(sim, seed, start)?;
    articles(&mut shop)?;
    requests(&mut shop)?;
    shop.background(&["SUP", "HELP"], background)
}

/// 36 articles; the thirtieth was published on day 48.
fn articles(shop: &mut Workshop<'_>) -> Result<(), SimError> {
    let mut published = shop.days(29, 1, 47);
    published.push(48);
    let titles = (1..=36).map(|n| format!("How to do thing number {n}"));
    shop.series(titles, || IssueDraft::new("HELP", "Article"), &published)?;
    Ok(())
}

/// P1 requests: those of the first day, some closed, some new. 37 are open.
fn requests(shop: &mut Workshop<'_>) -> Result<(), SimError> {
    let urgent = || IssueDraft::new("SUP", "Request").priority("Highest");
    let closed = shop.days(CLOSED, 3, 50);
    shop.series((1..=OPEN_AT_START).map(|n| format!("Line stands still ({n})")), urgent, &closed)?;
    for (n, day) in shop.days(NEW, 1, 50).into_iter().enumerate() {
        shop.file(urgent().summary(&format!("Cell stops at night ({n})")), day)?;
    }
    Ok(())
}
