//! The threads of std.

use std::thread;

use crate::support::sites;

sites! {
    full_path(1) { std::thread::spawn(|| child_here()).join().unwrap(); }
    module(1) { thread::spawn(child_here).join().unwrap(); }
    move_closure(1) {
        let text = String::from("x");
        thread::spawn(move || { let _ = text; child_here() }).join().unwrap();
    }
    builder(1) {
        thread::Builder::new().name("x".into()).spawn(|| child_here()).unwrap().join().unwrap();
    }
    scope(3) {
        let borrowed = [1, 2];
        thread::scope(|scope| {
            scope.spawn(|| { let _ = &borrowed; child_here() });
            scope.spawn(child_here);
            thread::Builder::new().spawn_scoped(scope, || child_here()).unwrap();
        });
    }
}
