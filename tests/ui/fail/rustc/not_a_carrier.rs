use std::collections::HashMap;

use traced::traced;

#[traced(extract = id)]
fn read(id: u64) {
    let _ = id;
}

#[traced(inject = headers)]
fn write(headers: &HashMap<String, String>) {
    let _ = headers;
}

#[traced(inject = headers)]
async fn change(headers: HashMap<String, String>) {
    let _ = headers;
}

fn main() {}
