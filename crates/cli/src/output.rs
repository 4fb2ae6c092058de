//! The one place that writes to the terminal.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command's output is its purpose")]

use std::{io::Write as _, process::ExitCode};

/// A line of the command's result.
pub(crate) fn line(text: impl std::fmt::Display) {
    println!("{text}");
}

/// A piece of a file that is the command's result.
pub(crate) fn raw(bytes: &[u8]) -> std::io::Result<()> {
    std::io::stdout().write_all(bytes)
}

/// A line for the person at the terminal, kept out of pipes.
pub(crate) fn note(text: impl std::fmt::Display) {
    eprintln!("{text}");
}

/// Says what failed and why, cause by cause, without a stack trace.
pub(crate) fn failure(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error}");
    let mut last = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        // Libraries often repeat their cause in their own message.
        if !last.contains(&cause) {
            eprintln!("  because: {cause}");
        }
        last = cause;
    }
    ExitCode::FAILURE
}
