//! Arguments of the attribute macros that a user may come from.

use traced::{traced, traced_spawn};

#[traced(skip(password), fields(user = %user), err, ret)]
fn tracing_lists(user: &str, password: &str) -> Result<usize, String> {
    Ok(user.len() + password.len())
}

#[traced(skip_all, err(Debug), ret(level = "info"))]
fn tracing_words(password: &str) -> Result<usize, String> {
    Ok(password.len())
}

#[traced(target = "shop::db", follows_from = causes)]
fn tracing_values(causes: &[u8]) -> usize {
    causes.len()
}

#[traced("load", parent = None)]
fn tracing_root() {}

#[traced(short_name = true, enter_on_poll = true, properties = { "user": "{user}" })]
async fn fastrace(user: &str) -> usize {
    user.len()
}

#[traced(ok_if = Result::is_ok)]
fn autometrics() -> Result<(), String> {
    Ok(())
}

struct Orders;

#[traced]
impl Orders {
    #[traced(skip(self), err)]
    fn load(&self) -> Result<(), String> {
        Ok(())
    }
}

#[traced]
fn inner() {
    #[traced(skip_all, fields(rows = 3))]
    let _rows = 3;
}

#[traced_spawn(skip_all, fields(id = 1), follows_from = cause)]
fn spawning() {}

fn main() {}
