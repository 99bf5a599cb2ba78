// depends: ratatui

/// It runs until its user ends it.
fn main() { //~? entry_point
    info!("began");
    draw();
}
