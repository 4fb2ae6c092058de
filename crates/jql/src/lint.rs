//! What a query means other than its author may think: each finding has a code, a place, a sentence and often a mend.

mod completion;
mod dependence;
mod emptiness;
mod hierarchy;
mod matches;
mod mend;
mod names;
mod values;

pub use crate::span::Fix;

use crate::{
    ast::{Clause, Query, Term},
    catalogue::{Known, Names},
    span::Span,
};
use chrono::DateTime;
use chrono_tz::Tz;
use okrsync_domain::{catalogue::Catalogue, connection::Deployment};

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// Which.
    pub code: Code,
    /// One sentence for people.
    pub message: String,
    /// The part of the query that it speaks of.
    pub span: Span,
    /// An edit that mends it.
    pub fix: Option<Fix>,
}

/// Which finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The query itself leaves only finished or only open issues, so that percent complete stands still.
    SelfFiltersDone,
    /// Issues join and leave as time passes.
    MovesByItself,
    /// The answer is another for another account.
    DependsOnCaller,
    /// The answer changes with sprints, versions, groups, links or filters.
    ChangesWithoutIssue,
    /// The other of the two ways to name an epic's issues fits this site better.
    EpicLinkOrParent,
    /// Issues and their own sub-tasks both match.
    CountsParentsAndSubtasks,
    /// The order changes no number.
    OrderByIgnored,
    /// Several fields have this name.
    AmbiguousField,
    /// No field has this name, as far as the catalogue knows ([`crate::unknown`]).
    UnknownField,
    /// The field has no such value, as far as the catalogue knows.
    UnknownValue,
    /// There is no such function, as far as the catalogue knows.
    UnknownFunction,
    /// A name stands where it can mean several things, or change.
    NameInsteadOfId,
    /// Issues without any value are left out, too.
    LeavesOutEmpty,
    /// No issue matches.
    MatchesNothing,
    /// Very many issues match.
    MatchesMany,
    /// The measured field is empty on most matches.
    MetricEmpty,
}

impl Code {
    /// The word that the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SelfFiltersDone => "self_filters_done",
            Self::MovesByItself => "moves_by_itself",
            Self::DependsOnCaller => "depends_on_caller",
            Self::ChangesWithoutIssue => "changes_without_issue",
            Self::EpicLinkOrParent => "epic_link_or_parent",
            Self::CountsParentsAndSubtasks => "counts_parents_and_subtasks",
            Self::OrderByIgnored => "order_by_ignored",
            Self::AmbiguousField => "ambiguous_field",
            Self::UnknownField => "unknown_field",
            Self::UnknownValue => "unknown_value",
            Self::UnknownFunction => "unknown_function",
            Self::NameInsteadOfId => "name_instead_of_id",
            Self::LeavesOutEmpty => "leaves_out_empty",
            Self::MatchesNothing => "matches_nothing",
            Self::MatchesMany => "matches_many",
            Self::MetricEmpty => "metric_empty",
        }
    }
}

/// What is known around the query. What is not known is not judged.
#[derive(Debug, Clone, Default)]
pub struct Context<'a> {
    /// What the connection's site offers.
    pub catalogue: Option<&'a Catalogue>,
    /// Where its Jira runs.
    pub deployment: Option<Deployment>,
    /// What is made of the matches.
    pub measured: Option<Measured>,
    /// What is known of the matches.
    pub counts: Counts,
    /// When and in which zone the query is asked: gives relative dates their fixed spelling.
    pub asked_at: Option<DateTime<Tz>>,
    /// Id of the account that the connection signs in with.
    pub account: Option<&'a str>,
}

/// What is made of the matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measured {
    /// Completed over all.
    PercentComplete,
    /// A KPI over all matches.
    All,
    /// A KPI over completed matches.
    CompletedOnly,
}

/// Counts of a query's matches, as far as they are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Issues that match.
    pub matched: Option<u64>,
    /// Whether `matched` is Jira's estimate.
    pub estimated: bool,
    /// Of the matches that are measured: those whose measured field has a value, and those without.
    pub coverage: Option<(u64, u64)>,
    /// Matches whose parent matches, too.
    pub with_parent: Option<u64>,
}

/// Everything that is to be said of `query`, whose text is `text`, from left to right.
///
/// ```
/// use okrsync_jql::{lint, parse};
/// let text = "\"Epic Link\" = AE-786 AND statusCategory = Done";
/// let context = lint::Context { measured: Some(lint::Measured::PercentComplete), ..lint::Context::default() };
/// let lints = lint::check(text, &parse(text).unwrap(), &context);
/// assert_eq!(lints[0].code.as_str(), "self_filters_done");
/// assert_eq!(lints[0].fix.as_ref().unwrap().span.slice(text), " AND statusCategory = Done");
/// ```
pub fn check(text: &str, query: &Query, context: &Context<'_>) -> Vec<Lint> {
    let names = Names::of(query);
    let subject = Subject {
        text,
        query,
        context,
        terms: query.where_clause.as_ref().map(Clause::terms).unwrap_or_default(),
        known: context.catalogue.map(|catalogue| Known::new(catalogue, &names)),
    };
    let mut lints = Vec::new();
    completion::check(&subject, &mut lints);
    dependence::check(&subject, &mut lints);
    hierarchy::check(&subject, &mut lints);
    names::check(&subject, &mut lints);
    values::check(&subject, &mut lints);
    emptiness::check(&subject, &mut lints);
    matches::check(&subject, &mut lints);
    lints.sort_by_key(|lint| (lint.span.start, lint.code));
    lints
}

/// Whether finished issues certainly do not match: one that is completed leaves the query.
///
/// ```
/// use okrsync_jql::{lint::leaves_out_finished, parse};
/// let leaves = |jql: &str| leaves_out_finished(&parse(jql).unwrap(), None);
/// assert!(leaves("project = AE AND statusCategory != Done"));
/// assert!(!leaves("project = AE"));
/// ```
pub fn leaves_out_finished(query: &Query, catalogue: Option<&Catalogue>) -> bool {
    let names = Names::of(query);
    let known = catalogue.map(|catalogue| Known::new(catalogue, &names));
    query.where_clause.as_ref().is_some_and(|clause| completion::leaves_out_finished(clause, known.as_ref()))
}

/// What the checks look at.
struct Subject<'a> {
    text: &'a str,
    query: &'a Query,
    context: &'a Context<'a>,
    /// The conditions, from left to right.
    terms: Vec<&'a Term>,
    known: Option<Known<'a>>,
}

impl Subject<'_> {
    /// The whole text but for spaces around it.
    fn whole(&self) -> Span {
        let leading = self.text.chars().take_while(|char| char.is_whitespace()).count();
        let length = self.text.trim().chars().count();
        Span::new(leading, leading + length)
    }
}
