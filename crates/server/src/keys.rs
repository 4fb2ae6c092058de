//! The keys that seal secrets: what is sealed with which, and sealing everything anew with the current one.

pub use okrsync_connections::{KeyRing, Place};

use okrsync_connections::{Error as SealError, Sealed};
use okrsync_domain::Random;
use okrsync_store::{SealedText, Store, StoreError};
use std::collections::BTreeMap;

/// Seals in one transaction: a kill loses the work of one, and nobody waits for long.
const BATCH: usize = 20;

/// What is sealed, and with which keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyReport {
    /// Seals by the id of their key, as they are now.
    pub by_key: BTreeMap<String, u64>,
    /// Seals that were put in place of older ones.
    pub resealed: u64,
    /// Seals that cannot be opened, each with its place and the reason.
    pub unreadable: Vec<String>,
}

impl KeyReport {
    fn count(&mut self, key: &str) {
        *self.by_key.entry(key.to_owned()).or_default() += 1;
    }

    fn refuse(&mut self, text: &SealedText, error: &SealError) {
        self.unreadable.push(format!("{} {} {}: {error}", text.table, text.row, text.name));
    }
}

/// Opens everything that is sealed and tells what with.
///
/// # Errors
/// The database.
pub async fn check(store: &Store, keys: &KeyRing) -> Result<KeyReport, StoreError> {
    let mut report = KeyReport::default();
    let mut after = None;
    loop {
        let texts = store.sealed_texts(after.as_ref(), BATCH).await?;
        for text in &texts {
            let sealed = Sealed(text.sealed.clone());
            match keys.open(&sealed, place(text)) {
                Ok(_) => report.count(sealed.key_id().unwrap_or_default()),
                Err(error) => report.refuse(text, &error),
            }
        }
        if texts.len() < BATCH {
            return Ok(report);
        }
        after = texts.into_iter().last();
    }
}

/// Seals everything that an earlier key sealed with the current key, in small transactions. It may be cut off at any time
/// and run again: what is sealed anew already stays as it is. `progress` hears how many seals were looked at.
///
/// # Errors
/// The database. What cannot be opened is in the report, and stays as it is.
pub async fn rotate(
    store: &Store,
    keys: &KeyRing,
    random: &Random,
    mut progress: impl FnMut(u64),
) -> Result<KeyReport, StoreError> {
    let mut report = KeyReport::default();
    let (mut after, mut seen) = (None, 0);
    loop {
        let texts = store.sealed_texts(after.as_ref(), BATCH).await?;
        let mut changes = Vec::new();
        for text in &texts {
            match keys.reseal(&Sealed(text.sealed.clone()), place(text), random) {
                Ok(None) => report.count(keys.current_id()),
                Ok(Some(Sealed(sealed))) => changes.push((text.clone(), sealed)),
                Err(error) => report.refuse(text, &error),
            }
        }
        // One that was replaced meanwhile was sealed with the current key, or is met by the next run.
        let replaced = if changes.is_empty() { 0 } else { store.reseal(changes).await? };
        *report.by_key.entry(keys.current_id().to_owned()).or_default() += replaced;
        report.resealed += replaced;
        seen += u64::try_from(texts.len()).unwrap_or(u64::MAX);
        progress(seen);
        if texts.len() < BATCH {
            return Ok(report);
        }
        after = texts.into_iter().last();
    }
}

fn place(text: &SealedText) -> Place<'_> {
    Place { table: text.table, row: &text.row, column: &text.name }
}
