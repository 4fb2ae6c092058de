//! The fields of a connection, for a new one and for one that is there.

use super::entries::{HEADERS, has_advanced};
use crate::{
    components::{
        form::{Entries, Field, area, input, options, switch},
        icons::{Icon, small},
    },
    consent::OAUTH2_CALLBACK,
    pages::reader::Reader,
};
use maud::{Markup, html};
use okrsync_domain::catalogue::Field as JiraField;

/// Name, address, type and sign-in; type and kind decide by style which fields of the sign-in show.
pub(crate) fn server(reader: &Reader, entries: &Entries, stored: bool) -> Markup {
    html! {
        div class="fg" {
            (input(&Field { name: "name", label: "Name", help: "People see this name when they link a key result.", required: true, autofocus: !stored, ..Field::default() }, entries))
            (input(&Field { name: "server_url", label: "Server URL", help: "As people open Jira in the browser, with a path such as /jira if it has one.", placeholder: "https://northwind.atlassian.net", inputmode: "url", required: true, ..Field::default() }, entries))
            (options(&Field { name: "deployment", label: "Type", ..Field::default() }, entries, &[
                ("cloud", "Cloud", "Address ends in atlassian.net", ""),
                ("self_managed", "Self-managed", "Runs on a server of your own", ""),
            ]))
        }
        div class="sec fg" {
            (options(&Field { name: "auth.kind", label: "How okrsync signs in", ..Field::default() }, entries, &[
                ("token", "Token", "Of an account that can only read", ""),
                ("oauth2", "OAuth 2.0", "Somebody allows it on Jira's own page", ""),
                ("oauth1", "Application link", "OAuth 1.0a, for Jira before 8.22", ""),
            ]))
            div class="only-token" { (token(entries, stored)) }
            div class="only-oauth2 fg" { (oauth2(reader, entries, stored)) }
            div class="only-oauth1 fg" { (oauth1(entries)) }
        }
    }
}

fn token(entries: &Entries, stored: bool) -> Markup {
    let help = if stored {
        "Leave it empty to keep the one that is stored."
    } else {
        "It is stored encrypted and never shown again. Use an account that can only read."
    };
    html! {
        div class="pair" {
            div class="only-cloud" {
                (input(&Field { name: "auth.email", label: "Email", inputmode: "email", ..Field::default() }, entries))
            }
            (input(&Field { name: "auth.token", label: "Token", kind: "password", autocomplete: "new-password", ..Field::default() }, entries))
        }
        p class="help" {
            span class="only-cloud" { "Make an API token in your Atlassian account under Security. " }
            span class="only-self" { "Make one in Jira under Profile, Personal Access Tokens (Jira 8.14 and later). " }
            (help)
        }
    }
}

fn oauth2(reader: &Reader, entries: &Entries, stored: bool) -> Markup {
    let secret = if stored { "Leave it empty to keep the one that is stored." } else { "" };
    html! {
        div {
            p class="t13 mut only-cloud" { "Make an OAuth 2.0 app in Atlassian's developer console with the permissions read:jira-work and read:jira-user, and this callback address." }
            p class="t13 mut only-self" { "A Jira administrator makes an incoming link under Administration, Applications, Application links: an external application with this callback address that may read." }
            dl class="copies-inline" { dt { "Callback URL" } dd { (copy("Callback URL", &format!("{}{OAUTH2_CALLBACK}", reader.address))) } }
        }
        div class="g2" {
            (input(&Field { name: "auth.client_id", label: "Client id", ..Field::default() }, entries))
            (input(&Field { name: "auth.client_secret", label: "Client secret", help: secret, kind: "password", autocomplete: "new-password", ..Field::default() }, entries))
        }
    }
}

fn oauth1(entries: &Entries) -> Markup {
    html! {
        (input(&Field { name: "auth.consumer_key", label: "Consumer key", help: "Any name that Jira knows okrsync by. The next page has the public key and the callback address to copy into Jira.", ..Field::default() }, entries))
    }
}

/// A value to be copied; the button is the script's.
pub(crate) fn copy(name: &str, value: &str) -> Markup {
    html! {
        span class="copy" {
            code class="grow" { (value) }
            button class="ib sm" type="button" data-copy aria-label={ "Copy " (name) } title="Copy" hidden { (small(Icon::Copy, "")) }
        }
    }
}

/// What is rarely needed, folded unless something is in it.
pub(crate) fn advanced(entries: &Entries) -> Markup {
    html! {
        div class="sec" {
            details class="fold" open[has_advanced(entries) || entries.is_refused()] {
                summary class="t13 b5" { (small(Icon::Right, "")) "Advanced options " span class="mut" { "Headers for a proxy, request budget, certificates" } }
                div class="fg" {
                    @for number in 0..HEADERS { (header(entries, number)) }
                    p class="help" { "Sent with every request, for a reverse proxy in front of Jira. Values are stored encrypted; an empty one keeps what is stored." }
                    div class="g2" {
                        (number("budget_per_hour", "Requests in an hour", "The most that is sent within any hour.", entries))
                        (number("concurrency", "Requests at once", "1 to 32.", entries))
                    }
                    div class="g2" {
                        (number("timeout_seconds", "Time-out in seconds", "1 to 600.", entries))
                        (input(&Field { name: "secret_expires_at", label: "Token expires on", help: "You are warned 30, 7 and 1 days before.", kind: "date", optional: true, ..Field::default() }, entries))
                    }
                    (input(&Field { name: "proxy_url", label: "Outbound proxy", placeholder: "http://proxy.example:3128", inputmode: "url", optional: true, ..Field::default() }, entries))
                    (input(&Field { name: "gateway_url", label: "API gateway", help: "Empty is Atlassian's.", inputmode: "url", optional: true, ..Field::default() }, entries))
                    div class="only-consent" {
                        (input(&Field { name: "auth_url", label: "Consent pages", help: "Empty is Atlassian's, or the server itself.", inputmode: "url", optional: true, ..Field::default() }, entries))
                    }
                    (area(&Field { name: "ca_pem", label: "Certificate authority (PEM)", help: "For a server whose certificate your own authority signed.", optional: true, ..Field::default() }, entries, 4))
                }
            }
        }
    }
}

fn header(entries: &Entries, number: usize) -> Markup {
    let (name, value) = (format!("headers[{number}].name"), format!("headers[{number}].value"));
    html! {
        div class="g2" {
            (input(&Field { name: &name, label: "Header name", placeholder: "X-Proxy-Key", optional: true, ..Field::default() }, entries))
            (input(&Field { name: &value, label: "Header value", kind: "password", autocomplete: "new-password", optional: true, ..Field::default() }, entries))
        }
    }
}

fn number(name: &str, label: &str, help: &str, entries: &Entries) -> Markup {
    input(&Field { name, label, help, inputmode: "numeric", ..Field::default() }, entries)
}

/// The fields that story points are read from; none ticked follows the site.
pub(crate) fn story_points(entries: &Entries, fields: &[JiraField]) -> Markup {
    html! {
        @if !fields.is_empty() {
            fieldset class="field sec" {
                legend class="lb" { "Story points are read from" }
                input type="hidden" name="fields_shown" value="true";
                @for field in fields {
                    label class="check" {
                        input type="checkbox" name="story_points_fields" value=(field.id.0)
                            checked[entries.has("story_points_fields", &field.id.0)];
                        span { (field.name) " " span class="mut t12" { (field.id.0) } }
                    }
                }
                p class="help" { "None ticked: the fields that Jira itself uses for story points. A change is measured at once." }
            }
        }
    }
}

/// Who uses it, and what viewers see.
pub(crate) fn sharing(reader: &Reader, entries: &Entries) -> Markup {
    let all = format!("All people at {}", reader.organisation.name);
    html! {
        div class="fg" {
            (options(&Field { name: "sharing", label: "Who may link key results with it?", help: "The token itself is never shown to anybody.", ..Field::default() }, entries, &[
                ("everyone", "Everyone", &all, ""),
                ("private", "Only me", "Nobody else sees it", ""),
            ]))
            (switch(&Field { name: "show_titles_to_viewers", label: "Viewers see titles of issues", help: "Off, viewers see numbers and keys only.", ..Field::default() }, entries))
        }
    }
}
