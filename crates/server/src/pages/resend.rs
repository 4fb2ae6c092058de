//! What a person typed is not lost when their session has ended: they sign in, then send it.

use super::{Visitor, own_path};
use crate::components::{
    form,
    shell::{Theme, document},
};
use maud::{Markup, html};
use serde::Deserialize;

/// A form that could not be carried out yet.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Kept {
    /// Where it is sent to; empty if nothing is kept.
    #[serde(default)]
    pub(crate) kept_path: String,
    /// What it says, url-encoded.
    #[serde(default)]
    kept_body: String,
}

impl Kept {
    /// The form as it was sent, without the mark of the session that is over.
    pub(crate) fn of(path: &str, values: &[(String, String)]) -> Self {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in values.iter().filter(|(name, _)| name != "csrf" && !form::is_secret(name)) {
            body.append_pair(name, value);
        }
        Self { kept_path: path.to_owned(), kept_body: body.finish() }
    }

    /// Whether there is anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.kept_path.is_empty()
    }

    /// Carried along in the sign-in's form.
    pub(crate) fn hidden(&self) -> Markup {
        html! {
            @if !self.is_empty() {
                input type="hidden" name="kept_path" value=(self.kept_path);
                input type="hidden" name="kept_body" value=(self.kept_body);
            }
        }
    }

    fn values(&self) -> Vec<(String, String)> {
        let values = url::form_urlencoded::parse(self.kept_body.as_bytes()).into_owned();
        values.filter(|(name, _)| name != "csrf").collect()
    }
}

/// Offers a kept form again: nothing is carried out before the person says so.
pub(crate) fn page(kept: &Kept, csrf: &str, theme: Theme) -> Markup {
    let values = kept.values();
    let once = values.iter().find(|(name, _)| name == "once").map_or("", |(_, value)| value);
    let body = html! {
        main class="message" id="main" {
            h1 { "What you entered is kept" }
            p { "You were signed out before it could be saved. You are signed in again, so it can be sent now." }
            form method="post" action=(own_path(&kept.kept_path)) class="row" {
                (form::hidden(csrf, once))
                @for (name, value) in values.iter().filter(|(name, _)| name != "once") {
                    input type="hidden" name=(name) value=(value);
                }
                button class="btn pri" { "Send it now" }
                a class="btn" href="/" { "Do not send it" }
            }
        }
    };
    document("What you entered is kept", theme, Some(csrf), &body)
}

/// The same for somebody whose page was older than their session.
pub(crate) fn page_for(visitor: &Visitor, kept: &Kept) -> Markup {
    page(kept, &visitor.caller.csrf, visitor.theme)
}
