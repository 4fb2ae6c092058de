//! A Jira that obeys.
