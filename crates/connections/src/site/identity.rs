//! Who answers: the server, and the account that it takes us for.

use super::{Dialect, Site};
use crate::{
    Error,
    answer::{Answer, same_account},
    call::Call,
    cloud, data_center,
};
use okrsync_domain::{
    Instant,
    connection::{Account, Deployment, JiraInfo},
};
use serde::Deserialize;

/// What answers at the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// Version and deployment type in Jira's words.
    pub info: JiraInfo,
    /// What that means: Data Center calls itself "Server" too.
    pub deployment: Deployment,
}

impl Site {
    /// The account that the site answers to. Later answers must come from the same one.
    ///
    /// # Errors
    /// [`Error::CredentialInvalid`] if it is not the one that the connection was authorised for.
    pub async fn myself(&self) -> Result<Account, Error> {
        let (account, _) = self.who().await?;
        self.expect(&account)?;
        Ok(account)
    }

    /// Who answers, whoever that is, and what the server's clock showed.
    pub(crate) async fn who(&self) -> Result<(Account, Option<Instant>), Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Myself {
            account_id: Option<String>,
            name: Option<String>,
            display_name: Option<String>,
            time_zone: Option<String>,
        }
        let answer = self.client.send(&Call::get(format!("{}/myself", self.dialect.api())).about_me()).await?;
        let myself: Myself = answer.read()?;
        let id = match self.dialect {
            Dialect::Cloud => myself.account_id,
            Dialect::DataCenter => myself.name,
        };
        let id = id.ok_or_else(|| Error::UnexpectedAnswer { detail: "the account came without its id".to_owned() })?;
        let display_name = myself.display_name.unwrap_or_else(|| id.clone());
        Ok((Account { id, display_name, time_zone: myself.time_zone }, answer.date()))
    }

    /// Holds `account` against the one expected; without one, it is the one from now on.
    pub(crate) fn expect(&self, account: &Account) -> Result<(), Error> {
        self.client.expect_account(&account.id);
        match self.client.account() {
            Some(expected) if !same_account(expected, &account.id) => Err(Error::CredentialInvalid {
                detail: format!("the sign-in is {}'s, not of the account of this connection", account.display_name),
            }),
            _ => Ok(()),
        }
    }

    /// Version and kind of what answers; asked without credential first, since most sites tell everybody.
    pub async fn server_info(&self) -> Result<ServerInfo, Error> {
        let call = Call::get(format!("{}/serverInfo", self.dialect.api()));
        let answer = match self.client.send(&call.clone().anonymous()).await {
            Err(Error::CredentialInvalid { .. } | Error::Forbidden { .. }) => self.client.send(&call).await?,
            answer => answer?,
        };
        read_server_info(&answer)
    }

    /// Who is there: as this flavour would answer, and as the other would.
    pub(crate) fn server_info_calls(&self) -> [Call; 2] {
        let apis = match self.dialect {
            Dialect::Cloud => [cloud::API, data_center::API],
            Dialect::DataCenter => [data_center::API, cloud::API],
        };
        apis.map(|api| Call::get(format!("{api}/serverInfo")).anonymous())
    }
}

/// Reads what `serverInfo` tells.
pub(crate) fn read_server_info(answer: &Answer) -> Result<ServerInfo, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Raw {
        version: String,
        deployment_type: Option<String>,
    }
    let raw: Raw =
        answer.read().map_err(|_| Error::NotJira { detail: "it does not tell a Jira version".to_owned() })?;
    let deployment_type = raw.deployment_type.unwrap_or_else(|| "Server".to_owned());
    let deployment = match deployment_type.as_str() {
        "Cloud" => Deployment::Cloud,
        _ => Deployment::SelfManaged,
    };
    Ok(ServerInfo { info: JiraInfo { version: raw.version, deployment_type }, deployment })
}
