//! A test of a connection in named steps, each with its outcome and cure.

use crate::{
    Error, Site, address,
    site::{ServerInfo, read_server_info},
};
use okrsync_domain::{
    Instant,
    catalogue::{Field, story_points_fields},
    connection::{Account, Deployment, JiraInfo},
};

/// Names of the steps, in order.
const STEPS: [&str; 7] = ["reach", "jira", "sign_in", "account", "search", "fields", "clock"];
/// Cheap, and restricted enough for Cloud.
const HARMLESS_QUERY: &str = "updated >= -1d";
/// Clocks further apart than this are worth a word.
const TOLERATED_SKEW_SECONDS: i64 = 60;

/// One step of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeStep {
    /// `reach`, `jira`, `sign_in`, `account`, `search`, `fields` or `clock`.
    pub name: &'static str,
    /// Whether it went well.
    pub ok: bool,
    /// What was found, or what went wrong.
    pub detail: String,
    /// The cure, or a word of advice.
    pub hint: Option<String>,
}

/// What a probe found.
#[derive(Debug, Clone, Default)]
pub struct ProbeReport {
    /// Whether every step went well.
    pub ok: bool,
    /// The steps in order; those after a failure are listed as not tried.
    pub steps: Vec<ProbeStep>,
    /// The account that signed in.
    pub account: Option<Account>,
    /// What answered.
    pub jira: Option<JiraInfo>,
    /// Cloud id, where it was needed.
    pub cloud_id: Option<String>,
    /// Whether requests must go through the gateway.
    pub via_gateway: bool,
    /// Why it stopped.
    pub first_error: Option<Error>,
}

/// What one step found.
struct Found {
    detail: String,
    hint: Option<String>,
}

impl ProbeReport {
    fn note(&mut self, detail: impl Into<String>) {
        self.note_with(Found { detail: detail.into(), hint: None });
    }

    fn note_with(&mut self, found: Found) {
        let name = STEPS[self.steps.len()];
        self.steps.push(ProbeStep { name, ok: true, detail: found.detail, hint: found.hint });
    }

    /// Ends the report: a failed step, then those not tried.
    fn end(&mut self, outcome: Result<(), Error>) {
        if let Err(error) = outcome {
            let name = STEPS[self.steps.len()];
            self.steps.push(ProbeStep { name, ok: false, detail: error.to_string(), hint: error.hint() });
            self.first_error = Some(error);
        }
        self.ok = self.first_error.is_none();
        let untried = &STEPS[self.steps.len()..];
        self.steps.extend(untried.iter().map(|&name| ProbeStep {
            name,
            ok: false,
            detail: "not tried".to_owned(),
            hint: None,
        }));
    }
}

/// Runs all steps.
pub(crate) async fn run(site: &Site) -> ProbeReport {
    let config = site.client().config();
    let (cloud_id, via_gateway) = (config.cloud_id.clone(), config.via_gateway && config.cloud_id.is_some());
    let mut report = ProbeReport { cloud_id, via_gateway, ..ProbeReport::default() };
    let outcome = walk(site, &mut report).await;
    report.end(outcome);
    report
}

async fn walk(site: &Site, report: &mut ProbeReport) -> Result<(), Error> {
    let told = reach(site, report).await?;
    let (site, account, date) = sign_in(site, report).await?;
    let info = match told {
        Some(info) => info,
        None => flavour(&site, site.server_info().await?)?.info,
    };
    report.jira = Some(info);
    site.expect(&account)?;
    report.note(match &account.time_zone {
        Some(zone) => format!("{} ({zone})", account.display_name),
        None => account.display_name.clone(),
    });
    report.account = Some(account);
    let found = match site.try_search(HARMLESS_QUERY).await? {
        Some(true) => "search works; nothing that this account sees changed within a day",
        Some(false) | None => "search works",
    };
    report.note(found);
    report.note_with(judge_fields(&site.fields().await?));
    report.note_with(judge_clock(date, site.client().clock().now()));
    Ok(())
}

/// The first two steps share a request: does anything answer, and is it Jira? A site that tells nobody anything is
/// asked again once we are signed in.
async fn reach(site: &Site, report: &mut ProbeReport) -> Result<Option<JiraInfo>, Error> {
    let [own, other] = site.server_info_calls();
    let mut answer = site.client().peek(&own).await?;
    if answer.status == reqwest::StatusCode::NOT_FOUND {
        answer = site.client().peek(&other).await?; // the other flavour says so itself
    }
    let server = address::text(&site.client().config().server_url);
    report.note(format!("{server} answers"));
    match answer.judge(crate::answer::Expectation::default()) {
        Ok(()) => {
            let told = flavour(site, read_server_info(&answer)?)?;
            report.note(format!("Jira {} ({})", told.info.version, told.info.deployment_type));
            Ok(Some(told.info))
        }
        Err(Error::CredentialInvalid { .. } | Error::Forbidden { .. } | Error::ScopeMissing { .. }) => {
            report.note("it wants us to sign in first");
            Ok(None)
        }
        Err(Error::NotFound { .. }) => Err(Error::NotJira { detail: "nothing there knows Jira's API".to_owned() }),
        Err(error) => Err(error),
    }
}

fn flavour(site: &Site, told: ServerInfo) -> Result<ServerInfo, Error> {
    if told.deployment == site.deployment() {
        return Ok(told);
    }
    let (is, choose) = match told.deployment {
        Deployment::Cloud => ("Jira Cloud", "Cloud"),
        Deployment::SelfManaged => ("a self-managed Jira", "self-managed"),
    };
    Err(Error::NotJira { detail: format!("it is {is}: choose \"{choose}\" as the connection's type") })
}

/// Signs in the configured way, then the other way that the same token might work.
async fn sign_in(site: &Site, report: &mut ProbeReport) -> Result<(Site, Account, Option<Instant>), Error> {
    let refused = match site.who().await {
        Ok((account, date)) => {
            report.note("the sign-in is accepted");
            return Ok((site.clone(), account, date));
        }
        Err(error @ (Error::CredentialInvalid { .. } | Error::Forbidden { .. } | Error::ScopeMissing { .. })) => error,
        Err(error) => return Err(error),
    };
    let Some(Ok((other, cloud_id))) = site.other_way(report.via_gateway).await else { return Err(refused) };
    match other.who().await {
        Ok((account, date)) => {
            report.via_gateway = !report.via_gateway;
            report.cloud_id = cloud_id.or(report.cloud_id.take());
            report.note(if report.via_gateway {
                "the sign-in is accepted through the API gateway (a scoped token)"
            } else {
                "the sign-in is accepted at the site itself (a classic token)"
            });
            Ok((other, account, date))
        }
        Err(error @ Error::ScopeMissing { .. }) => Err(error),
        Err(_) => Err(refused),
    }
}

fn judge_fields(fields: &[Field]) -> Found {
    let numbers = fields.iter().filter(|field| field.is_numeric()).count();
    let points = story_points_fields(fields);
    let named = |id| fields.iter().find(|field| field.id == id).map(|field| format!("\"{}\"", field.name));
    let named: Vec<String> = points.into_iter().filter_map(named).collect();
    let points = if named.is_empty() { "none for story points".to_owned() } else { named.join(", ") };
    let detail = format!("{} fields, {numbers} with numbers ({points})", fields.len());
    let time_tracking = fields.iter().any(|field| field.id.0 == okrsync_domain::issue::TIME_SPENT);
    let hint = (!time_tracking)
        .then(|| "Time tracking is off for this account, so time spent and estimates cannot be measured.".to_owned());
    Found { detail, hint }
}

/// Clocks that disagree spoil signatures and expiry dates, but not today's work.
fn judge_clock(theirs: Option<Instant>, ours: Instant) -> Found {
    let Some(theirs) = theirs else {
        return Found { detail: "the server does not tell its time".to_owned(), hint: None };
    };
    let seconds = (theirs - ours).num_seconds();
    if seconds.abs() <= TOLERATED_SKEW_SECONDS {
        return Found { detail: "the clocks agree".to_owned(), hint: None };
    }
    let side = if seconds > 0 { "ahead" } else { "behind" };
    Found {
        detail: format!("Jira's clock is {} s {side}", seconds.abs()),
        hint: Some("Synchronise the clocks of both machines (NTP).".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_after_a_failure_are_not_tried() {
        let mut report = ProbeReport::default();
        report.note("answers");
        report.end(Err(Error::NotJira { detail: "a web page".into() }));
        let told: Vec<_> = report.steps.iter().map(|step| (step.name, step.ok)).collect();
        assert_eq!(told.len(), STEPS.len());
        assert_eq!(told[..3], [("reach", true), ("jira", false), ("sign_in", false)]);
        assert!(!report.ok && report.steps[1].hint.is_some() && report.steps[2].detail == "not tried");
    }

    #[test]
    fn a_wrong_clock_is_told_but_is_no_failure() {
        let at = |text: &str| text.parse().unwrap();
        let found = judge_clock(Some(at("2026-11-20T10:05:00Z")), at("2026-11-20T10:00:00Z"));
        assert_eq!(found.detail, "Jira's clock is 300 s ahead");
        assert!(found.hint.is_some());
        assert!(judge_clock(Some(at("2026-11-20T10:00:05Z")), at("2026-11-20T10:00:00Z")).hint.is_none());
    }
}
