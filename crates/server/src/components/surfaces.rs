//! Surfaces that carry other things: banners, toasts, dialogs, sheets, cards, steps.

use crate::{
    components::icons::{Icon, icon, small},
    pages::flash::Flash,
};
use maud::{Markup, html};

/// How urgent a banner is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Something failed.
    Bad,
    /// Something may not be as it seems.
    Mid,
    /// Something went well.
    Ok,
    /// Something is worth knowing.
    Info,
}

impl Tone {
    fn look(self) -> (&'static str, Icon) {
        match self {
            Self::Bad => ("banner bad", Icon::Triangle),
            Self::Mid => ("banner mid", Icon::Triangle),
            Self::Ok => ("banner ok", Icon::Tick),
            Self::Info => ("banner info", Icon::Info),
        }
    }
}

/// A line across the page: what is the matter in bold, what it means, and what can be done (buttons or links; may be empty).
pub(crate) fn banner(tone: Tone, title: &str, text: &str, action: &Markup) -> Markup {
    let (class, drawing) = tone.look();
    html! {
        div class=(class) role=(if tone == Tone::Bad { "alert" } else { "status" }) {
            (icon(drawing))
            span class="grow" { b { (title) } @if !text.is_empty() { " " (text) } }
            @if !action.0.is_empty() { span class="row" { (action) } }
        }
    }
}

/// Where messages appear; the script adds its own. A failure stays until it is closed.
pub(crate) fn toasts(flash: Option<&Flash>) -> Markup {
    html! {
        div class="toasts" data-toasts {
            @if let Some(flash) = flash {
                div class={ "toast" @if !flash.good { " bad" } } role=(if flash.good { "status" } else { "alert" }) data-toast=(flash.good) {
                    span class=(if flash.good { "c-ok" } else { "c-bad" }) {
                        (icon(if flash.good { Icon::Tick } else { Icon::Triangle }))
                    }
                    div class="grow" { b class="b6" { (flash.title) } @if !flash.text.is_empty() { p class="sub" { (flash.text) } } }
                    button class="ib sm" type="button" data-close aria-label="Close" { (small(Icon::Cross, "")) }
                }
            }
        }
    }
}

/// A page that the script shows as a dialog over the page before: a question or a short form. Links to it carry
/// `data-dialog`; without script it is a page of its own.
pub(crate) fn dialog(title: &str, lead: &str, inside: &Markup) -> Markup {
    html! {
        div class="page" {
            section class="dialog-page" data-dialog-body aria-labelledby="dialog-title" {
                h1 id="dialog-title" { (title) }
                @if !lead.is_empty() { p class="sub" { (lead) } }
                (inside)
            }
        }
    }
}

/// The buttons at the end of a form: the way back first, then what it is for.
pub(crate) fn actions(back: &str, verb: &str, dangerous: bool) -> Markup {
    html! {
        div class="actions" {
            a class="btn" href=(back) data-close { "Cancel" }
            button class=(if dangerous { "btn danger" } else { "btn pri" }) { (verb) }
        }
    }
}

/// A card with a heading; `beside` is what stands to its right, `class` further classes.
pub(crate) fn card(title: &str, beside: &Markup, class: &str, inside: &Markup) -> Markup {
    html! {
        section class={ "card " (class) } {
            header { h2 { (title) } (beside) }
            (inside)
        }
    }
}

/// A number that becomes a tick or a triangle, before the heading of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepState {
    /// Still to do.
    Open,
    /// Done.
    Done,
    /// Something is wrong.
    Wrong,
}

/// One numbered step of a form.
pub(crate) fn step(number: u8, state: StepState, title: &str, inside: &Markup) -> Markup {
    html! {
        section class="step" {
            @match state {
                StepState::Open => { span class="no" aria-hidden="true" { (number) } }
                StepState::Done => { span class="no ok" role="img" aria-label="Done" { (small(Icon::Check, "")) } }
                StepState::Wrong => { span class="no bad" role="img" aria-label="Something is wrong here" { (small(Icon::Triangle, "")) } }
            }
            div { h2 { (title) } (inside) }
        }
    }
}
