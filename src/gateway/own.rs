//! Own: the gateway's own part of the graph, handed to `source` as one that is asked in process.

use crate::native::{Beyond, Native};
use crate::source::{Executed, InProcess};
use crate::viewer::Viewer;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use std::sync::Arc;

impl InProcess for Native {
    fn execute(&self, document: &str, variables: Value, viewer: Option<Arc<Viewer>>) -> BoxFuture<'static, Executed> {
        let (native, document) = (self.clone(), document.to_owned());
        async move { native.answer(&document, variables, viewer).await.map_err(|Beyond(limit)| limit) }.boxed()
    }
}
