//! Is a trace whole where values go through a channel?
//!
//! The receivers run where no span is current, like a worker that was started before the request,
//! so only the envelope can bring the sender's context. `docs/channels.md` shows the code of the
//! modules `actor`, `batcher` and `workers`.

mod actor;
mod batcher;
mod docs;
mod every_channel;
mod unreceived;
mod workers;
