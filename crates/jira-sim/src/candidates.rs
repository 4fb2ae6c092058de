//! A quick guess at the issues that a query can match, so that large sites need not hold every issue against it.

use std::collections::BTreeSet;

use okrsync_jql::Clause;
use okrsync_jql::ast::{Comparison, Condition, FieldName, Operand, Term};

use crate::issue::IssueId;
use crate::site::Site;

/// Issues among which all matches of a restriction are, as the site stands now; None where nothing can be said.
pub(crate) fn find(site: &Site, clause: &Clause) -> Option<BTreeSet<IssueId>> {
    match clause {
        Clause::And(clauses) => clauses.iter().filter_map(|clause| find(site, clause)).min_by_key(BTreeSet::len),
        Clause::Or(clauses) => {
            let parts: Option<Vec<_>> = clauses.iter().map(|clause| find(site, clause)).collect();
            Some(parts?.into_iter().flatten().collect())
        }
        Clause::Not(_) => None,
        Clause::Term(term) => of_term(site, term),
    }
}

fn of_term(site: &Site, term: &Term) -> Option<BTreeSet<IssueId>> {
    let FieldName::Named(field) = &term.field.name else { return None };
    let values = wanted_values(&term.condition)?;
    let named = values.iter().copied();
    match field.to_ascii_lowercase().as_str() {
        "labels" => Some(named.flat_map(|label| site.labelled(label)).collect()),
        "key" | "issuekey" | "issue" | "id" => Some(named.filter_map(|key| site.find(key)).collect()),
        "parent" | "epic link" => {
            Some(named.filter_map(|key| site.find(key)).flat_map(|id| site.children(id)).collect())
        }
        _ => None,
    }
}

/// The values one of which a field must have.
fn wanted_values(condition: &Condition) -> Option<Vec<&str>> {
    let (Condition::Compare(Comparison::Equal, operand) | Condition::In { negated: false, operand }) = condition else {
        return None;
    };
    let mut values = Vec::new();
    for leaf in operand.leaves() {
        let Operand::Value(value) = leaf else { return None };
        values.push(value.text.as_str());
    }
    Some(values)
}
