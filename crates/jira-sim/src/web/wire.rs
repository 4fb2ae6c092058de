//! The network below HTTP: connections that can be reset on command.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// A handle on the connection that a request came by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire(Arc<AtomicBool>);

impl Wire {
    /// Nothing more is written: the peer sees a reset.
    pub(crate) fn reset(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn is_reset(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// A listener whose connections carry a [`Wire`].
#[derive(Debug)]
pub(crate) struct TappedListener(pub(crate) TcpListener);

impl Listener for TappedListener {
    type Io = TappedStream;
    type Addr = Wire;

    async fn accept(&mut self) -> (TappedStream, Wire) {
        let (stream, _peer): (TcpStream, SocketAddr) = Listener::accept(&mut self.0).await;
        // without it small answers wait for the peer's acknowledgement; an old socket without the option is no harm
        let _ = stream.set_nodelay(true);
        let wire = Wire::default();
        (TappedStream { stream, wire: wire.clone() }, wire)
    }

    fn local_addr(&self) -> io::Result<Wire> {
        Ok(Wire::default())
    }
}

impl Connected<IncomingStream<'_, TappedListener>> for Wire {
    fn connect_info(stream: IncomingStream<'_, TappedListener>) -> Self {
        stream.remote_addr().clone()
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct TappedStream {
    stream: TcpStream,
    wire: Wire,
}

impl TappedStream {
    fn check(&self) -> io::Result<()> {
        if self.wire.is_reset() {
            self.stream.set_zero_linger()?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for TappedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for TappedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
