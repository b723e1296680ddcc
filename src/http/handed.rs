//! Handed: an answer that says when it was handed to the connection.
//!
//! What a client then reads of it nobody here can know; that it left is on record.

use crate::gateway::Gateway;
use crate::ledger::Receipt;
use axum::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

#[derive(Debug)]
pub struct Handed {
    /// Until it is handed over.
    bytes: Option<Bytes>,
    receipt: Option<Receipt>,
    gateway: Arc<Gateway>,
}

impl Handed {
    pub const fn new(bytes: Bytes, receipt: Option<Receipt>, gateway: Arc<Gateway>) -> Self {
        Self { bytes: Some(bytes), receipt, gateway }
    }
}

impl Body for Handed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = self.bytes.take();
        if let (Some(bytes), Some(receipt)) = (&bytes, self.receipt.take()) {
            self.gateway.ledger().delivered(&receipt, bytes.len());
        }
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
