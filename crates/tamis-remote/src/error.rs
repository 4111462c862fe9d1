//! What went wrong, in words that say what to do, under the kinds that files' errors have.

use std::io::{self, ErrorKind};

use crate::address::{Address, shown};

/// An error of a store as one of files.
pub(crate) fn io_error(address: &Address, error: &object_store::Error) -> io::Error {
    use object_store::Error;
    let said = said(error);
    let url = shown(&address.url());
    let (bucket, scheme) = (&address.bucket, address.scheme.as_str());
    let (kind, message) = match error {
        _ if ["NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist"]
            .iter()
            .any(|s| said.contains(s)) =>
        {
            (ErrorKind::NotFound, format!("there is no bucket `{bucket}`{}", endpoint(scheme)))
        }
        Error::NotFound { .. } => (ErrorKind::NotFound, format!("{url}: there is no such object")),
        Error::AlreadyExists { .. } => (ErrorKind::AlreadyExists, format!("{url}: it exists already")),
        Error::Precondition { .. } | Error::NotModified { .. } => {
            (ErrorKind::StaleNetworkFileHandle, format!("{url}: the object has changed while it was used"))
        }
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            (ErrorKind::PermissionDenied, format!("{url}: access is denied{}: {}", endpoint(scheme), reason(&said)))
        }
        _ if has_no_credentials(&said) => {
            (ErrorKind::PermissionDenied, format!("{url}: no credentials; {}", credentials(scheme)))
        }
        Error::Generic { .. } => {
            (ErrorKind::TimedOut, format!("{url}: no good answer{}: {}", endpoint(scheme), reason(&said)))
        }
        _ => (ErrorKind::Other, format!("{url}: {}", reason(&said))),
    };
    io::Error::new(kind, message)
}

/// The error with all its causes.
fn said(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        cause = error.source();
    }
    said
}

fn has_no_credentials(said: &str) -> bool {
    ["169.254.169.254", "metadata.google.internal", "169.254.170.2", "MSI", "CredentialRequest", "TokenRequest"]
        .iter()
        .any(|sign| said.contains(sign))
}

/// What to set for a scheme.
pub(crate) fn credentials(scheme: &str) -> &'static str {
    match scheme {
        "s3" => {
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_REGION; AWS_ENDPOINT_URL for a server of your own), or \
             AWS_SKIP_SIGNATURE=true for a public bucket; `eval $(aws configure export-credentials --format env)` sets \
             those of a profile"
        }
        "gs" => "set GOOGLE_APPLICATION_CREDENTIALS to the file of a service account, or run where one is attached",
        _ => "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY (or AZURE_STORAGE_SAS_KEY)",
    }
}

/// Which server is meant, where that is not plain.
fn endpoint(scheme: &str) -> String {
    let names: &[&str] = match scheme {
        "s3" => &["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"],
        "az" => &["AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"],
        _ => &[],
    };
    let set = names.iter().find_map(|name| Some((name, std::env::var(name).ok()?)));
    set.map_or(String::new(), |(name, url)| format!(" at {} ({name})", shown(&url)))
}

/// The telling part: a server's own message if there is one, no query (it may be signed), not too long.
fn reason(said: &str) -> String {
    let between =
        |open: &str, close: &str| said.split_once(open)?.1.split_once(close).map(|(text, _)| text.to_string());
    let text = match (between("<Code>", "</Code>"), between("<Message>", "</Message>")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code,
        _ => said.rsplit("error: ").next().unwrap_or(said).to_string(),
    };
    without_queries(&text).chars().take(300).collect()
}

fn without_queries(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_query = false;
    for c in text.chars() {
        in_query = if in_query { !(c.is_whitespace() || matches!(c, '"' | '\'' | ')' | '>')) } else { c == '?' };
        if !in_query {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_queries_are_left_out_of_messages() {
        let text = "error sending request for url (https://a.blob/c/x?sig=secret&se=1) after 3 s";
        assert_eq!(without_queries(text), "error sending request for url (https://a.blob/c/x) after 3 s");
    }

    #[test]
    fn what_the_server_says_is_told() {
        let text = "Server returned: <Error><Code>InvalidAccessKeyId</Code><Message>No such key</Message></Error>";
        assert_eq!(reason(text), "InvalidAccessKeyId: No such key");
    }
}
