use traced::traced;

#[traced(short_name = true, enter_on_poll = true, properties = { "user": "{user}" })]
async fn load(user: &str) -> usize {
    user.len()
}

fn main() {}
