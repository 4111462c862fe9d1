//! Keys: from the environment, into a header, nowhere else.

use std::fmt;
use std::sync::Arc;

/// A key with the name of the environment variable it comes from. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret {
    variable: Arc<str>,
    value: Arc<str>,
}

impl Secret {
    /// Reads the variable; `None` when it is not set or empty.
    pub(crate) fn from_env(variable: &str) -> Option<Secret> {
        let value = std::env::var(variable).ok().filter(|v| !v.trim().is_empty())?;
        Some(Secret { variable: variable.into(), value: value.trim().into() })
    }

    /// The environment variable's name, which is no secret.
    pub(crate) fn variable(&self) -> &str {
        &self.variable
    }

    /// The key itself.
    pub(crate) fn reveal(&self) -> &str {
        &self.value
    }

    #[cfg(test)]
    pub(crate) fn of(variable: &str, value: &str) -> Secret {
        Secret { variable: variable.into(), value: value.into() }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${{{}}}", self.variable)
    }
}

/// A text from a server without the key, and without anything that looks like one (servers like to quote them).
pub(crate) fn scrub(text: &str, secret: Option<&Secret>) -> String {
    let text = match secret {
        Some(secret) => text.replace(secret.reveal(), "***"),
        None => text.to_string(),
    };
    let mut clean = String::with_capacity(text.len());
    let mut after_bearer = false;
    for word in text.split_inclusive(|c: char| c.is_whitespace() || "\"'`,;:=()[]{}<>".contains(c)) {
        let (body, end) = split_separator(word);
        let key = body.starts_with("sk-") || body.starts_with("hf_") && body.len() > 12;
        let bearer = after_bearer && body.len() >= 8;
        clean.push_str(if (key && body.len() > 7) || bearer { "***" } else { body });
        clean.push_str(end);
        after_bearer = body.eq_ignore_ascii_case("bearer");
    }
    clean
}

/// `user:password@` and the query of a URL removed: it may be shown and kept.
pub(crate) fn bare_url(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').map_or((rest, None), |(h, p)| (h, Some(p)));
            let host = host.rsplit('@').next().unwrap_or_default();
            path.map_or(format!("{scheme}://{host}"), |path| format!("{scheme}://{host}/{path}"))
        }
        None => url.to_string(),
    }
}

fn split_separator(word: &str) -> (&str, &str) {
    match word.char_indices().next_back() {
        Some((at, last)) if last.is_whitespace() || "\"'`,;:=()[]{}<>".contains(last) => word.split_at(at),
        _ => (word, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_a_server_quotes_are_taken_out() {
        let secret = Secret::of("KEY", "my-very-own-key");
        let text = r#"{"error":"wrong key my-very-own-key, Bearer abcdefghij or sk-1234567890abc given"}"#;
        let clean = scrub(text, Some(&secret));
        assert_eq!(clean, r#"{"error":"wrong key ***, Bearer *** or *** given"}"#);
        assert_eq!(format!("{secret:?}"), "${KEY}");
    }

    #[test]
    fn passwords_in_urls_are_not_shown() {
        assert_eq!(bare_url("http://me:pw@host:8000/v1?key=1"), "http://host:8000/v1");
        assert_eq!(bare_url("http://host"), "http://host");
    }
}
