//! Which connection is chosen beforehand when somebody links an objective or key result, and why.

use super::ConnectionState;
use crate::{ConnectionId, Instant};
use serde::{Deserialize, Serialize};

/// A connection that the person may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The connection.
    pub id: ConnectionId,
    /// How it is.
    pub state: ConnectionState,
    /// Whether the person made it.
    pub own: bool,
    /// When the person last linked something of theirs through it.
    pub linked_at: Option<Instant>,
    /// Links that use it, of anybody.
    pub links: u64,
    /// When it was made.
    pub created_at: Instant,
}

/// Why a connection was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The objective or key result is linked through it already.
    Linked,
    /// It is the only one.
    Only,
    /// The person used it last.
    LastUsed,
    /// The person made it.
    Own,
    /// Most links of the others use it.
    MostUsed,
}

impl Reason {
    /// As the page says it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Linked => "It is linked through this connection.",
            Self::Only => "It is the only connection that you may use.",
            Self::LastUsed => "You linked through it last.",
            Self::Own => "It is your own connection.",
            Self::MostUsed => "Most key results are linked through it.",
        }
    }
}

/// A choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preselection {
    /// The connection.
    pub id: ConnectionId,
    /// Why it.
    pub reason: Reason,
}

/// Chooses among the connections that a person may use: the one that the OKR is linked through; else, of those that can be
/// asked, the only one, the one that the person used last, the person's own, the one that most links use. None: there is
/// none, so one has to be made first.
///
/// ```
/// use okrsync_domain::connection::preselect;
/// assert_eq!(preselect(&[], None), None);
/// ```
pub fn preselect(candidates: &[Candidate], linked: Option<ConnectionId>) -> Option<Preselection> {
    if let Some(id) = linked.filter(|linked| candidates.iter().any(|candidate| candidate.id == *linked)) {
        return Some(Preselection { id, reason: Reason::Linked });
    }
    let usable: Vec<_> = candidates.iter().filter(|candidate| candidate.state.may_ask()).collect();
    let choose = |candidate: &Candidate, reason| Preselection { id: candidate.id, reason };
    if let [only] = usable.as_slice() {
        return Some(choose(only, Reason::Only));
    }
    // A failing one only where there is no other.
    let works = |candidate: &Candidate| candidate.state != ConnectionState::Failing;
    let used = usable.iter().filter(|candidate| candidate.linked_at.is_some());
    if let Some(last) = used.max_by_key(|candidate| (works(candidate), candidate.linked_at, candidate.id)) {
        return Some(choose(last, Reason::LastUsed));
    }
    let age = |candidate: &Candidate| std::cmp::Reverse((candidate.created_at, candidate.id));
    let own = usable.iter().filter(|candidate| candidate.own);
    if let Some(own) = own.max_by_key(|candidate| (works(candidate), age(candidate))) {
        return Some(choose(own, Reason::Own));
    }
    let most = usable.iter().max_by_key(|candidate| (works(candidate), candidate.links, age(candidate)));
    most.map(|most| choose(most, Reason::MostUsed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    fn id(number: u128) -> ConnectionId {
        ConnectionId::from(Ulid::from(number))
    }

    fn at(minute: u32) -> Instant {
        format!("2026-11-20T10:{minute:02}:00Z").parse().unwrap()
    }

    fn shared(number: u128) -> Candidate {
        let created_at = at(u32::try_from(number).unwrap());
        Candidate { id: id(number), state: ConnectionState::Ok, own: false, linked_at: None, links: 0, created_at }
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let own = Candidate { own: true, ..shared(3) };
        let used = |minute| Candidate { linked_at: Some(at(minute)), ..shared(4) };
        let busy = Candidate { links: 9, ..shared(5) };
        let failing = |candidate| Candidate { state: ConnectionState::Failing, ..candidate };
        let off = |candidate| Candidate { state: ConnectionState::Disabled, ..candidate };
        for (case, candidates, linked, expected) in [
            ("none", vec![], None, None),
            ("only", vec![shared(1)], None, Some((1, Reason::Only))),
            ("only one that is on", vec![off(own), shared(1)], None, Some((1, Reason::Only))),
            ("all off", vec![off(own)], None, None),
            ("linked", vec![shared(1), own], Some(1), Some((1, Reason::Linked))),
            ("linked, and off", vec![off(shared(1)), own], Some(1), Some((1, Reason::Linked))),
            ("linked through one that is hidden", vec![shared(1), own], Some(7), Some((3, Reason::Own))),
            ("last used", vec![shared(1), own, used(5)], None, Some((4, Reason::LastUsed))),
            ("own", vec![shared(1), own, busy], None, Some((3, Reason::Own))),
            ("oldest own", vec![own, Candidate { own: true, ..shared(2) }], None, Some((2, Reason::Own))),
            ("own, but failing", vec![failing(own), Candidate { own: true, ..busy }], None, Some((5, Reason::Own))),
            ("most used", vec![shared(1), busy], None, Some((5, Reason::MostUsed))),
            ("oldest", vec![shared(2), shared(1)], None, Some((1, Reason::MostUsed))),
        ] {
            let chosen = preselect(&candidates, linked.map(id));
            let expected = expected.map(|(number, reason)| Preselection { id: id(number), reason });
            assert_eq!(chosen, expected, "{case}");
        }
    }
}
