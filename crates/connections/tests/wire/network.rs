//! The network beneath: names, ports, certificates, time-outs, proxies.

use crate::server::{Reply, SECRET, Server, open};
use okrsync_connections::{Credential, Error, Retry, ServerPolicy, SiteConfig, Unreachable};
use okrsync_domain::connection::Deployment;
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use serde_json::json;
use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::Arc,
    time::Duration,
};

const CA: &str = include_str!("tls/ca.pem");

fn config(url: &str) -> SiteConfig {
    let credential = Credential::PersonalAccessToken { token: SECRET.into() };
    let mut config = SiteConfig::new(url.parse().unwrap(), Deployment::SelfManaged, credential);
    (config.retry, config.timeout) = (Retry::none(), Duration::from_secs(5));
    config
}

async fn cause(config: SiteConfig) -> Unreachable {
    match open(config).unwrap().myself().await.unwrap_err() {
        Error::Unreachable { cause, .. } => cause,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn trouble_on_the_way_is_told_apart() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(cause(config(&format!("http://127.0.0.1:{port}/"))).await, Unreachable::Connect);
    let plain = Server::script(vec![Reply::status(200, "")]).await;
    let tls_to_plain = plain.url.as_str().replace("http:", "https:");
    assert_eq!(cause(config(&tls_to_plain)).await, Unreachable::Tls);
    let silent = Server::script(vec![Reply::Silence]).await;
    let mut impatient = config(silent.url.as_str());
    impatient.timeout = Duration::from_millis(100);
    assert_eq!(cause(impatient).await, Unreachable::TimedOut);
}

#[tokio::test]
async fn unknown_names_are_told() {
    let mut nowhere = config("http://jira.invalid/");
    nowhere.proxy_url = None;
    let error = open(nowhere).unwrap().myself().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { cause: Unreachable::Dns, .. }), "{error}");
    assert!(error.hint().unwrap().contains("host name"));
}

#[test]
fn forbidden_addresses_and_unsound_settings_are_refused_before_anything_is_sent() {
    let refused =
        |config: SiteConfig| matches!(open(config), Err(Error::Settings { .. } | Error::ServerRefused { .. }));
    assert!(refused(config("http://169.254.169.254/")));
    let mut proxy = config("http://127.0.0.1/");
    proxy.proxy_url = Some("http://[fe80::1]:3128/".parse().unwrap());
    assert!(refused(proxy));
    let mut listed = config("http://127.0.0.1/");
    listed.policy = ServerPolicy::new(&["jira.example"], &[""; 0], true).unwrap();
    assert!(refused(listed));
    let mut gateway = config("http://127.0.0.1/");
    gateway.gateway_url = Some("http://metadata.google.internal/".parse().unwrap());
    assert!(refused(gateway));
    let mut authority = config("https://127.0.0.1/");
    authority.ca_pem = Some("no certificate".to_owned());
    assert!(refused(authority));
    let mut cloud_id = config("https://127.0.0.1/");
    (cloud_id.cloud_id, cloud_id.via_gateway) = (Some("../evil".to_owned()), true);
    assert!(refused(cloud_id));
}

#[tokio::test]
async fn an_outbound_proxy_is_used() {
    let proxy = Server::script(vec![Reply::json(&json!({"name": "dana"}))]).await;
    let mut config = config("http://jira.invalid/jira/");
    config.proxy_url = Some(proxy.url.clone());
    open(config).unwrap().myself().await.unwrap();
    assert_eq!(proxy.heard()[0].path, "http://jira.invalid/jira/rest/api/2/myself");
}

#[tokio::test]
async fn a_private_authority_is_trusted_only_where_it_is_given() {
    let url = serve_tls(2);
    assert_eq!(cause(config(&url)).await, Unreachable::Tls);
    let mut trusting = config(&url);
    trusting.ca_pem = Some(CA.to_owned());
    assert_eq!(open(trusting).unwrap().myself().await.unwrap().id, "dana");
}

/// A TLS server for `connections` connections, each of which gets one answer.
fn serve_tls(connections: usize) -> String {
    let chain = vec![CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let tls = Arc::new(tls.with_no_client_auth().with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().take(connections) {
            let session = ServerConnection::new(Arc::clone(&tls)).unwrap();
            let mut stream = StreamOwned::new(session, stream.unwrap());
            let mut request = [0; 4096];
            // The client that does not trust us hangs up here.
            let Ok(1..) = stream.read(&mut request) else { continue };
            let body = r#"{"name":"dana"}"#;
            let answer =
                format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).unwrap();
            stream.conn.send_close_notify();
            stream.flush().unwrap();
        }
    });
    url
}
