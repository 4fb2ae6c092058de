//! The normative arithmetic of okrsync, as pure functions over the words of `okrsync-domain`.
//!
//! | question | module |
//! |---|---|
//! | what do these issues add up to? | [`tally`] |
//! | may this metric be measured this way? | [`rule`] |
//! | how far is that between start and target? | [`progress`](mod@progress) |
//! | how far should it be today? | [`expected`](mod@expected) |
//! | is it late? | [`status`](mod@status) |
//! | what do the children make of their parent? | [`rollup`] |
//! | does a person's check-in override the measurement? | [`check_in`] |
//! | where does every OKR of a tree stand today? | [`standing`] |
//! | and all of them together? | [`company`](mod@company) |
//! | what was it made of at an earlier time? | [`history`] |
//! | where does it go? | [`forecast`] |
//! | and if somebody did this or that? | [`what_if`] |
//! | why did a number move? | [`moves`] |
//!
//! Nothing here is rounded but what is stored or shown, once, at the end. A percentage is a fraction of whole numbers
//! of any size ([`Percent`], [`Progress`]); what is stored is a [`Decimal`](rust_decimal::Decimal), and how a number
//! that no decimal can hold survives storage is told in [`fraction`].

mod aggregate;
pub mod check_in;
pub mod colour;
pub mod company;
pub mod expected;
mod family;
pub mod forecast;
pub mod fraction;
pub mod history;
pub mod moves;
pub mod progress;
pub mod ratio;
pub mod rollup;
pub mod rule;
pub mod standing;
pub mod status;
mod sum;
pub mod tally;
pub mod what_if;

pub use colour::Colour;
pub use company::{Company, company, count_by_status};
pub use expected::expected;
pub use progress::{attainment, progress, value};
pub use ratio::{Percent, Progress};
pub use rollup::{roll_up, shares};
pub use rule::{RULES_VERSION, Rule, check, completed_only};
pub use standing::{Children, Measured, Node, Standing, stand};
pub use status::{Judgement, Status, check_limits, gap, status};
pub use tally::{MeasureError, Tallier, issue_value, measure};
