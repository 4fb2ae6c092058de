//! A site's catalogue, made ready to be asked by name for every word of a query.

use crate::{
    ast::{Clause, FieldName, Operand, Query},
    spelling::distance,
};
use okrsync_domain::catalogue::{Catalogue, Field, Project, Status};
use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
};

/// Spellings that one check compares: enough for a few typing errors on a large site, and bounded for texts that are
/// nothing but errors.
const COMPARISONS: usize = 1_000;

/// Things by lower-case name, key and id.
type ByName<'a, T> = HashMap<&'a str, Vec<&'a T>>;

/// The names that a query uses, in lower case. Only these are looked for: a large site has thousands of others.
pub(crate) struct Names(HashSet<String>);

impl Names {
    /// All fields and literals of a query.
    pub(crate) fn of(query: &Query) -> Self {
        let terms = query.where_clause.as_ref().map(Clause::terms).unwrap_or_default();
        let fields = terms.iter().map(|term| &term.field).chain(query.order_by.iter().map(|sort| &sort.field));
        let mut names: HashSet<String> = fields.flat_map(|field| spellings(&field.name)).collect();
        let values = terms.iter().flat_map(|term| term.leaves()).filter_map(Operand::as_value);
        names.extend(values.map(|value| value.text.trim().to_lowercase()));
        Self(names)
    }

    /// One field.
    pub(crate) fn of_field(name: &FieldName) -> Self {
        Self(spellings(name).collect())
    }
}

/// The names under which a catalogue may hold a field; `"Effort[Number]"` is Cloud's way to name all fields called Effort.
fn spellings(name: &FieldName) -> impl Iterator<Item = String> {
    let name = match name {
        FieldName::Custom(number) => format!("customfield_{number}"),
        FieldName::Named(name) => name.to_lowercase(),
    };
    let collapsed = name.strip_suffix(']').and_then(|name| Some(name.rsplit_once('[')?.0.to_owned()));
    [Some(name), collapsed].into_iter().flatten()
}

/// A catalogue by the names that a query uses.
pub(crate) struct Known<'a> {
    pub(crate) catalogue: &'a Catalogue,
    fields: ByName<'a, Field>,
    projects: ByName<'a, Project>,
    statuses: ByName<'a, Status>,
    comparisons: Cell<usize>,
}

impl<'a> Known<'a> {
    pub(crate) fn new(catalogue: &'a Catalogue, names: &'a Names) -> Self {
        let fields = names.find(&catalogue.fields, |field, name| {
            name(&field.id.0);
            name(&field.name);
            for clause in &field.clause_names {
                name(clause);
            }
        });
        let projects = names.find(&catalogue.projects, |project, name| {
            for text in [&project.id, &project.key, &project.name] {
                name(text);
            }
        });
        let statuses = names.find(&catalogue.statuses, |status, name| {
            name(&status.id);
            name(&status.name);
        });
        Self { catalogue, fields, projects, statuses, comparisons: Cell::new(COMPARISONS) }
    }

    /// The fields that a query means by this name: by id, display name or clause name, else those of the name before a
    /// bracket.
    pub(crate) fn fields(&self, name: &FieldName) -> &[&'a Field] {
        let found = spellings(name).find_map(|spelling| self.fields.get(spelling.as_str()));
        found.map(Vec::as_slice).unwrap_or_default()
    }

    /// Projects by id, key or name.
    pub(crate) fn projects(&self, name: &str) -> &[&'a Project] {
        self.projects.get(name.to_lowercase().as_str()).map(Vec::as_slice).unwrap_or_default()
    }

    /// Statuses by id or name.
    pub(crate) fn statuses(&self, name: &str) -> &[&'a Status] {
        self.statuses.get(name.to_lowercase().as_str()).map(Vec::as_slice).unwrap_or_default()
    }

    /// The name most like `name`, if one is like enough to be meant.
    pub(crate) fn nearest<'b>(&self, name: &str, names: impl Iterator<Item = &'b str>) -> Option<&'b str> {
        let wanted: Vec<char> = name.to_lowercase().chars().collect();
        let far = wanted.len() / 3 + 1;
        let like = names.filter(|other| other.chars().count().abs_diff(wanted.len()) <= far);
        let mut compared = 0;
        let compare = |other: &'b str| {
            compared += 1;
            let letters: Vec<char> = other.chars().flat_map(char::to_lowercase).collect();
            Some((distance(&wanted, &letters, far)?, other))
        };
        let near = like.take(self.comparisons.get()).filter_map(compare).min_by_key(|(distance, _)| *distance);
        self.comparisons.set(self.comparisons.get() - compared);
        near.map(|(_, other)| other)
    }
}

impl Names {
    /// Those of `things` that have one of the names; `visit` hands all names of a thing to its second argument.
    fn find<'a, T>(&'a self, things: &'a [T], visit: impl Fn(&'a T, &mut dyn FnMut(&str))) -> ByName<'a, T> {
        let mut found: ByName<'a, T> = HashMap::new();
        let lengths: HashSet<usize> = self.0.iter().map(String::len).collect();
        let mut lower = String::new();
        for thing in things {
            visit(thing, &mut |name| {
                // Most names are not meant, which their length tells: in ASCII, lower case keeps it.
                if name.is_ascii() && !lengths.contains(&name.len()) {
                    return;
                }
                lower.clear();
                lower.extend(name.chars().flat_map(char::to_lowercase));
                let Some(name) = self.0.get(&lower) else { return };
                let named = found.entry(name).or_default();
                // A thing may have the same name twice, as a field's clause name.
                if !named.last().is_some_and(|last| std::ptr::eq(*last, thing)) {
                    named.push(thing);
                }
            });
        }
        found
    }
}
