//! A person as a tinted circle with initials; the name is in the accessible label.

use maud::{Markup, html};

/// Number of tint pairs in the style sheet.
const TINTS: usize = 6;

/// A person as others see them.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// Chooses the tint, so that it stays the same everywhere.
    pub(crate) id: String,
    pub(crate) name: String,
}

/// The circle.
pub(crate) fn avatar(person: &Person) -> Markup {
    let tint = person.id.bytes().map(usize::from).sum::<usize>() % TINTS + 1;
    html! { span class=(format!("av h{tint}")) role="img" title=(person.name) aria-label=(person.name) { (initials(&person.name)) } }
}

/// First letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_take_the_first_and_the_last_word() {
        for (name, expected) in [("Dana Okafor", "DO"), ("Ülkü", "Ü"), ("Ana Maria de Souza", "AS"), ("", "")] {
            assert_eq!(initials(name), expected);
        }
    }
}
