//! Servers and clients on loopback, under our layers and annotated: which spans do their requests have?

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
