//! The sign-in page.

use super::layout::{brand, document};
use crate::components::icon::Icon;
use maud::{Markup, html};

/// What the sign-in page shows.
#[derive(Debug, Clone)]
pub(crate) struct SignIn {
    pub(crate) organisation: String,
    /// Address as typed before.
    pub(crate) email: String,
    /// Why the last try failed.
    pub(crate) error: Option<String>,
    /// Where to go afterwards; a path of ours.
    pub(crate) next: String,
    pub(crate) csrf: String,
}

impl SignIn {
    /// The page.
    pub(crate) fn page(&self) -> Markup {
        document("Sign in", Some(&self.csrf), &html! {
            main class="auth" {
                (brand(None))
                form method="post" action="/sign-in" {
                    h1 { "Sign in" }
                    p class="sub" { (self.organisation) }
                    @if let Some(error) = &self.error {
                        div class="banner bad" role="alert" { (Icon::Warning.draw()) span { (error) } }
                    }
                    input type="hidden" name="csrf" value=(self.csrf);
                    input type="hidden" name="next" value=(self.next);
                    label class="field" {
                        span class="lb" { "Email" }
                        input class="in" type="email" name="email" value=(self.email) autocomplete="username" required autofocus;
                    }
                    label class="field" {
                        span class="lb" { "Password" }
                        input class="in" type="password" name="password" autocomplete="current-password" required;
                    }
                    button class="btn pri lg block" { "Sign in" }
                }
            }
        })
    }
}
