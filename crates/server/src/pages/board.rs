//! The board: every objective with its key results, their value, status, origin and age.

use super::layout::{Frame, framed};
use crate::components::{
    avatar::{Person, avatar},
    bar::Bar,
    icon::Icon,
    pill,
};
use maud::{Markup, html};
use okrsync_metrics::status::Status;

/// What the board shows.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    pub(crate) frame: Frame,
    pub(crate) period: Period,
    pub(crate) summary: Summary,
    /// In the order of the tree.
    pub(crate) groups: Vec<Group>,
}

/// The period in the head.
#[derive(Debug, Clone)]
pub(crate) struct Period {
    /// "Q4 2026".
    pub(crate) name: String,
    /// "1 Oct – 31 Dec 2026 · day 50 of 91 · 41 days left".
    pub(crate) dates: String,
    pub(crate) previous: Turn,
    pub(crate) next: Turn,
}

/// A neighbouring period.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    pub(crate) name: String,
    pub(crate) href: String,
}

/// How it goes as a whole.
#[derive(Debug, Clone)]
pub(crate) struct Summary {
    pub(crate) bar: Bar,
    /// "1.8 pt under expected".
    pub(crate) gap: Option<String>,
    pub(crate) key_results: u64,
    pub(crate) counts: Vec<(Status, u64)>,
    /// Failing connections in a sentence each.
    pub(crate) trouble: Vec<String>,
}

/// An objective and what is below it.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) head: Row,
    pub(crate) rows: Vec<Row>,
}

/// One OKR.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) team: Option<String>,
    /// "Story points · parent = AE-786".
    pub(crate) meta: String,
    pub(crate) owner: Person,
    pub(crate) bar: Bar,
    pub(crate) value: Value,
    pub(crate) status: Status,
    pub(crate) source: Source,
    pub(crate) note: Option<Note>,
}

/// The value column.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    /// "14", "53.1%", or "No value".
    pub(crate) main: String,
    /// "/ 20 bugs".
    pub(crate) rest: Option<String>,
    /// "34 of 64 pts", or the percentage under a KPI.
    pub(crate) detail: Option<String>,
    pub(crate) missing: bool,
}

/// Where the value comes from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) kind: SourceKind,
    /// "12 min ago".
    pub(crate) text: String,
    /// Exact and next sync time.
    pub(crate) tooltip: String,
}

/// The three origins of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SourceKind {
    Jira,
    ByHand,
    RollUp,
}

/// The worst thing to know about a row.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    /// Red rather than orange.
    pub(crate) failing: bool,
    pub(crate) text: String,
}

impl Board {
    /// The page.
    pub(crate) fn page(&self) -> Markup {
        let csrf = &self.frame.csrf;
        framed("OKRs", &self.frame, &html! {
            (self.head())
            div class="page" id="board" data-live {
                (self.summary.draw())
                @if self.groups.is_empty() { (self.empty()) } @else { (self.tree(csrf)) }
            }
        })
    }

    fn head(&self) -> Markup {
        let turn = |turn: &Turn, label: &str, icon: Icon| {
            html! { a class="ib" href=(turn.href) aria-label=(format!("{label} period, {}", turn.name)) { (icon.draw()) } }
        };
        html! {
            div class="top" {
                div class="period" {
                    (turn(&self.period.previous, "Previous", Icon::Previous))
                    h1 { (self.period.name) }
                    (turn(&self.period.next, "Next", Icon::Next))
                }
                span class="t13 mut hide-m" { (self.period.dates) }
                span class="grow" {}
                form method="post" action="/refreshes" data-refresh {
                    input type="hidden" name="csrf" value=(self.frame.csrf);
                    button class="btn" { (Icon::Refresh.small()) "Refresh all" }
                }
            }
        }
    }

    fn tree(&self, csrf: &str) -> Markup {
        html! {
            div class="tree" role="table" aria-label="Objectives and key results" {
                div class="tr th" role="row" {
                    @for name in ["Objective / key result", "Owner", "Progress", "Value", "Status", "Source"] {
                        span role="columnheader" { (name) }
                    }
                }
                @for group in &self.groups {
                    div class="grp" role="rowgroup" {
                        (group.head.draw("ob", csrf))
                        @for row in &group.rows { (row.draw("kr", csrf)) }
                    }
                }
            }
        }
    }

    fn empty(&self) -> Markup {
        html! {
            div class="empty" {
                h2 { "No objectives in " (self.period.name) " yet" }
                p class="sub" { "Connect Jira once. After that, key results fill themselves from the issues you point them at." }
                ol {
                    li { b { "Connect Jira" } " with " code { "POST /api/v1/connections" } ": Cloud or self-managed, read access is enough." }
                    li { b { "Write an objective and its key results" } " with " code { "POST /api/v1/okrs" } "." }
                    li { b { "Link them to JQL queries" } " with " code { "PUT /api/v1/okrs/{id}/link" } "." }
                }
                a class="link" href="/api/docs" { "Open the API's pages" }
            }
        }
    }
}

impl Summary {
    fn draw(&self) -> Markup {
        html! {
            section class="sum" aria-label="Summary" {
                div {
                    div class="cap" { "Company progress" }
                    div class="row base" {
                        span class="big" {
                            @match &self.bar.progress { Some(progress) => { (progress) "%" } None => "No value" }
                        }
                        (pill::pill(self.bar.status))
                        @if let Some(gap) = &self.gap { span class="t13 mut num" { (gap) } }
                    }
                    (self.bar.draw())
                }
                div {
                    div class="cap" { (self.key_results) " key results" }
                    ul class="counts" {
                        @for (status, number) in &self.counts {
                            li { span class=(format!("k c-{}", pill::tone(*status))) { (pill::icon(*status).draw()) span { (pill::label(*status)) } }
                                div class="v" { (number) } }
                        }
                    }
                }
                @if !self.trouble.is_empty() {
                    div {
                        div class="cap" { "Connections" }
                        @for sentence in &self.trouble {
                            p class="note" { (Icon::Plug.draw()) span { (sentence) } }
                        }
                    }
                }
            }
        }
    }
}

impl Row {
    fn draw(&self, class: &str, csrf: &str) -> Markup {
        html! {
            div class=(format!("tr {class}")) role="row" id=(format!("okr-{}", self.id)) {
                div class="tt" role="cell" {
                    div class="grow" {
                        b { (self.title) }
                        @if let Some(team) = &self.team { span class="team" { (team) } }
                        @if !self.meta.is_empty() { small { (self.meta) } }
                        @if let Some(note) = &self.note {
                            div class=(if note.failing { "note" } else { "note mid" }) {
                                (if note.failing { Icon::Plug } else { Icon::Warning }.draw()) span { (note.text) }
                            }
                        }
                    }
                }
                div role="cell" { (avatar(&self.owner)) }
                div role="cell" { (self.bar.draw()) }
                (self.value.draw())
                div role="cell" { (pill::pill(self.status)) }
                (self.source(csrf))
            }
        }
    }

    fn source(&self, csrf: &str) -> Markup {
        let icon = match self.source.kind {
            SourceKind::Jira => Icon::Jira,
            SourceKind::ByHand => Icon::Pencil,
            SourceKind::RollUp => Icon::Elbow,
        };
        html! {
            div class="src" role="cell" {
                (icon.small())
                span class="ell age" title=(self.source.tooltip) { (self.source.text) }
                @if self.source.kind == SourceKind::Jira {
                    form method="post" action=(format!("/okrs/{}/refresh", self.id)) data-refresh {
                        input type="hidden" name="csrf" value=(csrf);
                        button class="ib sm" aria-label=(format!("Refresh {}", self.title)) { (Icon::Refresh.small()) }
                    }
                }
            }
        }
    }
}

impl Value {
    fn draw(&self) -> Markup {
        html! {
            div class="val" role="cell" {
                b class=[self.missing.then_some("mut")] { (self.main) }
                @if let Some(rest) = &self.rest { " " span { (rest) } }
                @if let Some(detail) = &self.detail { small { (detail) } }
            }
        }
    }
}
