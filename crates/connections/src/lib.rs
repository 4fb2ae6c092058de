//! All that speaks to Jira.
