// depends: framework

/// The crate that gets the application may run a server.
fn main() {
    info!("began");
    framework::boot(&APPLICATION);
}
