//! Words of the audit log: who did what to what, and what that changed.

use crate::{
    AuditId, Instant, UserId,
    connection::Connection,
    okr::Okr,
    person::{Token, User},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How somebody came to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// In a browser, signed in.
    Session,
    /// By a personal API token.
    Token,
    /// By a link or code that an admin or the log handed out.
    Link,
    /// At the command line of the server.
    Command,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The person; none at the command line.
    pub user_id: Option<UserId>,
    /// The name they had then.
    pub name: String,
    /// How.
    pub via: Via,
}

impl Actor {
    /// A person.
    pub fn person(user: &User, via: Via) -> Self {
        Self { user_id: Some(user.id), name: user.name.clone(), via }
    }

    /// Whoever may run commands on the server.
    pub fn command_line() -> Self {
        Self { user_id: None, name: "command line".to_owned(), via: Via::Command }
    }
}

/// What it was done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Kind of thing, such as "okr".
    pub kind: String,
    /// Its id.
    pub id: String,
    /// The name it had then.
    pub name: String,
}

impl Subject {
    /// A thing of any kind.
    pub fn new(kind: &str, id: &impl ToString, name: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), id: id.to_string(), name: name.into() }
    }
}

impl From<&Okr> for Subject {
    fn from(okr: &Okr) -> Self {
        Self::new("okr", &okr.id, &okr.title)
    }
}

impl From<&Connection> for Subject {
    fn from(connection: &Connection) -> Self {
        Self::new("connection", &connection.id, &connection.name)
    }
}

impl From<&User> for Subject {
    fn from(user: &User) -> Self {
        Self::new("user", &user.id, &user.name)
    }
}

impl From<&Token> for Subject {
    fn from(token: &Token) -> Self {
        Self::new("token", &token.id, &token.name)
    }
}

/// What is written down of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// When.
    pub at: Instant,
    /// Who.
    pub actor: Actor,
    /// What: the kind of thing and a verb, such as "okr.change".
    pub action: String,
    /// To what.
    pub subject: Subject,
    /// What was different before; none for what did not exist.
    pub before: Option<Value>,
    /// What is different now; none for what is gone.
    pub after: Option<Value>,
}

impl Note {
    /// Adds how things were. Never hand in a secret.
    #[must_use]
    pub fn before(mut self, value: &impl Serialize) -> Self {
        self.before = serde_json::to_value(value).ok().filter(|value| !value.is_null());
        self.keep_differences();
        self
    }

    /// Adds how things are. Never hand in a secret.
    #[must_use]
    pub fn after(mut self, value: &impl Serialize) -> Self {
        self.after = serde_json::to_value(value).ok().filter(|value| !value.is_null());
        self.keep_differences();
        self
    }

    /// Whether nothing changed: both sides were handed in and are the same.
    pub fn is_idle(&self) -> bool {
        self.before.is_some() && self.before == self.after
    }

    /// Of two objects only the members that differ say something.
    fn keep_differences(&mut self) {
        if let (Some(Value::Object(before)), Some(Value::Object(after))) = (&mut self.before, &mut self.after) {
            let same = |(name, value): (&String, &Value), other: &Map<String, Value>| other.get(name) == Some(value);
            let alike: Vec<String> =
                before.iter().filter(|member| same(*member, after)).map(|(name, _)| name.clone()).collect();
            before.retain(|name, _| !alike.contains(name));
            after.retain(|name, _| !alike.contains(name));
        }
    }
}

/// A note as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Id.
    pub id: AuditId,
    /// What it says.
    pub note: Note,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn note() -> Note {
        Note {
            at: "2026-11-20T10:00:00Z".parse().unwrap(),
            actor: Actor::command_line(),
            action: "okr.change".to_owned(),
            subject: Subject::new("okr", &1, "Fix 20 bugs"),
            before: None,
            after: None,
        }
    }

    #[test]
    fn only_differences_are_kept() {
        let changed = note().before(&json!({"title": "a", "team": "x"})).after(&json!({"title": "b", "team": "x"}));
        assert_eq!((changed.before, changed.after), (Some(json!({"title": "a"})), Some(json!({"title": "b"}))));
        let made = note().after(&json!({"title": "b"}));
        assert_eq!((&made.before, &made.after), (&None, &Some(json!({"title": "b"}))));
        assert!(!made.is_idle() && !note().is_idle());
        assert!(note().after(&json!({"a": 1})).before(&json!({"a": 1})).is_idle());
    }
}
