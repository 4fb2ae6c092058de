//! Our own icons, 16 × 16, drawn in the current colour. They say nothing by themselves: a label stands beside each.

use maud::{Markup, PreEscaped, html};

/// An icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Achieved,
    Check,
    Chevron,
    Elbow,
    Jira,
    Moon,
    NoData,
    NotStarted,
    Pencil,
    Next,
    Plug,
    Previous,
    Refresh,
    Sync,
    Target,
    TrendDown,
    TrendUp,
    Warning,
}

impl Icon {
    fn paths(self) -> &'static str {
        match self {
            Self::Achieved => r#"<circle cx="8" cy="8" r="6.1"/><path d="m5.4 8.2 1.9 1.9 3.4-3.9"/>"#,
            Self::Check => r#"<path d="m3.5 8.5 3 3 6-7"/>"#,
            Self::Chevron => r#"<path d="m4 6.25 4 4 4-4"/>"#,
            Self::Jira => {
                r#"<path d="M8 1.6 14.4 8 8 14.4 1.6 8z"/><path class="solid" d="M8 5.4 10.6 8 8 10.6 5.4 8z"/>"#
            }
            Self::Elbow => r#"<path d="M3.25 3v5a2 2 0 0 0 2 2h7.5"/><path d="M10.25 7.25 13 10l-2.75 2.75"/>"#,
            Self::Moon => r#"<path d="M13.25 9.6A5.6 5.6 0 0 1 6.4 2.75a5.6 5.6 0 1 0 6.85 6.85z"/>"#,
            Self::NoData => r#"<circle cx="8" cy="8" r="5.75" stroke-dasharray="2.4 2.1"/>"#,
            Self::NotStarted => r#"<circle cx="8" cy="8" r="5.75"/><path d="M8 4.75V8l2.25 1.5"/>"#,
            Self::Pencil => {
                r#"<path d="m9.9 3.4 2.7 2.7M3 13l.7-3.2 7-7a1 1 0 0 1 1.4 0l1.1 1.1a1 1 0 0 1 0 1.4l-7 7z"/>"#
            }
            Self::Next => r#"<path d="m6 4 4 4-4 4"/>"#,
            Self::Plug => r#"<path d="M5.75 1.75v3M10.25 1.75v3M4 4.75h8v2.5a4 4 0 0 1-8 0zM8 11.25v3"/>"#,
            Self::Previous => r#"<path d="m10 4-4 4 4 4"/>"#,
            Self::Refresh => r#"<path d="M13.25 8a5.25 5.25 0 1 1-1.6-3.77"/><path d="M13.5 1.75v3h-3"/>"#,
            Self::Sync => {
                r#"<path d="M2.75 6.5a5.4 5.4 0 0 1 9.6-1.75M13.25 9.5a5.4 5.4 0 0 1-9.6 1.75"/><path d="M12.75 2v3h-3M3.25 14v-3h3"/>"#
            }
            Self::Target => r#"<circle cx="8" cy="8" r="6.25"/><circle cx="8" cy="8" r="2.75"/>"#,
            Self::TrendDown => r#"<path d="M4.25 4.25 11.5 11.5M11.75 6v5.75H6"/>"#,
            Self::TrendUp => r#"<path d="M4.25 11.75 11.5 4.5M6 4.25h5.75V10"/>"#,
            Self::Warning => r#"<path d="M8 2.25 14.25 13H1.75z"/><path d="M8 6.5v3M8 11.2v.01"/>"#,
        }
    }

    /// The icon at 16 px.
    pub(crate) fn draw(self) -> Markup {
        self.sized("i")
    }

    /// The icon at 14 px.
    pub(crate) fn small(self) -> Markup {
        self.sized("i s")
    }

    fn sized(self, class: &str) -> Markup {
        html! { svg class=(class) viewBox="0 0 16 16" aria-hidden="true" { (PreEscaped(self.paths())) } }
    }
}
