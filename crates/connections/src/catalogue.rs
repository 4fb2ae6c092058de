//! What a site offers, as the account sees it. Paths are the same on both deployments; only projects are not.

use crate::{
    Error,
    call::Call,
    client::Client,
    wire::{RawField, RawNamed, RawStatus, past},
};
use okrsync_domain::{
    catalogue::{Field, Named, Status},
    history::Thing,
};
use serde::{Deserialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use tracing::debug;

/// All fields, which must include at least the ones that every Jira has.
pub(crate) async fn fields(client: &Client, api: &str) -> Result<Vec<Field>, Error> {
    let raw: Vec<RawField> = list(client, format!("{api}/field")).await?;
    if raw.is_empty() {
        return Err(Error::UnexpectedAnswer { detail: "the list of fields is empty".to_owned() });
    }
    Ok(raw.into_iter().map(Field::from).collect())
}

/// All statuses.
pub(crate) async fn statuses(client: &Client, api: &str) -> Result<Vec<Status>, Error> {
    let raw: Vec<RawStatus> = list(client, format!("{api}/status")).await?;
    Ok(raw.into_iter().map(Status::from).collect())
}

/// The category of each status by the status's id.
pub(crate) async fn status_categories(client: &Client, api: &str) -> Result<BTreeMap<String, Thing>, Error> {
    let answer = client.send(&Call::get(format!("{api}/status"))).await?;
    past::status_categories(&answer.path, &answer.body)
}

/// Issue types (`issuetype`) or priorities (`priority`).
pub(crate) async fn named(client: &Client, api: &str, what: &str) -> Result<Vec<Named>, Error> {
    let raw: Vec<RawNamed> = list(client, format!("{api}/{what}")).await?;
    Ok(raw.into_iter().map(Named::from).collect())
}

/// Names of the functions that queries may call. Everything else in this answer (booleans as strings, operators) is
/// left alone.
pub(crate) async fn functions(client: &Client, api: &str) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Autocomplete {
        #[serde(default)]
        visible_function_names: Vec<Function>,
    }
    #[derive(Deserialize)]
    struct Function {
        value: String,
    }
    let answer = client.send(&Call::get(format!("{api}/jql/autocompletedata"))).await?;
    let data: Autocomplete = answer.read()?;
    Ok(data.visible_function_names.into_iter().map(|function| function.value).collect())
}

/// What serves only hints may be missing: an account or token that may not read it gets none.
pub(crate) fn or_none<T>(what: &'static str, result: Result<Vec<T>, Error>) -> Result<Vec<T>, Error> {
    match result {
        Err(error @ (Error::Forbidden { .. } | Error::NotFound { .. } | Error::ScopeMissing { .. })) => {
            debug!(what, %error, "this part of the catalogue is not available");
            Ok(Vec::new())
        }
        result => result,
    }
}

async fn list<T: DeserializeOwned>(client: &Client, path: String) -> Result<Vec<T>, Error> {
    client.send(&Call::get(path)).await?.read()
}
