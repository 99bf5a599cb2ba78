/// No build has this `main`.
fn main() {
    info!("began");
    compile_error!("only Linux is supported");
}
