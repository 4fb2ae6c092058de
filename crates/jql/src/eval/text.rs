//! Search in text: words in any case, phrases, wildcards. No stemming and no ranking, unlike Jira's index.

/// What `~` looks for: one of several sets of terms that must all be found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pattern(Vec<Vec<Term>>);

#[derive(Debug, Clone, PartialEq)]
struct Term {
    /// Words one behind the other, in lower case, with `*` and `?`.
    words: Vec<Vec<char>>,
    /// Whether they must be absent.
    excluded: bool,
}

impl Pattern {
    /// Reads a search text: words must all be found, `"…"` is a phrase, `OR` separates alternatives, `-word` and `NOT word`
    /// exclude, `wor*` and `w?rd` stand for any letters.
    pub(super) fn new(text: &str) -> Self {
        let mut groups = vec![Vec::new()];
        let mut excluded = false;
        for (part, phrase) in parts(text) {
            match part.as_str() {
                "OR" | "||" if !phrase => groups.push(Vec::new()),
                "AND" | "&&" if !phrase => {}
                "NOT" | "!" if !phrase => excluded = true,
                part => {
                    let bare = if phrase { part } else { part.trim_start_matches(['+', '-', '!']) };
                    let minus = !phrase && part.starts_with(['-', '!']) && !bare.is_empty();
                    let words = words(bare, true);
                    if let Some(group) = groups.last_mut().filter(|_| !words.is_empty()) {
                        group.push(Term { words, excluded: excluded || minus });
                    }
                    excluded = false;
                }
            }
        }
        groups.retain(|group| !group.is_empty());
        Self(groups)
    }

    /// Whether `text` holds what is looked for.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let found = words(text, false);
        self.0.iter().any(|group| group.iter().all(|term| term.is_in(&found)))
    }
}

impl Term {
    fn is_in(&self, text: &[Vec<char>]) -> bool {
        let here = |window: &[Vec<char>]| window.iter().zip(&self.words).all(|(word, wanted)| glob(wanted, word));
        text.windows(self.words.len()).any(here) != self.excluded
    }
}

/// The parts of a search text between spaces; those in quotes whole, and marked.
fn parts(text: &str) -> Vec<(String, bool)> {
    let mut parts = Vec::new();
    for (index, piece) in text.split('"').enumerate() {
        if index % 2 == 1 {
            parts.push((piece.to_owned(), true));
        } else {
            parts.extend(piece.split_whitespace().map(|part| (part.to_owned(), false)));
        }
    }
    parts
}

/// The words of `text` in lower case; with `wildcards`, `*` and `?` are parts of words.
fn words(text: &str, wildcards: bool) -> Vec<Vec<char>> {
    let part_of_word = |char: char| char.is_alphanumeric() || (wildcards && matches!(char, '*' | '?'));
    let pieces = text.split(|char| !part_of_word(char)).filter(|piece| !piece.is_empty());
    pieces.map(|piece| piece.chars().flat_map(char::to_lowercase).collect()).collect()
}

/// Whether `pattern` with `*` and `?` covers all of `word`. Linear but for a restart at the last `*`.
fn glob(pattern: &[char], word: &[char]) -> bool {
    let (mut at, mut next) = (0, 0);
    let mut star = None;
    while next < word.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, next));
                at += 1;
            }
            Some(char) if *char == '?' || *char == word[next] => (at, next) = (at + 1, next + 1),
            _ => {
                let Some((star_at, covered)) = star else { return false };
                star = Some((star_at, covered + 1));
                (at, next) = (star_at + 1, covered + 1);
            }
        }
    }
    pattern[at..].iter().all(|char| *char == '*')
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn words_phrases_and_wildcards() {
        let text = "Login page: TIMEOUT on slow networks (re-open AE-12)";
        for found in [
            "timeout",
            "page login",
            "\"login page\"",
            "time*",
            "*out",
            "t?meout",
            "\"re-open\"",
            "re-open",
            "AE-12",
            "missing OR slow",
            "login -missing",
            "+login AND NOT missing",
            "TIME*OUT",
        ] {
            assert!(Pattern::new(found).is_in(text), "{found}");
        }
        for absent in ["time", "\"page login\"", "login -slow", "t?out", "missing", "", "\"\"", "*outs", "NOT slow"] {
            assert!(!Pattern::new(absent).is_in(text), "{absent}");
        }
    }
}
