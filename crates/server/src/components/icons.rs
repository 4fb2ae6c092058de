//! The icons, our own drawings on a 16 × 16 grid. They are decoration: words beside them carry the meaning.

use maud::{Markup, PreEscaped, html};

/// Names and drawings, each as the inside of an `svg`.
macro_rules! icons {
    ($($name:ident = $drawing:literal),* $(,)?) => {
        /// An icon.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Icon { $($name),* }

        impl Icon {
            fn drawing(self) -> &'static str {
                match self { $(Self::$name => $drawing),* }
            }
        }
    };
}
icons! {
    Target = r#"<circle cx="8" cy="8" r="6.25"/><circle cx="8" cy="8" r="2.75"/>"#,
    Person = r#"<circle cx="8" cy="5.25" r="2.75"/><path d="M2.75 13.5c.6-2.7 2.7-4 5.25-4s4.65 1.3 5.25 4"/>"#,
    Book = r#"<path d="m5.5 4.5-3 3.5 3 3.5M10.5 4.5l3 3.5-3 3.5M9 3 7 13"/>"#,
    SignOut = r#"<path d="M6.5 2.5h-4v11h4M10 5l3.25 3L10 11M13 8H6"/>"#,
    Moon = r#"<path d="M13.25 9.6A5.6 5.6 0 0 1 6.4 2.75a5.6 5.6 0 1 0 6.85 6.85z"/>"#,
    Sync = r#"<path d="M2.75 6.5a5.4 5.4 0 0 1 9.6-1.75M13.25 9.5a5.4 5.4 0 0 1-9.6 1.75"/><path d="M12.75 2v3h-3M3.25 14v-3h3"/>"#,
    Refresh = r#"<path d="M13.25 8a5.25 5.25 0 1 1-1.6-3.77"/><path d="M13.5 1.75v3h-3"/>"#,
    Search = r#"<circle cx="7" cy="7" r="4.25"/><path d="m10.25 10.25 3.25 3.25"/>"#,
    Cross = r#"<path d="m4 4 8 8M12 4l-8 8"/>"#,
    Left = r#"<path d="m10 4-4 4 4 4"/>"#,
    Right = r#"<path d="m6 4 4 4-4 4"/>"#,
    ArrowUp = r#"<path d="M4.25 11.75 11.5 4.5M6 4.25h5.75V10"/>"#,
    ArrowDown = r#"<path d="M4.25 4.25 11.5 11.5M11.75 6v5.75H6"/>"#,
    Triangle = r#"<path d="M8 2.25 14.25 13H1.75z"/><path d="M8 6.5v3M8 11.2v.01"/>"#,
    Tick = r#"<circle cx="8" cy="8" r="6.1"/><path d="m5.4 8.2 1.9 1.9 3.4-3.9"/>"#,
    Dashed = r#"<circle cx="8" cy="8" r="5.75" stroke-dasharray="2.4 2.1"/>"#,
    Clock = r#"<circle cx="8" cy="8" r="5.75"/><path d="M8 4.75V8l2.25 1.5"/>"#,
    Diamond = r#"<path d="M8 1.6 14.4 8 8 14.4 1.6 8z"/><path d="M8 5.4 10.6 8 8 10.6 5.4 8z" fill="currentColor" stroke="none"/>"#,
    Pencil = r#"<path d="m9.6 3.7 2.7 2.7M3 13l.7-3.2 7-7a1 1 0 0 1 1.4 0l1.1 1.1a1 1 0 0 1 0 1.4l-7 7z"/>"#,
    Elbow = r#"<path d="M3.25 3v5a2 2 0 0 0 2 2h7.5M10.25 7.25 13 10l-2.75 2.75"/>"#,
    Plug = r#"<path d="M5.75 1.75v3M10.25 1.75v3M4 4.75h8v2.5a4 4 0 0 1-8 0zM8 11.25v3"/>"#,
    Down = r#"<path d="m4 6 4 4 4-4"/>"#,
    Plus = r#"<path d="M8 3.25v9.5M3.25 8h9.5"/>"#,
    Minus = r#"<path d="M3.25 8h9.5"/>"#,
    Check = r#"<path d="m3.25 8.5 3.25 3.25 6.25-7"/>"#,
    Dots = r#"<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2.2"/>"#,
    Sun = r#"<circle cx="8" cy="8" r="2.75"/><path d="M8 1.5v1.25M8 13.25v1.25M1.5 8h1.25M13.25 8h1.25M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9"/>"#,
    Keys = r#"<rect x="1.75" y="4" width="12.5" height="8" rx="1.5"/><path d="M4.25 6.75h.01M6.75 6.75h.01M9.25 6.75h.01M11.75 6.75h.01M5 9.5h6"/>"#,
    Team = r#"<circle cx="6" cy="5.5" r="2.4"/><path d="M1.5 13c.45-2.3 2.2-3.5 4.5-3.5s4.05 1.2 4.5 3.5M10.5 3.3a2.4 2.4 0 0 1 0 4.4M12 9.8c1.3.5 2.2 1.6 2.5 3.2"/>"#,
    Calendar = r#"<rect x="2.5" y="3.25" width="11" height="10.25" rx="1.5"/><path d="M2.5 6.5h11M5.5 1.75v2.5M10.5 1.75v2.5"/>"#,
    Comment = r#"<path d="M2.5 3.5h11v7.75H7.25L4.5 13.75v-2.5h-2z"/>"#,
    Outside = r#"<path d="M6.5 3.25H3.25v9.5h9.5V9.5M9.5 2.75h3.75V6.5M13 3 7.5 8.5"/>"#,
    Flag = r#"<path d="M3.5 14V2.5M3.5 3h8.25l-1.5 2.75 1.5 2.75H3.5"/>"#,
    Cloud = r#"<path d="M4.75 12.5a3 3 0 0 1-.4-5.97 3.9 3.9 0 0 1 7.45.9 2.56 2.56 0 0 1-.3 5.07z"/>"#,
    Server = r#"<rect x="2.25" y="2.75" width="11.5" height="4.5" rx="1"/><rect x="2.25" y="8.75" width="11.5" height="4.5" rx="1"/><path d="M4.75 5h.01M4.75 11h.01"/>"#,
    Circle = r#"<circle cx="8" cy="8" r="5.75"/>"#,
    Half = r#"<circle cx="8" cy="8" r="5.75"/><path d="M8 2.25a5.75 5.75 0 0 1 0 11.5z" fill="currentColor" stroke="none"/>"#,
    Info = r#"<circle cx="8" cy="8" r="6"/><path d="M8 7.25v4M8 4.9v.01"/>"#,
    List = r#"<path d="M5.75 4h7.5M5.75 8h7.5M5.75 12h7.5"/><path d="M2.5 4h.01M2.5 8h.01M2.5 12h.01" stroke-width="2"/>"#,
    Chart = r#"<path d="M2.25 2.5v11.25H14"/><path d="M4.75 10.25 7.5 7l2.25 2 3.5-4.5"/>"#,
    Sliders = r#"<path d="M2 4.5h6M11.5 4.5H14M2 11.5h2.5M8 11.5h6"/><circle cx="9.75" cy="4.5" r="1.75"/><circle cx="6.25" cy="11.5" r="1.75"/>"#,
    Filter = r#"<path d="M2.5 4h11M4.75 8h6.5M6.75 12h2.5"/>"#,
    Up = r#"<path d="m4 10 4-4 4 4"/>"#,
    Lock = r#"<rect x="3.25" y="7" width="9.5" height="6.5" rx="1.25"/><path d="M5.25 7V5a2.75 2.75 0 0 1 5.5 0v2"/>"#,
    Shield = r#"<path d="M8 1.75 13 3.5v4c0 3.2-2.1 5.4-5 6.75C5.1 12.9 3 10.7 3 7.5v-4z"/>"#,
    Bin = r#"<path d="M2.75 4.25h10.5M6.25 4V2.5h3.5V4M4.25 4.5l.6 9h6.3l.6-9"/>"#,
    Bug = r#"<path d="M5.25 7.25a2.75 2.75 0 0 1 5.5 0v3a2.75 2.75 0 0 1-5.5 0zM8 7.5v5.25M5.25 7l-2.5-1.5M10.75 7l2.5-1.5M5.25 9.5H2.25M10.75 9.5h3M5.5 12 3.25 13.5M10.5 12l2.25 1.5M6 4.75 4.75 3M10 4.75 11.25 3"/>"#,
    Bookmark = r#"<path d="M4.5 2.5h7v11L8 10.5l-3.5 3z"/>"#,
    Box = r#"<rect x="2.75" y="2.75" width="10.5" height="10.5" rx="1.5"/><path d="m5.5 8.2 1.8 1.8 3.3-3.9"/>"#,
    Copy = r#"<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 3.5v-.25c0-.7-.55-1.25-1.25-1.25H3.75c-.7 0-1.25.55-1.25 1.25v5.5c0 .7.55 1.25 1.25 1.25H4"/>"#,
    Link = r#"<path d="M6.75 9.25a2.75 2.75 0 0 0 3.9 0l2-2a2.75 2.75 0 0 0-3.9-3.9l-.75.75M9.25 6.75a2.75 2.75 0 0 0-3.9 0l-2 2a2.75 2.75 0 0 0 3.9 3.9l.75-.75"/>"#,
    Shares = r#"<circle cx="8" cy="8" r="5.75"/><path d="M8 8V2.25M8 8l5 2.9"/>"#,
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
