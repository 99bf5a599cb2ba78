//! Does the work of a pool, cache or client stay out of the trace of the request that created it?
//!
//! Each test is a row of the table in `docs/spawn_sites.md`. A request's context is held as long as
//! any part of the request runs, so each test also asks whether the owner has released it.

#![allow(missing_docs)]

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::trace::FutureExt as _;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use traced::testing::{Capture, Released, assert_tree};
use traced::traced;

/// Runs a request and gives its output, and the capture of its spans.
async fn request<F: Future>(work: F) -> (F::Output, Capture) {
    let capture = Capture::new();
    let output = work.with_context(capture.context()).await;
    (output, capture)
}

/// Asserts that the request has these spans, and no more once nothing holds its context.
async fn assert_released_with(request: &Capture, expected: &str) {
    let spans = request.spans().wait_for_async(Released).await;
    assert_tree!(spans, expected);
}

/// Whether `condition` becomes true within five seconds.
async fn eventually(mut condition: impl FnMut() -> bool) -> bool {
    for _ in 0..500 {
        if condition() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    condition()
}

/// A pool's manager that makes connections.
#[derive(Clone, Default)]
struct Server {
    connections: Arc<AtomicUsize>,
}

impl Server {
    fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

#[traced]
async fn connect(server: &Server) -> usize {
    tokio::task::yield_now().await;
    server.connections.fetch_add(1, Ordering::Relaxed)
}

#[traced]
async fn check() {
    tokio::task::yield_now().await;
}

impl deadpool::managed::Manager for Server {
    type Type = usize;
    type Error = Infallible;

    async fn create(&self) -> Result<usize, Infallible> {
        Ok(connect(self).await)
    }

    async fn recycle(
        &self,
        _: &mut usize,
        _: &deadpool::managed::Metrics,
    ) -> deadpool::managed::RecycleResult<Infallible> {
        check().await;
        Ok(())
    }
}

#[traced]
async fn first_of_deadpool() -> deadpool::managed::Pool<Server> {
    let pool = deadpool::managed::Pool::<Server>::builder(Server::default());
    let pool = pool.max_size(2).build().unwrap();
    drop(pool.get().await.unwrap());
    pool
}

#[traced]
async fn later_of_deadpool(pool: &deadpool::managed::Pool<Server>) {
    let _both = (pool.get().await.unwrap(), pool.get().await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadpool_connects_and_checks_for_whoever_asks() {
    let (pool, first) = request(first_of_deadpool()).await;
    let ((), later) = request(later_of_deadpool(&pool)).await;
    assert_tree!(later.spans(), "later_of_deadpool\n  check\n  connect\n");
    assert_released_with(&first, "first_of_deadpool\n  connect\n").await;
}

impl bb8::ManageConnection for Server {
    type Connection = usize;
    type Error = Infallible;

    async fn connect(&self) -> Result<usize, Infallible> {
        Ok(connect(self).await)
    }

    async fn is_valid(&self, _: &mut usize) -> Result<(), Infallible> {
        check().await;
        Ok(())
    }

    fn has_broken(&self, _: &mut usize) -> bool {
        false
    }
}

#[traced]
async fn first_of_bb8(server: Server) -> bb8::Pool<Server> {
    let pool = bb8::Pool::builder().min_idle(1).max_size(4);
    let pool = pool.max_lifetime(Duration::from_millis(20));
    let pool = pool.reaper_rate(Duration::from_millis(10));
    pool.build(server).await.unwrap()
}

#[traced]
async fn later_of_bb8(pool: &bb8::Pool<Server>) {
    // More connections than exist, so that the pool has to open some.
    let _three = (
        pool.get().await.unwrap(),
        pool.get().await.unwrap(),
        pool.get().await.unwrap(),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bb8_connects_by_tasks_of_its_own_and_checks_for_whoever_asks() {
    let server = Server::default();
    let (pool, first) = request(first_of_bb8(server.clone())).await;
    // The pool replaces old connections, and no request asks for one.
    assert!(eventually(|| server.connections() >= 3).await);
    let before = server.connections();
    let ((), later) = request(later_of_bb8(&pool)).await;
    assert!(server.connections() > before);
    let spans = later.spans();
    let root = spans.named("later_of_bb8");
    let checks = spans.all_named("check");
    assert!(checks.len() >= 3, "{}", spans.tree());
    assert!(checks.iter().all(|check| check.is_child_of(root)));
    // The spans of the pool's tasks are in no request's trace.
    assert_eq!(spans.len(), 1 + checks.len(), "{}", spans.tree());
    assert_released_with(&first, "first_of_bb8\n  connect").await;
}

#[traced]
async fn load(key: u8) -> u8 {
    tokio::task::yield_now().await;
    key
}

#[traced]
fn evicted() {}

#[traced]
async fn first_of_moka() -> moka::future::Cache<u8, u8> {
    let cache = moka::future::Cache::builder().max_capacity(1);
    let cache = cache.eviction_listener(|_, _, _| evicted()).build();
    cache.get_with(1, load(1)).await;
    cache.run_pending_tasks().await;
    cache
}

#[traced]
async fn later_of_moka(cache: &moka::future::Cache<u8, u8>) {
    cache.get_with(2, load(2)).await;
    cache.run_pending_tasks().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moka_loads_and_evicts_for_whoever_uses_the_cache() {
    let (cache, first) = request(first_of_moka()).await;
    let ((), later) = request(later_of_moka(&cache)).await;
    assert_tree!(later.spans(), "later_of_moka\n  load\n  evicted\n");
    assert_released_with(&first, "first_of_moka\n  load\n").await;
}

/// Answers on each connection until it is closed, and counts connections.
async fn serve(listener: TcpListener, server: Server) {
    while let Ok((mut socket, _)) = listener.accept().await {
        server.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            let mut seen = Vec::new();
            while let Ok(1..) = socket.read_buf(&mut seen).await {
                if seen.ends_with(b"\r\n\r\n") {
                    seen.clear();
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                    if socket.write_all(answer).await.is_err() {
                        return;
                    }
                }
            }
        });
    }
}

struct Loopback;

#[traced]
async fn resolve() -> Addrs {
    tokio::task::yield_now().await;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Box::new(std::iter::once(address))
}

impl Resolve for Loopback {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Ok(resolve().await) })
    }
}

#[traced]
async fn first_of_reqwest(url: &str) -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy();
    let client = client.dns_resolver(Arc::new(Loopback)).build().unwrap();
    let answer = client.get(url).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "ok");
    client
}

#[traced]
async fn later_of_reqwest(client: &reqwest::Client, url: &str) {
    let answer = client.get(url).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reqwest_connects_for_the_first_request_and_keeps_nothing_of_it() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!(
        "http://owner.test:{}/",
        listener.local_addr().unwrap().port()
    );
    let server = Server::default();
    tokio::spawn(serve(listener, server.clone()));
    let (client, first) = request(first_of_reqwest(&url)).await;
    // The task of the connection has the second answer to deliver, and belongs to nobody.
    first.spans().wait_for_async(Released).await;
    let ((), later) = request(later_of_reqwest(&client, &url)).await;
    assert_tree!(first.spans(), "first_of_reqwest\n  resolve");
    // Where the first connection has not come back to the pool in time, the later request opens its own.
    let later = later.spans().tree();
    assert!(
        ["later_of_reqwest\n", "later_of_reqwest\n  resolve\n"].contains(&later.as_str()),
        "{later}"
    );
    assert!((1..=2).contains(&server.connections()));
}
