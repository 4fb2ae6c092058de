//! Journeys through the whole: a real database, real HTTP, a Jira that obeys.

mod access;
mod audit;
mod bad_input;
mod board;
mod command;
mod connections;
mod crash;
mod forecasts;
mod integration;
mod keys;
mod metric_table;
mod people;
mod proof;
mod queries;
mod random_faults;
mod samples;
mod secrets;
mod seed_examples;
mod store_hands;
mod store_leases;
mod store_members;
mod store_okrs;
mod store_people;
mod store_values;
mod store_world;
mod what_if;
