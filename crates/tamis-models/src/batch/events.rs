//! How a run hears of its batches, and how it leaves them.

use std::fmt;
use std::sync::Arc;

use serde_json::Value as Json;
use tokio::sync::watch;

/// Takes an event's name and its details.
pub type Tell = Arc<dyn Fn(&str, Json) + Send + Sync>;

/// What a run and its batches tell each other.
pub struct Batches {
    tell: Option<Tell>,
    left: watch::Sender<bool>,
}

impl Batches {
    /// Events go to `tell`.
    pub fn new(tell: Tell) -> Batches {
        Batches { tell: Some(tell), ..Batches::default() }
    }

    /// The run stops: nothing more is submitted, nobody waits any longer. What was submitted goes on at the server and
    /// is taken up when the run is.
    pub fn leave(&self) {
        self.left.send_replace(true);
    }

    /// Whether the run stops.
    pub(crate) fn is_left(&self) -> bool {
        *self.left.borrow()
    }

    /// Waits until the run stops.
    pub(crate) async fn left(&self) {
        // The sender is in `self`, so the channel is open.
        let _ = self.left.subscribe().wait_for(|left| *left).await;
    }

    pub(crate) fn tell(&self, event: &str, details: Json) {
        if let Some(tell) = &self.tell {
            tell(event, details);
        }
    }
}

impl Default for Batches {
    fn default() -> Batches {
        Batches { tell: None, left: watch::Sender::new(false) }
    }
}

impl fmt::Debug for Batches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches").field("left", &self.is_left()).finish_non_exhaustive()
    }
}
