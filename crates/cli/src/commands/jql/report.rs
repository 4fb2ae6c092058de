//! Errors, warnings and notes on a query, each with the line it is about, a mark under the part, and the mend.

use crate::output;
use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use okrsync_jql::{Span, lint::Fix};
use okrsync_scheduler::check::JqlCheck;
use std::{io::IsTerminal, ops::Range};

/// The text that is reported on.
pub(super) struct Report<'a> {
    pub(super) path: &'a str,
    pub(super) text: &'a str,
}

/// One thing to say.
struct Finding<'a> {
    level: Level<'static>,
    code: Option<&'a str>,
    message: &'a str,
    place: Option<Span>,
    hint: Option<&'a str>,
    fix: Option<&'a Fix>,
}

impl Report<'_> {
    /// Everything that is known, and how much of it there is.
    pub(super) fn print(&self, check: &JqlCheck) {
        let renderer = if std::io::stderr().is_terminal() { Renderer::styled() } else { Renderer::plain() };
        for finding in findings(check) {
            output::note(format_args!("{}\n", renderer.render(&self.groups(&finding))));
        }
        let (errors, warnings) = (check.errors.len(), check.lints.len() + check.warnings.len());
        if errors + warnings > 0 {
            output::note(format_args!("{}, {}", count(errors, "error"), count(warnings, "warning")));
        }
    }

    fn groups<'a>(&'a self, finding: &Finding<'a>) -> Vec<Group<'a>> {
        let mut title = finding.level.clone().primary_title(finding.message);
        if let Some(code) = finding.code {
            title = title.id(code);
        }
        let mut group = match finding.place {
            Some(place) => {
                let mark = AnnotationKind::Primary.span(self.bytes(place));
                title.element(Snippet::source(self.text).path(self.path).annotation(mark))
            }
            None => Group::with_title(title),
        };
        let Some(fix) = finding.fix else {
            if let Some(hint) = finding.hint {
                group = group.element(Level::HELP.message(hint));
            }
            return vec![group];
        };
        let usual = if fix.text.is_empty() { "leave it out" } else { "write it so" };
        let patch = Patch::new(self.bytes(fix.span), fix.text.as_str());
        let help = Level::HELP.secondary_title(finding.hint.unwrap_or(usual));
        vec![group, help.element(Snippet::source(self.text).path(self.path).patch(patch))]
    }

    /// Places count characters; the renderer wants bytes.
    fn bytes(&self, span: Span) -> Range<usize> {
        let byte = |index: usize| self.text.char_indices().nth(index).map_or(self.text.len(), |(byte, _)| byte);
        byte(span.start)..byte(span.end)
    }
}

/// What is wrong first, then what it means, then what Jira tolerates and what nobody can check.
fn findings(check: &JqlCheck) -> Vec<Finding<'_>> {
    let warning = |message| Finding { level: Level::WARNING, code: None, message, place: None, hint: None, fix: None };
    let errors = check.errors.iter().map(|error| Finding {
        level: Level::ERROR,
        code: Some(error.code),
        message: &error.message,
        place: error.start.zip(error.end).map(|(start, end)| Span::new(start, end)),
        hint: error.hint.as_deref(),
        fix: error.fix.as_ref(),
    });
    let lints = check.lints.iter().map(|lint| Finding {
        code: Some(lint.code.as_str()),
        place: Some(lint.span),
        fix: lint.fix.as_ref(),
        ..warning(lint.message.as_str())
    });
    let silent = check.unanswered.iter().map(|problem| Finding {
        code: Some(problem.code.as_str()),
        hint: problem.hint.as_deref(),
        ..warning(problem.message.as_str())
    });
    let tolerated = check.warnings.iter().map(|message| warning(message.as_str()));
    let open = check.unchecked.iter().map(|part| Finding {
        level: Level::NOTE,
        place: Some(part.span),
        ..warning(part.message.as_str())
    });
    errors.chain(lints).chain(tolerated).chain(silent).chain(open).collect()
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> String {
        let check = super::super::alone(text, okrsync_jql::lint::Measured::PercentComplete);
        let report = Report { path: "q.jql", text };
        let found = findings(&check);
        found.iter().map(|finding| Renderer::plain().render(&report.groups(finding))).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_caret_stands_under_the_wrong_word() {
        let shown = rendered("project = AE\nAND größe = order");
        assert!(shown.starts_with("error[syntax_error]: Expected"), "{shown}");
        assert!(shown.contains("--> q.jql:2:13"), "{shown}");
        assert!(shown.contains("\n2 | AND größe = order\n  |             ^^^^^"), "{shown}");
        assert!(
            shown.contains("help: `order` is a reserved word") && shown.contains("+ AND größe = \"order\""),
            "{shown}"
        );
        assert!(rendered("status = Done LIMIT 5").contains("error[syntax_error]: Expected AND, OR"));
    }

    #[test]
    fn a_lint_shows_its_mend() {
        let shown = rendered("project = AE AND statusCategory = Done\nORDER BY key");
        assert!(shown.contains("warning[self_filters_done]: Only finished issues match"), "{shown}");
        assert!(shown.contains("help: leave it out"), "{shown}");
        assert!(shown.contains("warning[order_by_ignored]"), "{shown}");
        assert!(rendered("labels = x").contains("note: Jira does not tell"));
        assert!(rendered("ORDER BY key").starts_with("error[unbounded_query]: The query has no restriction"));
    }
}
