//! A server that answers by script, misbehaves on demand and remembers what it heard; and sites that talk to it.

use okrsync_connections::{Credential, Error, Retry, Site, SiteConfig};
use okrsync_domain::{Clock, Random, connection::Deployment};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
};
use url::Url;

/// The secret of every test: nothing may show it.
pub(crate) const SECRET: &str = "s3cret-token";

/// One request as the server heard it.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

/// What the server does with a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Answers.
    Http { status: u16, headers: Vec<(String, String)>, body: String },
    /// Announces the whole body and sends half of it.
    Truncated(String),
    /// Cuts the connection.
    Reset,
    /// Never answers.
    Silence,
    /// Answers once a permit is there.
    Held(Arc<Semaphore>, Box<Reply>),
}

impl Reply {
    /// JSON with status 200.
    pub(crate) fn json(body: &Value) -> Self {
        Self::status(200, &body.to_string()).with("content-type", "application/json")
    }

    /// A web page with status 200.
    pub(crate) fn html() -> Self {
        Self::status(200, "<html>Log in</html>").with("content-type", "text/html")
    }

    /// Any status.
    pub(crate) fn status(status: u16, body: &str) -> Self {
        Self::Http { status, headers: Vec::new(), body: body.to_owned() }
    }

    /// With another header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        if let Self::Http { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// A server that stops when it goes out of scope.
pub(crate) struct Server {
    pub(crate) url: Url,
    heard: Arc<Mutex<Vec<Heard>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Answers each request as `script` says.
    pub(crate) async fn start(script: impl Fn(&Heard) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let (heard, script) = (Arc::new(Mutex::new(Vec::new())), Arc::new(script));
        let log = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, log) = (Arc::clone(&script), Arc::clone(&log));
                tokio::spawn(async move { serve(stream, &*script, &log).await });
            }
        });
        Self { url, heard, task }
    }

    /// Answers with these in order, then with the last one for ever.
    pub(crate) async fn script(replies: Vec<Reply>) -> Self {
        let at = Mutex::new(0);
        Self::start(move |_| {
            let mut at = at.lock().unwrap();
            let reply = replies[usize::min(*at, replies.len() - 1)].clone();
            *at += 1;
            reply
        })
        .await
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) fn config(&self, deployment: Deployment) -> SiteConfig {
        let token = SECRET.into();
        let credential = match deployment {
            Deployment::Cloud => Credential::ApiToken { email: "dana@northwind.example".to_owned(), token },
            Deployment::SelfManaged => Credential::PersonalAccessToken { token },
        };
        SiteConfig {
            timeout: Duration::from_secs(5),
            retry: Retry::fast(),
            requests_per_second: 10_000,
            ..SiteConfig::new(self.url.clone(), deployment, credential)
        }
    }

    pub(crate) fn cloud(&self) -> Site {
        open(self.config(Deployment::Cloud)).unwrap()
    }

    pub(crate) fn data_center(&self) -> Site {
        open(self.config(Deployment::SelfManaged)).unwrap()
    }
}

pub(crate) fn open(config: SiteConfig) -> Result<Site, Error> {
    Site::open(config, Clock::system(), Random::seeded(1))
}

/// Name of an error's variant.
pub(crate) fn variant(error: &Error) -> String {
    let text = format!("{error:?}");
    assert!(!text.contains(SECRET) && !error.to_string().contains(SECRET), "an error shows the secret");
    text.split([' ', '{', '(']).next().unwrap().to_owned()
}

/// An issue as Jira writes it.
pub(crate) fn issue(id: i64) -> Value {
    let status = json!({"id": "1", "name": "To Do", "statusCategory": {"id": 2, "key": "new"}});
    json!({"id": id.to_string(), "key": format!("AE-{id}"), "fields": {"status": status, "updated": null}})
}

/// A page of Cloud's search.
pub(crate) fn token_page(ids: impl IntoIterator<Item = i64>, token: Option<&str>) -> Reply {
    let issues: Vec<Value> = ids.into_iter().map(issue).collect();
    Reply::json(&json!({"issues": issues, "isLast": token.is_none(), "nextPageToken": token}))
}

/// A page of Data Center's search.
pub(crate) fn offset_page(start: u64, total: u64, ids: impl IntoIterator<Item = i64>) -> Reply {
    let issues: Vec<Value> = ids.into_iter().map(issue).collect();
    Reply::json(&json!({"startAt": start, "maxResults": 50, "total": total, "issues": issues}))
}

async fn serve(mut stream: TcpStream, script: &(impl Fn(&Heard) -> Reply + Sync), log: &Mutex<Vec<Heard>>) {
    let Some(heard) = hear(&mut stream).await else { return };
    log.lock().unwrap().push(heard.clone());
    let mut reply = script(&heard);
    while let Reply::Held(permits, then) = reply {
        permits.acquire().await.unwrap().forget();
        reply = *then;
    }
    match reply {
        Reply::Http { status, headers, body } => write(&mut stream, status, &headers, body.len(), &body).await,
        Reply::Truncated(body) => write(&mut stream, 200, &[], body.len(), &body[..body.len() / 2]).await,
        Reply::Reset => stream.set_zero_linger().unwrap(),
        Reply::Silence | Reply::Held(..) => std::future::pending().await,
    }
}

async fn write(stream: &mut TcpStream, status: u16, headers: &[(String, String)], length: usize, body: &str) {
    let mut text = format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        text.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
    }
    // The client may have gone: that is its good right.
    let _ = stream.write_all(format!("{text}\r\n{body}").as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Reads one request; nothing if the client leaves before it is complete.
async fn hear(stream: &mut TcpStream) -> Option<Heard> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        (stream.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
        if !bytes[0].is_ascii_uppercase() {
            write(stream, 400, &[], 0, "").await; // not HTTP, such as a TLS greeting
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).ok()?;
    let mut lines = text.lines();
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < head + 4 + length {
        (stream.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    }
    let body = serde_json::from_slice(&bytes[head + 4..]).unwrap_or(Value::Null);
    let url = Url::parse("http://jira/").unwrap().join(target).ok()?;
    let query = url.query_pairs().into_owned().collect();
    let path = if target.starts_with('/') { url.path().to_owned() } else { target.to_owned() };
    Some(Heard { method, path, query, headers, body })
}
