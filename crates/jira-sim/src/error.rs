//! What the simulator's own (Rust) interface refuses. What it answers over HTTP are Jira's errors, see `web`.

/// A mistake of the test or demo that drives the simulator.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The port could not be opened: choose another.
    #[error("the simulator cannot listen: {0}")]
    Listen(#[from] std::io::Error),
    /// Something was named that this site does not have: create it first.
    #[error("the simulated site has no {what} {name:?}")]
    Unknown {
        /// The kind of thing: project, status, issue…
        what: &'static str,
        /// What was asked for.
        name: String,
    },
    /// A key or name is taken.
    #[error("the simulated site already has {0:?}")]
    Taken(String),
    /// Not a JSON number.
    #[error("not a JSON number: {0:?}")]
    NotANumber(String),
    /// The query is not JQL, or asks for something that the simulator cannot evaluate.
    #[error("the simulator cannot evaluate this query: {0}")]
    Query(String),
    /// Only the other deployment has this.
    #[error("{0} exists only on the other deployment")]
    OtherDeployment(&'static str),
}

impl SimError {
    pub(crate) fn unknown(what: &'static str, name: &(impl ToString + ?Sized)) -> Self {
        Self::Unknown { what, name: name.to_string() }
    }
}
