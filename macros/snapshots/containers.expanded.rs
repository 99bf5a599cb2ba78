impl Store {
    const LIMIT: usize = 10;
    fn count(&self) -> usize {
        return shop::traced::__private::run::<
            usize,
            _,
            _,
        >(
            {
                static __TRACED_SITE: shop::traced::__private::CallSite = shop::traced::__private::CallSite::new(
                        "Store::count",
                        shop::traced::__private::SpanKind::Client,
                        "shop",
                        "1.2.0",
                        ::core::module_path!(),
                    )
                    .here();
                __TRACED_SITE.enter()
            },
            move || { self.orders.len() },
            shop::traced::__private::ByNothing,
        );
    }
    fn find(&self, id: u64) -> Option<Order> {
        return shop::traced::__private::run::<
            Option<Order>,
            _,
            _,
        >(
            {
                static __TRACED_SITE: shop::traced::__private::CallSite = shop::traced::__private::CallSite::new(
                        "lookup",
                        shop::traced::__private::SpanKind::Internal,
                        "shop",
                        "1.2.0",
                        ::core::module_path!(),
                    )
                    .of("Store::find")
                    .here();
                __TRACED_SITE
                    .enter_with_attributes(
                        1,
                        &mut |__attributes| {
                            __attributes.value("id", &(id));
                        },
                    )
            },
            move || { self.orders.get(id) },
            shop::traced::__private::ByNothing,
        );
    }
    fn hot(&self) {}
    const fn limit() -> usize {
        Self::LIMIT
    }
    extern "C" fn callback() {}
}
mod orders {
    fn free() {
        return ::traced::__private::run::<
            (),
            _,
            _,
        >(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                        "free",
                        ::traced::__private::SpanKind::Internal,
                        "shop",
                        "1.2.0",
                        ::core::module_path!(),
                    )
                    .here();
                __TRACED_SITE.enter()
            },
            move || {},
            ::traced::__private::ByNothing,
        );
    }
    impl fmt::Display for Order {
        fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
            return ::traced::__private::run::<
                fmt::Result,
                _,
                _,
            >(
                {
                    static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                            "Order::fmt",
                            ::traced::__private::SpanKind::Internal,
                            "shop",
                            "1.2.0",
                            ::core::module_path!(),
                        )
                        .here();
                    __TRACED_SITE.enter()
                },
                move || { f.write_str(self.name) },
                ::traced::__private::observer!(fmt::Result),
            );
        }
    }
    mod nested {
        trait Service {
            fn call(&self);
            fn call_twice(&self) {
                return ::traced::__private::run::<
                    (),
                    _,
                    _,
                >(
                    {
                        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                                "Service::call_twice",
                                ::traced::__private::SpanKind::Internal,
                                "shop",
                                "1.2.0",
                                ::core::module_path!(),
                            )
                            .here();
                        __TRACED_SITE.enter()
                    },
                    move || {
                        self.call();
                        self.call();
                    },
                    ::traced::__private::ByNothing,
                );
            }
        }
    }
}
mod conditional {
    impl Client {
        #[cfg(feature = "quiet")]
        fn ping(&self) {}
        #[cfg(not(feature = "quiet"))]
        fn ping(&self) {
            return ::traced::__private::run::<
                (),
                _,
                _,
            >(
                {
                    static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                            "Client::ping",
                            ::traced::__private::SpanKind::Client,
                            "shop",
                            "1.2.0",
                            ::core::module_path!(),
                        )
                        .here();
                    __TRACED_SITE.enter()
                },
                move || {},
                ::traced::__private::ByNothing,
            );
        }
    }
    impl Quiet {
        fn ping(&self) {}
    }
}
