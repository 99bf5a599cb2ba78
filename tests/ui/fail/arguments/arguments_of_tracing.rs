use traced::{traced, traced_spawn};

#[traced(skip(password), fields(user = %user), err, ret)]
fn lists(user: &str, password: &str) -> Result<usize, String> {
    Ok(user.len() + password.len())
}

#[traced(skip_all, err(Debug), ret(level = "info"))]
fn words(password: &str) -> Result<usize, String> {
    Ok(password.len())
}

#[traced(target = "shop::db", follows_from = causes)]
fn values(causes: &[u8]) -> usize {
    causes.len()
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
fn nested() {
    #[traced(skip_all, fields(rows = 3))]
    let _rows = 3;
}

#[traced_spawn(skip_all, fields(id = 1), follows_from = cause)]
fn spawning() {}

fn main() {}
