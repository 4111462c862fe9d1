//! Pictures that a server answers with the address of: fetched with care, since the address is the server's word only.
//!
//! Only http and https, no redirects, no key sent, bytes and time limited. An address inside the machine or its network
//! is fetched only where it is on the bound server itself, so that no server can make us read from its neighbours.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::{Client, Url};
use tamis_core::media::Bytes;
use tokio::time::timeout;

use super::http::{chain, read_body};
use crate::secret::bare_url;

/// The bytes at an address that the server at `server` named.
///
/// Errors, in words: an address that is not fetched, no answer, too many bytes.
pub(super) async fn fetch(address: &str, server: &str, most: Duration) -> Result<Bytes, String> {
    let server = Url::parse(server).map_err(|e| format!("the server's own address: {e}"))?;
    let url = server.join(address).map_err(|e| format!("answered with an address that is none: {e}"))?;
    let shown = bare_url(url.as_str());
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("answered with a picture at {shown}, which is neither http nor https"));
    }
    let get = async {
        let client = client(&url, &server).await?;
        let response = client.get(url.clone()).send().await.map_err(|e| format!("{shown}: {}", chain(&e)))?;
        match response.status().is_success() {
            true => read_body(response).await.map(Bytes::from).map_err(|e| format!("{shown} {e}")),
            false => Err(format!("{shown}, where its picture is, answered {}", response.status().as_u16())),
        }
    };
    timeout(most, get).await.unwrap_or_else(|_| Err(format!("{shown} gave no picture within {} s", most.as_secs_f64())))
}

/// A client that connects to the addresses which were looked at, and to no others.
async fn client(url: &Url, server: &Url) -> Result<Client, String> {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(443);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let mut builder = Client::builder()
        .user_agent(concat!("tamis/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none());
    let own = (server.host_str(), server.port_or_known_default()) == (Some(host), Some(port));
    if !own {
        let found = tokio::net::lookup_host((bare, port)).await.map_err(|e| format!("{host} is not known: {e}"))?;
        let found: Vec<SocketAddr> = found.collect();
        if let Some(inside) = found.iter().find(|address| !is_public(address.ip())) {
            return Err(format!(
                "answered with a picture at {host} ({}), inside this machine or its network; only the bound server \
                 itself may name such an address",
                inside.ip()
            ));
        }
        builder = builder.resolve_to_addrs(host, &found);
    }
    if own && server.scheme() == "http" && url.scheme() == "http" {
        builder = builder.no_proxy().tls_certs_only([]);
    }
    builder.build().map_err(|e| format!("no client for {host}: {}", chain(&e)))
}

/// Whether an address is one of the public internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let reserved = a == 0 || a >= 240 || (a == 198 && (b == 18 || b == 19)) || (a == 192 && b == 0);
            !(v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.is_documentation()
                || shared
                || reserved)
        }
        IpAddr::V6(v6) => match embedded(v6) {
            Some(v4) => is_public(v4),
            None => v6.segments()[0] & 0xe000 == 0x2000,
        },
    }
}

/// The IPv4 address inside a mapped, translated or tunnelled IPv6 one.
fn embedded(v6: Ipv6Addr) -> Option<IpAddr> {
    let s = v6.segments();
    let from = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(IpAddr::from([a, b, c, d]))
    };
    match s {
        [0x64, 0xff9b, ..] => from(s[6], s[7]),
        [0x2002, ..] => from(s[1], s[2]),
        _ => v6.to_ipv4_mapped().map(IpAddr::V4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_are_told_from_those_outside() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }

    #[tokio::test]
    async fn what_is_not_http_or_is_inside_is_not_fetched() {
        let server = "http://127.0.0.1:1/v1";
        for (address, reason) in [
            ("file:///etc/passwd", "neither http nor https"),
            ("http://127.0.0.1:2/x.png", "inside this machine"),
            ("http://[::1]/x.png", "inside this machine"),
            ("http://localhost:9/x.png", "inside this machine"),
        ] {
            let error = fetch(address, server, Duration::from_secs(5)).await.unwrap_err();
            assert!(error.contains(reason), "{address}: {error}");
        }
    }
}
