//! The real `okrsync` binary as a process of its own, for journeys that kill it or read its output.

use crate::{app::DEADLINE, clients::Client, wait};
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
}

/// A running `okrsync serve`. Killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Its address, without a trailing slash.
    pub base: String,
}

impl Place {
    /// A data folder and a database address.
    pub fn new(data: &Path, database: &str) -> Self {
        Self { data: data.to_owned(), database: database.to_owned() }
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
        Finished { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Starts the service on a free port and waits until it is ready.
    pub async fn serve(&self) -> Server {
        let port = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
            listener.local_addr().expect("a bound address").port()
        };
        let mut command = self.command(&["serve"]);
        command.env("OKRSYNC_LISTEN", format!("127.0.0.1:{port}")).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("the binary starts");
        let server = Server { child, base: format!("http://127.0.0.1:{port}") };
        server.ready().await;
        server
    }
}

impl Server {
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
