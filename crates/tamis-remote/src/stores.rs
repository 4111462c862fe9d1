//! A client for each bucket, made once, with options from the environment.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::ClientConfigKey;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path as Key;
use object_store::{BackoffConfig, ObjectStore, RetryConfig};

use crate::address::Address;
use crate::error::{credentials, io_error};

/// A bucket's client.
pub(crate) type Store = Arc<dyn ObjectStore>;

/// The clients made so far.
static STORES: Mutex<Option<HashMap<String, Store>>> = Mutex::new(None);

/// The client for a URL's bucket, and the key in it.
pub(crate) fn store(address: &Address) -> io::Result<(Store, Key)> {
    let key = Key::parse(&address.key).map_err(|e| io_error(address, &e.into()))?;
    let name = format!("{}://{}", address.scheme, address.bucket);
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    let stores = stores.get_or_insert_default();
    if let Some(store) = stores.get(&name) {
        return Ok((store.clone(), key));
    }
    let store = build(address).map_err(|e| io_error(address, &e))?;
    stores.insert(name, store.clone());
    Ok((store, key))
}

/// So long that a server that restarts is waited for.
const PATIENCE: Duration = Duration::from_secs(180);

fn retry() -> RetryConfig {
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(10), base: 2.0 };
    RetryConfig { backoff, max_retries: 10, retry_timeout: PATIENCE }
}

fn build(address: &Address) -> object_store::Result<Store> {
    // reqwest's clients take the process's own TLS; a second one may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match address.scheme.as_str() {
        "s3" => s3(address),
        "gs" => {
            let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(&address.bucket).with_retry(retry());
            Ok(Arc::new(builder.build()?))
        }
        _ => azure(address),
    }
}

fn s3(address: &Address) -> object_store::Result<Store> {
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(&address.bucket).with_retry(retry());
    let plain = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];
    if is_plain(&plain) {
        builder = builder.with_config(AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp), "true");
    }
    // The crate's empty answer to "no credentials" is a minute of waiting for a metadata server.
    let ways = ["AWS_ACCESS_KEY_ID", "AWS_SKIP_SIGNATURE", "AWS_WEB_IDENTITY_TOKEN_FILE"];
    let container = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    let any = ways.iter().chain(&container).any(|name| std::env::var_os(name).is_some());
    let no_metadata = is_plain(&plain) || std::env::var("AWS_EC2_METADATA_DISABLED").is_ok_and(|v| v == "true");
    if !any && no_metadata {
        let source = format!("no credentials; {}", credentials("s3"));
        return Err(object_store::Error::Generic { store: "S3", source: source.into() });
    }
    Ok(Arc::new(builder.build()?))
}

fn azure(address: &Address) -> object_store::Result<Store> {
    let mut builder = MicrosoftAzureBuilder::from_env().with_container_name(&address.bucket).with_retry(retry());
    if is_plain(&["AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"]) {
        builder = builder.with_config(AzureConfigKey::Client(ClientConfigKey::AllowHttp), "true");
    }
    Ok(Arc::new(builder.build()?))
}

/// Whether the endpoint that is set is one without TLS, which somebody who writes `http://` wants.
fn is_plain(names: &[&str]) -> bool {
    let set = names.iter().find_map(|name| std::env::var(name).ok());
    set.is_some_and(|url| url.starts_with("http://"))
}
