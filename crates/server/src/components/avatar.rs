//! A person in a circle.

use maud::{Markup, html};
use okrsync_domain::person::User;
use sha2::{Digest as _, Sha256};

/// Initials in a tint that follows from the person's id.
pub(crate) fn avatar(user: &User) -> Markup {
    circle(&user.id.to_string(), &user.name)
}

/// The same of somebody in Jira, of whom only the name is known.
pub(crate) fn named(name: &str) -> Markup {
    circle(name, name)
}

fn circle(seed: &str, name: &str) -> Markup {
    let tint = Sha256::digest(seed)[0] % 6 + 1;
    html! { span class={ "av h" (tint) } role="img" title=(name) aria-label=(name) { (initials(name)) } }
}

/// First letters of the first and last word.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_and_last_name() {
        for (name, expected) in [("Dana Okafor", "DO"), ("Tomás de la Ferreira", "TF"), ("okr", "O"), ("", "")] {
            assert_eq!(initials(name), expected);
        }
    }
}
