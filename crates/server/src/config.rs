//! Settings: built-in defaults, a file, the environment. The one home of environment variables.

mod key;
mod layers;
mod servers;

pub use key::new_key;
pub use servers::ServerSettings;

use okrsync_domain::person::Role;
use okrsync_scheduler::SyncConfig;
use secrecy::SecretString;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IntoDeserializer as _, value::StrDeserializer},
};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
};
use url::{Host, Url};

/// Every key, unit and default, as TOML with comments.
pub const DEFAULTS: &str = include_str!("../../../config/default.toml");
/// What the demo changes of the defaults.
pub const DEMO: &str = include_str!("../../../config/demo.toml");

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A key that okrsync does not know: most likely a slip of the pen.
    #[error("{source_name} sets `{key}`, which is not a setting of okrsync{}", suggestion(.nearest.as_deref()))]
    UnknownKey {
        /// File or variable.
        source_name: String,
        /// The key with dots between levels.
        key: String,
        /// The known key that looks most like it.
        nearest: Option<String>,
    },
    /// A file cannot be read, a value has the wrong type.
    #[error("the settings cannot be read: {0}")]
    Unreadable(#[from] config::ConfigError),
    /// A value that cannot be right.
    #[error("the setting `{key}` is not sound: {reason}")]
    Unsound {
        /// The key with dots between levels.
        key: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// Others than its owner may read the key file.
    #[error("{path} holds the key that seals secrets, and others may read it (mode {mode:o}): run `chmod 600 {path}`")]
    KeyExposed {
        /// The path.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The data directory or the key file cannot be made or read.
    #[error("{path}: {error}")]
    File {
        /// The path.
        path: PathBuf,
        /// What the operating system says.
        error: std::io::Error,
    },
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |key| format!("; did you mean `{key}`?"))
}

/// All settings. See `config/default.toml` for the meaning and unit of each.
#[derive(Debug, Clone, Deserialize)]
pub struct Settings {
    /// Address and port to answer on.
    pub listen: SocketAddr,
    /// The address people use.
    #[serde(deserialize_with = "parsed")]
    pub public_url: Option<Url>,
    /// Directory for the embedded database and the key.
    pub data_dir: PathBuf,
    /// `sqlite://…` or `postgres://…`; it may hold a password.
    pub database_url: SecretString,
    /// Certificate authority of the PostgreSQL server.
    #[serde(deserialize_with = "parsed")]
    pub database_ca: Option<PathBuf>,
    /// Whether the database is brought up to date at start.
    pub migrate: bool,
    /// Key that seals secrets at rest, in base64.
    #[serde(deserialize_with = "secret")]
    pub secret_key: Option<SecretString>,
    /// File that holds the key, and earlier ones beneath it.
    #[serde(deserialize_with = "parsed")]
    pub secret_key_file: Option<PathBuf>,
    /// Keys that only open what they sealed before.
    #[serde(deserialize_with = "secrets")]
    pub earlier_secret_keys: Vec<SecretString>,
    /// When Jira is asked.
    pub sync: SyncConfig,
    /// Which Jira servers may be called.
    pub connections: ServerSettings,
    /// Pages and API.
    pub web: WebSettings,
    /// Single sign-on.
    pub oidc: OidcSettings,
    /// Measurements of okrsync itself.
    pub metrics: MetricsSettings,
    /// What is logged.
    pub log: LogSettings,
}

/// Pages and API.
#[derive(Debug, Clone, Deserialize)]
pub struct WebSettings {
    /// Days that a sign-in lasts without being used.
    pub session_days: u32,
    /// Days after which a sign-in ends, however much it is used.
    pub session_max_days: u32,
    /// Reverse proxies in front of okrsync.
    pub proxies: u32,
    /// Sign-ins that may be tried per minute and e-mail address.
    pub sign_ins_per_minute: u32,
    /// Largest body of a request in kilobytes.
    pub body_limit_kb: u32,
}

/// Single sign-on by `OpenID Connect`.
#[derive(Debug, Clone, Deserialize)]
pub struct OidcSettings {
    /// The provider's issuer; none switches single sign-on off.
    #[serde(deserialize_with = "parsed")]
    pub issuer: Option<Url>,
    /// What the provider calls okrsync.
    pub client_id: String,
    /// The secret shared with the provider; none for a public client.
    #[serde(deserialize_with = "secret")]
    pub client_secret: Option<SecretString>,
    /// What the button calls it.
    pub name: String,
    /// What the provider is asked for besides `openid`, with blanks between.
    pub scopes: String,
    /// Role of people who sign in for the first time; none lets in only those whom an admin has added.
    #[serde(deserialize_with = "role")]
    pub new_role: Option<Role>,
    /// Whether an e-mail address counts as verified where the provider does not say.
    pub trust_email: bool,
}

/// Measurements of okrsync itself.
#[derive(Debug, Clone, Deserialize)]
pub struct MetricsSettings {
    /// Whether `/metrics` answers everyone.
    pub public: bool,
}

/// What is logged.
#[derive(Debug, Clone, Deserialize)]
pub struct LogSettings {
    /// Filter, such as `info,okrsync_connections=debug`.
    pub level: String,
    /// Text or JSON.
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Settings {
    /// Built-in defaults, then `file` (or the one that `OKRSYNC_CONFIG` names), then the environment.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::from_layers(file, &layers::environment())
    }

    /// Built-in defaults over `data_dir`, a free port, and nothing from the environment: for tests and the demo, which
    /// change the public fields afterwards.
    ///
    /// # Panics
    /// If the built-in defaults are unsound, which a test rules out.
    pub fn embedded(data_dir: &Path) -> Self {
        let variables = [("OKRSYNC_DATA_DIR".to_owned(), data_dir.display().to_string())];
        let mut settings = Self::from_layers(None, &variables).expect("the built-in defaults are sound");
        settings.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        settings
    }

    fn from_layers(file: Option<&Path>, variables: &[(String, String)]) -> Result<Self, ConfigError> {
        let mut settings: Self = layers::read(file, variables)?.try_deserialize()?;
        if settings.data_dir.as_os_str().is_empty() {
            settings.data_dir = layers::default_data_dir(variables).ok_or(ConfigError::Unsound {
                key: "data_dir",
                reason: "neither XDG_DATA_HOME nor HOME is set: give the directory as OKRSYNC_DATA_DIR".to_owned(),
            })?;
        }
        if layers::is_empty(&settings.database_url) {
            settings.database_url = format!("sqlite://{}", settings.data_dir.join("okrsync.db").display()).into();
        }
        settings.check()?;
        Ok(settings)
    }

    /// Whether the database is the embedded one.
    pub fn is_embedded(&self) -> bool {
        layers::has_scheme(&self.database_url, &["sqlite"])
    }

    /// The address people use, without a trailing slash.
    pub fn address(&self) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }

    /// Whether cookies are sent over https only.
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    fn check(&self) -> Result<(), ConfigError> {
        let require = |ok: bool, key: &'static str, reason: &str| {
            if ok { Ok(()) } else { Err(ConfigError::Unsound { key, reason: reason.to_owned() }) }
        };
        let http =
            self.public_url.as_ref().is_none_or(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        require(http, "public_url", "it must begin with http:// or https:// and name a host")?;
        require(
            layers::has_scheme(&self.database_url, &["sqlite", "postgres", "postgresql"]),
            "database_url",
            "it must begin with sqlite:// or postgres://",
        )?;
        self.connections.policy()?;
        let period = self.sync.period_minutes;
        require((5..=1440).contains(&period), "sync.period_minutes", "it lies between 5 minutes and a day (1440)")?;
        require(self.sync.tick_seconds >= 1, "sync.tick_seconds", "it is at least 1")?;
        require(self.sync.lease_seconds >= 5, "sync.lease_seconds", "it is at least 5")?;
        require(self.sync.parallel_refreshes >= 1, "sync.parallel_refreshes", "it is at least 1")?;
        require(self.sync.drop_brake_percent <= 100, "sync.drop_brake_percent", "it is a percentage")?;
        require(self.web.session_days >= 1, "web.session_days", "it is at least 1")?;
        let max_days = self.web.session_max_days;
        require(max_days >= self.web.session_days, "web.session_max_days", "it is at least `web.session_days`")?;
        require(self.web.sign_ins_per_minute >= 1, "web.sign_ins_per_minute", "it is at least 1")?;
        let issuer = self.oidc.issuer.as_ref();
        let safe = |issuer: &Url| issuer.scheme() == "https" || (issuer.scheme() == "http" && is_loopback(issuer));
        require(issuer.is_none_or(safe), "oidc.issuer", "it must begin with https://")?;
        let named = issuer.is_none() || !self.oidc.client_id.is_empty();
        require(named, "oidc.client_id", "the provider knows okrsync by it: it must be set")?;
        require(self.web.body_limit_kb >= 16, "web.body_limit_kb", "it is at least 16")
    }
}

/// An empty text is nothing; any other is parsed.
fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: std::fmt::Display>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(D::Error::custom) }
}

/// A list of secrets.
fn secrets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SecretString>, D::Error> {
    Ok(servers::list(deserializer)?.into_iter().map(SecretString::from).collect())
}

/// An empty text is no role.
fn role<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Role>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    let word: StrDeserializer<'_, D::Error> = text.as_str().into_deserializer();
    Role::deserialize(word).map(Some)
}

/// Whether an address is on this machine, where nobody listens in.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// An empty text is no secret.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(if text.is_empty() { None } else { Some(text.into()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let owned: Vec<_> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Settings::from_layers(None, &owned)
    }

    const HOME: (&str, &str) = ("HOME", "/home/dana");

    #[test]
    fn the_defaults_are_sound_and_live_under_home() {
        let settings = load(&[HOME]).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.data_dir, Path::new("/home/dana/.local/share/okrsync"));
        assert!(settings.is_embedded());
        assert_eq!(settings.sync.period_minutes, 60);
        assert_eq!(settings.address(), "http://127.0.0.1:8080");
        assert!(settings.secret_key.is_none());
    }

    #[test]
    fn the_environment_wins_over_the_defaults() {
        let settings = load(&[
            ("XDG_DATA_HOME", "/data"),
            HOME,
            ("OKRSYNC_SYNC__PERIOD_MINUTES", "30"),
            ("OKRSYNC_DATABASE_URL", "postgres://okr:12345@db/okrsync"),
            ("OKRSYNC_PUBLIC_URL", "https://okrs.example.com/"),
            ("OKRSYNC_SECRET_KEY", "1234567890"),
            ("OKRSYNC_MIGRATE", "false"),
        ])
        .unwrap();
        assert_eq!(settings.data_dir, Path::new("/data/okrsync"));
        assert_eq!(settings.sync.period_minutes, 30);
        assert!(!settings.is_embedded() && settings.is_https() && !settings.migrate);
        assert_eq!(settings.address(), "https://okrs.example.com");
        let shown = format!("{settings:?}");
        assert!(!shown.contains("12345"), "no secret is shown: {shown}");
    }

    #[test]
    fn a_file_is_read_between_the_two() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("okrsync.toml");
        std::fs::write(&file, "listen = \"0.0.0.0:9\"\n[log]\nformat = \"json\"\n").unwrap();
        let variables = [("HOME".to_owned(), "/h".to_owned()), ("OKRSYNC_LISTEN".to_owned(), "0.0.0.0:7".to_owned())];
        let settings = Settings::from_layers(Some(&file), &variables).unwrap();
        assert_eq!(settings.listen.port(), 7);
        assert_eq!(settings.log.format, LogFormat::Json);
        let missing = Settings::from_layers(Some(Path::new("/nowhere.toml")), &variables).unwrap_err();
        assert!(missing.to_string().contains("nowhere.toml"), "{missing}");
    }

    #[test]
    fn slips_are_named_with_the_key_that_was_meant() {
        let unknown = load(&[HOME, ("OKRSYNC_SYNC__PERIOD_MINUTE", "30")]).unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "OKRSYNC_SYNC__PERIOD_MINUTE sets `sync.period_minute`, which is not a setting of okrsync; \
             did you mean `sync.period_minutes`?"
        );
        for (name, value, part) in [
            ("OKRSYNC_SYNC__PERIOD_MINUTES", "0", "sync.period_minutes"),
            ("OKRSYNC_SYNC__PERIOD_MINUTES", "often", "period_minutes"),
            ("OKRSYNC_LISTEN", "here", "listen"),
            ("OKRSYNC_PUBLIC_URL", "ftp://x", "public_url"),
            ("OKRSYNC_DATABASE_URL", "mysql://x", "database_url"),
            ("OKRSYNC_LOG__FORMAT", "xml", "format"),
            ("OKRSYNC_CONNECTIONS__ALLOWED_HOSTS", "jira.example, http://x", "connections.allowed_hosts"),
            ("OKRSYNC_CONNECTIONS__DENIED_HOSTS", "10.0.0.0/99", "10.0.0.0/99"),
        ] {
            let error = load(&[HOME, (name, value)]).unwrap_err();
            assert!(error.to_string().contains(part), "{name}={value}: {error}");
        }
    }

    #[test]
    fn the_files_of_the_repository_are_sound() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
        for name in ["example.toml", "demo.toml", "default.toml"] {
            Settings::from_layers(Some(&folder.join(name)), &[("HOME".to_owned(), "/h".to_owned())]).unwrap();
        }
    }

    #[test]
    fn variables_of_the_test_command_are_not_settings() {
        load(&[HOME, ("OKRSYNC_REQUIRE_PG", "1"), ("OKRSYNC_TEST_POSTGRES", "x"), ("OKRSYNC_CONFIG", "")]).unwrap();
    }
}
