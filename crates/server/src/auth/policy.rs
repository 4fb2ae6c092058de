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
use okrsync_store::LinkedOkr;

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

/// Whether the person may know of an OKR that is linked through a connection.
pub(crate) fn sees_linked(user: &User, okr: &LinkedOkr) -> bool {
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

/// The refusal of somebody whose role does not allow it, whatever the thing.
pub(crate) fn refused_role(role: Role) -> ApiError {
    let detail = if role == Role::Viewer { VIEWERS } else { "Only admins do this." };
    ApiError::forbidden(detail).hint("Ask an admin to do it, or for another role.")
}

const VIEWERS: &str = "You are signed in as a viewer: viewers read and change nothing.";

fn refusal(user: &User, act: Act<'_>) -> String {
    match act {
        _ if user.role == Role::Viewer => VIEWERS.to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use okrsync_domain::{
        Clock, Date, Random,
        connection::ConnectionState,
        measure::Measure,
        okr::{OkrKind, ProgressMode},
    };
    use std::str::FromStr;

    fn user(number: u32, role: Role) -> User {
        let id = UserId::from_str(&format!("{number:026}")).unwrap();
        let created_at = Clock::system().now();
        User { id, email: String::new(), name: String::new(), role, active: true, created_at }
    }

    fn okr(owner: &User, visibility: Visibility) -> Okr {
        let now = Clock::system().now();
        Okr {
            id: Random::seeded(1).id(now),
            kind: OkrKind::Objective,
            parent_id: None,
            title: String::new(),
            description: None,
            owner_id: owner.id,
            team: None,
            starts_on: Date::MIN,
            due_on: Date::MAX,
            progress_mode: ProgressMode::RollUp,
            measure: Measure::default(),
            share: None,
            visibility,
            closed: None,
            created_at: now,
            version: 0,
        }
    }

    fn connection(owner: &User, sharing: Sharing) -> Connection {
        let now = Clock::system().now();
        Connection {
            sharing,
            show_titles_to_viewers: false,
            state: ConnectionState::Ok,
            ..Connection::new(Random::seeded(2).id(now), owner.id, now)
        }
    }

    /// Verdicts for an admin, a member and a viewer who own nothing, then for a member and a viewer who own it.
    fn verdicts<'a>(act: impl Fn(&User) -> Act<'a>) -> [Verdict; 5] {
        let (other, owner) = (7, 1);
        let people = [
            user(other, Role::Admin),
            user(other, Role::Member),
            user(other, Role::Viewer),
            user(owner, Role::Member),
            user(owner, Role::Viewer),
        ];
        people.map(|person| judge(&person, act(&person)))
    }

    #[test]
    fn the_matrix_holds() {
        use Verdict::{Allowed as A, Forbidden as F, Hidden as H};
        let owner = user(1, Role::Member);
        let (open, private) = (okr(&owner, Visibility::Everyone), okr(&owner, Visibility::Private));
        let (shared, own) = (connection(&owner, Sharing::Everyone), connection(&owner, Sharing::Private));
        assert_eq!(verdicts(|_| Act::Look), [A, A, A, A, A]);
        assert_eq!(verdicts(|_| Act::Administer), [A, F, F, F, F]);
        assert_eq!(verdicts(|_| Act::EditUser(owner.id)), [A, F, F, A, A]);
        assert_eq!(verdicts(|_| Act::CreateOkr(owner.id)), [A, F, F, A, F]);
        assert_eq!(verdicts(|_| Act::RefreshAll), [A, A, F, A, F]);
        assert_eq!(verdicts(|_| Act::CreateConnection), [A, A, F, A, F]);
        assert_eq!(verdicts(|_| Act::SeeOkr(&open)), [A, A, A, A, A]);
        assert_eq!(verdicts(|_| Act::SeeOkr(&private)), [A, H, H, A, A]);
        assert_eq!(verdicts(|_| Act::EditOkr(&open)), [A, F, F, A, F]);
        assert_eq!(verdicts(|_| Act::EditOkr(&private)), [A, H, H, A, F]);
        assert_eq!(verdicts(|_| Act::RefreshOkr(&open)), [A, A, F, A, F]);
        assert_eq!(verdicts(|_| Act::SeeConnection(&shared)), [A, A, A, A, A]);
        assert_eq!(verdicts(|_| Act::SeeConnection(&own)), [A, H, H, A, A]);
        assert_eq!(verdicts(|_| Act::UseConnection(&shared)), [A, A, F, A, F]);
        assert_eq!(verdicts(|_| Act::EditConnection(&shared)), [A, F, F, A, F]);
        assert_eq!(verdicts(|_| Act::EditConnection(&own)), [A, H, H, A, F]);
    }

    #[test]
    fn titles_are_hidden_from_viewers_where_the_connection_says_so() {
        let connection = connection(&user(1, Role::Member), Sharing::Everyone);
        assert!(sees_titles(&user(2, Role::Member), &connection));
        assert!(!sees_titles(&user(2, Role::Viewer), &connection));
    }
}
