use traced::traced;

#[traced(error_if = |error: &String| error.is_empty())]
fn other_error() -> Result<(), u8> {
    Ok(())
}

#[traced(error_if = |error| error)]
fn not_a_bool() -> Result<(), u8> {
    Ok(())
}

struct Answer;

#[traced(error_if = |_| true)]
fn not_a_result() -> Answer {
    Answer
}

#[traced(on_err(|error| message = %error))]
fn no_error() -> Answer {
    Answer
}

fn main() {}
