//! apalis on PostgreSQL: one function sends a job, and another one processes it, perhaps in another process, and
//! perhaps more than once.

use apalis::prelude::*;
use apalis_postgres::PostgresStorage;
use serde::{Deserialize, Serialize};
use traced::{remote_span_context, traced};

use crate::history::Attempts;

#[cfg(test)]
mod tests;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Email {
    to: String,
    /// How often the mail server refuses it before it accepts it.
    refusals: usize,
}

#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("the mail server refused attempt {0}")]
    Refused(usize),
    #[error("`{0}` is no address")]
    Address(String),
}

/// Puts a job into the queue. The metadata of the job are its headers.
#[traced(
    name = "enqueue emails",
    kind = "producer",
    attributes(
        messaging.system = "apalis",
        messaging.operation.name = "enqueue",
        messaging.operation.type = "send",
        messaging.destination.name = "emails",
        messaging.message.id = %id,
    ),
    inject = metadata.as_mut(),
)]
async fn enqueue(
    mut queue: PostgresStorage<Email>,
    id: TaskId,
    email: Email,
    mut metadata: MetadataStore,
) -> Result<(), BoxDynError> {
    let job = TaskBuilder::new(email).task_id(id).max_attempts(3);
    queue.push_task(job.with_metadata(metadata).build()).await?;
    Ok(())
}

/// Processes a job. Each attempt has a span, which is a child of the sender's and links to the attempt before.
#[traced(
    name = "process emails",
    kind = "consumer",
    attributes(
        messaging.system = "apalis",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = "emails",
        messaging.message.id = %id,
        job.attempt = attempt.current(),
    ),
    extract = metadata.as_map(),
    links = attempts.last(&id.to_string()).as_ref().and_then(remote_span_context),
    inject = attempts.next(&id.to_string()),
)]
async fn deliver(
    email: Email,
    id: TaskId,
    attempt: Attempt,
    metadata: MetadataStore,
    attempts: Data<Attempts>,
) -> Result<(), SendError> {
    compose(&email).await?;
    if attempts.count(&id.to_string()) <= email.refusals {
        return Err(SendError::Refused(attempts.count(&id.to_string())));
    }
    Ok(())
}

#[traced]
async fn compose(email: &Email) -> Result<(), SendError> {
    if !email.to.contains('@') {
        return Err(SendError::Address(email.to.clone()));
    }
    Ok(())
}
