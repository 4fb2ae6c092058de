//! A throw-away PostgreSQL cluster, reached through a socket in a folder of its own.

use crate::{
    databases::TestDatabase,
    guarded::{Account, Guarded},
    programs,
    requirement::Requirement,
    wait,
};
use anyhow::{Context, ensure};
use std::{
    ffi::OsStr,
    os::unix::{fs::chown, net::UnixStream, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

const POSTGRES: Requirement =
    Requirement { what: "PostgreSQL's server programs", switch: "OKRSYNC_REQUIRE_PG", packages: "postgresql" };

/// The data is thrown away, so nothing need reach the disk; the socket is the only door.
const SETTINGS: [&str; 7] = [
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=200",
    "shared_buffers=64MB",
];

/// Longer than a cold start on a machine that builds something else.
const DEADLINE: Duration = Duration::from_mins(1);

/// A PostgreSQL server with a data folder of its own. It ends with this value, or with the test process.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    server: Guarded,
    databases: AtomicU32,
}

impl Cluster {
    /// A cluster for a test that stops or restarts it; the others share one ([`TestDatabase::fresh`]). `None` and a printed
    /// "skipped: …" on a machine without PostgreSQL.
    ///
    /// # Panics
    /// Where the server does not start, or is not there although `OKRSYNC_REQUIRE_PG` is `1`.
    pub fn start() -> Option<Self> {
        let programs = POSTGRES.found_or_skipped(programs::find_postgres())?;
        Some(Self::start_from(programs).unwrap_or_else(|error| panic!("PostgreSQL: {error:#}")))
    }

    /// The one cluster of this process.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: LazyLock<Option<Cluster>> = LazyLock::new(Cluster::start);
        SHARED.as_ref()
    }

    /// A new, empty database.
    ///
    /// # Panics
    /// Where the server refuses.
    pub fn fresh(&self) -> TestDatabase {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let created = self.client("createdb", ["--template=template0", &name]);
        created.unwrap_or_else(|error| panic!("PostgreSQL: {error:#}"));
        TestDatabase::in_cluster(self.socket_folder(), &name, self.client_command("dropdb", ["--force", &name]))
    }

    /// A database as `pg_dump` writes it.
    ///
    /// # Panics
    /// Where the server refuses.
    pub(crate) fn dump(&self, database: &TestDatabase) -> Vec<u8> {
        let output = Command::new(self.programs.join("pg_dump")).args(["--dbname", database.url()]).output();
        let output = output.unwrap_or_else(|error| panic!("pg_dump: {error}"));
        assert!(output.status.success(), "pg_dump: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Ends the server as an operator does: clients are disconnected, nothing is lost. [`Cluster::start_again`] may follow.
    pub fn stop(&self) -> anyhow::Result<()> {
        self.server.end("INT")
    }

    /// Ends the server as a power cut does.
    pub fn crash(&self) -> anyhow::Result<()> {
        self.server.end("QUIT")
    }

    /// Starts the server after [`Cluster::stop`] or [`Cluster::crash`], and returns when it accepts connections.
    pub fn start_again(&self) -> anyhow::Result<()> {
        self.server.start_again()?;
        self.wait_until_ready()
    }

    /// [`Cluster::stop`], then [`Cluster::start_again`].
    pub fn restart(&self) -> anyhow::Result<()> {
        self.stop()?;
        self.start_again()
    }

    fn start_from(programs: PathBuf) -> anyhow::Result<Self> {
        let account = unprivileged_account()?;
        // not TMPDIR: the name of a socket has at most 107 bytes
        let folder = tempfile::Builder::new().prefix("okrsync-pg-").tempdir_in("/tmp")?;
        if let Some(account) = account {
            chown(folder.path(), Some(account.user), Some(account.group))?;
        }
        let data = folder.path().join("data");
        initialise(&programs, account, &data)?;
        let settings = SETTINGS.iter().flat_map(|setting| ["-c", setting]).map(OsStr::new);
        let folders = [OsStr::new("-D"), data.as_os_str(), OsStr::new("-k"), folder.path().as_os_str()];
        let arguments: Vec<_> = folders.into_iter().chain(settings).map(ToOwned::to_owned).collect();
        let server = Guarded::start_as(account, "QUIT", folder, &programs.join("postgres"), arguments)?;
        let cluster = Self { programs, server, databases: AtomicU32::new(0) };
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    fn wait_until_ready(&self) -> anyhow::Result<()> {
        let state = self.socket_folder().join("data/postmaster.pid");
        let accepts = || UnixStream::connect(self.socket_folder().join(".s.PGSQL.5432")).is_ok();
        let is_ready = || std::fs::read_to_string(&state).is_ok_and(|text| text.contains("ready"));
        wait::until_blocking("PostgreSQL's start", DEADLINE, || (accepts() && is_ready()).then_some(()))
            .with_context(|| self.server.log())
    }

    fn socket_folder(&self) -> &Path {
        self.server.folder()
    }

    fn client<'a>(&self, program: &str, arguments: impl IntoIterator<Item = &'a str>) -> anyhow::Result<()> {
        succeed(&mut self.client_command(program, arguments))
    }

    fn client_command<'a>(&self, program: &str, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.arg("--host").arg(self.socket_folder()).arg("--username=postgres").args(arguments);
        command
    }
}

fn initialise(programs: &Path, account: Option<Account>, data: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(programs.join("initdb"));
    command.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D"]);
    command.arg(data).current_dir("/");
    if let Some(account) = account {
        command.uid(account.user).gid(account.group);
    }
    succeed(&mut command)
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let program = command.get_program().to_owned();
    let output = command.output().with_context(|| format!("{}", program.display()))?;
    let (text, status) = (String::from_utf8_lossy(&output.stderr), output.status);
    ensure!(status.success(), "{} ended with {status}: {text}", program.display());
    Ok(())
}

/// PostgreSQL refuses to run as root; as root, an account to step down to.
fn unprivileged_account() -> anyhow::Result<Option<Account>> {
    if !programs::is_root() {
        return Ok(None);
    }
    let accounts = std::fs::read_to_string("/etc/passwd").context("/etc/passwd")?;
    let account = ["postgres", "nobody"].iter().find_map(|name| find_account(&accounts, name));
    account.map(Some).context("no account `postgres` or `nobody` to run PostgreSQL as")
}

fn find_account(accounts: &str, name: &str) -> Option<Account> {
    let fields = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == name)?;
    Some(Account { user: fields.get(2)?.parse().ok()?, group: fields.get(3)?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_by_their_whole_name() {
        let accounts =
            "root:x:0:0:root:/root:/bin/bash\npostgres2:x:1:1::/:\npostgres:x:101:104:Admin:/var:/bin/bash\nbroken\n";
        assert_eq!(find_account(accounts, "postgres"), Some(Account { user: 101, group: 104 }));
        assert_eq!(find_account(accounts, "nobody"), None);
        assert_eq!(find_account(accounts, "broken"), None);
    }

    #[test]
    fn databases_survive_a_restart_and_a_crash() -> anyhow::Result<()> {
        let Some(cluster) = Cluster::start() else { return Ok(()) };
        let database = cluster.fresh();
        let asks = |text: &str| {
            cluster.client("psql", ["--quiet", "--set=ON_ERROR_STOP=1", "--command", text, database.url()])
        };
        asks("create table kept (id int)")?;
        cluster.restart()?;
        asks("table kept")?;
        cluster.crash()?;
        asks("table kept").unwrap_err();
        cluster.start_again()?;
        asks("table kept")?;
        let folder = cluster.socket_folder().to_owned();
        drop((database, cluster));
        assert!(!folder.exists());
        Ok(())
    }
}
