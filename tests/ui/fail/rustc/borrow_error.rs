use traced::traced;

#[traced]
fn moved(text: String) -> usize {
    drop(text);
    text.len()
}

#[traced]
async fn borrowed(mut items: Vec<u8>) -> u8 {
    let first = &items[0];
    items.push(1);
    *first
}

#[traced]
fn not_mut(items: Vec<u8>) {
    items.push(1);
}

#[traced]
fn local<'a>(text: &'a str) -> &'a str {
    let local = text.to_owned();
    &local
}

fn main() {}
