//! Who may do what: the one place.
//!
//! Every handler names what it is about to do as an [`Act`]; [`judge`] answers from the role, and from who owns the thing and
//! whether it is private. What somebody may not even know of is "not there" (404) rather than "not allowed" (403).

use crate::error::{ApiError, ApiResult};
use okrsync_domain::{
    UserId,
    connection::{Connection, Sharing},
    okr::{Okr, Visibility},
    person::{Role, User},
};

/// What somebody is about to do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act<'a> {
    /// Look at something that every signed-in person may see.
    Look,
    /// Change settings of the installation or its people.
    Administer,
    /// Change a person's own data.
    EditUser(UserId),
    /// Write down a new OKR that belongs to this person.
    CreateOkr(UserId),
    /// Read an OKR.
    SeeOkr(&'a Okr),
    /// Change an OKR: its text, link, check-ins, end.
    EditOkr(&'a Okr),
    /// Have Jira asked again for an OKR.
    RefreshOkr(&'a Okr),
    /// Have Jira asked again for everything.
    RefreshAll,
    /// Write down a new connection.
    CreateConnection,
    /// Read a connection's settings and health.
    SeeConnection(&'a Connection),
    /// Let a connection ask Jira: link, preview, check.
    UseConnection(&'a Connection),
    /// Change, test or remove a connection.
    EditConnection(&'a Connection),
}

/// The answer of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may be done.
    Allowed,
    /// Known, but not theirs to do.
    Forbidden,
    /// They may not know that it exists.
    Hidden,
}

/// Whether `user` may do `act`.
pub(crate) fn judge(user: &User, act: Act<'_>) -> Verdict {
    let admin = user.role == Role::Admin;
    let writes = user.role != Role::Viewer;
    match act {
        Act::Look => Verdict::Allowed,
        Act::Administer => allow(admin),
        Act::EditUser(id) => allow(admin || id == user.id),
        Act::CreateOkr(owner) => allow(writes && (admin || owner == user.id)),
        Act::SeeOkr(okr) => seen(sees_okr(user, okr)),
        Act::EditOkr(okr) => seen(sees_okr(user, okr)).and(allow(writes && (admin || okr.owner_id == user.id))),
        Act::RefreshOkr(okr) => seen(sees_okr(user, okr)).and(allow(writes)),
        Act::RefreshAll | Act::CreateConnection => allow(writes),
        Act::SeeConnection(connection) => seen(sees_connection(user, connection)),
        Act::UseConnection(connection) => seen(sees_connection(user, connection)).and(allow(writes)),
        Act::EditConnection(connection) => {
            seen(sees_connection(user, connection)).and(allow(writes && (admin || connection.owner_id == user.id)))
        }
    }
}

/// Whether the person may know of the OKR.
pub(crate) fn sees_okr(user: &User, okr: &Okr) -> bool {
    okr.visibility == Visibility::Everyone || okr.owner_id == user.id || user.role == Role::Admin
}

/// Whether the person may know of the connection.
pub(crate) fn sees_connection(user: &User, connection: &Connection) -> bool {
    connection.sharing == Sharing::Everyone || connection.owner_id == user.id || user.role == Role::Admin
}

/// Whether the person reads titles of issues that the connection fetched.
pub(crate) fn sees_titles(user: &User, connection: &Connection) -> bool {
    user.role != Role::Viewer || connection.show_titles_to_viewers
}

/// `Ok` if `user` may do `act`, else the answer to give.
pub(crate) fn require(user: &User, act: Act<'_>) -> ApiResult<()> {
    match judge(user, act) {
        Verdict::Allowed => Ok(()),
        Verdict::Forbidden => Err(ApiError::forbidden(refusal(user, act)).hint(cure(act))),
        Verdict::Hidden => Err(match act {
            Act::SeeOkr(okr) | Act::EditOkr(okr) | Act::RefreshOkr(okr) => ApiError::not_found("OKR", okr.id),
            Act::SeeConnection(connection) | Act::UseConnection(connection) | Act::EditConnection(connection) => {
                ApiError::not_found("connection", connection.id)
            }
            _ => ApiError::forbidden(refusal(user, act)),
        }),
    }
}

fn refusal(user: &User, act: Act<'_>) -> String {
    match act {
        _ if user.role == Role::Viewer => "You are signed in as a viewer: viewers read and change nothing.".to_owned(),
        Act::CreateOkr(_) => "Only an admin writes down OKRs for somebody else.".to_owned(),
        Act::EditOkr(_) => "Only the OKR's owner and admins change it.".to_owned(),
        Act::EditConnection(_) => "Only the connection's owner and admins change it.".to_owned(),
        _ => "Only admins do this.".to_owned(),
    }
}

fn cure(act: Act<'_>) -> &'static str {
    match act {
        Act::EditOkr(_) | Act::EditConnection(_) => "Ask the owner, or an admin.",
        _ => "Ask an admin to do it, or for another role.",
    }
}

fn allow(yes: bool) -> Verdict {
    if yes { Verdict::Allowed } else { Verdict::Forbidden }
}

fn seen(yes: bool) -> Verdict {
    if yes { Verdict::Allowed } else { Verdict::Hidden }
}

impl Verdict {
    /// The first refusal counts.
    fn and(self, next: Self) -> Self {
        if self == Self::Allowed { next } else { self }
    }
}
