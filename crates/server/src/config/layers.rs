//! Where settings come from: the built-in file, a file, variables; and which keys exist at all.

use super::{ConfigError, DEFAULTS};
use config::{Config, File, FileFormat, Value, ValueKind};
use secrecy::{ExposeSecret, SecretString};
use std::path::{Path, PathBuf};

/// Variables that begin like settings but are read elsewhere.
const NOT_SETTINGS: [&str; 4] = ["OKRSYNC_CONFIG", "OKRSYNC_REQUIRE_", "OKRSYNC_TEST_", "OKRSYNC_BENCH_"];

/// The variables that matter, with the secrets among them.
pub(super) fn environment() -> Vec<(String, String)> {
    std::env::vars()
        .filter(|(name, _)| name.starts_with("OKRSYNC_") || name == "HOME" || name == "XDG_DATA_HOME")
        .collect()
}

/// All layers on top of each other, each with known keys only.
pub(super) fn read(file: Option<&Path>, variables: &[(String, String)]) -> Result<Config, ConfigError> {
    let defaults = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml)).build()?;
    let known = keys(&defaults.cache, "");
    let mut layers = Config::builder().add_source(defaults);
    let named = find(variables, "OKRSYNC_CONFIG").map(PathBuf::from);
    if let Some(path) = file.map(Path::to_path_buf).or(named) {
        let layer = Config::builder().add_source(File::from(path.as_path()).format(FileFormat::Toml)).build()?;
        for key in keys(&layer.cache, "") {
            check_known(&known, &path.display().to_string(), &key)?;
        }
        layers = layers.add_source(layer);
    }
    for (name, value) in variables {
        if let Some(key) = key_of(name) {
            check_known(&known, name, &key)?;
            layers = layers.set_override(key, value.as_str())?;
        }
    }
    Ok(layers.build()?)
}

/// `$XDG_DATA_HOME/okrsync`, else `~/.local/share/okrsync`.
pub(super) fn default_data_dir(variables: &[(String, String)]) -> Option<PathBuf> {
    let data = find(variables, "XDG_DATA_HOME").map(PathBuf::from);
    let home = || find(variables, "HOME").map(|home| Path::new(home).join(".local/share"));
    data.or_else(home).map(|folder| folder.join("okrsync"))
}

/// Whether the text is empty, without showing it.
pub(super) fn is_empty(text: &SecretString) -> bool {
    text.expose_secret().is_empty()
}

/// Whether an address has one of the schemes, without showing it.
pub(super) fn has_scheme(address: &SecretString, schemes: &[&str]) -> bool {
    address.expose_secret().split_once("://").is_some_and(|(scheme, _)| schemes.contains(&scheme))
}

fn find<'a>(variables: &'a [(String, String)], name: &str) -> Option<&'a str> {
    variables.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
}

/// `OKRSYNC_SYNC__PERIOD_MINUTES` → `sync.period_minutes`.
fn key_of(variable: &str) -> Option<String> {
    if NOT_SETTINGS.iter().any(|prefix| variable.starts_with(prefix)) {
        return None;
    }
    variable.strip_prefix("OKRSYNC_").map(|key| key.to_ascii_lowercase().replace("__", "."))
}

/// All keys of a layer with dots between levels.
fn keys(value: &Value, prefix: &str) -> Vec<String> {
    let ValueKind::Table(table) = &value.kind else { return vec![prefix.to_owned()] };
    let dotted = |key: &String| if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
    table.iter().flat_map(|(key, value)| keys(value, &dotted(key))).collect()
}

fn check_known(known: &[String], source: &str, key: &str) -> Result<(), ConfigError> {
    if known.iter().any(|name| name == key) {
        return Ok(());
    }
    let nearest =
        known.iter().max_by_key(|name| likeness(name, key)).filter(|name| likeness(name, key) * 2 > key.len());
    Err(ConfigError::UnknownKey { source_name: source.to_owned(), key: key.to_owned(), nearest: nearest.cloned() })
}

/// Characters that two keys share at their beginning and end.
fn likeness(one: &str, other: &str) -> usize {
    let head = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let rest = one.len().min(other.len()) - head;
    head + one.bytes().rev().zip(other.bytes().rev()).take(rest).take_while(|(a, b)| a == b).count()
}
