use traced::traced;

#[traced(attributes("" = id))]
fn empty(id: u64) {}

#[traced(baggage("" = "1"))]
fn baggage() {}

fn main() {
    baggage();
    empty(1);
}
