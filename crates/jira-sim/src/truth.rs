//! The truth about a query, straight from the simulator's state: what a correct reading must equal.

use std::collections::BTreeMap;

use okrsync_jql::error::EvalError;
use rust_decimal::Decimal;

use crate::candidates;
use crate::catalogue::{Catalogue, Category, User};
use crate::error::SimError;
use crate::issue::{AsOf, Issue, IssueId, IssueView};
use crate::matching::{Asker, ItemView, SiteView};
use crate::sim::JiraSim;
use crate::site::Site;
use crate::sync::read;

/// An issue that matches, with all that a reading may need.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueIssue {
    /// Its number.
    pub id: u64,
    /// Its key at that moment.
    pub key: String,
    /// Whether its status was in the category done at that moment.
    pub completed: bool,
    /// Seconds logged.
    pub time_spent: Option<i64>,
    /// Seconds first estimated.
    pub original_estimate: Option<i64>,
    /// Seconds left.
    pub remaining_estimate: Option<i64>,
    /// Seconds logged, and logged plus left; None where both are nothing.
    pub progress: Option<(i64, i64)>,
    /// The first story point field that holds a number.
    pub story_points: Option<Decimal>,
    /// All number fields by id; those too large for a decimal are left out.
    pub numbers: BTreeMap<String, Decimal>,
}

/// What can be added up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Issues.
    Count,
    /// Seconds logged.
    TimeSpent,
    /// Seconds first estimated.
    OriginalEstimate,
    /// Seconds left.
    RemainingEstimate,
    /// Story points.
    StoryPoints,
    /// A number field by id.
    Number(String),
}

impl TrueIssue {
    /// What the issue adds to a sum; None where it has no value.
    pub fn value(&self, quantity: &Quantity) -> Option<Decimal> {
        match quantity {
            Quantity::Count => Some(Decimal::ONE),
            Quantity::TimeSpent => self.time_spent.map(Decimal::from),
            Quantity::OriginalEstimate => self.original_estimate.map(Decimal::from),
            Quantity::RemainingEstimate => self.remaining_estimate.map(Decimal::from),
            Quantity::StoryPoints => self.story_points,
            Quantity::Number(field) => self.numbers.get(field).copied(),
        }
    }
}

/// What a query matched at a moment, by ascending id.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// The issues.
    pub issues: Vec<TrueIssue>,
}

impl Truth {
    /// Their ids.
    pub fn ids(&self) -> Vec<u64> {
        self.issues.iter().map(|issue| issue.id).collect()
    }

    /// Their keys.
    pub fn keys(&self) -> Vec<&str> {
        self.issues.iter().map(|issue| issue.key.as_str()).collect()
    }

    /// How many matched.
    pub fn matched(&self) -> usize {
        self.issues.len()
    }

    /// How many of them were completed.
    pub fn completed(&self) -> usize {
        self.issues.iter().filter(|issue| issue.completed).count()
    }

    /// The sum over all; issues without a value add nothing.
    pub fn total(&self, quantity: &Quantity) -> Decimal {
        self.issues.iter().filter_map(|issue| issue.value(quantity)).sum()
    }

    /// The sum over the completed ones.
    pub fn done(&self, quantity: &Quantity) -> Decimal {
        self.issues.iter().filter(|issue| issue.completed).filter_map(|issue| issue.value(quantity)).sum()
    }
}

impl JiraSim {
    /// What a query matches now, as the site's account sees it.
    pub fn truth(&self, jql: &str) -> Result<Truth, SimError> {
        self.truth_at(AsOf::Now, jql)
    }

    /// What a query matched at a moment of the past: issues, catalogue, rights and clock as they were then.
    pub fn truth_at(&self, as_of: AsOf, jql: &str) -> Result<Truth, SimError> {
        self.truth_for(&self.account(), as_of, jql)
    }

    /// What a query matched at a moment, as a user sees it.
    pub fn truth_for(&self, user: &User, as_of: AsOf, jql: &str) -> Result<Truth, SimError> {
        let query = okrsync_jql::parse(jql).map_err(|errors| SimError::Query(format!("{errors:?}")))?;
        let site = read(&self.shared.site);
        let of = SiteView { site: &site, catalogue: site.catalogue_as_of(as_of), user: Some(&user.id) };
        let now = if let AsOf::Instant(at) = as_of { at } else { self.now() };
        let asker = Asker { user: Some(&user.id), zone: user.zone, now, week_starts: self.options().week_starts };
        let matcher = query.where_clause.as_ref().map(|clause| of.matcher(clause, &asker));
        let unsound = |problem: &&EvalError| !matches!(problem, EvalError::UnknownValue { .. });
        if let Some(problem) = matcher.as_ref().and_then(|matcher| matcher.problems().iter().find(unsound)) {
            return Err(SimError::Query(problem.to_string()));
        }
        let among = query.where_clause.as_ref().filter(|_| as_of == AsOf::Now);
        let issues: Vec<&Issue> = match among.and_then(|clause| candidates::find(&site, clause)) {
            Some(ids) => ids.into_iter().filter_map(|id| site.issue(id)).collect(),
            None => site.issues().iter().collect(),
        };
        let views = issues.into_iter().filter_map(|issue| Some(IssueView { issue, state: issue.state(as_of)?, as_of }));
        let seen = views.filter(|view| Site::may_see(of.catalogue, Some(&user.id), view.state));
        let matching = seen.filter(|view| matcher.as_ref().is_none_or(|m| m.matches(&ItemView { of, view: *view })));
        Ok(Truth { issues: matching.map(|view| true_issue(of.catalogue, &view)).collect() })
    }

    /// The truth about one issue now, whoever may see it.
    pub fn true_issue(&self, id: IssueId) -> Result<TrueIssue, SimError> {
        let site = read(&self.shared.site);
        let view = site.view(id).ok_or_else(|| SimError::unknown("issue", &id))?;
        Ok(true_issue(site.catalogue(), &view))
    }
}

fn true_issue(catalogue: &Catalogue, view: &IssueView<'_>) -> TrueIssue {
    let state = view.state;
    let numbers: BTreeMap<String, Decimal> =
        state.numbers.iter().filter_map(|(id, number)| Some((id.to_string(), number.decimal()?))).collect();
    let spent = state.time_spent.unwrap_or(0);
    let total = spent + state.remaining_estimate.unwrap_or(0);
    TrueIssue {
        id: view.issue.id.number(),
        key: state.key.to_string(),
        completed: catalogue.category(state.status) == Category::Done,
        time_spent: state.time_spent,
        original_estimate: state.original_estimate,
        remaining_estimate: state.remaining_estimate,
        progress: (total > 0).then_some((spent, total)),
        story_points: catalogue.story_point_fields().find_map(|field| numbers.get(&field.id).copied()),
        numbers,
    }
}
