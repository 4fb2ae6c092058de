//! Jira's words against a query, each with its place: its own, that of the name it quotes, or that of a name which the
//! catalogue does not know either.

use super::{JqlCheck, JqlError, unbounded};
use crate::error::jira;
use okrsync_connections::{Error, Verdict, VerdictError};
use okrsync_domain::Instant;
use okrsync_jql::{Query, Span, mentioned, unknown::Unknown};

impl JqlCheck {
    /// Adds what Jira says. `unknown` are the names of the query that the catalogue does not know.
    pub(crate) fn judged(mut self, verdict: Result<Verdict, Error>, unknown: &[Unknown], at: Instant) -> Self {
        match verdict {
            Ok(verdict) => {
                self.errors = self.placed(verdict.errors, unknown);
                self.warnings.extend(verdict.warnings);
                self.matches_nothing = verdict.matches_nothing;
            }
            Err(Error::QueryInvalid { messages }) => {
                let error = |message| VerdictError { message, start: None, end: None };
                self.errors = self.placed(messages.into_iter().map(error).collect(), unknown);
            }
            Err(Error::QueryUnbounded) => (self.errors, self.unbounded) = (vec![unbounded()], true),
            Err(error) => {
                self.unanswered = Some(jira(&error, at));
                self.doubt(unknown);
            }
        }
        // What Jira refuses was checked after all: Data Center looks at the values of a history, too.
        let refused =
            |span: Span| self.errors.iter().any(|error| error.start < Some(span.end) && error.end > Some(span.start));
        self.unchecked.retain(|part| !refused(part.span));
        self
    }

    /// Names that the catalogue does not know, while Jira does not say that there are no such things.
    pub(crate) fn doubt(&mut self, unknown: &[Unknown]) {
        self.lints.extend(unknown.iter().cloned().map(Into::into));
        self.lints.sort_by_key(|lint| (lint.span.start, lint.code));
    }

    fn placed(&self, refused: Vec<VerdictError>, unknown: &[Unknown]) -> Vec<JqlError> {
        let (mut confirmed, mut errors, mut placeless) = (Vec::new(), Vec::new(), Vec::new());
        for error in refused {
            let place = place(self.query.as_ref(), &error);
            match (unknown.iter().find(|unknown| Some(unknown.span) == place), place) {
                (Some(unknown), _) => confirmed.push(unknown),
                (None, Some(_)) => errors.push(refusal(error, place)),
                (None, None) => placeless.push(refusal(error, None)),
            }
        }
        let says = |unknown: &Unknown| {
            let same = |other: &&Unknown| other.kind == unknown.kind && other.name.eq_ignore_ascii_case(&unknown.name);
            confirmed.iter().any(same)
        };
        // Words that name nothing are about the names that nobody knows, if there are any besides.
        let besides = placeless.len().min(unknown.iter().filter(|unknown| !says(unknown)).count());
        placeless.drain(..besides);
        let known_by_none = unknown.iter().filter(|unknown| besides > 0 || says(unknown));
        errors.extend(known_by_none.map(JqlError::from));
        errors.sort_by_key(|error| error.start);
        errors.dedup();
        errors.extend(placeless);
        errors
    }
}

fn place(query: Option<&Query>, error: &VerdictError) -> Option<Span> {
    let own = error.start.zip(error.end).map(|(start, end)| Span::new(start, end));
    own.or_else(|| mentioned(query?, &error.message))
}

fn refusal(error: VerdictError, place: Option<Span>) -> JqlError {
    let (start, end) = (place.map(|place| place.start), place.map(|place| place.end));
    JqlError { message: error.message, start, end, ..JqlError::new("refused_by_jira") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use okrsync_domain::catalogue::{Catalogue, Project, Status};
    use okrsync_jql::unknown::unknown;

    fn at() -> Instant {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn code(check: JqlCheck) -> Result<(), &'static str> {
        check.accepted().map(drop).map_err(|invalid| invalid.code)
    }

    #[test]
    fn a_text_is_refused_for_its_own_reason() {
        assert_eq!(code(JqlCheck::of_text("project = AE")), Ok(()));
        for text in ["", "  ", "order by key desc"] {
            assert_eq!(code(JqlCheck::of_text(text)), Err("unbounded_query"), "{text:?}");
        }
        for text in ["project =", "a = b) OR (c = d", "project = AE AND"] {
            assert_eq!(code(JqlCheck::of_text(text)), Err("invalid_jql"), "{text:?}");
        }
    }

    #[test]
    fn jiras_verdict_decides_and_its_silence_does_not() {
        let sound = || JqlCheck::of_text("project = AE");
        let messages = vec!["The value 'AE' does not exist for the field 'project'.".to_owned()];
        assert_eq!(code(sound().judged(Err(Error::QueryInvalid { messages }), &[], at())), Err("invalid_jql"));
        assert_eq!(code(sound().judged(Err(Error::QueryUnbounded), &[], at())), Err("unbounded_query"));
        let silent = sound().judged(Err(Error::Truncated { detail: "cut".to_owned() }), &[], at());
        assert!(silent.is_valid() && silent.unanswered.is_some());
    }

    /// What is said of `text` where Jira says `messages`: codes with places.
    fn said(text: &str, messages: &[&str]) -> Vec<(&'static str, String)> {
        let project = Project { id: "10000".into(), key: "AE".into(), name: "Apps".into() };
        let status = Status { id: "1".into(), name: "Done".into(), done: true, under_way: false };
        let catalogue = Catalogue { projects: vec![project], statuses: vec![status], ..Catalogue::default() };
        let check = JqlCheck::of_text(text);
        let unknown = unknown(check.query.as_ref().unwrap(), &catalogue);
        let messages = messages.iter().map(ToString::to_string).collect();
        let check = check.judged(Err(Error::QueryInvalid { messages }), &unknown, at());
        let marked = |error: JqlError| {
            let span = error.start.zip(error.end).map(|(start, end)| Span::new(start, end));
            (error.code, span.map(|span| span.slice(text).to_owned()).unwrap_or_default())
        };
        check.errors.into_iter().map(marked).collect()
    }

    #[test]
    fn jiras_words_get_the_place_of_what_they_are_about() {
        let text = "project = NEW AND status in (Dnoe, dnoe) AND component = x";
        let one = |code, marked: &str| (code, marked.to_owned());
        // The catalogue is older than the project NEW, of which Jira does not complain.
        assert_eq!(
            said(text, &["The value 'Dnoe' does not exist for the field 'status'."]),
            [one("unknown_value", "Dnoe"), one("unknown_value", "dnoe")]
        );
        assert_eq!(
            said(text, &["The value 'x' does not exist for the field 'component'."]),
            [one("refused_by_jira", "x")]
        );
        assert_eq!(
            said("project = NEW AND component = x", &["Projekt gibt es nicht."]),
            [one("unknown_value", "NEW")],
            "words without a name are about the name that nobody knows"
        );
        assert_eq!(said("project = AE", &["Nein."]), [one("refused_by_jira", "")]);
    }
}
