use traced::traced;

#[traced(fail_if = |found: &String| found.is_empty())]
fn find() -> Option<u8> {
    None
}

#[traced(fail_if = |status| status)]
async fn answer() -> u16 {
    500
}

fn main() {
    find();
    drop(answer());
}
