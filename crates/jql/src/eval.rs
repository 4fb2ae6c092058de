//! Whether an issue matches a query: the query is prepared once for a site, an account and an instant, then asked of
//! any number of issues.

mod compile;
mod condition;
mod durations;
mod history;
mod item;
mod operands;
mod order;
mod past;
mod site;
mod text;
mod wanted;

pub use item::{Change, Datum, Item, Named};
pub use order::Order;
pub use past::Past;
pub use site::{Context, EmptySite, FieldDef, Site, Sprint, SprintState, Version};

use crate::{ast::Clause, error::EvalError};
use compile::Compiler;
use condition::Test;

/// A restriction made ready: names, functions and dates are resolved. It owns all that it needs.
///
/// As in Jira, NOT turns the operators below it around (`NOT assignee = kim` is `assignee != kim`), and `!=`, `NOT IN`
/// and `!~` do not match issues where the field is empty.
///
/// ```
/// use okrsync_jql::{eval::{Change, Context, Datum, EmptySite, Item, Matcher, Named}, parse};
///
/// struct Bug { assignee: Option<&'static str> }
///
/// impl Item for Bug {
///     fn values(&self, field: &str) -> Vec<Datum<'_>> {
///         match field {
///             "issuekey" => vec![Datum::Named(Named::new("10001", "AE-1", "AE-1"))],
///             "status" => vec![Datum::Named(Named::plain("3", "In Progress"))],
///             "assignee" => self.assignee.iter().map(|id| Datum::Named(Named::plain(*id, *id))).collect(),
///             "created" => vec![Datum::Instant("2026-11-01T08:00:00Z".parse().unwrap())],
///             _ => vec![],
///         }
///     }
/// }
///
/// let context = Context {
///     now: "2026-11-20T12:00:00Z".parse().unwrap(),
///     zone: chrono_tz::Europe::Berlin,
///     week_starts: chrono::Weekday::Mon,
///     user: Some("kim"),
///     site: &EmptySite,
/// };
/// let clause = |text| parse(text).unwrap().where_clause.unwrap();
///
/// let matcher = Matcher::new(&clause("assignee = currentUser() AND created < -1w"), &context);
/// assert!(matcher.problems().is_empty());
/// assert!(matcher.matches(&Bug { assignee: Some("kim") }));
/// assert!(!matcher.matches(&Bug { assignee: None }));
///
/// let matcher = Matcher::new(&clause("nonsense = 1"), &context);
/// assert!(!matcher.matches(&Bug { assignee: None }));
/// assert_eq!(
///     matcher.problems()[0].to_string(),
///     "Field 'nonsense' does not exist or you do not have permission to view it.",
/// );
/// ```
#[derive(Debug, Clone)]
pub struct Matcher {
    root: Node,
    problems: Vec<EvalError>,
}

/// What must hold, without NOT: negation has moved into the tests.
#[derive(Debug, Clone)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Never,
    Test(Test),
}

impl Matcher {
    /// Prepares `clause`. Never fails: a condition that means nothing on this site matches no issue, as in Jira Cloud,
    /// and is listed by [`Matcher::problems`].
    pub fn new(clause: &Clause, context: &Context<'_>) -> Self {
        let mut compiler = Compiler::new(context);
        let root = compiler.clause(clause, false);
        Self { root, problems: compiler.problems }
    }

    /// Prepares `clause`, or says what means nothing on this site, as Jira Data Center does.
    ///
    /// # Errors
    /// All problems, from left to right.
    pub fn strict(clause: &Clause, context: &Context<'_>) -> Result<Self, Vec<EvalError>> {
        let matcher = Self::new(clause, context);
        if matcher.problems.is_empty() { Ok(matcher) } else { Err(matcher.problems) }
    }

    /// What means nothing on this site, from left to right.
    pub fn problems(&self) -> &[EvalError] {
        &self.problems
    }

    /// Whether `item` matches.
    pub fn matches(&self, item: &dyn Item) -> bool {
        self.root.holds(item)
    }
}

impl Node {
    fn holds(&self, item: &dyn Item) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.holds(item)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(item)),
            Self::Never => false,
            Self::Test(test) => test.holds(item),
        }
    }
}
