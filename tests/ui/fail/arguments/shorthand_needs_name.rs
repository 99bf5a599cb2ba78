use traced::traced;

#[traced(attributes("order.id"))]
fn in_arguments() {}

fn main() {
    in_arguments();
    traced::set_attributes!("order.id");
}
