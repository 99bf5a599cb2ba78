//! Traces over HTTP and gRPC, between servers and clients on loopback.

mod client;
mod grpc;
mod middleware;
mod server;
mod support;
