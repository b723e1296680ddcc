//! Serve: the accept loop, with a bound on everything that a connection may take.
//!
//! `axum::serve` waits for headers without end; this loop does not. HTTP/1 only: the time for the headers of a request runs from
//! the moment that the connection could bring them, its first byte included, so an idle connection ends when it is over. The body
//! has its own time (`graphql`), an operation its deadline, and a client that does not read its response is left (`patient`).

use super::home;
use super::patient::Patient;
use crate::limits::Limits;
use crate::observe::{self, Event};
use axum::middleware::from_fn;
use axum::{Extension, Router};
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// The client's end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Serves until `stop` is over, then finishes what is under way. A loopback address is guarded from pages of elsewhere.
///
/// # Errors
/// When the listener's own address can't be read.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &Limits,
    stop: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let address = listener.local_addr()?;
    observe::emit(&Event::Listening { address });
    let router = if address.ip().is_loopback() { router.layer(from_fn(home::guard)) } else { router };
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let graceful = GracefulShutdown::new();
    let mut builder = Builder::new();
    let wait = Duration::from_millis(limits.client_ms_max);
    builder.timer(TokioTimer::new()).header_read_timeout(wait).max_headers(64).max_buf_size(32 * 1024);
    let patience = Duration::from_millis(limits.reading_ms_max);
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
        let (stream, peer) = match accepted {
            Ok((stream, peer)) => {
                // A small response must not wait for more to send.
                _ = stream.set_nodelay(true);
                (stream, Peer(peer.ip()))
            }
            Err(error) => {
                observe::emit(&Event::ConnectionFailed { detail: &error.kind().to_string() });
                // Out of file descriptors, most likely: those under way will give some back.
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        let router = router.clone().layer(Extension(peer));
        let connection = connect(&builder, Patient::new(stream, patience), router, &graceful);
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

fn connect(
    builder: &Builder,
    stream: Patient<TcpStream>,
    router: Router,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + 'static {
    let service = TowerToHyperService::new(router);
    let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
    async move {
        if let Err(error) = connection.await {
            observe::emit(&Event::ConnectionFailed { detail: &error.to_string() });
        }
    }
}
