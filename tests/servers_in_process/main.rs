//! The layers for servers and clients, on real ones: what arrives in an exporter?

mod actix;
mod axum;
mod bodies;
mod carried;
mod clients;
mod grpc;
mod peers;
