//! A watch over the whole test run: every log line at trace level, every HTTP answer, every command's output and every
//! SQLite file is searched for every secret that the run uses. Whoever makes a secret tells it to [`watch`].

use crate::redact;
use aho_corasick::AhoCorasick;
use std::{
    collections::BTreeSet,
    io,
    sync::{LazyLock, Mutex, MutexGuard, Once, PoisonError},
};
use tracing_subscriber::{EnvFilter, Layer as _, filter::LevelFilter, fmt, prelude::*};

/// What every token of a simulated Jira contains, and nothing else does.
const MARKS: [&str; 3] = ["ATATT3xSim", "ATCTT3xSim", "NjSimPat"];
/// Log lines are searched in pieces of this size.
const PIECE: usize = 1 << 20;
/// What okrsync writes, and what carries its requests, at trace; the rest at debug. The browser's driver tells what it types.
pub(crate) const FILTER: &str =
    "debug,okrsync=trace,reqwest=trace,tower_http=trace,tower_sessions=trace,axum=trace,thirtyfour=off";
/// How every personal API token begins, and how many letters and digits follow at least.
const TOKEN: (&str, usize) = ("okr_", 20);

static WATCH: LazyLock<Mutex<Watch>> = LazyLock::new(|| {
    let mut watch = Watch::default();
    watch.add(crate::app::SECRET_KEY);
    watch.add(crate::app::PASSWORD);
    for mark in MARKS {
        watch.add(mark);
    }
    watch.needles.push(("an API token", TOKEN.0.to_owned()));
    Mutex::new(watch)
});

#[derive(Default)]
struct Watch {
    secrets: BTreeSet<String>,
    needles: Vec<(&'static str, String)>,
    automaton: Option<AhoCorasick>,
    log: Vec<u8>,
    found: BTreeSet<String>,
}

impl Watch {
    fn add(&mut self, secret: &str) {
        if self.secrets.insert(secret.to_owned()) {
            self.needles.extend(redact::disguises(secret));
            self.automaton = None;
        }
    }

    /// Looks through a text; what is found is named without showing the secret.
    fn look(&mut self, place: &str, text: &[u8]) {
        let Self { needles, automaton, found, .. } = self;
        let automaton = automaton.get_or_insert_with(|| {
            AhoCorasick::new(needles.iter().map(|(_, needle)| needle)).expect("secrets make an automaton")
        });
        for hit in automaton.find_iter(text) {
            let (disguise, needle) = &needles[hit.pattern().as_usize()];
            let behind = text[hit.end()..]
                .iter()
                .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
                .count();
            if needle == TOKEN.0 && behind < TOKEN.1 {
                continue;
            }
            let start = hit.start().saturating_sub(120);
            let around = String::from_utf8_lossy(&text[start..hit.start()]).replace(needle.as_str(), "…");
            found.insert(format!("a secret stands in {place} ({disguise}) behind {around:?}"));
        }
    }

    fn look_through_log(&mut self) {
        let log = std::mem::take(&mut self.log);
        self.look("the log", &log);
    }
}

fn lock() -> MutexGuard<'static, Watch> {
    WATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Searches for `secret` from now on. Tokens of simulated sites and personal API tokens are known by how they look.
///
/// # Panics
/// For a secret of fewer than 8 bytes, which proves nothing.
pub fn watch(secret: &str) {
    assert!(secret.len() >= redact::SHORTEST, "a secret of fewer than {} bytes proves nothing", redact::SHORTEST);
    lock().add(secret);
}

/// Searches a text that anybody may see.
pub fn look(place: &str, text: &[u8]) {
    lock().look(place, text);
}

/// Fails where a secret was found so far.
///
/// # Panics
/// With every place.
pub fn assert_none() {
    let mut watch = lock();
    watch.look_through_log();
    let found: Vec<_> = watch.found.iter().cloned().collect();
    drop(watch);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Has every log line of the process searched, and errors shown as well. The first call counts.
pub fn watch_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let searched = fmt::layer().with_ansi(false).with_writer(|| Lines);
        let shown = fmt::layer().with_writer(io::stderr).with_filter(LevelFilter::ERROR);
        // an error means that a test without an application was first
        tracing_subscriber::registry().with(EnvFilter::new(FILTER)).with(searched).with(shown).try_init().ok();
    });
}

struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut watch = lock();
        watch.log.extend_from_slice(bytes);
        if watch.log.len() > PIECE && bytes.ends_with(b"\n") {
            watch.look_through_log();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_its_disguises_and_not_shown() {
        let mut watch = Watch::default();
        watch.add("hunter2-hunter2");
        watch.look("the page", b"nothing to see");
        assert!(watch.found.is_empty());
        watch.look("the log", b"authorization: Basic YW5uYTpodW50ZXIyLWh1bnRlcjI=");
        watch.look("the page", b"<p>hunter2-hunter2</p>");
        let found: Vec<_> = watch.found.iter().collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].contains("the log (base64") && !found.iter().any(|text| text.contains("hunter2")),
            "{found:?}"
        );
    }
}
