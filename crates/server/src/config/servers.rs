//! Which Jira servers may be called: the lists of the settings.

use super::ConfigError;
use okrsync_connections::ServerPolicy;
use serde::{Deserialize, Deserializer};

/// Which Jira servers may be called.
#[derive(Debug, Clone, Deserialize)]
pub struct ServerSettings {
    /// Servers that may be called; empty allows all.
    #[serde(deserialize_with = "list")]
    pub allowed_hosts: Vec<String>,
    /// Servers that are never called.
    #[serde(deserialize_with = "list")]
    pub denied_hosts: Vec<String>,
    /// Whether servers in private networks, and on this machine, may be called.
    pub private_networks: bool,
}

impl ServerSettings {
    /// The policy that they make.
    ///
    /// # Errors
    /// An entry that is no host, domain, address or network.
    pub fn policy(&self) -> Result<ServerPolicy, ConfigError> {
        ServerPolicy::new(&self.allowed_hosts, &self.denied_hosts, self.private_networks).map_err(|entry| {
            ConfigError::Unsound {
                key: if self.allowed_hosts.contains(&entry) {
                    "connections.allowed_hosts"
                } else {
                    "connections.denied_hosts"
                },
                reason: format!(
                    "`{entry}` is no host such as \"jira.example.com\", domain such as \"*.example.com\", address or network \
                     such as \"10.20.0.0/16\""
                ),
            }
        })
    }
}

/// A list of a file, or a text of a variable with commas between the entries.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Text(String),
        List(Vec<String>),
    }
    let entries = match Given::deserialize(deserializer)? {
        Given::Text(text) => text.split(',').map(ToOwned::to_owned).collect(),
        Given::List(list) => list,
    };
    Ok(entries.into_iter().map(|entry| entry.trim().to_owned()).filter(|entry| !entry.is_empty()).collect())
}
