//! What arrives in an exporter.
#![allow(missing_docs, clippy::all)]
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use std::future::Future;
use std::pin::Pin;
use traced::traced;

#[derive(Debug)]
struct E1;
impl std::fmt::Display for E1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "e1")
    }
}
impl std::error::Error for E1 {}

#[traced(kind = "client", attributes(id, name = %name, "x.y" = 3u64))]
fn sync_fn(id: u64, name: &str) -> Result<u8, E1> {
    if id > 3 {
        Err(E1)?
    }
    println!("{name}");
    Ok(1)
}
#[traced]
async fn async_fn(id: u64, mut s: &str) -> Result<u8, Box<dyn std::error::Error>> {
    let l = String::from("x");
    tokio::task::yield_now().await;
    s = &l;
    println!("{s}");
    sync_fn(id, "b")?;
    Ok(1)
}
#[traced]
fn boxed<'a>(x: &'a str) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>> {
    Box::pin(async move { Err(x.to_string()) })
}
#[traced]
fn boxed2<'a>(x: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    if x.is_empty() {
        return Box::pin(async { 0 });
    }
    let y = x;
    Box::pin(async move { y.len() })
}
#[traced]
fn imp(x: u8) -> impl Future<Output = u8> {
    let y = x + 1;
    async move { y }
}
#[traced]
fn it<'a>(x: &'a [u8]) -> impl Iterator<Item = &'a u8> + 'a {
    x.iter()
}
#[traced]
fn never() -> ! {
    panic!("boo")
}
#[traced]
async fn anever() -> ! {
    loop {
        tokio::task::yield_now().await
    }
}
struct S {
    v: Vec<u8>,
}
#[traced(name = "modmod")]
fn md(mut a: Vec<u8>) {
    a.push(1);
}
impl S {
    #[traced]
    fn get(&mut self) -> &mut u8 {
        &mut self.v[0]
    }
    #[traced]
    fn get2(&mut self) -> Result<&mut u8, E1> {
        Ok(&mut self.v[0])
    }
    #[traced]
    async fn geta(&mut self) -> Option<&mut u8> {
        self.v.first_mut()
    }
}
#[traced]
async fn spawner() {
    let h = tokio::spawn(async move {
        async_fn(1, "c").await.ok();
    });
    let h2 = tokio::spawn(imp(3));
    let h3 = std::thread::spawn(|| sync_fn(2, "t").unwrap());
    h.await.unwrap();
    h2.await.unwrap();
    h3.join().unwrap();
    let mut set = tokio::task::JoinSet::new();
    set.spawn(imp(4));
    while set.join_next().await.is_some() {}
    let (a, b) = tokio::join!(
        tokio::spawn(imp(5)),
        tokio::task::spawn_blocking(move || { sync_fn(2, "sb").is_ok() })
    );
    a.unwrap();
    b.unwrap();
}

#[tokio::test]
async fn it_works() {
    let exporter = InMemorySpanExporter::default();
    let p = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let _ = sync_fn(1, "early");
    traced::set_tracer_provider(p);
    let _ = sync_fn(1, "a");
    let _ = sync_fn(9, "a");
    let _ = async_fn(9, "q").await;
    let _ = boxed("ee").await;
    boxed2("x").await;
    imp(1).await;
    it(&[1]).count();
    let _ = std::panic::catch_unwind(|| never());
    drop(futures_timeout(anever()).await);
    let mut s = S { v: vec![1] };
    s.get();
    s.get2().unwrap();
    s.geta().await;
    md(vec![]);
    spawner().await;
    for s in exporter.get_finished_spans().unwrap() {
        println!(
            "{} {:?} p={} t={} {:?} {:?} {:?}",
            s.name,
            s.span_kind,
            s.parent_span_id,
            s.span_context.span_id(),
            s.status,
            s.attributes,
            s.events.events
        );
    }
}
async fn futures_timeout<F: Future>(f: F) -> Option<F::Output> {
    tokio::time::timeout(std::time::Duration::from_millis(5), f)
        .await
        .ok()
}
