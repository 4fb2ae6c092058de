//! Generated trees and fragments of text.

use okrsync_jql::{
    Clause, Query, Sort,
    ast::{
        Comparison, Condition, Direction, Field, FieldName, Function, Operand, Predicate, PredicateKind, Property,
        Term, Value,
    },
    span::Place,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

/// Words, signs and half tokens that make near-queries.
pub(crate) fn fragment() -> impl Strategy<Value = String> {
    const KNOWN: [&str; 50] = [
        "a", "status", "cf[123]", "cf", "=", "!=", "<", ">=", "~", "!~", "!", "in", "not", "is", "empty", "was",
        "changed", "after", "before", "during", "by", "from", "to", "on", "order by", "order", "asc", "and", "or",
        "&&", "||", "(", ")", ",", "[", "]", ".all", "-1w", "42", "-7", "\"x y\"", "'it''s'", "now()", "f(1, b)",
        "next", "größe", "\"", "\\", "\\u0041", "😀",
    ];
    prop_oneof![select(&KNOWN[..]).prop_map(String::from), "\\PC{0,5}"]
}

/// A query of any shape that has a canonical text.
pub(crate) fn query() -> impl Strategy<Value = Query> {
    (option::of(clause()), vec(sort(), 0..3)).prop_map(|(where_clause, order_by)| Query { where_clause, order_by })
}

/// A clause of any shape.
pub(crate) fn clause() -> impl Strategy<Value = Clause> {
    term().prop_map(Clause::Term).prop_recursive(4, 24, 4, |inner| {
        let joined = "there are clauses";
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(move |clauses| Clause::all(clauses).expect(joined)),
            vec(inner.clone(), 2..4).prop_map(move |clauses| Clause::any(clauses).expect(joined)),
            inner.prop_map(|clause| Clause::Not(Box::new(clause))),
        ]
    })
}

/// Text as users write it and as nobody does.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z]{1,8}",
        "\\PC{0,10}",
        "[\"'\\\\ \n\t\r\u{0}-\u{1f}]{0,6}",
        select(&["next", "and", "EMPTY", "a", "7", "-1w", ""][..]).prop_map(String::from)
    ]
}

fn field() -> impl Strategy<Value = Field> {
    let property = || (text(), text()).prop_map(|(key, path)| Property { key, path });
    let named = (text(), vec(property(), 0..3)).prop_map(|(name, properties)| (FieldName::Named(name), properties));
    let custom =
        (any::<u64>(), vec(property(), 0..2)).prop_map(|(number, properties)| (FieldName::Custom(number), properties));
    prop_oneof![4 => named, 1 => custom].prop_map(|(name, properties)| Field {
        name,
        properties,
        place: Place::default(),
    })
}

fn sort() -> impl Strategy<Value = Sort> {
    let direction = option::of(select(vec![Direction::Ascending, Direction::Descending]));
    (field(), direction).prop_map(|(field, direction)| Sort { field, direction, place: Place::default() })
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(|text| Value { text, number: false, place: Place::default() }),
        any::<i64>().prop_map(|number| Value { text: number.to_string(), number: true, place: Place::default() }),
    ]
}

fn function() -> impl Strategy<Value = Operand> {
    (text(), vec(value(), 0..3))
        .prop_map(|(name, arguments)| Operand::Function(Function { name, arguments, place: Place::default() }))
}

fn ordered() -> impl Strategy<Value = Operand> {
    prop_oneof![3 => value().prop_map(Operand::Value), 1 => function()]
}

fn single() -> impl Strategy<Value = Operand> {
    prop_oneof![4 => ordered(), 1 => Just(Operand::Empty(Place::default()))]
}

fn list() -> impl Strategy<Value = Operand> {
    let item = single().prop_recursive(2, 6, 3, |inner| many(inner).boxed());
    prop_oneof![3 => many(item), 1 => function()]
}

fn many(item: impl Strategy<Value = Operand>) -> impl Strategy<Value = Operand> {
    vec(item, 1..4).prop_map(|operands| Operand::List(operands, Place::default()))
}

fn predicates(of_change: bool) -> impl Strategy<Value = Vec<Predicate>> {
    use PredicateKind::{After, Before, By, During, From, On, To};
    let kinds =
        if of_change { vec![After, Before, On, During, By, From, To] } else { vec![After, Before, On, During, By] };
    let predicate = (select(kinds), prop_oneof![single(), list()]).prop_map(|(kind, operand)| Predicate {
        kind,
        operand,
        place: Place::default(),
    });
    vec(predicate, 0..3)
}

fn condition() -> impl Strategy<Value = Condition> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Like, NotEqual, NotLike};
    let equal = (select(vec![Equal, NotEqual, Like, NotLike]), single());
    let order = (select(vec![Less, LessOrEqual, Greater, GreaterOrEqual]), ordered());
    let was = |in_list: bool, operand: BoxedStrategy<Operand>| {
        (any::<bool>(), operand, predicates(false)).prop_map(move |(negated, operand, predicates)| Condition::Was {
            negated,
            in_list,
            operand,
            predicates,
        })
    };
    prop_oneof![
        equal.prop_map(|(comparison, operand)| Condition::Compare(comparison, operand)),
        order.prop_map(|(comparison, operand)| Condition::Compare(comparison, operand)),
        (any::<bool>(), list()).prop_map(|(negated, operand)| Condition::In { negated, operand }),
        any::<bool>().prop_map(|negated| Condition::IsEmpty { negated }),
        was(false, single().boxed()),
        was(true, list().boxed()),
        predicates(true).prop_map(Condition::Changed),
    ]
}

fn term() -> impl Strategy<Value = Term> {
    (field(), condition()).prop_map(|(field, condition)| Term {
        field,
        condition,
        place: Place::default(),
        operator_place: Place::default(),
    })
}
