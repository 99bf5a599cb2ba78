// depends: warp lambda_runtime hyper
//! Handlers that are given to a service, to a filter of warp, or to a router of methods that a function returns.

use axum::routing::{MethodRouter, get, get_service};
use lambda_runtime::{LambdaEvent, service_fn};
use warp::Filter;

async fn of_lambda(event: LambdaEvent<Order>) -> Result<Value, Error> { //~ entry_point
    load().await
}

async fn of_hyper(request: Request<Body>) -> Result<Response<Body>, Error> { //~ entry_point
    load().await
}

async fn of_warp(id: u64) -> Result<String, Rejection> { //~ entry_point
    load().await
}

async fn of_warp_too(body: Order) -> Result<String, Rejection> { //~ entry_point
    load().await
}

async fn show(id: u64) -> String { //~ entry_point
    load().await
}

async fn remove(id: u64) -> String { //~ entry_point
    load().await
}

async fn load() -> String {
    String::new()
}

fn item() -> MethodRouter {
    get(show).delete(remove)
}

fn routes() -> impl Filter {
    let by_id = warp::path!("orders" / u64).and(warp::get()).and_then(of_warp);
    by_id.or(warp::post().and(warp::body::json()).and_then(of_warp_too))
}

async fn main() {
    lambda_runtime::run(service_fn(of_lambda)).await;
    http1::Builder::new().serve_connection(io, hyper::service::service_fn(of_hyper)).await;
}
