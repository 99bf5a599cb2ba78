/// It only prints what it computes.
fn main() { //~? entry_point
    println!("{}", add(1, 2));
}

fn add(a: u32, b: u32) -> u32 {
    a + b
}
