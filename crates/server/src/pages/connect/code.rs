//! A query in colours, with what is wrong in it marked. Read by our own lexer, like everything else about queries.

use maud::{Markup, PreEscaped, html};
use okrsync_jql::{
    Span,
    highlight::{Part, parts},
};

fn class(part: Part) -> &'static str {
    match part {
        Part::Field => "q-f",
        Part::Keyword => "q-k",
        Part::Function => "q-fn",
        Part::String => "q-s",
        Part::Number => "q-n",
        Part::Operator | Part::Punctuation => "q-o",
        Part::Wrong => "q-w",
    }
}

/// The text line by line; `wrong` are the places of errors.
pub(crate) fn lines(text: &str, wrong: &[Span]) -> Markup {
    let parts = parts(text);
    let chars: Vec<char> = text.chars().collect();
    let mut html = String::from("<span class=\"l\">");
    let (mut part, mut open) = (0, String::new());
    for (index, char) in chars.iter().enumerate() {
        while parts.get(part).is_some_and(|(_, span)| span.end <= index) {
            part += 1;
        }
        let mut wanted =
            parts.get(part).filter(|(_, span)| span.start <= index).map_or("", |(part, _)| class(*part)).to_owned();
        if wrong.iter().any(|span| span.start <= index && index < span.end) {
            wanted.push_str(" sq");
        }
        if *char == '\n' {
            wanted.clear();
        }
        if wanted != open {
            close(&mut html, &open);
            if !wanted.is_empty() {
                html.extend(["<span class=\"", wanted.trim(), "\">"]);
            }
            open = wanted;
        }
        match char {
            '\n' => html.push_str("\n</span><span class=\"l\">"),
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            char => html.push(*char),
        }
    }
    close(&mut html, &open);
    html.push_str("\n</span>");
    html! { (PreEscaped(html)) }
}

fn close(html: &mut String, open: &str) {
    if !open.is_empty() {
        html.push_str("</span>");
    }
}

/// Line and column of a place, from 1.
pub(crate) fn line_and_column(text: &str, start: usize) -> (usize, usize) {
    let before: Vec<char> = text.chars().take(start).collect();
    let line = before.iter().filter(|char| **char == '\n').count() + 1;
    (line, before.iter().rev().take_while(|char| **char != '\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_is_shown_once_and_escaped() {
        let text = "a = \"<b>\" &\n größe > 1";
        let shown = lines(text, &[Span::new(4, 9)]).0;
        assert!(shown.contains("<span class=\"q-s sq\">\"&lt;b&gt;\"</span>"), "{shown}");
        assert!(shown.contains("<span class=\"q-k\">&amp;</span>\n</span><span class=\"l\">"), "{shown}");
        assert_eq!(shown.matches("class=\"l\"").count(), 2);
        assert_eq!(line_and_column(text, 13), (2, 2));
    }
}
