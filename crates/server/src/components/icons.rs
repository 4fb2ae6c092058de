//! The icons, our own drawings on a 16 × 16 grid. They are decoration: words beside them carry the meaning.

use maud::{Markup, PreEscaped, html};

/// An icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Target,
    Person,
    Book,
    SignOut,
    Moon,
    Sync,
    Refresh,
    Search,
    Cross,
    Left,
    Right,
    ArrowUp,
    ArrowDown,
    Triangle,
    Tick,
    Dashed,
    Clock,
    Diamond,
    Pencil,
    Elbow,
    Plug,
}

impl Icon {
    /// The drawing, as the inside of an `svg`.
    fn drawing(self) -> &'static str {
        match self {
            Self::Target => r#"<circle cx="8" cy="8" r="6.25"/><circle cx="8" cy="8" r="2.75"/>"#,
            Self::Person => {
                r#"<circle cx="8" cy="5.25" r="2.75"/><path d="M2.75 13.5c.6-2.7 2.7-4 5.25-4s4.65 1.3 5.25 4"/>"#
            }
            Self::Book => r#"<path d="m5.5 4.5-3 3.5 3 3.5M10.5 4.5l3 3.5-3 3.5M9 3 7 13"/>"#,
            Self::SignOut => r#"<path d="M6.5 2.5h-4v11h4M10 5l3.25 3L10 11M13 8H6"/>"#,
            Self::Moon => r#"<path d="M13.25 9.6A5.6 5.6 0 0 1 6.4 2.75a5.6 5.6 0 1 0 6.85 6.85z"/>"#,
            Self::Sync => {
                r#"<path d="M2.75 6.5a5.4 5.4 0 0 1 9.6-1.75M13.25 9.5a5.4 5.4 0 0 1-9.6 1.75"/><path d="M12.75 2v3h-3M3.25 14v-3h3"/>"#
            }
            Self::Refresh => r#"<path d="M13.25 8a5.25 5.25 0 1 1-1.6-3.77"/><path d="M13.5 1.75v3h-3"/>"#,
            Self::Search => r#"<circle cx="7" cy="7" r="4.25"/><path d="m10.25 10.25 3.25 3.25"/>"#,
            Self::Cross => r#"<path d="m4 4 8 8M12 4l-8 8"/>"#,
            Self::Left => r#"<path d="m10 4-4 4 4 4"/>"#,
            Self::Right => r#"<path d="m6 4 4 4-4 4"/>"#,
            Self::ArrowUp => r#"<path d="M4.25 11.75 11.5 4.5M6 4.25h5.75V10"/>"#,
            Self::ArrowDown => r#"<path d="M4.25 4.25 11.5 11.5M11.75 6v5.75H6"/>"#,
            Self::Triangle => r#"<path d="M8 2.25 14.25 13H1.75z"/><path d="M8 6.5v3M8 11.2v.01"/>"#,
            Self::Tick => r#"<circle cx="8" cy="8" r="6.1"/><path d="m5.4 8.2 1.9 1.9 3.4-3.9"/>"#,
            Self::Dashed => r#"<circle cx="8" cy="8" r="5.75" stroke-dasharray="2.4 2.1"/>"#,
            Self::Clock => r#"<circle cx="8" cy="8" r="5.75"/><path d="M8 4.75V8l2.25 1.5"/>"#,
            Self::Diamond => {
                r#"<path d="M8 1.6 14.4 8 8 14.4 1.6 8z"/><path d="M8 5.4 10.6 8 8 10.6 5.4 8z" fill="currentColor" stroke="none"/>"#
            }
            Self::Pencil => {
                r#"<path d="m9.6 3.7 2.7 2.7M3 13l.7-3.2 7-7a1 1 0 0 1 1.4 0l1.1 1.1a1 1 0 0 1 0 1.4l-7 7z"/>"#
            }
            Self::Elbow => r#"<path d="M3.25 3v5a2 2 0 0 0 2 2h7.5M10.25 7.25 13 10l-2.75 2.75"/>"#,
            Self::Plug => r#"<path d="M5.75 1.75v3M10.25 1.75v3M4 4.75h8v2.5a4 4 0 0 1-8 0zM8 11.25v3"/>"#,
        }
    }
}

/// An icon in the size of text.
pub(crate) fn icon(icon: Icon) -> Markup {
    html! { svg class="i" viewBox="0 0 16 16" aria-hidden="true" { (PreEscaped(icon.drawing())) } }
}

/// A smaller one, with further classes.
pub(crate) fn small(icon: Icon, class: &str) -> Markup {
    html! { svg class={ "i s " (class) } viewBox="0 0 16 16" aria-hidden="true" { (PreEscaped(icon.drawing())) } }
}

/// okrsync's own mark.
pub(crate) fn mark() -> Markup {
    html! {
        span class="mark" {
            svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.75"
                stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" {
                path d="M13.6 8A5.6 5.6 0 1 1 11.2 3.4" {}
                path d="m5.6 8 1.9 1.9 5.4-6.2" {}
            }
        }
    }
}
