//! `cargo traced view`: shows the traces that it receives as OTLP, or those of files.
//!
//! Received messages and files become [`Part`](parts::Part)s. The [`store::Store`] keeps a bounded number of
//! them, and the page asks for the new ones.

mod files;
mod hosts;
mod http;
mod intake;
mod log;
mod otlp_grpc;
mod otlp_http;
mod page;
mod parts;
mod store;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;

use self::hosts::Hosts;
use self::intake::Intake;
use self::log::Log;
use self::store::Store;
use crate::Verdict;
use crate::cli::View;

const MIB: usize = 1 << 20;

/// Runs the subcommand.
pub(crate) fn run(options: &View) -> anyhow::Result<Verdict> {
    let store = Store::new(options.max_spans, options.max_memory as usize * MIB);
    for file in &options.files {
        files::read(file, &store).with_context(|| format!("cannot read {}", file.display()))?;
    }
    store.report_dropped();
    if let Some(path) = &options.html {
        page::write(path, &store).with_context(|| format!("cannot write {}", path.display()))?;
        return Ok(Verdict::Clean);
    }
    let log = options.file.as_deref().map(Log::open).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    let result = runtime.block_on(serve(options, Arc::new(store), log));
    // Requests that wait for spans do not delay the end of the process.
    runtime.shutdown_background();
    result.map(|()| Verdict::Clean)
}

async fn serve(options: &View, store: Arc<Store>, log: Option<Log>) -> anyhow::Result<()> {
    let receives = options.files.is_empty();
    let http_port = options.http_port.unwrap_or(if receives { 4318 } else { 0 });
    let http = listeners(options.listen, http_port).await?;
    let grpc = match receives {
        true => listeners(options.listen, options.grpc_port).await?,
        false => Vec::new(),
    };
    let (http_port, grpc_port) = (port(&http)?, grpc.first().map(TcpListener::local_addr));
    let grpc_port = grpc_port.transpose()?.map(|address| address.port());

    let page = page::router(Arc::clone(&store));
    let router = match receives {
        true => {
            let limit = options.max_message as usize * MIB;
            let intake = Arc::new(Intake::new(Arc::clone(&store), log, limit));
            page.merge(otlp_http::router(Arc::clone(&intake)))
                .merge(otlp_grpc::router(intake))
        }
        false => page,
    };
    let ports = [Some(http_port), grpc_port].into_iter().flatten().collect();
    let hosts = Hosts::new(options.listen, ports, &options.allowed_hosts);
    let router = http::guarded(router, hosts);

    let shown = shown(options.listen, http_port);
    println!("Traces are shown at http://{shown}/");
    if let Some(grpc_port) = grpc_port {
        println!(
            "OTLP over HTTP is received at http://{shown}, over gRPC at http://{}",
            self::shown(options.listen, grpc_port)
        );
    }
    if options.listen.is_some_and(|address| !address.is_loopback()) {
        eprintln!(
            "warning: others can send spans and see what is shown: {shown} is not the loopback"
        );
    }
    for listener in http.into_iter().chain(grpc) {
        tokio::spawn(axum::serve(listener, router.clone()).into_future());
    }
    tokio::signal::ctrl_c()
        .await
        .context("cannot wait for Ctrl-C")?;
    eprintln!("{}", store.summary());
    Ok(())
}

/// Opens a listener. On the loopback there are two, for IPv4 and IPv6, because a client may resolve `localhost` to
/// either.
async fn listeners(listen: Option<IpAddr>, port: u16) -> anyhow::Result<Vec<TcpListener>> {
    let bind = async |address: SocketAddr| {
        let bound = TcpListener::bind(address).await;
        bound.with_context(|| {
            format!("cannot listen on {address}; if another program does, choose a port with `--http-port` and `--grpc-port`")
        })
    };
    let first = listen.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let first = bind(SocketAddr::new(first, port)).await?;
    let port = first.local_addr()?.port();
    let mut all = vec![first];
    if listen.is_none() {
        let second = SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port);
        // A machine may have no IPv6. If another program has the port, some clients would send there.
        match TcpListener::bind(second).await {
            Ok(second) => all.push(second),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                eprintln!(
                    "warning: another program listens on {second}, and gets what clients send there"
                );
            }
            Err(_) => {}
        }
    }
    Ok(all)
}

fn port(listeners: &[TcpListener]) -> anyhow::Result<u16> {
    let first = listeners.first().context("there is no listener")?;
    Ok(first.local_addr()?.port())
}

/// The address as a person would type it.
fn shown(listen: Option<IpAddr>, port: u16) -> String {
    match listen {
        None => format!("localhost:{port}"),
        Some(address) if address.is_unspecified() => format!("localhost:{port}"),
        Some(address) => SocketAddr::new(address, port).to_string(),
    }
}
