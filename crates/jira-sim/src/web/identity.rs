//! Who may pass, and the headers by which Jira says whom it took the caller for.

use std::fmt::Write as _;

use axum::http::{HeaderMap, HeaderName};

use super::ask::Visitor;
use super::consent;
use super::gate::Gate;
use super::limits::Verdict;
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
        _ if gate.door == Door::Auth || consent::is_for_everybody(&facts.path) => None,
        Caller::Problem(problem) => Some(consent::refusal(&gate.shared.base_url, problem)),
        Caller::ScopeMissing => Some(Reply::gateway_error(401, "Unauthorized; scope does not match")),
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

/// What is said of an answer in its headers.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) caller: Caller,
    pub(crate) plan: Plan,
    pub(crate) limit: Option<Verdict>,
}

/// Takes the request out of its bucket: by endpoint on Cloud, by user on Data Center.
pub(crate) fn draw(gate: &Gate, caller: &Caller, facts: &RequestFacts) -> Option<Verdict> {
    let burst = gate.shared.options.burst?;
    let key = match gate.shared.dialect {
        Dialect::Cloud => format!("{} {}", facts.method, facts.path),
        Dialect::DataCenter => caller.user().unwrap_or("anonymous").to_owned(),
    };
    Some(lock(&gate.shared.memory.buckets).take(&key, burst))
}

/// 429 for an empty bucket.
pub(crate) fn over_limit(gate: &Gate, facts: &RequestFacts) -> Reply {
    let reason = (gate.shared.dialect == Dialect::Cloud).then_some("jira-burst-based");
    too_many(gate, &facts.path, Some(1), reason)
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

/// Writes the headers that answers of the site carry. HTML comes from somebody before it, who knows nothing of them.
pub(crate) fn sign(gate: &Gate, headers: &mut HeaderMap, mark: &Mark) {
    let shared = &gate.shared;
    let is_html = headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let mut set = |name: &'static str, value: &str| {
        let name = HeaderName::from_static(name);
        // what a fault or a handler said stays
        if let (false, Ok(value)) = (headers.contains_key(&name), value.parse()) {
            headers.insert(name, value);
        }
    };
    set("date", &shared.options.clock.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string());
    if is_html {
        return;
    }
    set("x-arequestid", &format!("{}x1", shared.ledger.len()));
    name_caller(gate, mark, &mut set);
    let near_limit = mark.plan.is(&Effect::NearLimit);
    if near_limit || (shared.options.rate_headers && mark.caller.user().is_some()) {
        rate_headers(gate, near_limit, mark.limit, &mut set);
    }
}

/// Says whom the site took the caller for, and how it liked the credentials.
fn name_caller(gate: &Gate, mark: &Mark, set: &mut impl FnMut(&'static str, &str)) {
    let shown = match (&mark.plan.effect, &mark.caller) {
        (Some(Effect::OtherAccount(id)), Caller::User(_)) => Some(id.clone()),
        (_, Caller::User(id)) => Some(id.to_string()),
        _ => None,
    };
    match gate.shared.dialect {
        Dialect::Cloud => {
            set("atl-traceid", &format!("{:032x}", gate.shared.ledger.len()));
            if let Some(id) = &shown {
                set("x-aaccountid", id);
            }
        }
        Dialect::DataCenter => set("x-ausername", &user_name(gate, shown.as_deref())),
    }
    match (&mark.caller, gate.shared.dialect) {
        (Caller::Refused | Caller::WrongDoor, _) if !mark.plan.is(&Effect::Anonymous) => {
            set("x-seraph-loginreason", "AUTHENTICATED_FAILED");
        }
        (Caller::User(_), Dialect::DataCenter) => set("x-seraph-loginreason", "OK"),
        _ => {}
    }
}

fn rate_headers(gate: &Gate, near: bool, limit: Option<Verdict>, set: &mut impl FnMut(&'static str, &str)) {
    let burst = gate.shared.options.burst.unwrap_or(Burst { per_second: 5.0, size: 70.0 });
    let left = limit.map_or(burst.size - 1.0, |limit| limit.left);
    set("x-ratelimit-limit", &format!("{:.0}", burst.size));
    set("x-ratelimit-remaining", &format!("{left:.0}"));
    match gate.shared.dialect {
        Dialect::Cloud if near || left < burst.size / 5.0 => set("x-ratelimit-nearlimit", "true"),
        Dialect::Cloud => {}
        Dialect::DataCenter => {
            set("x-ratelimit-fillrate", &format!("{:.0}", burst.per_second));
            set("x-ratelimit-interval-seconds", "1");
            // zero while tokens remain: no reason to wait
            set("retry-after", "0");
        }
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
