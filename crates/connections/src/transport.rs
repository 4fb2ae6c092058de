//! The wire beneath HTTP: TLS roots, headers, proxies, and what went wrong down there.

use crate::{
    Error, ServerPolicy, SiteConfig, Unreachable,
    auth::sensitive,
    resolver::{self, NameError, Resolver},
};
use reqwest::{
    ClientBuilder, Proxy,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{
    error::Error as StdError,
    io,
    sync::{Arc, OnceLock},
    time::Duration,
};
use url::Url;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Headers that belong to HTTP or to the sign-in.
const RESERVED: [&str; 6] =
    ["authorization", "host", "content-length", "content-type", "transfer-encoding", "connection"];

/// A client with the connection's network settings. Redirects are never followed: they would carry the credential away.
pub(crate) fn client(config: &SiteConfig, more: &[(&'static str, &'static str)]) -> Result<reqwest::Client, Error> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("okrsync/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers(config, more)?)
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT.min(config.timeout))
        .timeout(config.timeout)
        .tls_backend_preconfigured(tls(config.ca_pem.as_deref())?)
        .dns_resolver(Arc::new(Resolver { policy: config.policy.clone(), lookup: resolver::system }));
    let settings = |error: reqwest::Error| Error::Settings { detail: root_cause(&error) };
    proxied(builder, config).map_err(settings)?.build().map_err(settings)
}

/// A client for an address that no connection has, with the system's settings.
pub(crate) fn plain(to: &Url, timeout: Duration) -> Result<reqwest::Client, Error> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("okrsync/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT.min(timeout))
        .timeout(timeout)
        .tls_backend_preconfigured(tls(None)?)
        .dns_resolver(Arc::new(Resolver { policy: ServerPolicy::default(), lookup: resolver::system }));
    let builder = if is_loopback(to) { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| Error::Settings { detail: root_cause(&error) })
}

/// Whether an address is this machine, as far as it says so itself.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn proxied(builder: ClientBuilder, config: &SiteConfig) -> Result<ClientBuilder, reqwest::Error> {
    Ok(match &config.proxy_url {
        Some(proxy) => builder.proxy(Proxy::all(proxy.as_str())?),
        None if is_loopback(&config.server_url) => builder.no_proxy(),
        None => builder, // the system's settings
    })
}

fn headers(config: &SiteConfig, more: &[(&'static str, &'static str)]) -> Result<HeaderMap, Error> {
    let json = HeaderValue::from_static("application/json");
    let mut headers = HeaderMap::from_iter([(ACCEPT, json.clone()), (CONTENT_TYPE, json)]);
    for (name, value) in more {
        headers.insert(*name, HeaderValue::from_static(value));
    }
    for (name, value) in &config.headers {
        let wrong = |why| Error::Settings { detail: format!("the header name `{name}` {why}") };
        let parsed: HeaderName = name.trim().parse().map_err(|_| wrong("is not allowed in HTTP"))?;
        if RESERVED.contains(&parsed.as_str()) {
            return Err(wrong("is set by okrsync itself"));
        }
        headers.insert(parsed, sensitive(value, &format!("the value of the header `{name}`"))?);
    }
    Ok(headers)
}

/// The system's roots (read once), and the connection's own authorities in addition.
pub(crate) fn tls(ca_pem: Option<&str>) -> Result<ClientConfig, Error> {
    static SYSTEM: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    let system = SYSTEM.get_or_init(|| rustls_native_certs::load_native_certs().certs);
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(system.iter().cloned());
    for certificate in authorities(ca_pem)? {
        roots
            .add(certificate)
            .map_err(|error| Error::Settings { detail: format!("certificate authority: {error}") })?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Settings { detail: error.to_string() })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(tls)
}

fn authorities(ca_pem: Option<&str>) -> Result<Vec<CertificateDer<'static>>, Error> {
    let Some(pem) = ca_pem.filter(|pem| !pem.trim().is_empty()) else { return Ok(Vec::new()) };
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    read.ok().filter(|found| !found.is_empty()).ok_or_else(|| Error::Settings {
        detail: "the certificate authority must be PEM text with `-----BEGIN CERTIFICATE-----`".to_owned(),
    })
}

/// Tells network trouble apart.
pub(crate) fn failure(error: &reqwest::Error) -> Error {
    let detail = root_cause(error);
    if error.is_body() || error.is_decode() {
        return if error.is_timeout() {
            unreachable(Unreachable::TimedOut, detail)
        } else {
            Error::Truncated { detail }
        };
    }
    if let Some(NameError::Refused { host, refusal }) = causes(error).find_map(|cause| cause.downcast_ref()) {
        return Error::ServerRefused { host: host.clone(), refusal: *refusal };
    }
    let cause = causes(error).find_map(known_cause).unwrap_or_else(|| match error {
        _ if error.is_timeout() => Unreachable::TimedOut,
        _ if causes(error).any(|cause| cause.to_string().contains("tunnel")) => Unreachable::Proxy,
        _ if error.is_connect() => Unreachable::Connect,
        _ => Unreachable::Reset,
    });
    unreachable(cause, detail)
}

fn unreachable(cause: Unreachable, detail: String) -> Error {
    let detail = if cause == Unreachable::TimedOut { "no complete answer in time".to_owned() } else { detail };
    Error::Unreachable { cause, detail }
}

fn known_cause(cause: &(dyn StdError + 'static)) -> Option<Unreachable> {
    if cause.is::<NameError>() {
        return Some(Unreachable::Dns);
    }
    if cause.is::<rustls::Error>() {
        return Some(Unreachable::Tls);
    }
    match cause.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            Some(Unreachable::Connect)
        }
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            Some(Unreachable::Reset)
        }
        io::ErrorKind::TimedOut => Some(Unreachable::TimedOut),
        _ => None,
    }
}

/// The chain of causes; what an I/O error wraps is part of it.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| beneath(*error))
}

fn beneath<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

/// The innermost cause in words; it never carries an address or a header.
fn root_cause(error: &(dyn StdError + 'static)) -> String {
    causes(error).last().map_or_else(String::new, ToString::to_string)
}
