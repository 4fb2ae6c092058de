//! Who may pass, and the headers by which Jira says whom it took the caller for.

use std::fmt::Write as _;

use axum::http::{HeaderMap, HeaderName};

use super::ask::Visitor;
use super::gate::Gate;
use super::reply::Reply;
use crate::credentials::{Caller, Door};
use crate::faults::{Effect, Plan, RequestFacts};
use crate::options::{AnonymousAccess, Burst, Dialect};
use crate::sync::{lock, read};

/// What the log-in layer answers instead of a handler.
pub(crate) fn door_policy(gate: &Gate, visitor: &Visitor, facts: &RequestFacts) -> Option<Reply> {
    let open = ["/serverInfo", "/_edge/tenant_info"].iter().any(|end| facts.path.ends_with(end));
    let forced = matches!(visitor.plan.effect, Some(Effect::Anonymous | Effect::Expired));
    match &visitor.caller {
        Caller::User(_) => None,
        Caller::Refused if forced => None,
        _ if gate.door == Door::Gateway => Some(Reply::gateway_error(401, "Unauthorized")),
        Caller::WrongDoor => Some(Reply::must_sign_in()),
        _ if open => None,
        Caller::Refused => gate.refuses_bad_credentials().then(Reply::must_sign_in),
        Caller::Nobody => match gate.anonymous() {
            AnonymousAccess::PublicIssues => None,
            AnonymousAccess::Refused => Some(Reply::must_sign_in()),
            AnonymousAccess::RedirectToLogin => Some(Reply::to_login(&gate.shared.base_url)),
        },
    }
}

/// 429 where the burst bucket is empty.
pub(crate) fn over_limit(gate: &Gate, caller: &Caller, facts: &RequestFacts) -> Option<Reply> {
    let burst = gate.shared.options.burst?;
    let key = match gate.shared.dialect {
        Dialect::Cloud => format!("{} {}", facts.method, facts.path),
        Dialect::DataCenter => caller.user().unwrap_or("anonymous").to_owned(),
    };
    let verdict = lock(&gate.shared.memory.buckets).take(&key, burst);
    let reason = (gate.shared.dialect == Dialect::Cloud).then_some("jira-burst-based");
    (!verdict.allowed).then(|| too_many(gate, &facts.path, Some(1), reason))
}

/// 429 in the dialect's own dress.
pub(crate) fn too_many(gate: &Gate, path: &str, retry_after: Option<u32>, reason: Option<&str>) -> Reply {
    let shared = &gate.shared;
    let mut reply = Reply::error(429, "Rate limit exceeded.").with("x-ratelimit-remaining", &0);
    if let Some(seconds) = retry_after {
        let only_here = reason.is_some_and(|reason| reason.contains("burst"));
        shared.ledger.retry_after(only_here.then(|| path.to_owned()), seconds, shared.options.clock.now());
        reply = reply.with("retry-after", &seconds);
    }
    if shared.dialect == Dialect::Cloud {
        let wait = chrono::TimeDelta::seconds(retry_after.unwrap_or(60).into());
        let reset = shared.options.clock.now() + wait;
        reply = reply.with("x-ratelimit-reset", &reset.format("%Y-%m-%dT%H:%M:%SZ")).with("x-ratelimit-limit", &100);
        if let Some(reason) = reason {
            reply = reply.with("ratelimit-reason", &reason);
        }
    }
    reply
}

/// Writes the headers that every answer of the site carries.
pub(crate) fn sign(gate: &Gate, headers: &mut HeaderMap, caller: &Caller, plan: &Plan) {
    let shared = &gate.shared;
    let mut set = |name: &'static str, value: &str| {
        let name = HeaderName::from_static(name);
        // what a fault or a handler said stays
        if let (false, Ok(value)) = (headers.contains_key(&name), value.parse()) {
            headers.insert(name, value);
        }
    };
    set("date", &shared.options.clock.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string());
    set("x-arequestid", &format!("{}x1", shared.ledger.len()));
    let shown = match (&plan.effect, caller) {
        (Some(Effect::OtherAccount(id)), Caller::User(_)) => Some(id.clone()),
        (_, Caller::User(id)) => Some(id.to_string()),
        _ => None,
    };
    match shared.dialect {
        Dialect::Cloud => {
            set("atl-traceid", &format!("{:032x}", shared.ledger.len()));
            if let Some(id) = &shown {
                set("x-aaccountid", id);
            }
        }
        Dialect::DataCenter => set("x-ausername", &user_name(gate, shown.as_deref())),
    }
    match (caller, shared.dialect) {
        (Caller::Refused | Caller::WrongDoor, _) if !matches!(plan.effect, Some(Effect::Anonymous)) => {
            set("x-seraph-loginreason", "AUTHENTICATED_FAILED");
        }
        (Caller::User(_), Dialect::DataCenter) => set("x-seraph-loginreason", "OK"),
        _ => {}
    }
    if shared.options.rate_headers && shown.is_some() {
        rate_headers(gate, &mut set);
    }
}

fn rate_headers(gate: &Gate, set: &mut impl FnMut(&'static str, &str)) {
    let burst = gate.shared.options.burst.unwrap_or(Burst { per_second: 5.0, size: 70.0 });
    set("x-ratelimit-limit", &format!("{:.0}", burst.size));
    set("x-ratelimit-remaining", &format!("{:.0}", burst.size - 1.0));
    if gate.shared.dialect == Dialect::DataCenter {
        set("x-ratelimit-fillrate", &format!("{:.0}", burst.per_second));
        set("x-ratelimit-interval-seconds", "1");
        // zero while tokens remain: no reason to wait
        set("retry-after", "0");
    }
}

/// The user name as the header carries it: percent-encoded.
fn user_name(gate: &Gate, id: Option<&str>) -> String {
    let site = read(&gate.shared.site);
    let name = id.map_or("anonymous", |id| site.catalogue().user(id).map_or(id, |user| user.name.as_str()));
    let mut encoded = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => encoded.push(char::from(byte)),
            other => write!(encoded, "%{other:02X}").expect("writing to a string never fails"),
        }
    }
    encoded
}
