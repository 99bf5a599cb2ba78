//! The spans of requests between servers and clients on the loopback, with our layers and with `#[traced]`.

mod actix;
mod axum;
mod bodies;
mod carried;
mod clients;
mod grpc;
mod grpc_annotated;
mod orders;
mod peers;
mod serving;
