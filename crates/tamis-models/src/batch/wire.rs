//! What the batch API says.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::fault::shorten;

/// What the lines of a batch ask of the server.
pub(super) const ENDPOINT: &str = "/v1/chat/completions";
/// The field of a batch's metadata that holds its tag.
pub(super) const TAG: &str = "tamis_tag";

/// A batch as the server tells it.
#[derive(Debug, Deserialize)]
pub(super) struct Batch {
    pub(super) id: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) created_at: Option<f64>,
    #[serde(default)]
    pub(super) output_file_id: Option<String>,
    #[serde(default)]
    pub(super) error_file_id: Option<String>,
    #[serde(default)]
    errors: Option<Errors>,
    #[serde(default)]
    request_counts: Option<Counts>,
    #[serde(default)]
    metadata: Option<Json>,
}

/// A page of a list of batches.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    pub(super) data: Vec<Batch>,
    #[serde(default)]
    pub(super) has_more: bool,
}

/// An uploaded file.
#[derive(Debug, Deserialize)]
pub(super) struct Uploaded {
    pub(super) id: String,
}

#[derive(Debug, Deserialize)]
struct Errors {
    #[serde(default)]
    data: Vec<Problem>,
}

#[derive(Debug, Deserialize)]
struct Problem {
    code: Option<String>,
    message: Option<String>,
    line: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Counts {
    #[serde(default)]
    completed: u64,
    #[serde(default)]
    failed: u64,
}

/// A line of an output or error file.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    pub(super) custom_id: String,
    #[serde(default)]
    pub(super) response: Option<Response>,
    #[serde(default)]
    pub(super) error: Option<Json>,
}

/// What became of one request.
#[derive(Debug, Deserialize)]
pub(super) struct Response {
    pub(super) status_code: u16,
    #[serde(default)]
    pub(super) body: Json,
}

impl Batch {
    /// Whether nothing more will come of it.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.status.as_str(), "completed" | "failed" | "expired" | "cancelled")
    }

    /// Requests that have ended.
    pub(super) fn ended(&self) -> u64 {
        self.request_counts.as_ref().map_or(0, |counts| counts.completed + counts.failed)
    }

    pub(super) fn has_tag(&self, tag: &str) -> bool {
        self.metadata.as_ref().and_then(|m| m.get(TAG)).and_then(Json::as_str) == Some(tag)
    }

    /// Why it was not begun: the line of the file, from 0, where one is to blame, and the words.
    pub(super) fn problems(&self) -> Vec<(Option<usize>, String)> {
        let problems = self.errors.iter().flat_map(|errors| &errors.data);
        let told = problems.map(|problem| {
            let words = [problem.message.as_deref(), problem.code.as_deref()];
            let words: Vec<&str> = words.into_iter().flatten().collect();
            let line = problem.line.and_then(|line| usize::try_from(line.checked_sub(1)?).ok());
            (line, shorten(&words.join("; "), 300))
        });
        told.collect()
    }
}

/// The body that submits a batch.
pub(super) fn submission(file: &str, window: &str, tag: &str) -> Vec<u8> {
    let body = json!({
        "input_file_id": file, "endpoint": ENDPOINT, "completion_window": window, "metadata": { TAG: tag },
    });
    body.to_string().into_bytes()
}
