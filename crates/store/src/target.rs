//! Where the database is: reading its address, trusting its certificate, opening one connection.

use crate::{
    error::StoreError,
    pool::{Db, Pg},
};
use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio_postgres::{Client, Connection, Socket, tls::MakeTlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The half of a connection to a server that carries messages.
pub(crate) type RawConnection = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// Which database is behind a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file, embedded.
    Sqlite,
    /// A server.
    Postgres,
}

/// Where the database is.
#[derive(Clone)]
pub(crate) enum Target {
    /// A file.
    Sqlite(PathBuf),
    /// A server, and how to trust it.
    Postgres(Box<tokio_postgres::Config>, Arc<ClientConfig>),
}

/// What a connection to SQLite is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The one writer.
    Write,
    /// One of many readers; statements that change something are refused.
    Read,
    /// Migrations: tables may be rebuilt, so foreign keys are checked at the end instead of always.
    Migrate,
}

/// How often, and how far apart, a new file is tried again: SQLite's own patience does not cover the moment in which
/// another process is just switching the file to its write-ahead log.
const TURNS: u32 = 100;
const TURN: Duration = Duration::from_millis(50);

/// How long connecting to a server may take, unless its address says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl Target {
    /// Reads `sqlite://path` or `postgres://…`; `ca` is a certificate authority in PEM that is trusted besides the
    /// system's.
    pub(crate) fn parse(url: &str, ca: Option<&Path>) -> Result<Self, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
            if path.is_empty() || path.starts_with(":memory:") {
                let text =
                    "`sqlite://` needs the path of a file: every connection to `:memory:` would see its own database";
                return Err(StoreError::Configuration(text.to_owned()));
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            let text = "the database address must start with `sqlite://` or `postgres://`";
            return Err(StoreError::Configuration(text.to_owned()));
        }
        let mut config: tokio_postgres::Config = url
            .parse()
            .map_err(|error| StoreError::Configuration(format!("the address of PostgreSQL is not sound: {error}")))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_application_name().is_none() {
            config.application_name("okrsync");
        }
        Ok(Self::Postgres(Box::new(config), tls(ca)?))
    }

    /// Which database it is.
    pub(crate) fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres(..) => Backend::Postgres,
        }
    }

    /// Opens one connection. The purpose matters to SQLite only.
    pub(crate) async fn connect(&self, purpose: Purpose) -> Result<Db, StoreError> {
        match self {
            Self::Sqlite(path) => {
                for _ in 0..TURNS {
                    match open_in_background(path.clone(), purpose).await {
                        Err(StoreError::Busy(_)) => tokio::time::sleep(TURN).await,
                        opened => return opened.map(Db::Sqlite),
                    }
                }
                open_in_background(path.clone(), purpose).await.map(Db::Sqlite)
            }
            Self::Postgres(..) => {
                let (client, connection) = self.raw_connection().await?;
                let mut connection = AsyncPgConnection::try_from_client_and_connection(client, connection)
                    .await
                    .map_err(|error| StoreError::Unavailable(causes(&error)))?;
                // A plan that was made while a table was small is not kept while a first sync fills it.
                let fresh_plans = "SET plan_cache_mode = force_custom_plan";
                connection.batch_execute(fresh_plans).await.map_err(|error| StoreError::Unavailable(causes(&error)))?;
                Ok(Db::Pg(Pg::from(connection)))
            }
        }
    }

    /// Opens one connection to a server, as its protocol is spoken.
    pub(crate) async fn raw_connection(&self) -> Result<(Client, RawConnection), StoreError> {
        match self {
            Self::Sqlite(_) => Err(StoreError::Configuration("a file is no server".to_owned())),
            Self::Postgres(config, tls) => config
                .connect(MakeRustlsConnect::new((**tls).clone()))
                .await
                .map_err(|error| StoreError::Unavailable(causes(&error))),
        }
    }
}

async fn open_in_background(path: PathBuf, purpose: Purpose) -> Result<SqliteConnection, StoreError> {
    tokio::task::spawn_blocking(move || open_file(&path, purpose))
        .await
        .map_err(|panic| StoreError::Internal(panic.into()))?
}

/// An error with its causes in one line: "error connecting to server: connection refused".
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn open_file(path: &Path, purpose: Purpose) -> Result<SqliteConnection, StoreError> {
    let unavailable = |detail: String| StoreError::Unavailable(format!("{}: {detail}", path.display()));
    create_private(path).map_err(|error| unavailable(error.to_string()))?;
    let name = path.to_str().ok_or_else(|| StoreError::Configuration(format!("{} is not UTF-8", path.display())))?;
    let mut connection = SqliteConnection::establish(name).map_err(|error| unavailable(error.to_string()))?;
    let keys = if purpose == Purpose::Migrate { "OFF" } else { "ON" };
    // In KiB. Many may read at once: what they do not keep comes from the system's own cache.
    let cache = if purpose == Purpose::Read { 2048 } else { 16384 };
    connection.batch_execute(&format!(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
         PRAGMA foreign_keys = {keys}; PRAGMA cache_size = -{cache}; PRAGMA temp_store = MEMORY;"
    ))?;
    if purpose == Purpose::Read {
        connection.batch_execute("PRAGMA query_only = ON;")?;
    }
    Ok(connection)
}

/// Makes a new file readable by its owner only: it holds password hashes and sealed secrets. SQLite gives its side files
/// the same mode.
fn create_private(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// The system's certificate authorities and one more. `sslmode=require`, and `prefer` where the server offers TLS,
/// always verify.
fn tls(ca: Option<&Path>) -> Result<Arc<ClientConfig>, StoreError> {
    let mut roots = RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        // a certificate of the system that rustls refuses is one that okrsync will not trust
        let _ = roots.add(certificate);
    }
    if let Some(path) = ca {
        let unsound = |error: &dyn std::fmt::Display| {
            StoreError::Configuration(format!("the database's CA certificate {}: {error}", path.display()))
        };
        let certificate = CertificateDer::from_pem_file(path).map_err(|error| unsound(&error))?;
        roots.add(certificate).map_err(|error| unsound(&error))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Configuration(format!("TLS cannot be set up: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused_with_a_reason() {
        for (url, path) in [("sqlite://okr.db", "okr.db"), ("sqlite:///var/lib/okr.db", "/var/lib/okr.db")] {
            assert!(matches!(Target::parse(url, None), Ok(Target::Sqlite(found)) if found == Path::new(path)), "{url}");
        }
        assert!(matches!(Target::parse("postgres://dana@db/okr", None), Ok(Target::Postgres(..))));
        for url in ["mysql://db/okr", "sqlite://", "sqlite://:memory:", "postgres://db:port/okr"] {
            assert!(matches!(Target::parse(url, None), Err(StoreError::Configuration(_))), "{url}");
        }
        let absent = Some(Path::new("/nowhere/ca.pem"));
        assert!(matches!(Target::parse("postgres://db/okr", absent), Err(StoreError::Configuration(_))));
    }
}
