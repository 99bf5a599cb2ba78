use traced::traced;

#[traced(error_if = |error: &String| error.is_empty())]
fn other_error() -> Result<(), u8> {
    Ok(())
}

#[traced(error_if = |error| error)]
fn not_a_bool() -> Result<(), u8> {
    Ok(())
}

#[traced(error_if = |_| true)]
fn not_a_result() -> Option<u8> {
    None
}

fn main() {}
