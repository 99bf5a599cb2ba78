/// The span is below a method without one.
fn main() {
    App::new().run();
}

struct App;

impl App {
    fn new() -> Self {
        App
    }

    fn run(&self) {
        import();
    }
}

#[traced]
fn import() {}

struct Other;

impl Other {
    fn run(&self) {}
}
