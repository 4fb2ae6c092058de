//! The keys that seal secrets: from the environment, from a file, or made once beside the embedded database.

use super::{ConfigError, Settings};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use okrsync_connections::KeyRing;
use okrsync_domain::Random;
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

/// Name of the key's file in the data directory.
const FILE: &str = "secret.key";
/// What nobody but the owner may do.
const OTHERS: u32 = 0o077;

impl Settings {
    /// The configured key, else the key file's, else with the embedded database the one in the data directory, made on
    /// first use; with the earlier keys that still open what they sealed.
    ///
    /// # Errors
    /// No key, one that is not 32 bytes, or a file that others may read.
    pub fn key_ring(&self, random: &Random) -> Result<KeyRing, ConfigError> {
        let mut keys = match (&self.secret_key, self.key_file()) {
            (Some(_), _) if self.secret_key_file.is_some() => {
                return Err(unsound("it is given as a text and as a file (`secret_key_file`): give one of them"));
            }
            (Some(key), _) => vec![key.clone()],
            (None, Some(path)) => {
                if self.secret_key_file.is_none() {
                    make_once(&path, random)?;
                }
                read(&path)?
            }
            (None, None) => {
                return Err(unsound("with PostgreSQL it must be given: make one with `okrsync key new`"));
            }
        };
        keys.extend(self.earlier_secret_keys.iter().cloned());
        let Some((current, earlier)) = keys.split_first() else {
            return Err(unsound("the key file holds no key: make one with `okrsync key new`"));
        };
        KeyRing::from_base64(current, earlier)
            .map_err(|_| unsound("every key must be 32 bytes in base64: `okrsync key new` makes one"))
    }

    /// The file that holds the keys, if they are in a file.
    pub fn key_file(&self) -> Option<PathBuf> {
        let kept = || self.is_embedded().then(|| self.data_dir.join(FILE));
        if self.secret_key.is_some() { None } else { self.secret_key_file.clone().or_else(kept) }
    }

    /// Puts a new key before those of the key file, which keep opening what they sealed. It seals from the next start of
    /// okrsync on.
    ///
    /// # Errors
    /// The key is no file, or the file cannot be read or replaced.
    pub fn add_key(&self, random: &Random) -> Result<PathBuf, ConfigError> {
        let path = self.key_file().ok_or_else(|| {
            unsound("it comes from the environment: set the new key there, and the old one as earlier_secret_keys")
        })?;
        let keys = if path.exists() { read(&path)? } else { Vec::new() };
        let failed = |error| ConfigError::File { path: path.clone(), error };
        let beside = path.with_extension("new");
        let lines: Vec<&str> = keys.iter().map(SecretString::expose_secret).collect();
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside).map_err(failed)?;
        file.write_all(format!("{}\n{}\n", new_key(random).expose_secret(), lines.join("\n")).as_bytes())
            .map_err(failed)?;
        file.sync_all().map_err(failed)?;
        // At once or not at all: a torn file would lose every secret.
        fs::rename(&beside, &path).map_err(failed)?;
        Ok(path)
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

/// A new key in base64.
pub fn new_key(random: &Random) -> SecretString {
    STANDARD.encode(random.bytes::<32>()).into()
}

fn unsound(reason: &str) -> ConfigError {
    ConfigError::Unsound { key: "secret_key", reason: reason.to_owned() }
}

/// Reads the keys of a file, one a line, the current one first; lines that begin with `#` are notes.
fn read(path: &Path) -> Result<Vec<SecretString>, ConfigError> {
    let failed = |error| ConfigError::File { path: path.to_owned(), error };
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & OTHERS != 0 {
        return Err(ConfigError::KeyExposed { path: path.to_owned(), mode: mode & 0o777 });
    }
    let text = fs::read_to_string(path).map_err(failed)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(lines.map(Into::into).collect())
}

fn make_once(path: &Path, random: &Random) -> Result<(), ConfigError> {
    let failed = |error| ConfigError::File { path: path.to_owned(), error };
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => write_key(file, random).map_err(failed),
        // Another process, or an earlier start, made it.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

fn write_key(mut file: File, random: &Random) -> std::io::Result<()> {
    file.write_all(format!("{}\n", new_key(random).expose_secret()).as_bytes())?;
    // Secrets sealed with a key that a power cut took away would be lost.
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_embedded_key_is_made_once_for_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings::embedded(directory.path());
        let made = settings.key_ring(&Random::seeded(1)).unwrap();
        assert_eq!(fs::metadata(directory.path().join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(settings.key_ring(&Random::seeded(2)).unwrap().current_id(), made.current_id());
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

    #[test]
    fn a_file_that_others_may_read_is_refused_with_the_cure() {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings::embedded(directory.path());
        settings.key_ring(&Random::seeded(1)).unwrap();
        let path = directory.path().join(FILE);
        for wrong in [0o644, 0o640, 0o604, 0o660] {
            mode(&path, wrong);
            let refused = settings.key_ring(&Random::seeded(1)).unwrap_err().to_string();
            assert!(refused.contains("chmod 600") && refused.contains(&format!("{wrong:o}")), "{refused}");
        }
        for right in [0o600, 0o400] {
            mode(&path, right);
            settings.key_ring(&Random::seeded(1)).unwrap();
        }
    }

    #[test]
    fn a_new_key_seals_and_the_earlier_ones_open() {
        use okrsync_connections::Place;
        let (directory, random) = (tempfile::tempdir().unwrap(), Random::seeded(1));
        let settings = Settings::embedded(directory.path());
        let place = Place { table: "t", row: "r", column: "c" };
        let before = settings.key_ring(&random).unwrap();
        let sealed = before.seal(&"s3cret".into(), place, &random);
        let path = settings.add_key(&random).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let after = settings.key_ring(&random).unwrap();
        assert_ne!(after.current_id(), before.current_id());
        assert_eq!(after.open(&sealed, place).unwrap().expose_secret(), "s3cret");
        assert!(after.needs_rotation(&sealed));
    }

    #[test]
    fn a_key_comes_from_one_place_only() {
        let directory = tempfile::tempdir().unwrap();
        let mut settings = Settings::embedded(directory.path());
        let path = directory.path().join("own.key");
        fs::write(&path, "# made by hand\n").unwrap();
        mode(&path, 0o600);
        settings.secret_key_file = Some(path);
        assert!(settings.key_ring(&Random::seeded(1)).unwrap_err().to_string().contains("holds no key"));
        settings.secret_key = Some(new_key(&Random::seeded(1)));
        assert!(settings.key_ring(&Random::seeded(1)).unwrap_err().to_string().contains("one of them"));
        assert!(settings.add_key(&Random::seeded(1)).is_err());
    }
}
