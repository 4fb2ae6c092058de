//! JQL: text to tree to text, and a matcher.
