//! Prints every finished trace as a tree on the terminal (feature `console`).
//!
//! [`ConsoleProcessor`] is a span processor for the OpenTelemetry SDK. It collects the
//! spans of a trace and prints them together when the last one that this process started has ended:
//!
//! ```text
//! ✗ POST /orders · 182ms · 5 spans · 2 errors · shop · 4bf92f3577b34da6a3ce929d0e0e4736
//! POST /orders server ✗      160ms  █████████████████████████████████████████████████▎
//! │ http.request.method=POST http.route=/orders
//! │ ✗ 402 Payment Required
//! ├─ load_cart              29.0ms  █████████▎
//! │  └─ SELECT carts client 24.0ms   ███████▋
//! │       db.system.name=postgresql
//! ├─ charge ✗               80.0ms           ▐████████████████████████▌
//! │    ✗ PaymentError: card declined +79.0ms
//! │      Caused by: insufficient funds
//! └─ send_receipt ↗         69.0ms                                    ▐█████████████████████
//! ```
//!
//! * The first line names the service and its version; where `service.name` is not set, the scope of the root, or the
//!   first scope that is not `traced`'s own, and how many more there are. The trace id is cut to 8 digits where the line
//!   would be too long.
//! * A kind other than internal follows the name; all bars share one time axis.
//! * `↗` marks spawned work: a span that outlived its parent or ran on another thread.
//! * `⇢` is a link, `•` an event, `✗` an error, `↤` a parent that is not in this tree.
//! * If the local root ends while spawned spans still run, the tree waits a moment for
//!   them ([`grace`](ConsoleProcessorBuilder::grace)) and then shows them as `running`.
//!   When they end, they are printed as `late`, with the name of their parent.
//! * A trace that does not finish is printed with the mark `… unfinished` when it is too
//!   old, when there are too many, and on `force_flush` and `shutdown`.
//!
//! Text from spans is escaped, so that it cannot control the terminal; white space in values
//! (such as line breaks in SQL) becomes one space.
//!
//! # Streams
//!
//! A tree is written in one piece. A thread for each stream writes to standard error and standard output, so that a
//! span hardly waits for a stream that is locked, stopped, or a pipe that is not read: it waits for 50 ms at most, and
//! not again before all queued trees are written. The queue holds four megabytes; trees that do not fit are left out,
//! and a line on standard error says how many. A flush and a shutdown wait for queued trees, until their deadline.
//!
//! If your program has begun a line with `print!` and not ended it, a tree may follow on the same line.
//!
//! In a test, libtest captures the output of `print!` on the thread of the test and on those that it
//! starts. A processor that is built on the thread of a test therefore prints in this way, on the thread that
//! ends the span. Not captured are trees that a thread of this crate prints (traces that wait for spawned spans or grow
//! too old, and those that the guard of `init` prints at the end), trees of a
//! processor that was built elsewhere, and everything with `--test-threads=1`.

mod builder;
mod collect;
mod details;
mod names;
mod output;
mod processor;
mod render;
#[cfg(test)]
mod samples;
mod style;
mod terminal;
mod text;
mod time;
mod tree;

pub use self::builder::ConsoleProcessorBuilder;
pub use self::processor::ConsoleProcessor;
pub use self::terminal::ColorChoice;
