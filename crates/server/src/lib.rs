//! REST API, web pages, sign-in.
