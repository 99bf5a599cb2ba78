//! An attribute that stands on statements only is imported and used; so is one without an import.
#![deny(warnings)]

mod used_on_a_statement {
    use traced::{traced, traced_spawn};

    #[traced]
    pub(crate) fn spawns() {
        #[traced_spawn(name = "unit")]
        let thread = std::thread::spawn(|| ());
        thread.join().unwrap();
    }
}

mod used_on_an_expression {
    use traced::{traced, traced_spawn};

    #[traced]
    pub(crate) async fn spawns() -> bool {
        drop(
            #[traced_spawn(detached)]
            std::thread::spawn(|| ()),
        );
        std::future::ready(true).await
    }
}

mod used_in_an_impl {
    use traced::{traced, traced_spawn};

    pub(crate) struct Workers;

    #[traced]
    impl Workers {
        pub(crate) fn start(&self) {
            #[cfg_attr(all(), traced_spawn(detached))]
            std::thread::spawn(|| ()).join().unwrap();
        }
    }
}

mod not_imported {
    #[traced::traced]
    pub(crate) fn spawns() {
        #[traced::traced_spawn(detached)]
        std::thread::spawn(|| ()).join().unwrap();
        #[traced_spawn(detached)]
        std::thread::spawn(|| ()).join().unwrap();
    }
}

mod of_everything {
    use traced::*;

    #[traced_spawn]
    pub(crate) fn spawns() {
        #[traced_spawn(name = "unit")]
        std::thread::spawn(|| ()).join().unwrap();
    }
}

fn main() {
    used_on_a_statement::spawns();
    drop(used_on_an_expression::spawns());
    used_in_an_impl::Workers.start();
    not_imported::spawns();
    of_everything::spawns();
}
