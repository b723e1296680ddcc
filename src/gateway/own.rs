//! Own: the gateway's own part of the graph, handed to `source` as one that is asked in process.

use crate::native::Native;
use crate::source::InProcess;
use crate::viewer::Viewer;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use std::sync::Arc;

impl InProcess for Native {
    fn execute(&self, document: &str, variables: Value, viewer: Option<Arc<Viewer>>) -> BoxFuture<'static, Vec<u8>> {
        let (native, document) = (self.clone(), document.to_owned());
        async move { native.answer(&document, variables, viewer).await }.boxed()
    }
}
