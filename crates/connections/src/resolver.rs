//! Looking names up: every address that a name leads to is held against the policy at the moment of connecting.

use crate::{Refusal, ServerPolicy};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{io, net::SocketAddr, pin::Pin};

/// What a lookup gives.
pub(crate) type Found = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Looks names up by `lookup` and refuses a name that leads to an address against the policy.
pub(crate) struct Resolver<L> {
    pub(crate) policy: ServerPolicy,
    pub(crate) lookup: L,
}

/// Why a name was not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NameError {
    #[error("the host name is not known ({0})")]
    Unknown(io::Error),
    #[error("the host name `{host}` leads to an address that okrsync does not call: {refusal}")]
    Refused { host: String, refusal: Refusal },
}

/// Asks the system.
pub(crate) fn system(name: String) -> Found {
    Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
}

impl<L: Fn(String) -> Found + Send + Sync + 'static> Resolve for Resolver<L> {
    fn resolve(&self, name: Name) -> Resolving {
        let (policy, found) = (self.policy.clone(), (self.lookup)(name.as_str().to_owned()));
        Box::pin(async move {
            let found = found.await.map_err(NameError::Unknown)?;
            // One bad address among good ones is refused as well: it is a name that means no good.
            for address in &found {
                if let Err(refusal) = policy.check_found(name.as_str(), address.ip()) {
                    return Err(NameError::Refused { host: name.as_str().to_owned(), refusal }.into());
                }
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// Answers every request and hangs up, so that each one needs a lookup.
    async fn server() -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                assert_ne!(stream.read(&mut request).await.unwrap(), 0);
                stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
            }
        });
        address
    }

    async fn call(client: &reqwest::Client, port: u16) -> Result<u16, crate::Error> {
        let request = client.get(format!("http://jira.example:{port}/")).build().unwrap();
        #[expect(clippy::disallowed_methods, reason = "the transport itself is under test")]
        let answer = client.execute(request).await;
        answer.map(|answer| answer.status().as_u16()).map_err(|error| transport::failure(&error))
    }

    #[tokio::test]
    async fn a_name_that_turns_to_a_forbidden_address_is_refused_when_it_is_called() {
        let address = server().await;
        let lookups = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&lookups);
        let changing = move |_| -> Found {
            let answers = ["127.0.0.1:0", "169.254.169.254:0", "127.0.0.1:0"];
            let answer = answers[seen.fetch_add(1, Ordering::SeqCst)].parse().unwrap();
            Box::pin(async move { Ok(vec![answer]) })
        };
        let resolver = Resolver { policy: ServerPolicy::default(), lookup: changing };
        let builder = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(transport::tls(None).unwrap());
        let client = builder.dns_resolver(Arc::new(resolver)).build().unwrap();
        assert_eq!(call(&client, address.port()).await, Ok(200));
        let refused = call(&client, address.port()).await.unwrap_err();
        let expected = crate::Error::ServerRefused { host: "jira.example".into(), refusal: Refusal::Never };
        assert_eq!(refused, expected);
        assert_eq!(call(&client, address.port()).await, Ok(200), "nothing of it is remembered");
        assert_eq!(lookups.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn one_bad_address_among_good_ones_spoils_the_name() {
        let both = |_| -> Found {
            Box::pin(async { Ok(vec!["127.0.0.1:0".parse().unwrap(), "[fe80::1]:0".parse().unwrap()]) })
        };
        let resolver = Resolver { policy: ServerPolicy::default(), lookup: both };
        let refused = resolver.resolve("jira.example".parse().unwrap()).await;
        assert!(refused.is_err_and(|error| error.to_string().contains("metadata service")));
    }
}
