//! Which addresses may be reached.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::ToolError;

/// What may be reached. The default is the public internet on ports 80 and 443.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Addresses allowed besides; empty in production, a test's own servers in tests.
    pub allow: Vec<SocketAddr>,
    /// Names answered here in place of DNS; empty in production.
    pub names: Vec<(String, Vec<IpAddr>)>,
    /// Reads a site's pages without a pause between them, as for a test's own servers.
    pub at_once: bool,
    /// What pages are read through; straight from here when `None`.
    pub proxy: Option<Proxy>,
}

/// An HTTP proxy, or the one address of a pool of them. It may hold a password, so it is never printed.
#[derive(Clone)]
pub struct Proxy(Url);

impl Proxy {
    /// `None` for anything but an http or https address.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let web = matches!(url.scheme(), "http" | "https") && url.has_host();
        web.then_some(Self(url))
    }

    pub(super) fn for_all(&self) -> reqwest::Proxy {
        reqwest::Proxy::all(self.0.clone()).expect("the address was checked")
    }
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Proxy").finish_non_exhaustive()
    }
}

pub(super) const NOT_PUBLIC: &str = "not a public address";

pub(super) fn refused(host: &str) -> ToolError {
    ToolError::new("url.not_public", format!("{host} is not a public address"))
}

impl Policy {
    /// Scheme, credentials, port and literal addresses. Names are checked when they are resolved.
    pub(super) fn check(&self, url: &Url) -> Result<(), ToolError> {
        let invalid = |message: &str| Err(ToolError::new("url.invalid", message));
        if !matches!(url.scheme(), "http" | "https") {
            return invalid("only http and https addresses can be read");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return invalid("an address with a user name or password is not read");
        }
        let port = url.port_or_known_default().unwrap_or(0);
        if !matches!(port, 80 | 443) && !self.allow.iter().any(|allowed| allowed.port() == port) {
            return invalid("only ports 80 and 443 are read");
        }
        // The url crate has turned 0x7f.1, 2130706433 and the like into addresses by now.
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(name)) if !name.is_empty() => None,
            _ => return invalid("the address has no host"),
        };
        match literal {
            Some(address) if !self.permits(address, port) => Err(refused(&address.to_string())),
            _ => Ok(()),
        }
    }

    fn permits(&self, address: IpAddr, port: u16) -> bool {
        is_public(address) || self.allow.contains(&SocketAddr::new(address, port))
    }

    /// What a name stands for, when all of it may be reached.
    async fn resolve(&self, name: &str) -> std::io::Result<Vec<SocketAddr>> {
        let fixed = self.names.iter().find(|(known, _)| known == name);
        let found: Vec<SocketAddr> = match fixed {
            Some((_, addresses)) => addresses
                .iter()
                .map(|address| SocketAddr::new(*address, 0))
                .collect(),
            None => tokio::net::lookup_host((name, 0)).await?.collect(),
        };
        // One address that is not public spoils the name: such a mix is only ever an attack.
        let allowed = |address: &SocketAddr| {
            is_public(address.ip()) || self.allow.iter().any(|one| one.ip() == address.ip())
        };
        if found.is_empty() || !found.iter().all(allowed) {
            return Err(std::io::Error::other(format!("{name}: {NOT_PUBLIC}")));
        }
        Ok(found)
    }

    /// For a page behind a proxy, which resolves the name itself: what it stands for here is checked
    /// before. A name that answers the proxy otherwise reaches what the proxy can reach, so a proxy must
    /// stand outside our network.
    pub(super) async fn check_name(&self, host: &str) -> Result<(), ToolError> {
        if host.parse::<Ipv4Addr>().is_ok() || host.starts_with('[') {
            return Ok(()); // a literal, which was checked with its port
        }
        match self.resolve(host).await {
            Ok(_) => Ok(()),
            Err(error) if error.to_string().contains(NOT_PUBLIC) => Err(refused(host)),
            Err(_) => {
                let message = format!("{host} could not be read");
                Err(ToolError::new("page.unreachable", message).retryable())
            }
        }
    }

    /// With a proxy, only its own name is resolved to connect; the pages' names were checked before.
    fn is_proxy(&self, name: &str) -> bool {
        let proxy = self.proxy.as_ref().and_then(|proxy| proxy.0.host_str());
        proxy.is_some_and(|host| host.eq_ignore_ascii_case(name))
    }
}

/// Resolves names and lets only checked addresses through. The connection is made to what was checked:
/// a name that answers differently the next time gains nothing.
pub(super) struct PublicResolver {
    policy: Arc<Policy>,
}

impl PublicResolver {
    pub fn new(policy: Arc<Policy>) -> Self {
        Self { policy }
    }
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.policy.clone();
        Box::pin(async move {
            let found = if policy.is_proxy(name.as_str()) {
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect()
            } else {
                policy.resolve(name.as_str()).await?
            };
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether an address is on the public internet: no private, local, shared, multicast, reserved,
/// documentation or benchmarking range, and no IPv6 form that carries such an IPv4 address (IANA's
/// special-purpose registries).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_unspecified()
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local() // 169.254/16: the metadata server too
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b)) // carrier-grade NAT
        || (a == 192 && b == 0 && c == 0) // IETF protocols
        || (a == 192 && b == 88 && c == 99) // 6to4 relays
        || (a == 198 && (b == 18 || b == 19)); // benchmarking
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        // IPv4-mapped and IPv4-compatible, ::1 and :: among them.
        [0, 0, 0, 0, 0, 0xffff, high, low] => embedded(high, low),
        [0, 0, 0, 0, 0, 0, _, _] => false,
        // NAT64.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x64, 0xff9b, ..] => false,
        // 6to4 carries an IPv4 address.
        [0x2002, high, low, ..] => embedded(high, low),
        // Teredo, ORCHID, benchmarking and the rest of 2001::/23; documentation.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // Only 2000::/3 is handed out.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        for address in [
            "8.8.8.8",
            "103.116.34.16",
            "2606:4700::1111",
            "2002:808:808::1",
            "64:ff9b::808:808",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.51.100.7",
            "203.0.113.9",
            "198.18.0.1",
            "192.88.99.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::7f00:1",
            "fe80::1",
            "fc00::1",
            "fd00::1",
            "ff02::1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::1",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "4000::1",
            "fec0::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_in_disguise_are_refused() {
        let policy = Policy::default();
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://017700000001/",
            "http://[::1]/",
            "http://127.1/",
            "http://[::ffff:7f00:1]/",
            "http://169.254.169.254/latest",
            "ftp://example.com/",
            "file:///etc/passwd",
            "http://user@example.com/",
            "http://user:pw@example.com/",
            "http://example.com:22/",
            "http://example.com:8080/",
            "gopher://example.com/",
            "data:text/html,x",
        ] {
            assert!(policy.check(&Url::parse(url).unwrap()).is_err(), "{url}");
        }
        assert!(
            policy
                .check(&Url::parse("https://example.com/a?b").unwrap())
                .is_ok()
        );
    }
}
