use traced::traced;

#[traced(name = format!("order {id}"))]
fn in_the_text(id: u64) {
    let _ = id;
}

#[traced(name = format!("{} {}", "order", &id))]
fn as_an_argument(id: u64) {
    let _ = id;
}

fn main() {
    in_the_text(1);
    as_an_argument(1);
}
