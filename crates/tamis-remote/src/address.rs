//! URLs of objects: scheme, bucket, key.

use std::io;

/// A URL taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// `s3`, `gs`, `az`, `http`, `https`
    pub scheme: String,
    /// the bucket or container; of web addresses host and port
    pub bucket: String,
    /// the key, without slashes at its ends; of web addresses with the query
    pub key: String,
}

impl Address {
    pub(crate) fn parse(url: &str) -> io::Result<Address> {
        let bad = |why: &str| {
            let message = format!("`{}` is no URL of an object: {why}", shown(url));
            io::Error::new(io::ErrorKind::InvalidInput, message)
        };
        let (scheme, rest) = url.split_once("://").ok_or_else(|| bad("expected SCHEME://BUCKET/KEY"))?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(bad("there is no bucket or host in it"));
        }
        if bucket.contains('@') {
            return Err(bad("user names and passwords are read from the environment, never from a URL"));
        }
        let key = if scheme.starts_with("http") { key } else { key.trim_matches('/') };
        Ok(Address { scheme: scheme.to_string(), bucket: bucket.to_string(), key: key.to_string() })
    }

    /// Whether it is a web address, which cannot be listed or written.
    pub(crate) fn is_web(&self) -> bool {
        self.scheme.starts_with("http")
    }

    /// The URL of another key in the same bucket.
    pub(crate) fn with_key(&self, key: &str) -> String {
        format!("{}://{}/{key}", self.scheme, self.bucket)
    }

    /// The URL, without a slash at its end.
    pub(crate) fn url(&self) -> String {
        if self.key.is_empty() { format!("{}://{}", self.scheme, self.bucket) } else { self.with_key(&self.key) }
    }
}

/// A URL without what may be secret in it: user, password, query.
pub(crate) fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path)));
            let host = host.rsplit('@').next().unwrap_or_default();
            path.map_or(format!("{scheme}://{host}"), |path| format!("{scheme}://{host}/{path}"))
        }
        None => url.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn bucket_and_key_are_told_apart() {
        let address = Address::parse("s3://bucket/photos/2024/").unwrap();
        assert_eq!((address.bucket.as_str(), address.key.as_str()), ("bucket", "photos/2024"));
        assert_eq!(address.url(), "s3://bucket/photos/2024");
        assert_eq!(Address::parse("gs://bucket").unwrap().url(), "gs://bucket");
    }

    #[test]
    fn a_url_with_a_password_is_refused_and_not_repeated() {
        let error = Address::parse("https://me:hunter2@host/x?token=abc").unwrap_err().to_string();
        assert!(error.contains("environment") && !error.contains("hunter2") && !error.contains("abc"), "{error}");
    }
}
