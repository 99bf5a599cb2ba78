impl Service {
    const UNITS: usize = 2;
    async fn start(&self) {
        ::traced::__private::allowed!(
            tokio::spawn(::traced::__private::carry_unit!(@ in { static __TRACED_SITE :
            ::traced::__private::CallSite =
            ::traced::__private::CallSite::new("start::spawn",
            ::traced::__private::SpanKind::Consumer, "shop", "1.2.0",
            ::core::module_path!(),).inside(|| ()).here(); __TRACED_SITE.defer() },
            work()))
        );
    }
    #[traced_spawn(detached)]
    async fn stop(&self) {
        tokio::spawn(work());
    }
}
mod workers {
    pub trait Starts {
        fn begin(&self);
        fn end(&self) {
            ::traced::__private::allowed!(
                thread::spawn({ let __captured = ::traced::__private::Captured::now(); |
                | ::traced::__private::attached!(__captured.attach() => work()) })
            );
        }
    }
    mod nested {
        const fn spawn(unit: u8) -> u8 {
            spawn(unit)
        }
    }
}
impl Untouched {
    const fn in_a_constant(&self) -> Spawned {
        spawn(work())
    }
}
#[traced_spawn(detached)]
fn of_the_other_attribute() {
    return ::traced::__private::run::<
        (),
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "of_the_other_attribute",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE.enter()
        },
        move || {
            std::thread::spawn(work);
        },
        ::traced::__private::ByNothing,
    );
}
