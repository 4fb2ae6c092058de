//! A child process that never outlives the tests, however they end.
//!
//! A small shell keeps it: when the pipe from the test process closes (the test let go, panicked, or was killed) the shell
//! ends the child with all that the child started and removes its folder.

use anyhow::{Context, ensure};
use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Mutex, PoisonError},
};

/// `setsid` gives the child a process group of its own, so that nothing of it can be missed.
const KEEPER: &str = r#"
folder=$1 ending=$2; shift 2
start() { setsid "$@" </dev/null >>"$folder/log" 2>&1 & child=$!; }
end() { kill -s "$1" -- "-$child" || kill -s "$1" "$child"; wait "$child"; }
start "$@"; echo done
while read -r order; do
  if [ "$order" = start ]; then start "$@"; else end "$order"; fi
  echo done
done
end "$ending"
kill -s KILL -- "-$child"
rm -rf "$folder" || { sleep 1; rm -rf "$folder"; }
"#;

/// A user and group of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    /// User id.
    pub(crate) user: u32,
    /// Group id.
    pub(crate) group: u32,
}

/// A program that runs until this is dropped or the test process is gone. Its folder is its home and its place for
/// temporary files, holds its output in `log`, and is removed with it.
#[derive(Debug)]
pub struct Guarded {
    folder: PathBuf,
    keeper: Child,
    line: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

impl Guarded {
    /// Starts a program; `ending` is the signal that ends it at last ("TERM", "KILL" …).
    pub fn start<I: IntoIterator<Item: AsRef<OsStr>>>(
        ending: &str,
        folder: tempfile::TempDir,
        program: &Path,
        arguments: I,
    ) -> anyhow::Result<Self> {
        Self::start_as(None, ending, folder, program, arguments)
    }

    /// [`Guarded::start`] as another user, which only root can.
    pub(crate) fn start_as<I: IntoIterator<Item: AsRef<OsStr>>>(
        account: Option<Account>,
        ending: &str,
        folder: tempfile::TempDir,
        program: &Path,
        arguments: I,
    ) -> anyhow::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", KEEPER, "keeper"]).arg(folder.path()).arg(ending).arg(program).args(arguments);
        if let Some(account) = account {
            shell.uid(account.user).gid(account.group);
        }
        shell.current_dir("/").env("HOME", folder.path()).env("TMPDIR", folder.path());
        shell.process_group(0); // an interrupt at the terminal is for the tests alone
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut keeper = shell.spawn().context("the shell that keeps a child process")?;
        let orders = keeper.stdin.take().context("a piped stdin")?;
        let replies = BufReader::new(keeper.stdout.take().context("a piped stdout")?);
        let guarded = Self { folder: folder.keep(), keeper, line: Mutex::new(Some((orders, replies))) };
        guarded.read_reply()?;
        Ok(guarded)
    }

    /// The program's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the program wrote on its standard output and error.
    pub fn log(&self) -> String {
        std::fs::read(self.folder.join("log"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Ends the program by a signal ("INT", "TERM", "KILL" …) and waits until it is gone; [`Guarded::start_again`] may follow.
    pub fn end(&self, signal: &str) -> anyhow::Result<()> {
        self.order(signal)
    }

    /// Starts the program once more, with the same arguments and folder.
    pub fn start_again(&self) -> anyhow::Result<()> {
        self.order("start")
    }

    fn order(&self, order: &str) -> anyhow::Result<()> {
        if let Some((orders, _)) = self.line.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            writeln!(orders, "{order}").context("the keeper of a child process is gone")?;
        }
        self.read_reply()
    }

    fn read_reply(&self) -> anyhow::Result<()> {
        let mut reply = String::new();
        if let Some((_, replies)) = self.line.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            replies.read_line(&mut reply)?;
        }
        ensure!(reply == "done\n", "the keeper of a child process said {reply:?}");
        Ok(())
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.line.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        self.keeper.wait().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait;
    use std::time::Duration;

    /// A child with a child of its own; both write their process ids into the log.
    fn start() -> Guarded {
        let folder = tempfile::tempdir().unwrap();
        let script = "sleep 1000 & echo $$ $!; echo home $HOME; wait";
        Guarded::start("KILL", folder, Path::new("/bin/sh"), ["-c", script]).unwrap()
    }

    fn process_ids(guarded: &Guarded, starts: usize) -> Vec<String> {
        let enough = || Some(guarded.log()).filter(|log| log.matches("home").count() == starts);
        let log = wait::until_blocking("the log", Duration::from_secs(10), enough).unwrap();
        let lines = log.lines().filter(|line| !line.starts_with("home"));
        lines.flat_map(str::split_whitespace).map(str::to_owned).collect()
    }

    fn runs(process_id: &String) -> bool {
        let state = std::fs::read_to_string(format!("/proc/{process_id}/stat")).unwrap_or_default();
        !state.is_empty() && !state.contains(") Z ")
    }

    #[test]
    fn nothing_is_left_behind() {
        let guarded = start();
        let folder = guarded.folder().to_owned();
        let processes = process_ids(&guarded, 1);
        assert!(processes.len() == 2 && processes.iter().all(runs), "{processes:?}");
        assert!(guarded.log().contains(&format!("home {}", folder.display())));
        drop(guarded);
        assert!(!folder.exists());
        wait::until_blocking("the end", Duration::from_secs(5), || (!processes.iter().any(runs)).then_some(()))
            .unwrap();
    }

    #[test]
    fn a_program_can_be_killed_and_started_again() {
        let guarded = start();
        let first = process_ids(&guarded, 1);
        guarded.end("KILL").unwrap();
        assert!(!runs(&first[0]));
        guarded.start_again().unwrap();
        let both = process_ids(&guarded, 2);
        assert!(both.len() == 4 && runs(&both[2]), "{both:?}");
    }
}
