//! The key that seals secrets: from the environment, or made once beside the embedded database.

use super::{ConfigError, Settings};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use okrsync_connections::KeyRing;
use okrsync_domain::Random;
use secrecy::SecretString;
use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

/// Name of the key's file in the data directory.
const FILE: &str = "secret.key";

impl Settings {
    /// The configured key, else with the embedded database the one in the data directory, made on first use.
    pub fn key_ring(&self, random: &Random) -> Result<KeyRing, ConfigError> {
        let key = match &self.secret_key {
            Some(key) => key.clone(),
            None if self.is_embedded() => kept_key(&self.data_dir, random)?,
            None => return Err(unsound("with PostgreSQL it must be given: make one with `openssl rand -base64 32`")),
        };
        KeyRing::from_base64(&key, &[]).map_err(|_| unsound("it must be 32 bytes in base64: `openssl rand -base64 32`"))
    }

    /// Makes the data directory, readable by its owner only.
    pub fn make_data_dir(&self) -> Result<(), ConfigError> {
        use std::os::unix::fs::DirBuilderExt as _;
        let path = &self.data_dir;
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|error| ConfigError::File { path: path.clone(), error })
    }
}

fn unsound(reason: &str) -> ConfigError {
    ConfigError::Unsound { key: "secret_key", reason: reason.to_owned() }
}

fn kept_key(directory: &Path, random: &Random) -> Result<SecretString, ConfigError> {
    let path = directory.join(FILE);
    let failed = |error| ConfigError::File { path: path.clone(), error };
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(directory.join(FILE)) {
        Ok(file) => write_key(file, random).map_err(failed)?,
        // Another process, or an earlier start, made it.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error)),
    }
    Ok(fs::read_to_string(&path).map_err(failed)?.trim().into())
}

fn write_key(mut file: File, random: &Random) -> std::io::Result<()> {
    file.write_all(format!("{}\n", STANDARD.encode(random.bytes::<32>())).as_bytes())?;
    // Secrets sealed with a key that a power cut took away would be lost.
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_embedded_key_is_made_once_for_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings::embedded(directory.path());
        settings.key_ring(&Random::seeded(1)).unwrap();
        let first = fs::read(directory.path().join(FILE)).unwrap();
        assert_eq!(fs::metadata(directory.path().join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
        settings.key_ring(&Random::seeded(2)).unwrap();
        assert_eq!(fs::read(directory.path().join(FILE)).unwrap(), first);
    }

    #[test]
    fn a_key_must_be_32_bytes_and_postgres_needs_one() {
        let directory = tempfile::tempdir().unwrap();
        let mut settings = Settings::embedded(directory.path());
        settings.secret_key = Some("c2hvcnQ=".into());
        assert!(settings.key_ring(&Random::seeded(1)).unwrap_err().to_string().contains("32 bytes"));
        settings.secret_key = None;
        settings.database_url = "postgres://db/okrsync".into();
        assert!(settings.key_ring(&Random::seeded(1)).unwrap_err().to_string().contains("must be given"));
    }
}
