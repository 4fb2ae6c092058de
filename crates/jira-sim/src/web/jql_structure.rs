//! The `structure` of a parsed query in Cloud's JSON.

use okrsync_jql::ast::{
    Clause, Comparison, Condition, Direction, Field, FieldName, Operand, Predicate, PredicateKind, Term,
};
use okrsync_jql::{Query, value};
use serde_json::{Value, json};

/// The whole query.
pub(crate) fn of(query: &Query) -> Value {
    let mut structure = json!({});
    if let Some(clause) = &query.where_clause {
        structure["where"] = of_clause(clause);
    }
    if !query.order_by.is_empty() {
        let sorts = query.order_by.iter().map(|sort| {
            let mut shape = json!({ "field": of_field(&sort.field) });
            if let Some(direction) = sort.direction {
                shape["direction"] = json!(if direction == Direction::Ascending { "asc" } else { "desc" });
            }
            shape
        });
        structure["orderBy"] = json!({ "fields": sorts.collect::<Vec<_>>() });
    }
    structure
}

fn of_clause(clause: &Clause) -> Value {
    let compound = |operator: &str, clauses: &[Clause]| json!({ "clauses": clauses.iter().map(of_clause).collect::<Vec<_>>(), "operator": operator });
    match clause {
        Clause::And(clauses) => compound("and", clauses),
        Clause::Or(clauses) => compound("or", clauses),
        Clause::Not(clause) => compound("not", std::slice::from_ref(clause)),
        Clause::Term(term) => of_term(term),
    }
}

fn of_term(term: &Term) -> Value {
    let field = of_field(&term.field);
    match &term.condition {
        Condition::Compare(comparison, operand) => {
            json!({ "field": field, "operator": operator(*comparison), "operand": of_operand(operand) })
        }
        Condition::In { negated, operand } => {
            json!({ "field": field, "operator": if *negated { "not in" } else { "in" }, "operand": of_operand(operand) })
        }
        Condition::IsEmpty { negated } => {
            let operator = if *negated { "is not" } else { "is" };
            json!({ "field": field, "operator": operator, "operand": { "keyword": "empty" } })
        }
        Condition::Was { negated, in_list, operand, predicates } => {
            let operator = match (negated, in_list) {
                (false, false) => "was",
                (false, true) => "was in",
                (true, false) => "was not",
                (true, true) => "was not in",
            };
            json!({
                "field": field, "operator": operator, "operand": of_operand(operand),
                "predicates": predicates.iter().map(of_predicate).collect::<Vec<_>>(),
            })
        }
        Condition::Changed(predicates) => json!({
            "field": field, "operator": "changed",
            "predicates": predicates.iter().map(of_predicate).collect::<Vec<_>>(),
        }),
    }
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Like => "~",
        Comparison::NotLike => "!~",
    }
}

fn of_predicate(predicate: &Predicate) -> Value {
    let operator = match predicate.kind {
        PredicateKind::After => "after",
        PredicateKind::Before => "before",
        PredicateKind::On => "on",
        PredicateKind::During => "during",
        PredicateKind::By => "by",
        PredicateKind::From => "from",
        PredicateKind::To => "to",
    };
    json!({ "operator": operator, "operand": of_operand(&predicate.operand) })
}

fn of_operand(operand: &Operand) -> Value {
    match operand {
        Operand::Value(literal) => json!({ "value": literal.text, "encodedValue": encoded(&literal.text) }),
        Operand::Function(function) => {
            let arguments: Vec<&str> = function.arguments.iter().map(|argument| argument.text.as_str()).collect();
            json!({ "function": function.name, "arguments": arguments, "encodedOperand": operand.to_string() })
        }
        Operand::List(values, _) => json!({
            "values": values.iter().map(of_operand).collect::<Vec<_>>(), "encodedOperand": operand.to_string(),
        }),
        Operand::Empty(_) => json!({ "keyword": "empty" }),
    }
}

fn of_field(field: &Field) -> Value {
    let name = match &field.name {
        FieldName::Named(name) => name.clone(),
        FieldName::Custom(id) => format!("cf[{id}]"),
    };
    let mut shape = json!({ "name": name, "encodedName": field.to_string() });
    if !field.properties.is_empty() {
        let properties =
            field.properties.iter().map(|p| json!({ "key": p.key, "path": p.path.trim_start_matches('.') }));
        shape["property"] = properties.collect();
    }
    shape
}

/// Quoted where it must be.
fn encoded(text: &str) -> String {
    value::quote(text)
}
