//! What code that starts a server looks like. The rules ask different questions about servers, so each has a list of its
//! own; they stand here together, so that a framework that is missing in one of them can be seen.

use quote::ToTokens;

use super::calls::{Call, in_block};
use crate::functions::{Function, has_attribute};
use crate::syntax::mentions;

/// Names of which a function calls one in a program that waits for work: a `main` that calls it is no entry point, as the
/// handlers are.
pub(super) const SERVING: &[&str] = &[
    "HttpServer",
    "Server",
    "StreamConsumer",
    "TcpListener",
    "UdpSocket",
    "UnixListener",
    "WorkerBuilder",
    "accept",
    "axum",
    "basic_consume",
    "ctrl_c",
    "incoming",
    "launch",
    "listen",
    "park",
    "rocket",
    "serve",
    "serve_with_shutdown",
    "start_server",
    "subscribe",
];

/// Whether the function starts a server of HTTP: by the words of hyper and actix-web, or by a call such as
/// `axum::serve(..)`, `Server::bind(..)` or `rocket.launch()`. A function `serve` of one's own may handle a request.
pub(super) fn starts_http(function: &Function<'_>) -> bool {
    const WORDS: &[&str] = &[
        "HttpServer",
        "serve_connection",
        "serve_connection_with_upgrades",
    ];
    let mut found = mentions(&function.block, &|word| WORDS.contains(&word))
        || has_attribute(&function.attributes, &["launch"]);
    in_block(&function.block, &mut |call| {
        found |= match call {
            Call::Function(path) => match path.as_slice() {
                [.., owner, name] => {
                    owner == "Server"
                        || (name == "serve" && matches!(owner.as_str(), "axum" | "warp"))
                }
                _ => false,
            },
            Call::Method(call) => call.method == "launch",
            Call::Macro(_) => false,
        };
    });
    found
}

/// Whether the function hands over to a server and goes on as long as this: `HttpServer::new(..)`, `axum::serve(..)`. A
/// `serve` alone may be a method that handles a request.
pub(super) fn hands_over_to_a_server(function: &Function<'_>) -> bool {
    const WORDS: &[&str] = &[
        "HttpServer",
        "serve_with_incoming_shutdown",
        "serve_with_shutdown",
    ];
    mentions(&function.block, &|word| WORDS.contains(&word)) || serves_with_axum(function)
}

/// Whether the function opens what a server listens to, waits for a signal, or hands over to a server. It runs once, when
/// the program starts, and not for a request.
pub(super) fn starts_a_server(function: &Function<'_>) -> bool {
    const WORDS: &[&str] = &[
        "SignalKind",
        "Signals",
        "TcpListener",
        "UnixDatagram",
        "UnixListener",
        "axum_server",
        "ctrl_c",
        "ctrlc",
    ];
    let starts = |word: &str| WORDS.contains(&word);
    hands_over_to_a_server(function)
        || mentions(&function.signature, &starts)
        || mentions(&function.block, &starts)
}

/// Whether code gives connections to a server of hyper, axum, tonic, actix-web or tide, which runs as long as the program.
pub(crate) fn serves_others(code: impl ToTokens) -> bool {
    const WORDS: &[&str] = &[
        "HttpServer",
        "async_h1",
        "serve",
        "serve_connection",
        "serve_connection_with_upgrades",
        "serve_with_incoming",
        "serve_with_incoming_shutdown",
        "serve_with_shutdown",
    ];
    mentions(code, &|word| WORDS.contains(&word))
}

/// `axum::serve(listener, router)`, also in a branch of `select!`.
fn serves_with_axum(function: &Function<'_>) -> bool {
    let written = function.file.written(&function.block);
    written.contains("axum::serve(")
}
