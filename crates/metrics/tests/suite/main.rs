//! What the arithmetic must give: the golden values, a table of every metric by hand, trees, and properties.

mod forecasts;
mod golden;
mod metrics;
mod move_properties;
mod moves;
mod properties;
mod roll_ups;
mod standings;
mod support;
mod tree_properties;
