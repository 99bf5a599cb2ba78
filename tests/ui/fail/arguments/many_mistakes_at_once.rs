use traced::traced;

#[traced(nmae = "a", kind = "cleint", attributes("id"), errors = 3, root, root)]
const fn everything(id: u64) -> u64 {
    id
}

fn main() {
    // The item is still there: this line has no error of its own.
    let _: u64 = everything(1);
}
