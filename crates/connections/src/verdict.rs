//! Jira's own verdict on a query.

use crate::Error;

/// One thing that Jira refuses in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictError {
    /// Jira's words, in the language of the account.
    pub message: String,
    /// First character of the wrong part, from 0, where Jira names a place.
    pub start: Option<usize>,
    /// One past the last character.
    pub end: Option<usize>,
}

/// Jira's own verdict on a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What it refuses.
    pub errors: Vec<VerdictError>,
    /// What it tolerates, such as unknown users.
    pub warnings: Vec<String>,
    /// Whether nothing matches now; unknown if the query is refused or Jira does not say.
    pub matches_nothing: Option<bool>,
}

impl Verdict {
    /// Whether Jira accepts the query.
    pub fn accepted(&self) -> bool {
        self.errors.is_empty()
    }

    /// A refusal with Jira's messages about `jql`.
    pub(crate) fn refused(jql: &str, messages: Vec<String>) -> Self {
        let error = |message: String| {
            let start = place(jql, &message);
            let end = start.map(|start| end_of_word(jql, start));
            VerdictError { message, start, end }
        };
        Self { errors: messages.into_iter().map(error).collect(), ..Self::default() }
    }

    /// The verdict by running a search: does anything match, and what was tolerated.
    pub(crate) fn after_search(jql: &str, search: Result<(Option<bool>, Vec<String>), Error>) -> Result<Self, Error> {
        match search {
            Ok((matches_nothing, warnings)) => Ok(Self { errors: Vec::new(), warnings, matches_nothing }),
            Err(Error::QueryInvalid { messages }) => Ok(Self::refused(jql, messages)),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.warnings.extend(warnings);
        self
    }
}

/// The place in `jql` behind the "(line 1, character 9)" with which Jira's syntax errors end, in characters from 0.
fn place(jql: &str, message: &str) -> Option<usize> {
    let (_, place) = message.rsplit_once("(line ")?;
    let (line, character) = place.trim_end_matches(['.', ')']).split_once(", character ")?;
    let (line, character): (usize, usize) = (line.parse().ok()?, character.parse().ok()?);
    let before: usize = jql.split_inclusive('\n').take(line.checked_sub(1)?).map(|line| line.chars().count()).sum();
    Some(before + character.checked_sub(1)?).filter(|start| *start <= jql.chars().count())
}

fn end_of_word(jql: &str, start: usize) -> usize {
    let word = jql.chars().skip(start).take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')).count();
    (start + word.max(1)).min(jql.chars().count().max(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_jiras_words_becomes_a_place_in_the_text() {
        let refused = |jql: &str, message: &str| {
            let verdict = Verdict::refused(jql, vec![message.to_owned()]);
            (verdict.errors[0].start, verdict.errors[0].end)
        };
        let message = "Error in the JQL Query: Expecting operator but got 'is'. (line 1, character 9)";
        assert_eq!(refused("project is a", message), (Some(8), Some(10)));
        assert_eq!(refused("ö = 1\nAND bad bad", "Error (line 2, character 5)"), (Some(10), Some(13)));
        assert_eq!(refused("a =", "Error (line 1, character 4)."), (Some(3), Some(3)));
        for message in
            ["Field 'x' does not exist.", "(line 9, character 9)", "(line x, character 1)", "(line 0, character 0)"]
        {
            assert_eq!(refused("a = 1", message), (None, None), "{message}");
        }
    }

    #[test]
    fn a_refusal_is_a_verdict_and_a_broken_answer_is_not() {
        let refused = Error::QueryInvalid { messages: vec!["no".into()] };
        assert!(!Verdict::after_search("a = 1", Err(refused)).unwrap().accepted());
        assert_eq!(Verdict::after_search("", Err(Error::QueryUnbounded)), Err(Error::QueryUnbounded));
        let empty = Verdict::after_search("a = 1", Ok((Some(true), vec!["unknown user".into()]))).unwrap();
        assert!(empty.accepted() && empty.matches_nothing == Some(true) && empty.warnings.len() == 1);
    }
}
