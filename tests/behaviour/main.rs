//! What arrives in an exporter.

mod console;
