//! What differs between vendors before a body is read: how a key is shown, which headers are wanted.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use crate::secret::Secret;

/// How one vendor is spoken to over HTTP.
pub(crate) struct Dialect {
    /// the header of the key; never the URL, which ends up in logs
    key: HeaderName,
    /// what stands before the key
    prefix: &'static str,
    /// headers of every request
    fixed: &'static [(&'static str, &'static str)],
    /// the end of a good base address, for hints
    pub(super) version: &'static str,
}

/// OpenAI's protocol.
pub(crate) static OPENAI: Dialect = Dialect { key: AUTHORIZATION, prefix: "Bearer ", fixed: &[], version: "/v1" };

/// Anthropic's Messages API.
pub(crate) static ANTHROPIC: Dialect = Dialect {
    key: HeaderName::from_static("x-api-key"),
    prefix: "",
    fixed: &[("anthropic-version", "2023-06-01")],
    version: "/v1",
};

/// Google's generateContent.
pub(crate) static GEMINI: Dialect =
    Dialect { key: HeaderName::from_static("x-goog-api-key"), prefix: "", fixed: &[], version: "/v1beta" };

impl Dialect {
    /// The headers of every request.
    ///
    /// Errors: a key with characters that no header takes.
    pub(super) fn headers(&self, key: Option<&Secret>) -> Result<HeaderMap, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in self.fixed {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        if let Some(key) = key {
            let mut value = HeaderValue::from_str(&format!("{}{}", self.prefix, key.reveal()))
                .map_err(|_| format!("the environment variable {} holds characters no key has", key.variable()))?;
            value.set_sensitive(true);
            headers.insert(self.key.clone(), value);
        }
        Ok(headers)
    }
}
