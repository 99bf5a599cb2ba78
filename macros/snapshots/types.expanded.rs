async fn closure_over_generics<T>() -> impl Fn(&T, [&str; 2]) -> Option<&[T]> + Send {
    #[allow(clippy::async_yields_async)]
    let __body = async move {
        fn __expected<
            __T0: ?Sized,
            __T1: ?Sized,
            __T2: Fn(&__T0, [&str; 2]) -> Option<&__T1>,
        >(value: __T2) -> __T2 {
            value
        }
        __expected::<T, [T], _>(({ |_, _| None }))
    };
    return ::traced::__private::future_with(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "closure_over_generics",
                    ::traced::__private::SpanKind::Internal,
                    "shop",
                    "1.2.0",
                    ::core::module_path!(),
                );
                __TRACED_SITE.defer()
            },
            __body,
            |__out| ::traced::__private::observe!(__out),
        )
        .await;
}
async fn closure_with_lifetimes() -> (
    impl for<'a> FnMut(Vec<&'a str>, (&'a str, u8)) -> &'a str,
    u8,
) {
    return ::traced::__private::future_with(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "closure_with_lifetimes",
                    ::traced::__private::SpanKind::Internal,
                    "shop",
                    "1.2.0",
                    ::core::module_path!(),
                );
                __TRACED_SITE.defer()
            },
            async move {
                fn __expected<
                    __T0: ?Sized,
                    __T1: ?Sized,
                    __T2,
                    __T3: ?Sized,
                    __T4: for<'a> FnMut(Vec<&'a __T0>, (&'a __T1, __T2)) -> &'a __T3,
                    __T5,
                >(value: (__T4, __T5)) -> (__T4, __T5) {
                    value
                }
                __expected::<str, str, u8, str, _, u8>(({ (|texts, _| texts[0], 1) }))
            },
            |__out| ::traced::__private::observe!(__out),
        )
        .await;
}
async fn closure_over_a_borrow<'a>(
    name: &'a str,
) -> Result<impl Fn(&'a str, &Held<'a>) -> bool + 'a, FindError> {
    return ::traced::__private::future_with(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "closure_over_a_borrow",
                    ::traced::__private::SpanKind::Internal,
                    "shop",
                    "1.2.0",
                    ::core::module_path!(),
                );
                __TRACED_SITE.defer()
            },
            async move {
                fn __expected<
                    __T0,
                    __T1: ?Sized,
                    __T2,
                    __T3: Fn(__T0, &__T1) -> __T2,
                    __T4,
                >(value: Result<__T3, __T4>) -> Result<__T3, __T4> {
                    value
                }
                __expected::<
                    &'a str,
                    Held<'a>,
                    bool,
                    _,
                    FindError,
                >(({ Ok(move |other, _| name == other) }))
            },
            |__out| ::traced::__private::observe!(__out),
        )
        .await;
}
async fn closure_of_elided(
    first: u8,
) -> impl Fn(Held<'_>, &'static str, fn(&u8) -> &u8) -> u8 {
    #[allow(clippy::async_yields_async)]
    let __body = async move {
        fn __expected<__T0, __T1, __T2, __T3: Fn(Held<'_>, __T0, __T1) -> __T2>(
            value: __T3,
        ) -> __T3 {
            value
        }
        __expected::<&'static str, fn(&u8) -> &u8, u8, _>(({ move |_, _, _| first }))
    };
    return ::traced::__private::future_with(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "closure_of_elided",
                    ::traced::__private::SpanKind::Internal,
                    "shop",
                    "1.2.0",
                    ::core::module_path!(),
                );
                __TRACED_SITE.defer()
            },
            __body,
            |__out| ::traced::__private::observe!(__out),
        )
        .await;
}
async fn closure_that_cannot_be_passed_through<T>() -> impl Fn(Mine<'_, T>) -> u8 {
    #[allow(clippy::async_yields_async)]
    let __body = async move {
        if false {
            return ::traced::__private::Returns::<_>::never();
        }
        |_| 1
    };
    return ::traced::__private::future_with(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "closure_that_cannot_be_passed_through",
                    ::traced::__private::SpanKind::Internal,
                    "shop",
                    "1.2.0",
                    ::core::module_path!(),
                );
                __TRACED_SITE.defer()
            },
            __body,
            |__out| ::traced::__private::observe!(__out),
        )
        .await;
}
async fn closure_beside_opaque() -> (impl Fn(&u8) -> &u8, impl Display) {
    return ::traced::__private::future_with(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "closure_beside_opaque",
                    ::traced::__private::SpanKind::Internal,
                    "shop",
                    "1.2.0",
                    ::core::module_path!(),
                );
                __TRACED_SITE.defer()
            },
            async move {
                fn __expected<
                    __T0: ?Sized,
                    __T1: ?Sized,
                    __T2: Fn(&__T0) -> &__T1,
                    __T3,
                >(value: (__T2, __T3)) -> (__T2, __T3) {
                    value
                }
                __expected::<u8, u8, _, _>(({ (|number| number, 1) }))
            },
            |__out| ::traced::__private::observe!(__out),
        )
        .await;
}
async fn ready() -> Option<impl Display> {
    return ::traced::__private::future(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "ready",
                    ::traced::__private::SpanKind::Internal,
                    "shop",
                    "1.2.0",
                    ::core::module_path!(),
                );
                __TRACED_SITE.defer()
            },
            async move {
                if false {
                    return ::traced::__private::Returns::<Option<_>>::never();
                }
                Some(1)
            },
            ::traced::__private::ByNothing,
        )
        .await;
}
fn opaque_in_tuple() -> (impl Display, u8) {
    let __guard = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "opaque_in_tuple",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
            ::core::module_path!(),
        );
        __TRACED_SITE.enter()
    }
        .until_dropped();
    (1, 2)
}
fn opaque_in_result() -> Result<impl Display, FindError> {
    return ::traced::__private::run_with::<
        Result<_, FindError>,
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "opaque_in_result",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE.enter()
        },
        move || { find(1) },
        |__out| ::traced::__private::observe!(__out),
    );
}
#[track_caller]
fn option_at_caller() -> Option<Result<User, FindError>> {
    let __guard = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "option_at_caller",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
            ::core::module_path!(),
        );
        __TRACED_SITE.enter()
    }
        .until_dropped();
    find(1).ok().map(Ok)
}
fn shared_between_threads() -> impl Future<Output = u8> + Sync {
    let __start = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "shared_between_threads",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
            ::core::module_path!(),
        );
        __TRACED_SITE.defer()
    };
    let __future = async {
        if false {
            return ::traced::__private::Returns::<u8>::never();
        }
        1
    };
    let __observer = ::traced::__private::ByNothing;
    return ::traced::__private::future(__start, __future, __observer);
}
fn without_dyn() -> Pin<Box<Future<Output = u8>>> {
    let __start = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "without_dyn",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
            ::core::module_path!(),
        );
        __TRACED_SITE.defer()
    };
    let __future = async {
        if false {
            return ::traced::__private::Returns::<u8>::never();
        }
        1
    };
    let __observer = ::traced::__private::ByNothing;
    return Box::pin(::traced::__private::future(__start, __future, __observer));
}
fn passes_a_future_on<T>(future: Pending<T>) -> Pin<Box<dyn Future<Output = T>>> {
    let __guard = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "passes_a_future_on",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
            ::core::module_path!(),
        );
        __TRACED_SITE.enter()
    }
        .until_dropped();
    Box::pin(future)
}
fn passes_its_own_on(self) -> Pin<Box<dyn Future<Output = Self>>> {
    let __guard = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "passes_its_own_on",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            )
            .within(|| ());
        __TRACED_SITE.enter()
    }
        .until_dropped();
    Box::pin(self.pending())
}
fn makes_a_future<T: 'static>(value: T) -> Pin<Box<dyn Future<Output = T>>> {
    let __start = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "makes_a_future",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
            ::core::module_path!(),
        );
        __TRACED_SITE.defer()
    };
    let __future = async {
        if false {
            return ::traced::__private::Returns::<T>::never();
        }
        value
    };
    let __observer = ::traced::__private::observer!(T);
    return Box::pin(::traced::__private::future(__start, __future, __observer));
}
fn passes_a_stream_on<T>(stream: Pending<T>) -> BoxStream<'static, T> {
    let __guard = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "passes_a_stream_on",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
            ::core::module_path!(),
        );
        __TRACED_SITE.enter()
    }
        .until_dropped();
    stream.boxed()
}
fn makes_a_stream<T: 'static>(value: T) -> BoxStream<'static, T> {
    let (__span, __stream) = ::traced::__private::built::<
        BoxStream<'static, T>,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "makes_a_stream",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE.enter()
        },
        move || {
            {
                let _ = (&value,);
            }
            once(async { value }).boxed()
        },
    );
    return ::std::boxed::Box::pin(
        ::traced::__private::traced_stream!(
            __span, __stream, ::traced::__private::observer!(T)
        ),
    );
}
fn assigns_an_array(mut block: [u8; 4]) -> u8 {
    return ::traced::__private::run::<
        u8,
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "assigns_an_array",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE.enter()
        },
        move || {
            block = [0; 4];
            block[0]
        },
        ::traced::__private::ByNothing,
    );
}
fn keeps_the_type_of_a_stream(rows: Rows) -> Sse<Rows> {
    return ::traced::__private::run::<
        Sse<Rows>,
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "keeps_the_type_of_a_stream",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE.enter()
        },
        move || {
            {
                let _ = (&rows,);
            }
            Sse::new(rows)
        },
        ::traced::__private::observer!(Sse < Rows >),
    );
}
fn erases_the_type_of_a_stream(rows: Rows) -> Response {
    return ::traced::__private::run::<
        Response,
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "erases_the_type_of_a_stream",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE.enter()
        },
        move || {
            {
                let _ = (&rows,);
            }
            Sse::new(::traced::__private::carry_unit!(@ stream rows)).into_response()
        },
        ::traced::__private::observer!(Response),
    );
}
async fn closure_of_a_borrow_of_a_borrow<'a>(first: &'a u8) -> impl Fn(&'a &u8) -> bool {
    #[allow(clippy::async_yields_async)]
    let __body = async move {
        if false {
            return ::traced::__private::Returns::<_>::never();
        }
        move |second| first == *second
    };
    return ::traced::__private::future_with(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "closure_of_a_borrow_of_a_borrow",
                    ::traced::__private::SpanKind::Internal,
                    "shop",
                    "1.2.0",
                    ::core::module_path!(),
                );
                __TRACED_SITE.defer()
            },
            __body,
            |__out| ::traced::__private::observe!(__out),
        )
        .await;
}
fn tries() -> impl TryStream<Ok = u8, Error = FindError> {
    let (__span, __stream) = ::traced::__private::built::<
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "tries",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE.enter()
        },
        move || { rows() },
    );
    return ::traced::__private::traced_stream!(
        __span, __stream, ::traced::__private::observer!(@ items & __stream)
    );
}
fn opaque_in_option() -> Option<impl Display> {
    let __guard = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "opaque_in_option",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
            ::core::module_path!(),
        );
        __TRACED_SITE.enter()
    }
        .until_dropped();
    Some(1)
}
#[track_caller]
fn array_at_caller() -> [u8; 2] {
    let __guard = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "array_at_caller",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
            ::core::module_path!(),
        );
        __TRACED_SITE.enter()
    }
        .until_dropped();
    [1, 2]
}
fn stream_of_an_alias(rows: Rows) -> Rows {
    let (__span, __stream) = ::traced::__private::built::<
        Rows,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "stream_of_an_alias",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE.enter()
        },
        move || {
            {
                let _ = (&rows,);
            }
            rows
        },
    );
    return ::std::boxed::Box::pin(
        ::traced::__private::traced_stream!(
            __span, __stream, ::traced::__private::observer!(@ items & __stream)
        ),
    );
}
fn stream_of_a_trait(rows: Rows) -> impl Rows {
    let (__span, __stream) = ::traced::__private::built::<
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "stream_of_a_trait",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE.enter()
        },
        move || {
            {
                let _ = (&rows,);
            }
            rows
        },
    );
    return ::traced::__private::traced_stream!(
        __span, __stream, ::traced::__private::observer!(@ items & __stream)
    );
}
impl Index<u8> for Shelf {
    fn index(&self, place: u8) -> &Book {
        let __guard = {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "Shelf::index",
                    ::traced::__private::SpanKind::Internal,
                    "shop",
                    "1.2.0",
                    ::core::module_path!(),
                )
                .here();
            __TRACED_SITE.enter()
        }
            .until_dropped();
        self.book(place)
    }
}
impl IndexMut<u8> for Shelf {
    fn index_mut(&mut self, place: u8) -> &mut Book {
        let __guard = {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "Shelf::index_mut",
                    ::traced::__private::SpanKind::Internal,
                    "shop",
                    "1.2.0",
                    ::core::module_path!(),
                )
                .here();
            __TRACED_SITE.enter()
        }
            .until_dropped();
        self.book_mut(place)
    }
}
impl Shelf {
    fn index(&self) -> Book {
        return ::traced::__private::run::<
            Book,
            _,
            _,
        >(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                        "Shelf::index",
                        ::traced::__private::SpanKind::Internal,
                        "shop",
                        "1.2.0",
                        ::core::module_path!(),
                    )
                    .here();
                __TRACED_SITE.enter()
            },
            move || { self.first() },
            ::traced::__private::observer!(Book),
        );
    }
}
fn named_by_a_conversion(id: u64) {
    return ::traced::__private::run::<
        (),
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "named_by_a_conversion",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE
                .enter_with(
                    &mut |__options| {
                        __options.name(format!("find {id}"));
                    },
                )
        },
        move || {
            drop(id);
        },
        ::traced::__private::ByNothing,
    );
}
fn ignores(_number: u8, guard: Guard, _unnamed0: Guard, mut text: &str) {
    return ::traced::__private::run::<
        (),
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "ignores",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE.enter()
        },
        move || {
            {
                let _ = (&_unnamed0,);
            }
            work();
        },
        ::traced::__private::ByNothing,
    );
}
async fn gives_a_future(id: u64) -> impl Future<Output = Result<User, FindError>> {
    #[allow(clippy::async_yields_async)]
    let __body = async move {
        if false {
            return ::traced::__private::Returns::<_>::never();
        }
        find(id)
    };
    return ::traced::__private::future_with(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "gives_a_future",
                    ::traced::__private::SpanKind::Internal,
                    "shop",
                    "1.2.0",
                    ::core::module_path!(),
                );
                __TRACED_SITE.defer()
            },
            __body,
            |__out| {
                if ::traced::__private::Returns::is_error(__out, FindError::is_fatal) {
                    ::traced::__private::observe!(__out)
                } else {
                    ::traced::__private::observe!(@ ok __out)
                }
            },
        )
        .await;
}
