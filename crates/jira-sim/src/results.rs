//! Answers to queries: evaluated once, then kept up with the issues that changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use okrsync_jql::Query;
use okrsync_jql::ast::{Condition, Operand, Predicate, Term};
use okrsync_jql::error::EvalError;
use okrsync_jql::eval::Matcher;

use crate::candidates;
use crate::catalogue::Catalogue;
use crate::clock::Instant;
use crate::issue::{AsOf, IssueId, IssueView};
use crate::matching::{Asker, ItemView, SiteView};
use crate::ordering::Order;
use crate::site::Site;
use crate::sync::lock;

/// More kept answers than this are forgotten together.
const MOST: usize = 4096;

/// What a query found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// In the query's order.
    pub(crate) ids: Arc<Vec<IssueId>>,
    pub(crate) problems: Arc<Vec<EvalError>>,
    pub(crate) order: Order,
}

/// A query and who asks it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) query: &'a Query,
    pub(crate) asker: Asker<'a>,
    /// Whether Cloud's lagging index answers, and which issues are read past it.
    pub(crate) index: Index<'a>,
}

/// From where a search reads.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Index<'a> {
    /// The database: always up to date.
    Fresh,
    /// The index, save for these issues.
    Lagging(&'a [IssueId]),
}

/// Kept answers.
#[derive(Debug, Default)]
pub(crate) struct Results(HashMap<String, Kept>);

#[derive(Clone, Debug)]
struct Kept {
    revision: u64,
    structure: u64,
    catalogue: Arc<Catalogue>,
    now: Option<Instant>,
    found: Found,
}

impl Question<'_> {
    /// The issue as this question sees it, if at all.
    pub(crate) fn view<'a>(&self, site: &'a Site, id: IssueId) -> Option<IssueView<'a>> {
        let as_of = match (self.index, site.lag.get(&id)) {
            (Index::Lagging(fresh), Some(lag)) if !fresh.contains(&id) => AsOf::Revision(lag.seen_as_of),
            _ => AsOf::Now,
        };
        let issue = site.issue(id)?;
        Some(IssueView { issue, state: issue.state(as_of)?, as_of })
    }

    /// Evaluates the query on every issue that it may match.
    pub(crate) fn answer(&self, site: &Site) -> Found {
        // the guess knows only the present, which a lagging index does not show
        let clause = self.query.where_clause.as_ref().filter(|_| site.lag.is_empty());
        let ids: Vec<IssueId> = match clause.and_then(|clause| candidates::find(site, clause)) {
            Some(ids) => ids.into_iter().collect(),
            None => site.issues().iter().map(|issue| issue.id).collect(),
        };
        self.evaluate(site, &ids, &[])
    }

    /// Evaluates some issues anew and takes the rest as given.
    fn evaluate(&self, site: &Site, anew: &[IssueId], rest: &[IssueId]) -> Found {
        let of = SiteView { site, catalogue: site.catalogue(), user: self.asker.user };
        let (order, mut problems) = Order::of(self.query, &of);
        let matcher = self.query.where_clause.as_ref().map(|clause| of.matcher(clause, &self.asker));
        problems.extend(matcher.iter().flat_map(|matcher| matcher.problems().to_vec()));
        let new = anew.iter().copied().filter(|id| self.finds(of, matcher.as_ref(), *id));
        let mut ids: Vec<IssueId> = new.chain(rest.iter().copied()).collect();
        self.sort(of, &order, &mut ids);
        Found { ids: Arc::new(ids), problems: Arc::new(problems), order }
    }

    fn finds(&self, of: SiteView<'_>, matcher: Option<&Matcher>, id: IssueId) -> bool {
        let Some(view) = self.view(of.site, id) else { return false };
        let seen = Site::may_see(of.catalogue, self.asker.user, view.state);
        seen && matcher.is_none_or(|matcher| matcher.matches(&ItemView { of, view }))
    }

    fn sort(&self, of: SiteView<'_>, order: &Order, ids: &mut Vec<IssueId>) {
        if order.is_default() {
            ids.sort_unstable_by(|a, b| b.cmp(a));
            return;
        }
        let view = |id: IssueId| self.view(of.site, id).map(|view| order.key(&ItemView { of, view }));
        let mut keyed: Vec<_> = ids.iter().filter_map(|id| view(*id)).collect();
        keyed.sort_by(|a, b| order.compare(a, b));
        *ids = keyed.into_iter().map(|(_, id)| id).collect();
    }
}

/// What is known about a question before the site is asked.
#[derive(Debug)]
enum Known {
    /// The answer.
    Answer(Found),
    /// An answer that only the issues changed since have to be held against.
    Earlier(Box<Kept>),
    Nothing,
}

impl Results {
    /// The answer to a question, from what is kept if it can be brought up to date. The evaluation itself holds no
    /// lock on what is kept.
    pub(crate) fn find(results: &Mutex<Self>, site: &Site, question: &Question<'_>) -> Found {
        if !site.lag.is_empty() {
            return question.answer(site);
        }
        let asker = &question.asker;
        let key = format!("{:?} {} {}", asker.user, asker.zone, question.query.canonical());
        let now = depends_on_more(question.query).then_some(asker.now);
        let found = match lock(results).recall(&key, site, now) {
            Known::Answer(found) => return found,
            Known::Earlier(kept) => bring_up(site, question, &kept),
            Known::Nothing => question.answer(site),
        };
        let (revision, structure, catalogue) = (site.revision, site.structure, site.catalogue().clone());
        lock(results).keep(key, Kept { revision, structure, catalogue, now, found: found.clone() });
        found
    }

    fn recall(&self, key: &str, site: &Site, now: Option<Instant>) -> Known {
        let Some(kept) = self.0.get(key) else { return Known::Nothing };
        let same_site = Arc::ptr_eq(&kept.catalogue, site.catalogue()) && kept.structure == site.structure;
        match (same_site && kept.now == now, kept.revision == site.revision) {
            (true, true) => Known::Answer(kept.found.clone()),
            (true, false) if now.is_none() => Known::Earlier(Box::new(kept.clone())),
            _ => Known::Nothing,
        }
    }

    fn keep(&mut self, key: String, kept: Kept) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(key, kept);
    }
}

fn bring_up(site: &Site, question: &Question<'_>, kept: &Kept) -> Found {
    let touched = site.touched_since(kept.revision);
    let rest: Vec<IssueId> = kept.found.ids.iter().copied().filter(|id| !touched.contains(id)).collect();
    question.evaluate(site, &touched.into_iter().collect::<Vec<_>>(), &rest)
}

/// Whether an answer depends on more than the issues' own fields: the clock, functions.
fn depends_on_more(query: &Query) -> bool {
    query.where_clause.as_ref().is_some_and(|clause| clause.terms().into_iter().any(term_depends_on_more))
}

fn term_depends_on_more(term: &Term) -> bool {
    let operand = |operand: &Operand| {
        operand.leaves().into_iter().any(|leaf| match leaf {
            Operand::Function(_) => true,
            Operand::Value(value) => looks_relative(&value.text),
            Operand::List(..) | Operand::Empty(_) => false,
        })
    };
    let predicates = |all: &[Predicate]| all.iter().any(|predicate| operand(&predicate.operand));
    match &term.condition {
        Condition::Compare(_, value) | Condition::In { operand: value, .. } => operand(value),
        Condition::IsEmpty { .. } => false,
        Condition::Was { operand: value, predicates: all, .. } => operand(value) || predicates(all),
        Condition::Changed(all) => predicates(all),
    }
}

/// `-1w`, `4d`, `"-4w 2d"`: dates that move (or working time, which is no harm).
fn looks_relative(text: &str) -> bool {
    let ends_in_unit = text.ends_with(['w', 'd', 'h', 'm', 'W', 'D', 'H', 'M']);
    ends_in_unit && text.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit())
}
