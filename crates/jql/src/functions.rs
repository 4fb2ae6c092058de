//! The functions that Jira documents: what they give, and what else than the issue decides their answer.

use crate::volatility::Dependence;

/// What a function gives, which decides the fields it goes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// A point in time.
    Date,
    /// One person.
    Person,
    /// People.
    People,
    /// Sprints.
    Sprints,
    /// Versions.
    Versions,
    /// Issues.
    Issues,
    /// Projects.
    Projects,
    /// Components.
    Components,
    /// Issue types.
    IssueTypes,
    /// Values of a field of a product or an app.
    Other,
}

/// A function that Jira documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionInfo {
    /// As people write it, without parentheses.
    pub name: &'static str,
    /// What it gives.
    pub gives: Gives,
    /// What else than the issue decides its answer.
    pub depends_on: Option<Dependence>,
}

/// The function of that name, in any case of letters.
///
/// ```
/// use okrsync_jql::functions::{Gives, find_function};
/// assert_eq!(find_function("currentuser").unwrap().gives, Gives::Person);
/// assert!(find_function("linkedIssuesOf").is_none(), "that one is an app's");
/// ```
pub fn find_function(name: &str) -> Option<&'static FunctionInfo> {
    FUNCTIONS.iter().find(|function| function.name.eq_ignore_ascii_case(name))
}

/// All functions that Jira documents.
pub fn functions() -> &'static [FunctionInfo] {
    &FUNCTIONS
}

const fn clock(name: &'static str, gives: Gives) -> FunctionInfo {
    FunctionInfo { name, gives, depends_on: Some(Dependence::Clock) }
}

const fn caller(name: &'static str, gives: Gives) -> FunctionInfo {
    FunctionInfo { name, gives, depends_on: Some(Dependence::Caller) }
}

const fn related(name: &'static str, gives: Gives) -> FunctionInfo {
    FunctionInfo { name, gives, depends_on: Some(Dependence::Related) }
}

const fn own(name: &'static str, gives: Gives) -> FunctionInfo {
    FunctionInfo { name, gives, depends_on: None }
}

static FUNCTIONS: [FunctionInfo; 58] = [
    clock("now", Gives::Date),
    clock("startOfDay", Gives::Date),
    clock("startOfWeek", Gives::Date),
    clock("startOfMonth", Gives::Date),
    clock("startOfYear", Gives::Date),
    clock("endOfDay", Gives::Date),
    clock("endOfWeek", Gives::Date),
    clock("endOfMonth", Gives::Date),
    clock("endOfYear", Gives::Date),
    clock("breached", Gives::Other),
    clock("completed", Gives::Other),
    clock("elapsed", Gives::Other),
    clock("everBreached", Gives::Other),
    clock("paused", Gives::Other),
    clock("remaining", Gives::Other),
    clock("running", Gives::Other),
    clock("withinCalendarHours", Gives::Other),
    caller("currentUser", Gives::Person),
    caller("currentLogin", Gives::Date),
    caller("lastLogin", Gives::Date),
    caller("issueHistory", Gives::Issues),
    caller("votedIssues", Gives::Issues),
    caller("watchedIssues", Gives::Issues),
    caller("myApproval", Gives::Other),
    caller("myPending", Gives::Other),
    related("membersOf", Gives::People),
    related("organizationMembers", Gives::People),
    related("openSprints", Gives::Sprints),
    related("closedSprints", Gives::Sprints),
    related("futureSprints", Gives::Sprints),
    related("releasedVersions", Gives::Versions),
    related("unreleasedVersions", Gives::Versions),
    related("latestReleasedVersion", Gives::Versions),
    related("earliestUnreleasedVersion", Gives::Versions),
    related("linkedIssues", Gives::Issues),
    related("linkedIssue", Gives::Issues),
    related("linkedWorkItems", Gives::Issues),
    related("updatedBy", Gives::Issues),
    related("issuesWithRemoteLinksByGlobalId", Gives::Issues),
    related("childIssuesOf", Gives::Issues),
    related("portfolioChildIssuesOf", Gives::Issues),
    related("portfolioParentIssuesOf", Gives::Issues),
    related("parentEpic", Gives::Issues),
    related("componentsLeadByUser", Gives::Components),
    related("projectsLeadByUser", Gives::Projects),
    related("projectsWhereUserHasPermission", Gives::Projects),
    related("projectsWhereUserHasRole", Gives::Projects),
    related("spacesLeadByUser", Gives::Projects),
    related("spacesWhereUserHasPermission", Gives::Projects),
    related("spacesWhereUserHasRole", Gives::Projects),
    related("approved", Gives::Other),
    related("approver", Gives::Other),
    related("pending", Gives::Other),
    related("pendingBy", Gives::Other),
    own("standardIssueTypes", Gives::IssueTypes),
    own("subtaskIssueTypes", Gives::IssueTypes),
    own("cascadeOption", Gives::Other),
    own("choiceOption", Gives::Other),
];
