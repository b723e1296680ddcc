//! Serve: the accept loop, with a bound on everything that a connection may take.
//!
//! `axum::serve` waits for headers without end; this loop does not.

use crate::limits::Limits;
use crate::observe::{self, Event};
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Serves until `stop` is over, then finishes what is under way.
///
/// # Errors
/// When the listener's own address can't be read.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &Limits,
    stop: impl Future<Output = ()>,
) -> std::io::Result<()> {
    observe::emit(&Event::Listening { address: listener.local_addr()? });
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let graceful = GracefulShutdown::new();
    let mut builder = Builder::new(TokioExecutor::new());
    let wait = Duration::from_millis(limits.client_ms_max);
    builder.http1().timer(TokioTimer::new()).header_read_timeout(wait).max_headers(64).max_buf_size(32 * 1024);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(wait).max_concurrent_streams(64);
    tokio::pin!(stop);
    loop {
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place,
            () = &mut stop => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                observe::emit(&Event::ConnectionFailed { detail: &error.kind().to_string() });
                // Out of file descriptors, most likely: those under way will give some back.
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        let connection = connect(builder.clone(), stream, router.clone(), graceful.watcher(), wait);
        tokio::spawn(async move {
            connection.await;
            drop(place);
        });
    }
    observe::emit(&Event::Stopping);
    let patience = Duration::from_millis(limits.request_ms_max);
    // What is not finished by then has had its time.
    _ = tokio::time::timeout(patience, graceful.shutdown()).await;
    Ok(())
}

async fn connect(builder: Builder<TokioExecutor>, stream: TcpStream, router: Router, watcher: Watcher, wait: Duration) {
    // A small response must not wait for more to send.
    _ = stream.set_nodelay(true);
    if !matches!(tokio::time::timeout(wait, begins(&stream)).await, Ok(Ok(()))) {
        return;
    }
    let service = TowerToHyperService::new(router);
    let connection = watcher.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned());
    if let Err(error) = connection.await {
        observe::emit(&Event::ConnectionFailed { detail: &error.to_string() });
    }
}

/// Waits until the first bytes say which version of HTTP the client speaks. The server's own look at them has no clock.
async fn begins(stream: &TcpStream) -> std::io::Result<()> {
    const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let mut first = [0; HTTP2.len()];
    loop {
        let count = stream.peek(&mut first).await?;
        let came = first.get(..count).unwrap_or_default();
        if came.is_empty() || came == HTTP2 || !HTTP2.starts_with(came) {
            return Ok(());
        }
        // There is no waiting for more than what can be read already.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
