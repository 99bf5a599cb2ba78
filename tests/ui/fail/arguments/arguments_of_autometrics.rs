use traced::traced;

#[traced(ok_if = Result::is_ok)]
fn save() -> Result<(), String> {
    Ok(())
}

fn main() {}
