// depends: warp lambda_runtime hyper
//! Handlers with a span, and functions that are given to something else.

use axum::routing::{MethodRouter, get};
use lambda_runtime::{LambdaEvent, service_fn};
use warp::Filter;

#[traced(kind = "server")]
async fn of_lambda(event: LambdaEvent<Order>) -> Result<Value, Error> {
    load().await
}

#[traced(kind = "server", extract = headers)]
async fn of_warp(id: u64, headers: HeaderMap) -> Result<String, Rejection> {
    load().await
}

#[traced(kind = "server")]
async fn show(id: u64) -> String {
    load().await
}

async fn load() -> String {
    String::new()
}

/// A part of another handler.
async fn check(order: Order) -> Result<Order, Error> {
    Ok(order)
}

fn encode(order: Order) -> String {
    String::new()
}

fn item() -> MethodRouter {
    get(show)
}

async fn send(orders: Client, order: Order) {
    future::ready(order).and_then(check).await;
    orders.get(encode).delete(encode).await;
    some(order).map(encode).and_then(check);
}

fn routes() -> impl Filter {
    warp::path!("orders" / u64).and(warp::header::headers_cloned()).and_then(of_warp)
}

async fn main() {
    lambda_runtime::run(service_fn(of_lambda)).await;
}
