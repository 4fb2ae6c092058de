//! Operands to what they stand for, by the kind of field.

use super::{
    compile::{Compiled, Compiler, Subject},
    durations::read_duration,
    site::{SprintState, Version},
    wanted::{Wanted, split_key},
};
use crate::{
    ast::{Function, Operand, Value},
    dates::{self, day_bounds, day_of, is_date_function, read_literal},
    error::EvalError,
    fields::Kind,
    span::Span,
};
use chrono::{DateTime, Utc};
use okrsync_domain::decimal::exact;
use std::{collections::HashMap, sync::Arc};

/// From one instant to another.
type Range = (DateTime<Utc>, DateTime<Utc>);

impl Compiler<'_> {
    /// What an operand stands for. `many`: whether the operator takes several values.
    pub(super) fn wanted(&mut self, subject: &Subject<'_>, operand: &Operand, many: bool) -> Compiled<Vec<Wanted>> {
        let mut wanted = Vec::new();
        for leaf in operand.leaves() {
            match leaf {
                Operand::Empty(_) => wanted.push(Wanted::Empty),
                Operand::Value(value) => wanted.push(self.value(subject, value)?),
                Operand::Function(function) => wanted.extend(self.function(subject, function, many)?),
                Operand::List(..) => {}
            }
        }
        Ok(wanted)
    }

    fn value(&mut self, subject: &Subject<'_>, value: &Value) -> Compiled<Wanted> {
        let invalid = |message: String| EvalError::InvalidOperand { message, span: value.place.0 };
        let name = subject.name();
        match subject.field.kind {
            Kind::Number => exact(value.text.trim())
                .map(Wanted::Number)
                .map_err(|_| invalid(format!("The value '{}' for the field '{name}' is not a number.", value.text))),
            Kind::Duration => read_duration(&value.text).map(Wanted::Seconds).ok_or_else(|| {
                invalid(format!("The value '{}' for the field '{name}' is not a duration such as '4h'.", value.text))
            }),
            Kind::Day | Kind::Instant => self.literal_date(value, &name).map(|date| self.on_kind(subject, date)),
            _ if is_unresolved(subject, value) => Ok(Wanted::Empty),
            _ => {
                self.check_exists(subject, value);
                Ok(Wanted::text(&value.text))
            }
        }
    }

    fn check_exists(&mut self, subject: &Subject<'_>, value: &Value) {
        if self.context.site.has_value(&subject.field.id, &value.text) == Some(false) {
            let field = subject.name();
            self.problems.push(EvalError::UnknownValue {
                field,
                value: value.text.clone(),
                in_history: false,
                span: value.place.0,
            });
        }
    }

    /// A date as the field keeps dates.
    fn on_kind(&self, subject: &Subject<'_>, date: DateTime<Utc>) -> Wanted {
        match subject.field.kind {
            Kind::Day => Wanted::Day(day_of(date, &self.moment)),
            _ => Wanted::Instant(date),
        }
    }

    fn function(&mut self, subject: &Subject<'_>, function: &Function, many: bool) -> Compiled<Vec<Wanted>> {
        let lower = function.name.to_lowercase();
        if is_date_function(&lower) {
            let date = self.called_date(&lower, function)?;
            let dated = matches!(subject.field.kind, Kind::Day | Kind::Instant);
            return if dated { Ok(vec![self.on_kind(subject, date)]) } else { Err(wrong_function(subject, function)) };
        }
        if lower == "currentuser" {
            return Ok(self.context.user.iter().map(|id| Wanted::Id((*id).to_owned())).collect());
        }
        let ids = self.ids(&lower, function)?;
        if !many {
            let message = format!(
                "Operator '{}' does not support the list value '{function}' for field '{}'.",
                subject.operator(),
                subject.name()
            );
            return Err(EvalError::InvalidOperand { message, span: function.place.0 });
        }
        Ok(ids.into_iter().map(Wanted::Id).collect())
    }

    /// Ids of what a list function gives.
    fn ids(&self, lower: &str, function: &Function) -> Compiled<Vec<String>> {
        let arguments: Vec<String> = function.arguments.iter().map(|value| value.text.clone()).collect();
        let site = self.context.site;
        let sprints = |state: SprintState| {
            site.sprints().into_iter().filter(|sprint| sprint.state == state).map(|sprint| sprint.id).collect()
        };
        match lower {
            "membersof" => {
                let group = arguments.first().map_or("", String::as_str);
                site.members(group).ok_or_else(|| EvalError::InvalidOperand {
                    message: format!("Function 'membersOf' can not generate a list of usernames for group '{group}'; the group does not exist."),
                    span: function.place.0,
                })
            }
            "opensprints" => Ok(sprints(SprintState::Active)),
            "closedsprints" => Ok(sprints(SprintState::Closed)),
            "futuresprints" => Ok(sprints(SprintState::Future)),
            "releasedversions" => Ok(self.versions(&arguments, |version| version.released)),
            "unreleasedversions" => Ok(self.versions(&arguments, |version| !version.released)),
            "latestreleasedversion" => {
                Ok(self.versions(&arguments, |version| version.released).pop().into_iter().collect())
            }
            "earliestunreleasedversion" => {
                Ok(self.versions(&arguments, |version| !version.released).into_iter().take(1).collect())
            }
            _ => site
                .call(lower, &arguments)
                .ok_or_else(|| EvalError::UnknownFunction { function: function.name.clone(), span: function.place.0 }),
        }
    }

    /// Ids of versions that are not put away, of the projects named or of all.
    fn versions(&self, projects: &[String], wanted: fn(&Version) -> bool) -> Vec<String> {
        let named = |version: &Version| {
            projects.is_empty()
                || projects
                    .iter()
                    .any(|project| project.eq_ignore_ascii_case(&version.project_key) || *project == version.project_id)
        };
        let versions = self.context.site.versions().into_iter();
        let chosen = versions.filter(|version| !version.archived && named(version) && wanted(version));
        chosen.map(|version| version.id).collect()
    }

    /// What `<` and the like compare with.
    pub(super) fn ordered(&mut self, subject: &Subject<'_>, operand: &Operand) -> Compiled<Vec<Wanted>> {
        match (subject.field.kind, operand) {
            (Kind::Number | Kind::Duration | Kind::Day | Kind::Instant, _) => self.wanted(subject, operand, false),
            (Kind::Issue, Operand::Value(value)) => {
                self.check_exists(subject, value);
                let (project, number) = split_key(&value.text).ok_or_else(|| EvalError::InvalidOperand {
                    message: format!("The issue key '{}' for field '{}' is invalid.", value.text, subject.name()),
                    span: value.place.0,
                })?;
                Ok(vec![Wanted::Key(project.to_owned(), number)])
            }
            (Kind::Named | Kind::Version, Operand::Value(value)) => self.ranked(subject, value),
            _ => {
                subject.require(false)?;
                Ok(Vec::new())
            }
        }
    }

    fn ranked(&mut self, subject: &Subject<'_>, value: &Value) -> Compiled<Vec<Wanted>> {
        let named = self.context.site.ranked(&subject.field.id);
        subject.require(!named.is_empty())?;
        self.check_exists(subject, value);
        let wanted = Wanted::text(&value.text);
        let place = named.iter().position(|named| wanted.is(&super::item::Datum::Named(named.clone())));
        let ranks: HashMap<_, _> = named.iter().enumerate().map(|(rank, named)| (named.id.to_string(), rank)).collect();
        Ok(place.map(|place| Wanted::Rank(place, Arc::new(ranks))).into_iter().collect())
    }

    /// The text that `~` looks for.
    pub(super) fn text(&self, subject: &Subject<'_>, operand: &Operand) -> Compiled<String> {
        match operand {
            Operand::Value(value) => Ok(value.text.clone()),
            Operand::Function(function) if function.name.eq_ignore_ascii_case("currentUser") => {
                Ok(self.context.user.unwrap_or_default().to_owned())
            }
            Operand::Function(function) => Err(wrong_function(subject, function)),
            Operand::List(..) | Operand::Empty(_) => Ok(String::new()),
        }
    }

    /// The people whom BY names.
    pub(super) fn people(&mut self, operand: &Operand) -> Compiled<Vec<Wanted>> {
        let mut people = Vec::new();
        for leaf in operand.leaves() {
            match leaf {
                Operand::Value(value) => people.push(Wanted::text(&value.text)),
                Operand::Function(function) if function.name.eq_ignore_ascii_case("currentUser") => {
                    people.extend(self.context.user.iter().map(|id| Wanted::Id((*id).to_owned())));
                }
                Operand::Function(function) => {
                    people.extend(self.ids(&function.name.to_lowercase(), function)?.into_iter().map(Wanted::Id));
                }
                Operand::Empty(_) => people.push(Wanted::Empty),
                Operand::List(..) => {}
            }
        }
        Ok(people)
    }

    /// The one date of AFTER or BEFORE.
    pub(super) fn date(&self, operand: &Operand) -> Compiled<DateTime<Utc>> {
        match operand {
            Operand::Value(value) => self.literal_date(value, "date"),
            Operand::Function(function) => self.called_date(&function.name.to_lowercase(), function),
            Operand::List(..) | Operand::Empty(_) => Err(no_date(&operand.to_string(), operand.place().0)),
        }
    }

    /// The day of ON.
    pub(super) fn day(&self, operand: &Operand) -> Compiled<Range> {
        let date = self.date(operand)?;
        day_bounds(date, &self.moment).ok_or_else(|| no_date(&operand.to_string(), operand.place().0))
    }

    /// The two dates of DURING.
    pub(super) fn range(&self, operand: &Operand) -> Compiled<Range> {
        match operand {
            Operand::List(dates, _) if dates.len() == 2 => Ok((self.date(&dates[0])?, self.date(&dates[1])?)),
            _ => Err(EvalError::InvalidOperand {
                message: "The DURING predicate takes two dates: DURING (\"2026-01-01\", \"2026-03-31\").".to_owned(),
                span: operand.place().0,
            }),
        }
    }

    fn literal_date(&self, value: &Value, field: &str) -> Compiled<DateTime<Utc>> {
        read_literal(value, &self.moment).ok_or_else(|| EvalError::InvalidOperand {
            message: format!(
                "Date value '{}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', \
                 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
                value.text
            ),
            span: value.place.0,
        })
    }

    fn called_date(&self, lower: &str, function: &Function) -> Compiled<DateTime<Utc>> {
        let date = dates::call(lower, &function.arguments, &self.moment);
        date.ok_or_else(|| no_date(&function.to_string(), function.place.0))
    }
}

/// `resolution = Unresolved` means that there is none.
fn is_unresolved(subject: &Subject<'_>, value: &Value) -> bool {
    subject.field.id == "resolution" && value.text.eq_ignore_ascii_case("unresolved")
}

fn no_date(text: &str, span: Span) -> EvalError {
    EvalError::InvalidOperand { message: format!("'{text}' gives no date."), span }
}

fn wrong_function(subject: &Subject<'_>, function: &Function) -> EvalError {
    let message =
        format!("A value provided by the function '{function}' is invalid for the field '{}'.", subject.name());
    EvalError::InvalidOperand { message, span: function.place.0 }
}
