//! What the README promises of the quickstart.
