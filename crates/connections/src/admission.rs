//! Asking before each request whether it may leave at all.

use crate::Error;
use std::pin::Pin;

/// Who is asked before each request whether it may leave now: the keeper of the integration's switch and of budgets.
pub trait Admission: Send + Sync {
    /// Lets one request leave, and counts it.
    ///
    /// # Errors
    /// [`Error::SwitchedOff`] or [`Error::BudgetUsedUp`]: nothing is sent.
    fn admit(&self) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + '_>>;
}
