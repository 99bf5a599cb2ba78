use std::process::Command;
use traced::{traced, traced_spawn};

#[traced]
async fn annotated() {
    tokio::spawn(async { work().await });
    std::thread::spawn(|| 1);
    // What is inside another function is that function's.
    #[traced_spawn]
    fn inner() {
        rayon::spawn(|| {});
    }
}

#[traced]
mod whole {
    fn f() {
        tokio::spawn(async {});
    }
    impl A {
        fn g() {
            tokio::spawn(async {});
        }
    }
}

fn carried() {
    tokio::spawn(traced::carry(work()));
    // traced: allow(spawn_site) the eviction loop belongs to no request
    tokio::spawn(async {});
    tokio::spawn(async {}); // traced: allow(spawn_site) nor does this
}

#[traced_spawn]
#[inline]
fn sites_only() {
    tokio::spawn(async {});
}

/// OpenTelemetry's own ways, and those of `tracing`, of which another rule tells.
fn by_hand(cx: Context) {
    tokio::spawn(work().with_context(cx.clone()));
    std::thread::spawn(move || {
        let _guard = cx.attach();
        work()
    });
    tokio::spawn(work().in_current_span());
}

/// Others that have a method or function of that name.
fn others() {
    commands.spawn((Transform::default(), Player));
    Command::new("ls").spawn().unwrap();
    list.push(async {});
    path.join("x");
    engine.execute(|| 1);
    mine::spawn(work());
    scope.spawn(unit);
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn t() {
        tokio::spawn(async {});
    }
}

fn main() {
    serve();
}
