//! Laws of the parser and printer over generated text and trees.

use okrsync_jql::{Query, parse, parser::MAX_DEPTH};
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_text_is_a_query_or_errors_with_places(text in "\\PC{0,60}") {
        check(&text)?;
    }

    #[test]
    fn any_soup_of_tokens_is_a_query_or_errors_with_places(parts in prop::collection::vec(crate::trees::fragment(), 0..14)) {
        check(&parts.join(" "))?;
        check(&parts.concat())?;
    }

    #[test]
    fn printed_trees_parse_to_themselves(query in crate::trees::query()) {
        let text = query.canonical();
        prop_assert_eq!(parse(&text), Ok(query), "{}", text);
    }

    #[test]
    fn nothing_escapes_our_and(user in "\\PC{0,40}", extra in crate::trees::clause()) {
        if let Ok(query) = parse(&user) {
            let wrapped = query.and(&extra);
            let reread = parse(&wrapped.canonical());
            prop_assert_eq!(reread.as_ref(), Ok(&wrapped));
            prop_assert!(wrapped.order_by.is_empty());
            let user_terms = query.where_clause.as_ref().map_or(0, |clause| clause.terms().len());
            prop_assert_eq!(wrapped.where_clause.unwrap().terms().len(), user_terms + extra.terms().len());
        }
    }
}

fn check(text: &str) -> Result<(), TestCaseError> {
    match parse(text) {
        Ok(query) => {
            let printed = query.canonical();
            prop_assert_eq!(parse(&printed), Ok(query), "{} printed as {}", text, printed);
        }
        Err(errors) => {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(error.span.start <= error.span.end && error.span.end <= text.chars().count());
            }
        }
    }
    Ok(())
}

#[test]
fn text_that_closes_a_parenthesis_is_no_query() {
    for text in ["a = b) OR (c = d", "a = b)) OR ((c = d", "a = b) --", "a = \"b\") OR (c = \"d\""] {
        let errors = parse(text).unwrap_err();
        assert!(errors[0].hint.as_deref().unwrap().contains("no `(`"), "{text}");
    }
}

#[test]
fn wrapping_keeps_or_inside_and_order_out() {
    let extra = parse("updated >= 1732877091000").unwrap().where_clause.unwrap();
    for (text, wrapped) in [
        ("x = 1 OR y = 2", "(x = 1 OR y = 2) AND updated >= 1732877091000"),
        ("x = 1 AND y = 2 ORDER BY z", "x = 1 AND y = 2 AND updated >= 1732877091000"),
        ("summary ~ \"order by rank\"", "summary ~ \"order by rank\" AND updated >= 1732877091000"),
        ("ORDER BY rank", "updated >= 1732877091000"),
        ("", "updated >= 1732877091000"),
    ] {
        assert_eq!(parse(text).unwrap().and(&extra).canonical(), wrapped);
    }
}

#[test]
fn equal_queries_have_equal_text() {
    for (one, other) in [
        ("project=AE", "project   =\n'AE'"),
        ("a != b and c in (d,e)", "(a != b) && (c IN ( \"d\" , e ))"),
        ("NOT x is null", "! x IS EMPTY"),
        ("(x = 1 and y = 2) and z = 3", "x = 1 and (y = 2 and z = 3)"),
    ] {
        assert_eq!(parse(one).unwrap().canonical_where(), parse(other).unwrap().canonical_where());
    }
    let differ = ["x = 7", "x = \"7\"", "X = 7", "x = 8"].map(|text| parse(text).unwrap().canonical());
    assert!((1..4).all(|index| !differ[..index].contains(&differ[index])), "{differ:?}");
}

#[test]
fn deep_nesting_is_refused_and_shallow_is_not() {
    let nested = |open: &str, close: &str, depth: usize| format!("{}x = 1{}", open.repeat(depth), close.repeat(depth));
    for (open, close) in [("(", ")"), ("not ", ""), ("!", ""), ("(y = 2 or (z = 3 and ", "))")] {
        assert!(parse(&nested(open, close, MAX_DEPTH / 2)).is_ok());
        let errors = parse(&nested(open, close, 100_000)).unwrap_err();
        assert!(errors[0].message.contains("levels deep"), "{}", errors[0]);
    }
    let list = format!("x in {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(parse(&list).unwrap_err()[0].message.contains("levels deep"));
}

#[test]
fn long_queries_are_fine() {
    let text = (0..20_000).map(|number| format!("x = {number}")).collect::<Vec<_>>().join(" OR ");
    let query: Query = parse(&text).unwrap();
    assert_eq!(query.where_clause.unwrap().terms().len(), 20_000);
}
