//! The real `okrsync` binary as a process of its own, for journeys that kill it or read its output.

use crate::{app::DEADLINE, clients::Client, leaks, wait};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
};

/// What a finished command left behind.
#[derive(Debug)]
pub struct Finished {
    /// Exit code; none after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Where a process keeps its data and which database it uses.
#[derive(Debug, Clone)]
pub struct Place {
    data: PathBuf,
    database: String,
    /// Variables besides the usual ones.
    more: Vec<(String, String)>,
    /// What `serve` is told besides.
    arguments: Vec<String>,
}

/// A running `okrsync serve`. Killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    log: PathBuf,
    /// Its address, without a trailing slash.
    pub base: String,
}

impl Place {
    /// A data folder and a database address.
    pub fn new(data: &Path, database: &str) -> Self {
        Self { data: data.to_owned(), database: database.to_owned(), more: Vec::new(), arguments: Vec::new() }
    }

    /// The same place with another variable.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut place = self.clone();
        place.more.push((name.to_owned(), value.to_owned()));
        place
    }

    /// The same place, whose service is told more.
    #[must_use]
    pub fn serving(&self, arguments: &[&str]) -> Self {
        let mut place = self.clone();
        place.arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
        place
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", &self.data)
            .env("OKRSYNC_DATA_DIR", &self.data)
            .env("OKRSYNC_DATABASE_URL", &self.database)
            .env("OKRSYNC_SECRET_KEY", crate::app::SECRET_KEY)
            .env("OKRSYNC_SYNC__LEASE_SECONDS", "5")
            .env("OKRSYNC_SYNC__TICK_SECONDS", "1")
            // the past of a link would add requests and readings to those that a story counts
            .env("OKRSYNC_SYNC__BACKFILL", "false")
            .envs(self.more.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end, with `input` on its standard input.
    pub async fn run(&self, arguments: &[&str], input: &str) -> Finished {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("the binary starts");
        let mut stdin = child.stdin.take().expect("a piped input");
        stdin.write_all(input.as_bytes()).await.expect("the command reads its input");
        drop(stdin);
        let output = tokio::time::timeout(DEADLINE, child.wait_with_output()).await.expect("it ends").expect("output");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let finished = Finished { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
        finished.search(arguments);
        finished
    }

    /// Starts a command and leaves it to itself.
    pub fn start(&self, arguments: &[&str]) -> Started {
        let mut command = self.command(arguments);
        Started(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts"))
    }

    /// Starts the service on a free port and waits until it is ready.
    pub async fn serve(&self) -> Server {
        let port = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
            listener.local_addr().expect("a bound address").port()
        };
        let mut command = self.command(&["serve"]);
        command.args(&self.arguments);
        let log = self.data.join(format!("serve-{port}.log"));
        let file = std::fs::File::create(&log).expect("a log file");
        command.env("OKRSYNC_LISTEN", format!("127.0.0.1:{port}")).env("OKRSYNC_LOG__LEVEL", leaks::FILTER);
        let child = command.stdout(Stdio::null()).stderr(file).spawn().expect("the binary starts");
        let server = Server { child, log, base: format!("http://127.0.0.1:{port}") };
        server.ready().await;
        server
    }
}

/// A command under way. Killed when dropped.
#[derive(Debug)]
pub struct Started(Child);

impl Started {
    /// Ends it at once, as a power cut would.
    pub async fn kill(mut self) {
        self.0.kill().await.expect("killed");
    }
}

impl Finished {
    /// Looks for secrets in what it said; a new token is shown by the command that makes it, and by no other.
    fn search(&self, arguments: &[&str]) {
        let place = format!("the output of okrsync {}", arguments.join(" "));
        if !arguments.starts_with(&["token", "create"]) {
            leaks::look(&place, self.out.as_bytes());
        }
        leaks::look(&place, self.err.as_bytes());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        leaks::look("the output of okrsync serve", &std::fs::read(&self.log).unwrap_or_default());
        if !std::thread::panicking() {
            leaks::assert_none();
        }
    }
}

impl Server {
    /// What it wrote to its log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    async fn ready(&self) {
        let address = self.base.trim_start_matches("http://").to_owned();
        let ready = async || {
            tokio::net::TcpStream::connect(&address).await.ok()?;
            Client::new(&self.base, None).page("/readyz").await.status.is_success().then_some(())
        };
        wait::until("okrsync is ready", DEADLINE, ready).await.expect("okrsync starts");
    }

    /// Ends it at once, as a power cut would.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }
}

/// The binary beside the test's own executable: `cargo xtask test` builds it first.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test has an executable");
    let folder = test.ancestors().nth(2).expect("target/<profile>/deps/<test>");
    let binary = folder.join("okrsync");
    assert!(binary.is_file(), "{} is missing: run `cargo build -p okrsync-cli` first", binary.display());
    binary
}
