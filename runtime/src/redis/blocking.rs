//! Blocking connections.

use redis::{Cmd, ConnectionLike, RedisResult, Value};

use super::command::Operation;
use super::{ByCode, Traced};
use crate::future::SpanState;
use crate::outcome::Observer;
use crate::span::Started;

impl<C: ConnectionLike> ConnectionLike for Traced<C> {
    fn req_packed_command(&mut self, command: &[u8]) -> RedisResult<Value> {
        let operation = || Operation::of_packed(command);
        let started = self.start(self.connection.get_db(), &operation);
        in_span(started, || self.connection.req_packed_command(command))
    }

    fn req_packed_commands(
        &mut self,
        commands: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        // An offset skips the responses to `MULTI` and its commands, so the pipeline is atomic.
        let operation = || Operation::of_packed_pipeline(commands, offset > 0);
        let started = self.start(self.connection.get_db(), &operation);
        in_span(started, || {
            self.connection.req_packed_commands(commands, offset, count)
        })
    }

    fn req_command(&mut self, command: &Cmd) -> RedisResult<Value> {
        let operation = || Operation::of(command);
        let started = self.start(self.connection.get_db(), &operation);
        in_span(started, || self.connection.req_command(command))
    }

    fn get_db(&self) -> i64 {
        self.connection.get_db()
    }

    fn supports_pipelining(&self) -> bool {
        self.connection.supports_pipelining()
    }

    fn check_connection(&mut self) -> bool {
        self.connection.check_connection()
    }

    fn is_open(&self) -> bool {
        self.connection.is_open()
    }
}

fn in_span<T>(started: Started, send: impl FnOnce() -> RedisResult<T>) -> RedisResult<T>
where
    ByCode: Observer<RedisResult<T>>,
{
    let mut state = SpanState::from(started.of_call());
    let (result, failure) = state.enter(|| {
        let result = send();
        let failure = ByCode.observe(&result);
        (result, failure)
    });
    if let (Some(failure), Some(active)) = (failure, state.active()) {
        active.record_failure(failure);
    }
    state.succeed();
    result
}
