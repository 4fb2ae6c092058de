//! What the log tells, and what it never tells.

use crate::server::{Reply, SECRET, Server, open};
use okrsync_domain::connection::Deployment;
use serde_json::json;
use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};
use tracing::{Level, subscriber};

/// Keeps everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_request_is_told_with_status_and_trace_id_but_without_secrets() {
    let log = Log::default();
    let writer = log.clone();
    let collector =
        tracing_subscriber::fmt().with_max_level(Level::TRACE).with_ansi(false).with_writer(move || writer.clone());
    let guard = subscriber::set_default(collector.finish());
    let good = Reply::json(&json!({"count": 1})).with("atl-traceid", "abc123");
    let server = Server::script(vec![Reply::status(503, ""), good]).await;
    let mut config = server.config(Deployment::Cloud);
    config.headers = vec![("X-Proxy-Key".to_owned(), SECRET.into())];
    open(config).unwrap().count("project = AE").await.unwrap();
    drop(guard);
    let told = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for word in ["search/approximate-count", "status=503", "status=200", "duration_ms=", "abc123", "asking Jira again"]
    {
        assert!(told.contains(word), "{word} is missing");
    }
    let signed = &server.heard()[0].headers["authorization"];
    assert!(!told.contains(SECRET) && !told.contains(signed.trim_start_matches("Basic ")));
}
