//! Proof before write: what must hold before a number may be stored. Pure judgements; asking Jira is the caller's part.
//!
//! Rules 1 (the right account) and 2 (every page was read) are kept where the answers are read, in
//! `okrsync_connections`: a walk that breaks one of them is an error there and never a result here. Rule 3 (every value
//! understood) is kept by the decoder and by the exact sums. This file judges what needs more than one answer: rule 4
//! (the fields are there) and rule 5 (nothing, or much less than before).

use okrsync_domain::{
    Instant, Problem,
    catalogue::Field,
    issue::FieldId,
    measure::Metric,
    problem::ProblemCode,
    reading::{Warning, WarningCode},
};

/// What has to be asked again before a result is believed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Nothing matches: Jira's strict check must accept the query.
    pub strict_check: bool,
    /// Far fewer match than before: the health probe must pass.
    pub health_probe: bool,
}

/// Rule 5: an empty result, and one that holds less than `brake_percent` of what matched before, is doubted.
///
/// ```
/// use okrsync_scheduler::proof::doubts;
/// assert!(doubts(None, 0, 50).strict_check, "a typo looks like zero");
/// assert!(doubts(Some(10), 4, 50).health_probe);
/// assert!(!doubts(Some(10), 5, 50).health_probe, "half is not less than half");
/// assert!(!doubts(Some(0), 0, 50).health_probe, "nothing fell");
/// ```
pub fn doubts(before: Option<u64>, now: u64, brake_percent: u32) -> Doubts {
    let dropped = before.is_some_and(|before| {
        before > 0 && (now == 0 || u128::from(now) * 100 < u128::from(before) * u128::from(brake_percent))
    });
    Doubts { strict_check: now == 0, health_probe: dropped }
}

/// Rule 4: the fields that `metric` reads are there for this account, and those that somebody chose hold numbers.
///
/// # Errors
/// `field_unavailable`, which is never a 0.
pub fn fields_available<'a>(
    metric: &Metric,
    needed: impl IntoIterator<Item = &'a FieldId>,
    catalogue: &[Field],
    at: Instant,
) -> Result<(), Problem> {
    let chosen = matches!(metric, Metric::StoryPoints | Metric::CustomField { .. });
    for id in needed {
        match catalogue.iter().find(|field| field.id == *id) {
            None => return Err(unavailable(&format!("the field `{id}` is not there for this account"), at)),
            Some(field) if chosen && !field.is_numeric() => {
                return Err(unavailable(&format!("the field `{}` ({id}) does not hold numbers", field.name), at));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// A site on which no field holds story points.
pub fn no_story_points(at: Instant) -> Problem {
    unavailable("no field of the site holds story points", at)
}

fn unavailable(what: &str, at: Instant) -> Problem {
    Problem {
        code: ProblemCode::FieldUnavailable,
        message: format!("The metric cannot be measured: {what}."),
        hint: Some(
            "Ask a Jira administrator to show the field to the connection's account, or choose another metric."
                .to_owned(),
        ),
        at,
        retry_at: None,
    }
}

/// The query is refused by Jira's strict check, so its empty result means nothing.
pub fn refused(messages: &[String], at: Instant) -> Problem {
    Problem {
        code: ProblemCode::InvalidJql,
        message: format!("Jira refuses the query: {}", messages.join(" ")),
        hint: Some("Edit the query of the link.".to_owned()),
        at,
        retry_at: None,
    }
}

/// Far fewer issues match, and whether the account still sees everything could not be confirmed.
pub fn unconfirmed_drop(before: u64, now: u64, at: Instant) -> Problem {
    Problem {
        code: ProblemCode::SuddenDrop,
        message: format!(
            "{now} issues match where {before} matched before, and the connection's health check does not pass."
        ),
        hint: Some("Test the connection: its account may have lost the right to see the issues.".to_owned()),
        at,
        retry_at: None,
    }
}

/// Whether Jira's strict check confirms that nothing matches: it accepts the query, and its own search finds nothing
/// either. Anything else is no proof of emptiness.
///
/// ```
/// use okrsync_scheduler::proof::confirms_nothing;
/// assert!(confirms_nothing(Some(true)));
/// assert!(!confirms_nothing(Some(false)) && !confirms_nothing(None));
/// ```
pub fn confirms_nothing(matches_nothing: Option<bool>) -> bool {
    matches_nothing == Some(true)
}

/// What Jira said beside its answer, once each.
pub fn jira_warnings(messages: &[String]) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = Vec::new();
    for message in messages {
        if warnings.iter().all(|warning| warning.message != *message) {
            warnings.push(Warning { code: WarningCode::JiraWarning, message: message.clone() });
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at() -> Instant {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn field(id: &str, custom: bool, schema_type: &str) -> Field {
        Field {
            id: FieldId::new(id),
            name: id.to_owned(),
            custom,
            clause_names: vec![],
            schema_type: Some(schema_type.to_owned()),
            custom_type: None,
        }
    }

    proptest! {
        #[test]
        fn growth_is_never_doubted_and_emptiness_always(before in proptest::option::of(any::<u64>()), more in any::<u64>()) {
            let grown = before.unwrap_or(0).saturating_add(more).max(1);
            prop_assert_eq!(doubts(before, grown, 50), Doubts::default());
            prop_assert!(doubts(before, 0, 50).strict_check);
            prop_assert_eq!(doubts(before, 0, 50).health_probe, before.is_some_and(|before| before > 0));
        }

        #[test]
        fn the_brake_lies_at_half(before in 1_u64..1_000_000) {
            prop_assert!(doubts(Some(before), (before - 1) / 2, 50).health_probe);
            prop_assert!(!doubts(Some(before), before.div_ceil(2), 50).health_probe);
        }
    }

    #[test]
    fn a_field_must_be_there_and_hold_numbers() {
        let catalogue = [
            field("timespent", false, "number"),
            field("customfield_1", true, "number"),
            field("customfield_2", true, "string"),
        ];
        let judge = |metric: Metric, ids: &[&str]| {
            let ids: Vec<_> = ids.iter().copied().map(FieldId::new).collect();
            fields_available(&metric, &ids, &catalogue, at()).map_err(|problem| (problem.code, problem.message))
        };
        assert_eq!(judge(Metric::Count, &[]), Ok(()));
        assert_eq!(judge(Metric::TimeSpent, &["timespent"]), Ok(()));
        assert!(judge(Metric::OriginalEstimate, &["timeoriginalestimate"]).is_err(), "time tracking is off");
        assert_eq!(judge(Metric::StoryPoints, &["customfield_1"]), Ok(()));
        for wrong in ["customfield_9", "customfield_2", "timespent"] {
            let (code, message) = judge(Metric::StoryPoints, &["customfield_1", wrong]).unwrap_err();
            assert_eq!(code, ProblemCode::FieldUnavailable);
            assert!(message.contains(wrong), "{message}");
        }
    }

    #[test]
    fn jira_is_quoted_once() {
        let said = ["a".to_owned(), "b".to_owned(), "a".to_owned()];
        assert_eq!(jira_warnings(&said).len(), 2);
    }
}
