//! Who is asked about a query, in which order, and how often.
//!
//! Syntax costs nothing. Names are compared with the kept catalogue. Jira is asked for its verdict only if the text is
//! sound: two requests on Cloud (three where people are named), one on Data Center. Its word decides: the catalogue gives
//! places and near names. A name that Jira accepts and the catalogue does not know makes the catalogue an old one: it is
//! read again, once a minute at most.

use super::{JqlCheck, LinkCheck, Question};
use crate::{Engine, SyncError, catalogues::BELIEVED_FOR, lints::Known};
use okrsync_connections::{Error, Site, Verdict};
use okrsync_domain::{ConnectionId, Invalid, catalogue::Catalogue, connection::Connection};
use okrsync_jql::{
    Query,
    lint::Counts,
    unchecked::names_people,
    unknown::{Unknown, unknown},
};

impl Engine {
    /// Checks a query: syntax and restriction, names, meaning, and what Jira says if it is asked. A Jira that does not
    /// answer is no error here.
    ///
    /// # Errors
    /// [`SyncError::Disabled`] or [`SyncError::NeedsAuthorization`] if Jira may not be asked; the database.
    pub async fn check_jql(&self, question: &Question<'_>) -> Result<JqlCheck, SyncError> {
        let mut check = JqlCheck::of_text(question.jql);
        let Some(query) = check.query.clone() else { return Ok(check) };
        let mut catalogue = None;
        if let Some(connection) = question.connection {
            catalogue = self.catalogue_if_any(connection).await?;
            if question.ask_jira && check.is_valid() {
                check = Box::pin(self.asked(check, question.jql, connection, catalogue.clone())).await?;
                let accepted = check.is_valid() && check.unanswered.is_none();
                if accepted && !unknown_in(&query, catalogue.as_ref()).is_empty() {
                    catalogue = self.catalogue_within(connection, BELIEVED_FOR).await?;
                }
            } else {
                check.doubt(&unknown_in(&query, catalogue.as_ref()));
            }
        }
        let known = Known {
            text: question.jql,
            query: &query,
            connection: question.connection,
            catalogue: catalogue.as_ref(),
            measured: question.measured,
            counts: Counts::default(),
        };
        check.lints.extend(self.lints(&known).await?);
        check.lints.sort_by_key(|lint| (lint.span.start, lint.code));
        Ok(check)
    }

    /// Adds Jira's verdict on the text as it was written, so that its positions fit. Names in a refusal are placed with
    /// `catalogue`, which is read if there is none.
    async fn asked(
        &self,
        check: JqlCheck,
        jql: &str,
        connection: &Connection,
        mut catalogue: Option<Catalogue>,
    ) -> Result<JqlCheck, SyncError> {
        let Some(query) = check.query.clone() else { return Ok(check) };
        let connection = self.connection(connection.id).await?;
        let people = names_people(&query);
        let verdict = match self.ask(&connection, async |site| verdict(&site, jql, people).await).await {
            Ok(verdict) => verdict,
            Err(SyncError::Jira(problem)) => {
                let mut check = JqlCheck { unanswered: Some(problem), ..check };
                check.doubt(&unknown_in(&query, catalogue.as_ref()));
                return Ok(check);
            }
            Err(error) => return Err(error),
        };
        if catalogue.is_none() && is_refusal(&verdict) {
            catalogue = self.catalogue_if_any(&connection).await?;
        }
        Ok(check.judged(verdict, &unknown_in(&query, catalogue.as_ref()), self.context.clock.now()))
    }

    /// Checks a query before it is linked. Without `confirm_empty`, one that matches nothing is refused: a typo in a
    /// value looks the same.
    ///
    /// # Errors
    /// [`SyncError::Refused`] with `invalid_jql`, `unbounded_query` or `matches_nothing`; [`SyncError::Disabled`].
    pub async fn check_link(
        &self,
        connection: ConnectionId,
        jql: &str,
        confirm_empty: bool,
    ) -> Result<LinkCheck, SyncError> {
        let check = JqlCheck::of_text(jql).accepted()?;
        let connection = self.connection(connection).await?;
        let kept = self.context.store.find_catalogue(connection.id).await?.map(|(catalogue, _)| catalogue);
        let check = Box::pin(self.asked(check, jql, &connection, kept)).await?.accepted()?;
        if check.matches_nothing == Some(true) && !confirm_empty {
            let detail = "The query matches no issue at this moment.";
            return Err(Invalid::new("matches_nothing", "jql", detail)
                .hint("Check the spelling of its values, or confirm with `confirm_empty`.")
                .into());
        }
        let JqlCheck { where_clause, warnings, unanswered, .. } = check;
        Ok(LinkCheck { where_clause: where_clause.unwrap_or_default(), warnings, unanswered })
    }
}

/// The names of a query that a catalogue does not know; none without one.
pub(crate) fn unknown_in(query: &Query, catalogue: Option<&Catalogue>) -> Vec<Unknown> {
    catalogue.map(|catalogue| unknown(query, catalogue)).unwrap_or_default()
}

pub(crate) fn is_refusal(verdict: &Result<Verdict, Error>) -> bool {
    match verdict {
        Ok(verdict) => !verdict.accepted(),
        Err(error) => matches!(error, Error::QueryInvalid { .. }),
    }
}

async fn verdict(site: &Site, jql: &str, people: bool) -> Result<Verdict, Error> {
    let mut verdict = site.check_query(jql).await?;
    if people && verdict.accepted() {
        verdict.warnings.extend(site.unknown_people(jql).await?);
    }
    Ok(verdict)
}
