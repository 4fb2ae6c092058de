//! What a form came to, told once on the page that it led to.

use serde::{Deserialize, Serialize};
use tower_sessions::Session;

const KEY: &str = "flash";

/// What a form came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flash {
    /// Whether it went well; otherwise it is a warning that stays.
    pub(crate) good: bool,
    /// What happened, in a few words.
    pub(crate) title: String,
    /// What that means; may be empty.
    #[serde(default)]
    pub(crate) text: String,
}

impl Flash {
    /// It went well.
    pub(crate) fn good(title: impl Into<String>) -> Self {
        Self { good: true, title: title.into(), text: String::new() }
    }

    /// It was done, but something deserves attention.
    pub(crate) fn warning(title: impl Into<String>) -> Self {
        Self { good: false, ..Self::good(title) }
    }

    /// With a second sentence.
    #[must_use]
    pub(crate) fn text(self, text: impl Into<String>) -> Self {
        Self { text: text.into(), ..self }
    }
}

/// Keeps it for the next page of the session. Losing it loses a word of comfort and nothing else.
pub(crate) async fn keep(session: &Session, flash: &Flash) {
    if let Err(error) = session.insert(KEY, flash).await {
        tracing::warn!(%error, "what a form came to cannot be told");
    }
}

/// Takes it, so that it is told once.
pub(crate) async fn take(session: &Session) -> Option<Flash> {
    session.remove(KEY).await.unwrap_or_default()
}
