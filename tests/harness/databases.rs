//! A fresh database for each test, on either backend; nothing is left behind.

use crate::cluster::Cluster;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where okrsync keeps what it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file; always there.
    Sqlite,
    /// A server; skipped where the machine has none.
    Postgres,
}

/// An empty database that is gone when this is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    backend: Backend,
    url: String,
    /// Removes itself.
    _folder: Option<tempfile::TempDir>,
    /// What drops the database in its cluster.
    drop_command: Option<Command>,
}

impl TestDatabase {
    /// An empty database of its own: a file, or a database in the process's one PostgreSQL cluster. `None` and a printed
    /// "skipped: …" on a machine without PostgreSQL.
    ///
    /// # Panics
    /// Where the machine cannot provide it although it should (`OKRSYNC_REQUIRE_PG=1`, no room in the temporary folder).
    pub fn fresh(backend: Backend) -> Option<Self> {
        match backend {
            Backend::Sqlite => {
                let folder = tempfile::Builder::new().prefix("okrsync-").tempdir().expect("a temporary folder");
                let url = format!("sqlite://{}", folder.path().join("okrsync.db").display());
                Some(Self { backend, url, _folder: Some(folder), drop_command: None })
            }
            Backend::Postgres => Cluster::shared().map(Cluster::fresh),
        }
    }

    /// A database in a cluster; `drop_command` runs at the end.
    pub(crate) fn in_cluster(socket_folder: &Path, name: &str, drop_command: Command) -> Self {
        // no user before the host, which is empty: not every reader of URLs accepts that
        let url = format!("postgres:///{name}?host={}&user=postgres", socket_folder.display());
        Self { backend: Backend::Postgres, url, _folder: None, drop_command: Some(drop_command) }
    }

    /// Which of the two it is.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The files that hold it; none of PostgreSQL's.
    pub fn files(&self) -> Vec<PathBuf> {
        let Some(path) = self.url.strip_prefix("sqlite://") else { return Vec::new() };
        ["", "-wal"].map(|ending| PathBuf::from(format!("{path}{ending}"))).to_vec()
    }

    /// Everything that is in it, as it lies on the disk or as a dump.
    ///
    /// # Panics
    /// Where it cannot be read.
    pub fn dump(&self) -> Vec<u8> {
        match self.backend {
            Backend::Sqlite => self.files().iter().flat_map(|file| std::fs::read(file).unwrap_or_default()).collect(),
            Backend::Postgres => Cluster::shared().map(|cluster| cluster.dump(self)).unwrap_or_default(),
        }
    }

    /// For `OKRSYNC_DATABASE_URL`: `sqlite:///folder/okrsync.db`, or `postgres:///name?host=/folder&user=postgres`.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(command) = &mut self.drop_command {
            // an error means that the cluster is gone, and the database with it
            command.stdout(Stdio::null()).stderr(Stdio::null()).status().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_is_its_own() {
        for (backend, scheme) in [(Backend::Sqlite, "sqlite:///"), (Backend::Postgres, "postgres:///test_")] {
            let Some((one, two)) = TestDatabase::fresh(backend).zip(TestDatabase::fresh(backend)) else { continue };
            assert!(one.url() != two.url() && one.url().starts_with(scheme), "{}", one.url());
        }
    }

    #[test]
    fn a_dropped_database_is_gone() {
        let database = TestDatabase::fresh(Backend::Sqlite).unwrap();
        let file = Path::new(database.url().strip_prefix("sqlite://").unwrap()).to_owned();
        std::fs::write(&file, "").unwrap();
        drop(database);
        assert!(!file.parent().unwrap().exists());
    }
}
