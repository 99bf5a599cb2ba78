//! The loop over what its own task sends ends with the task.

async fn main() { //~ entry_point
    let mut rows = read_rows();
    while let Some(row) = rows.recv().await {
        info!("{row}");
    }
}

fn read_rows() -> Receiver<String> {
    let entries = find();
    start(entries)
}

fn find() -> Vec<Entry> {
    read_index().unwrap_or_default()
}

/// Two calls below `main`: the end of the index is an error.
fn read_index() -> Option<Vec<Entry>> {
    loop {
        let entry = next_entry()?;
        info!("{entry}");
    }
}
