//! Parts that mean something else tomorrow, for another account, or after a sprint; and an order that means nothing.

use super::{Code, Fix, Lint, Subject, mend::without_order};
use crate::{
    ast::Operand,
    dates::{Moment, call, is_date_function, read_literal, write_literal},
    functions::{Gives, find_function},
    span::Span,
    value::quote,
    volatility::{Cause, Dependence, causes},
};
use chrono::Weekday;
use std::collections::HashMap;

pub(super) fn check(subject: &Subject<'_>, lints: &mut Vec<Lint>) {
    let causes = subject.query.where_clause.as_ref().map(causes).unwrap_or_default();
    let leaves = subject.terms.iter().flat_map(|term| term.leaves());
    let by_place: HashMap<Span, &Operand> = leaves.map(|leaf| (leaf.place().0, leaf)).collect();
    lints.extend(causes.iter().map(|cause| of_cause(subject, cause, by_place.get(&cause.span).copied())));
    if let Some((span, fix)) = without_order(subject.text).filter(|_| !subject.query.order_by.is_empty()) {
        let message = "The order changes no number and is left out when okrsync asks.".to_owned();
        lints.push(Lint { code: Code::OrderByIgnored, message, span, fix: Some(fix) });
    }
}

fn of_cause(subject: &Subject<'_>, cause: &Cause, operand: Option<&Operand>) -> Lint {
    let text = &cause.text;
    let (code, message, fixed) = match cause.dependence {
        Dependence::Clock => (
            Code::MovesByItself,
            format!("`{text}` is counted from the moment of asking: issues join and leave as time passes, untouched."),
            operand.and_then(|operand| fixed_date(subject, operand)),
        ),
        Dependence::Caller => (
            Code::DependsOnCaller,
            format!("`{text}` asks about the account that the connection signs in with, not about who reads the OKR."),
            caller_id(subject, text),
        ),
        Dependence::Related => (Code::ChangesWithoutIssue, related(text), None),
    };
    let fix = fixed.map(|text| Fix { span: cause.span, text });
    Lint { code, message, span: cause.span, fix }
}

fn related(text: &str) -> String {
    let name = text.split_once('(').map_or(text, |(name, _)| name);
    let reason = match find_function(name).map(|function| function.gives) {
        Some(Gives::Sprints) => "when a sprint starts or ends",
        Some(Gives::Versions) => "when a version is released, added or put away",
        Some(Gives::People) => "when people join or leave the group",
        Some(Gives::Issues) => "when links, parents or histories of other issues change",
        _ => "when other things than the matching issues change",
    };
    format!("`{text}` gives other issues {reason}, though the issues themselves are untouched.")
}

/// The date that a relative one is at the moment of asking.
fn fixed_date(subject: &Subject<'_>, operand: &Operand) -> Option<String> {
    let now = subject.context.asked_at?;
    let moment = Moment { now, week_starts: Weekday::Mon };
    let instant = match operand {
        Operand::Value(value) => read_literal(value, &moment),
        Operand::Function(function) => {
            let name = function.name.to_lowercase();
            // Which day begins a week is the site's to say.
            let known = is_date_function(&name) && !name.ends_with("week");
            known.then(|| call(&name, &function.arguments, &moment)).flatten()
        }
        Operand::List(..) | Operand::Empty(_) => None,
    }?;
    Some(quote(&write_literal(instant, now.timezone())))
}

fn caller_id(subject: &Subject<'_>, text: &str) -> Option<String> {
    let current_user = text.to_lowercase().starts_with("currentuser(");
    subject.context.account.filter(|_| current_user).map(quote)
}
