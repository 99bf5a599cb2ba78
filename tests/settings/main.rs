//! Does every variable, and every setting in code, have its effect? Each test starts a program
//! (`child.rs`) with variables of its own and looks at what comes out of it.

mod audit;
mod batches;
mod code;
mod code_attributes;
mod collector;
mod config_file;
mod exporters;
mod html;
mod lasting_spans;
mod limits;
mod lines;
mod mistakes;
mod otlp;
mod page;
mod program;
mod propagation;
mod records;
mod redaction;
mod resource;
mod sampling;
mod scoped;
mod streams;
#[cfg(unix)]
mod watch;
