//! Async connections.

use redis::aio::ConnectionLike;
use redis::{Cmd, Pipeline, RedisFuture, Value};

use super::command::Operation;
use super::{ByCode, Traced};
use crate::future::future;

impl<C: ConnectionLike + Send> ConnectionLike for Traced<C> {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        let started = self.start(self.connection.get_db(), &|| Operation::of(command));
        let sent = self.connection.req_packed_command(command);
        Box::pin(future(started, sent, ByCode))
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        // An offset skips the responses to `MULTI` and its commands, so the pipeline is atomic.
        let operation = || Operation::of_pipeline(pipeline, offset > 0);
        let started = self.start(self.connection.get_db(), &operation);
        let sent = self.connection.req_packed_commands(pipeline, offset, count);
        Box::pin(future(started, sent, ByCode))
    }

    fn get_db(&self) -> i64 {
        self.connection.get_db()
    }
}
