//! How the site is set up: fields, statuses, projects and the like, as the account sees them.

use super::{Dialect, Site};
use crate::{Error, catalogue, cloud, data_center};
use okrsync_domain::{
    catalogue::{Catalogue, Field, Project, Status},
    history::Thing,
};
use std::collections::BTreeMap;

impl Site {
    /// All fields that the account sees.
    pub async fn fields(&self) -> Result<Vec<Field>, Error> {
        catalogue::fields(&self.client, self.dialect.api()).await
    }

    /// All statuses that the account sees, with their categories.
    pub async fn statuses(&self) -> Result<Vec<Status>, Error> {
        catalogue::statuses(&self.client, self.dialect.api()).await
    }

    /// Everything that the account sees of the site's set-up. What serves only hints may come empty.
    pub async fn catalogue(&self) -> Result<Catalogue, Error> {
        let (client, api) = (&self.client, self.dialect.api());
        let (fields, statuses, projects, issue_types, priorities, functions) = tokio::join!(
            catalogue::fields(client, api),
            catalogue::statuses(client, api),
            self.projects(),
            catalogue::named(client, api, "issuetype"),
            catalogue::named(client, api, "priority"),
            catalogue::functions(client, api),
        );
        Ok(Catalogue {
            fields: fields?,
            statuses: statuses?,
            projects: catalogue::or_none("projects", projects)?,
            issue_types: catalogue::or_none("issue types", issue_types)?,
            priorities: catalogue::or_none("priorities", priorities)?,
            functions: catalogue::or_none("functions", functions)?,
        })
    }

    /// The category of each status by the status's id.
    pub async fn status_categories(&self) -> Result<BTreeMap<String, Thing>, Error> {
        catalogue::status_categories(&self.client, self.dialect.api()).await
    }

    /// All projects that the account sees.
    pub async fn projects(&self) -> Result<Vec<Project>, Error> {
        match self.dialect {
            Dialect::Cloud => cloud::projects(&self.client).await,
            Dialect::DataCenter => data_center::projects(&self.client).await,
        }
    }
}
