//! Journeys through the whole.
