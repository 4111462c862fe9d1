//! How hard a server is driven: in flight at once, per minute, again after a failure, and when to give up.

pub(crate) mod breaker;
pub(crate) mod concurrency;
pub(crate) mod rate;
pub(crate) mod retry;
