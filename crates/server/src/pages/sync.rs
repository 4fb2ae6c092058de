//! How the refreshing goes: what is due, what each connection has to do, what it costs.

use super::{PageError, Visitor, reader::Reader};
use crate::{
    api::operations::{self, PlanView, SyncView},
    app::App,
    auth::policy::{Act, Verdict, judge},
    components::{
        figures::{counted, figure},
        form::hidden,
        icons::{Icon, small},
        shell::{Place, Shell, crumbs, shell},
        surfaces::{Tone, banner},
        times,
    },
};
use axum::extract::State;
use chrono::{DateTime, Utc};
use maud::{Markup, html};

/// The page.
pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Markup, PageError> {
    let status = operations::status(&app, &visitor.caller).await?;
    Ok(render(&Reader::of(&app, visitor).await?, &status))
}

/// Draws it.
pub(crate) fn render(reader: &Reader, status: &SyncView) -> Markup {
    let content = html! {
        div class="page" data-live {
            div class="dh" {
                div class="grow" {
                    h1 { "Sync status" }
                    p class="sub" { "okrsync asks Jira every " (reader.organisation.period_minutes) " minutes, and whenever somebody presses refresh." }
                }
                @if judge(&reader.user, Act::RefreshAll) == Verdict::Allowed {
                    form method="post" action="/refresh" data-refresh="/api/v1/refreshes" data-body="{\"scope\":\"all\"}" {
                        (hidden(&reader.csrf, &reader.once))
                        input type="hidden" name="next" value="/sync";
                        button class="btn" { (small(Icon::Refresh, "")) "Sync all now" }
                    }
                }
            }
            div data-part="pass" { (work(reader, status)) }
            section class="card" {
                header { h2 { "Connections" } }
                div data-part="plans" { (plans(reader, &status.connections)) }
            }
        }
    };
    let frame = Shell { title: "Sync status", place: Place::Sync, reader, top: crumbs(&[], "Sync status"), back: None };
    shell(&frame, &content)
}

fn at(reader: &Reader, at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "–".to_owned(), |at| times::clock(at, reader.now, reader.zone()))
}

fn work(reader: &Reader, status: &SyncView) -> Markup {
    let (pass, queue) = (&status.last_pass, &status.queue);
    html! {
        @if let Some(error) = &pass.error { (banner(Tone::Bad, "The last pass ended early.", error, &html! {})) }
        dl class="stats card figures" {
            div { dt { "Under way" } dd { (queue.running) } }
            div { dt { "Waiting" } dd { (queue.queued + queue.due) } }
            div { dt { "Longest wait" } dd { (wait(status.lag_seconds)) } }
            div { dt { "Next" } dd { (at(reader, status.next_at)) } }
            div {
                dt { (if pass.running { "This pass" } else { "Last pass" }) }
                dd { (figure(pass.done.into())) " " span { "done" @if pass.failed > 0 { ", " (pass.failed) " failed" } } }
            }
            div { dt { "Read" } dd { (figure(pass.issues.into())) " " span { "issues in " (counted(pass.requests, "request", "requests")) } } }
        }
    }
}

fn wait(seconds: i64) -> String {
    match seconds {
        0 => "none".to_owned(),
        few if few < 90 => format!("{few} s"),
        many => format!("{} min", many / 60),
    }
}

fn plans(reader: &Reader, plans: &[PlanView]) -> Markup {
    html! {
        @if plans.is_empty() {
            p class="quiet" { "No connection yet." }
        } @else {
            div class="scroll" tabindex="0" role="region" aria-label="Connections" {
                table class="tbl" {
                    thead {
                        tr {
                            th scope="col" { "Connection" }
                            th scope="col" { "State" }
                            th scope="col" class="r" { "Links" }
                            th scope="col" class="r" { "Queries" }
                            th scope="col" class="r" { "Failing" }
                            th scope="col" { "Next" }
                            th scope="col" class="r" { "Requests in the last hour" }
                        }
                    }
                    tbody { @for plan in plans { (row(reader, plan)) } }
                }
            }
        }
    }
}

fn row(reader: &Reader, plan: &PlanView) -> Markup {
    let (class, icon, word) = match plan.state.as_str() {
        "ok" if plan.paused_until.is_some() => ("c-mid", Icon::Clock, "Slowed down"),
        "ok" => ("c-ok", Icon::Tick, "Healthy"),
        "failing" => ("c-bad", Icon::Triangle, "Failing"),
        "first_sync" => ("c-acc", Icon::Sync, "First sync"),
        "disabled" => ("c-none", Icon::Dashed, "Paused"),
        "needs_authorization" => ("c-mid", Icon::Plug, "Sign in needed"),
        _ => ("c-none", Icon::Dashed, "Not tested"),
    };
    html! {
        tr {
            td { b class="b5" { (plan.name) } }
            td { span class="st" { span class=(class) { (small(icon, "")) } (word) } }
            td class="r" { (plan.links) }
            td class="r" { (plan.queries) }
            td class="r" { (plan.failing) }
            td { (at(reader, plan.paused_until.or(plan.next_at))) }
            td class="r" { (figure(plan.requests_last_hour.into())) " of " (figure(plan.budget_per_hour.into())) }
        }
    }
}
