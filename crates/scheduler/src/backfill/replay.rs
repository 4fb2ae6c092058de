//! The replay: who matched at the end of each day of the past, and what the links' readings would have been.

use super::{atlas::Atlas, gaps, past::PastIssue};
use chrono::{Days, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use okrsync_domain::{
    Date, Instant, QueryId, Random, RefreshId,
    history::{Gap, IssueHistory},
    issue::{Facts, FieldId, Issue, IssueId},
    link::Settings,
    reading::{Reading, ReadingKind},
};
use okrsync_jql::{
    Clause,
    eval::{Context, Matcher, Past},
};
use okrsync_metrics::{Rule, history::facts_at, measure};
use okrsync_store::{PastFound, PastLink, PastMember};
use std::collections::{BTreeMap, BTreeSet};

/// What is replayed.
pub(super) struct Replay {
    pub(super) query_id: QueryId,
    pub(super) clause: Clause,
    /// Whether only changes of an issue can change whether it matches.
    pub(super) stable: bool,
    pub(super) links: Vec<PastLink>,
    /// The story point fields, where points are measured.
    pub(super) points: Vec<FieldId>,
    /// Number fields that are measured.
    pub(super) numbers: Vec<FieldId>,
    pub(super) until: Instant,
    /// What Jira matched then.
    pub(super) matched: BTreeSet<IssueId>,
    /// The organisation's zone: days end in it.
    pub(super) zone: Tz,
    /// The zone of the asking account: dates in queries are in it.
    pub(super) asker_zone: Tz,
    pub(super) asker: Option<String>,
    pub(super) random: Random,
}

/// What was changed within this time of the first measurement may have been read before or after it.
const AROUND: TimeDelta = TimeDelta::hours(1);

/// The last instant of a day that both databases keep.
pub(super) fn end_of(day: Date, zone: Tz) -> Instant {
    let next = day.checked_add_days(Days::new(1)).unwrap_or(Date::MAX).and_time(NaiveTime::MIN);
    let first = zone.from_local_datetime(&next).earliest();
    // where clocks jump over midnight, the day begins an hour later
    let first = first.or_else(|| zone.from_local_datetime(&(next + TimeDelta::hours(1))).earliest());
    let first = first.map_or_else(|| next.and_utc(), |at| at.with_timezone(&Utc));
    first - TimeDelta::microseconds(1)
}

/// Who matches, since when, with which facts.
type Matching = BTreeMap<IssueId, (Instant, Facts)>;

impl Replay {
    /// Replays day by day.
    pub(super) fn run(&self, histories: &[IssueHistory], atlas: &Atlas) -> PastFound {
        let issues: Vec<PastIssue<'_>> =
            histories.iter().map(|history| PastIssue::new(history, atlas, &self.numbers)).collect();
        let run = self.random.id(self.until);
        let mut found = PastFound { run: Some(run), ..PastFound::default() };
        let (mut matching, mut last) = (Matching::new(), None);
        for day in self.days() {
            let at = end_of(day, self.zone);
            let matcher = match self.matcher(at, atlas) {
                Ok(matcher) => matcher,
                Err(gap) => return PastFound { gaps: vec![gap], ..PastFound::default() },
            };
            for issue in &issues {
                if last.is_none_or(|last| !self.stable || issue.changed_between(last, at)) {
                    look(issue, &matcher, at, &mut matching, &mut found.members);
                }
            }
            self.measure((run, day, at), &matching, histories, &mut found);
            last = Some(at);
        }
        let ended_at = self.until;
        let members = matching.into_iter();
        found.members.extend(members.map(|(issue, (since, facts))| PastMember { issue, since, ended_at, facts }));
        found.gaps.extend(self.hold_against_jira(&issues, atlas));
        found.issues = issues_of(histories, &found.members);
        found
    }

    /// The query as of an instant, or why it cannot be computed.
    fn matcher(&self, at: Instant, atlas: &Atlas) -> Result<Matcher, Gap> {
        let context = Context {
            now: at,
            zone: self.asker_zone,
            week_starts: chrono::Weekday::Mon,
            user: self.asker.as_deref(),
            site: atlas,
        };
        let matcher = Matcher::new(&self.clause, &context);
        match matcher.problems().iter().find(|problem| !problem.is_of_the_past()) {
            None => Ok(matcher),
            Some(problem) => {
                let message =
                    format!("The past cannot be computed: {problem} Only what is measured from now on is known.");
                Err(Gap::new("not_computable", message))
            }
        }
    }

    /// Holds what matches at the first measurement against what Jira said then, as far as the issues were at rest.
    fn hold_against_jira(&self, issues: &[PastIssue<'_>], atlas: &Atlas) -> Option<Gap> {
        let matcher = self.matcher(self.until, atlas).ok()?;
        let (mut missing, mut extra) = (Vec::new(), Vec::new());
        for issue in issues.iter().filter(|issue| !issue.changed_between(self.until - AROUND, self.until + AROUND)) {
            let (id, past) = (issue.history.id, Past::new(issue, self.until));
            match (past.existed() && matcher.matches(&past), self.matched.contains(&id)) {
                (true, false) => extra.push(id),
                (false, true) => missing.push(id),
                _ => {}
            }
        }
        gaps::differs(&missing, &extra)
    }

    /// Every day from the first OKR's first to the one before its first measurement.
    fn days(&self) -> impl Iterator<Item = Date> + use<> {
        let first = self.links.iter().map(|link| link.starts_on).min().unwrap_or(Date::MAX);
        let (zone, last) = (self.zone, self.links.iter().map(|link| link.first).max().unwrap_or(self.until));
        first.iter_days().take_while(move |day| end_of(*day, zone) < last)
    }

    /// The readings of all links at the end of a day. Numbers that cannot be added up make none.
    fn measure(
        &self,
        (run, day, at): (RefreshId, Date, Instant),
        matching: &Matching,
        histories: &[IssueHistory],
        found: &mut PastFound,
    ) {
        let key =
            |id: &IssueId| histories.binary_search_by_key(id, |history| history.id).ok().map(|at| &histories[at].key);
        for link in self.links.iter().filter(|link| link.starts_on <= day && at < link.first) {
            let (own, against) = (&link.linked.link, &link.linked.measure);
            let rule = Rule::new(against, &own.metric, own.completed_only, self.points.clone());
            let issues = matching.iter().filter_map(|(id, (_, facts))| Some((key(id)?, facts)));
            let Ok(tally) = measure(issues, &rule) else { continue };
            let reading = Reading {
                id: self.random.id(at),
                okr_id: own.okr_id,
                at,
                kind: ReadingKind::Reconstructed,
                query_id: Some(self.query_id),
                refresh_id: Some(run),
                repeats: None,
                measure: against.clone(),
                tally,
            };
            let points = own.metric == okrsync_domain::measure::Metric::StoryPoints;
            let settings = Settings {
                jql: own.jql.clone(),
                metric: own.metric.clone(),
                completed_only: own.completed_only,
                story_points_fields: if points { self.points.clone() } else { Vec::new() },
            };
            found.readings.push((reading, settings));
        }
    }
}

/// Looks whether an issue matched at the end of a day.
fn look(issue: &PastIssue<'_>, matcher: &Matcher, at: Instant, matching: &mut Matching, members: &mut Vec<PastMember>) {
    let (id, past) = (issue.history.id, Past::new(issue, at));
    let facts = (past.existed() && matcher.matches(&past)).then(|| facts_at(&issue.facts, &issue.fact_changes, at));
    if matching.get(&id).map(|(_, known)| known) == facts.as_ref() {
        return;
    }
    if let Some((since, facts)) = matching.remove(&id) {
        members.push(PastMember { issue: id, since, ended_at: at, facts });
    }
    if let Some(facts) = facts {
        matching.insert(id, (at, facts));
    }
}

/// What is known of the issues that matched: their keys are part of the evidence.
fn issues_of(histories: &[IssueHistory], members: &[PastMember]) -> Vec<Issue> {
    let ids: BTreeSet<IssueId> = members.iter().map(|member| member.issue).collect();
    let issue = |history: &IssueHistory| Issue {
        id: history.id,
        key: history.key.clone(),
        updated: None,
        title: None,
        issue_type: None,
        status_id: None,
        status: None,
        assignee: None,
        resolved: None,
        facts: Facts::default(),
    };
    histories.iter().filter(|history| ids.contains(&history.id)).map(issue).collect()
}
