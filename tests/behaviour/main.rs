//! What arrives in an exporter.
