//! Programs that a machine may lack: the test says so and is skipped, unless the machine is one that must have them.

use crate::programs;
use std::io::Write;

/// A family of programs, and the switch that turns "skipped" into "failed".
pub(crate) struct Requirement {
    /// What is looked for.
    pub(crate) what: &'static str,
    /// `1` in this variable means: a test may not be skipped for want of it.
    pub(crate) switch: &'static str,
    /// Debian's packages.
    pub(crate) packages: &'static str,
}

impl Requirement {
    /// What was found, or `None` with a line on the terminal.
    ///
    /// # Panics
    /// Where nothing was found and the switch is on.
    pub(crate) fn found_or_skipped<T>(&self, found: Option<T>) -> Option<T> {
        if found.is_none() {
            self.refuse_if_required(programs::variable(self.switch).is_some_and(|value| value == "1"));
            self.print_skipped();
        }
        found
    }

    fn refuse_if_required(&self, is_required: bool) {
        let Self { what, switch, packages } = self;
        assert!(!is_required, "{what} not found, and {switch}=1 asks for it: apt-get install {packages}");
    }

    /// Past the test runner, which shows what `println!` prints of failed tests only.
    fn print_skipped(&self) {
        writeln!(std::io::stderr(), "skipped: {} not found (install {})", self.what, self.packages).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Requirement = Requirement { what: "nothing", switch: "OKRSYNC_REQUIRE_NOTHING", packages: "none" };

    #[test]
    fn what_is_missing_is_skipped() {
        assert_eq!(NOTHING.found_or_skipped::<()>(None), None);
        assert_eq!(NOTHING.found_or_skipped(Some(1)), Some(1));
    }

    #[test]
    #[should_panic(expected = "nothing not found, and OKRSYNC_REQUIRE_NOTHING=1 asks for it: apt-get install none")]
    fn what_is_required_is_not_skipped() {
        NOTHING.refuse_if_required(true);
    }
}
