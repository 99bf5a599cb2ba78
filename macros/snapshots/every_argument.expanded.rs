fn handle(id: u64, order: Order, agent: &str, cx: &Context) -> Result<(), OrderError> {
    return crate::reexports::traced::__private::run_with::<
        Result<(), OrderError>,
        _,
        _,
    >(
        {
            static __TRACED_SITE: crate::reexports::traced::__private::CallSite = crate::reexports::traced::__private::CallSite::new(
                "handle",
                crate::reexports::traced::__private::SpanKind::Server,
                "shop.orders",
                "",
                ::core::module_path!(),
            );
            __TRACED_SITE
                .start_with(
                    &mut |__options| {
                        __options.name(format!("order {id}"));
                        __options.parent(&(cx));
                        let __attributes = __options.attributes(4);
                        __attributes.value("id", &(id));
                        __attributes.literal("http.route", "/orders/{id}");
                        __attributes.debug("order", &(order));
                        __attributes.display("user agent", &(agent));
                    },
                )
                .lazy(
                    &mut |__attributes| {
                        __attributes.value("order.size", &(order.size()));
                    },
                )
                .enter()
        },
        move || {
            {
                let _ = (&order,);
            }
            tokio::spawn(store(order));
            Ok(())
        },
        |__out| {
            if crate::reexports::traced::__private::Returns::is_error(
                __out,
                |error| error.is_fatal(),
            ) {
                crate::reexports::traced::__private::observe!(__out, Server)
            } else {
                crate::reexports::traced::__private::observe!(@ ok __out, Server)
            }
        },
    );
}
async fn serve(request: Request) -> Response {
    return ::traced::__private::future(
            ::traced::__private::SpanFromInner,
            async move {
                if false {
                    return ::traced::__private::Returns::<Response>::never();
                }
                {
                    let _ = (&request,);
                }
                let __handed = ::traced::__private::handoff({
                    static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                            "serve",
                            ::traced::__private::SpanKind::Server,
                            "shop",
                            "1.2.0",
                            ::core::module_path!(),
                        )
                        .keeping_context();
                    __TRACED_SITE
                        .start_with(
                            &mut |__options| {
                                __options.extract(&(request.headers()));
                            },
                        )
                });
                __handed.await;
                respond(request).await
            },
            ::traced::__private::observer!(Response, Server),
        )
        .await;
}
fn send(mut request: Request) -> Result<Response, SendError> {
    return ::traced::__private::run::<
        Result<Response, SendError>,
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "send",
                ::traced::__private::SpanKind::Client,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            use ::traced::__private::BorrowCarrier as _;
            __TRACED_SITE
                .start()
                .lazy(
                    &mut |__attributes| {
                        __attributes.value("size", &(request.size()));
                    },
                )
                .injecting()
                .inject((request.headers_mut()).__traced_borrow())
                .enter()
        },
        move || {
            {
                let _ = (&request,);
            }
            CLIENT.send(request)
        },
        ::traced::__private::observer!(Result < Response, SendError >, Client),
    );
}
fn publish(headers: &mut Headers) -> BoxFuture<'_, ()> {
    let (__span, __future) = ::traced::__private::built::<
        BoxFuture<'_, ()>,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "publish",
                ::traced::__private::SpanKind::Producer,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            use ::traced::__private::BorrowCarrier as _;
            __TRACED_SITE.start().injecting().inject((headers).__traced_borrow()).enter()
        },
        move || { Box::pin(async move { QUEUE.push(headers).await }) },
    );
    let __observer = ::traced::__private::ByNothing;
    return ::std::boxed::Box::pin(
        ::traced::__private::future(__span, __future, __observer),
    );
}
fn tick() -> Result<(), OrderError> {
    return ::traced::__private::run::<
        Result<(), OrderError>,
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "tick",
                    ::traced::__private::SpanKind::Internal,
                    "shop",
                    "1.2.0",
                    ::core::module_path!(),
                )
                .at_level(::traced::__private::SpanLevel::Debug);
            __TRACED_SITE
                .enter_with(
                    &mut |__options| {
                        __options.root();
                    },
                )
        },
        move || { Ok(()) },
        ::traced::__private::ByNothing,
    );
}
async fn ship(tenant: &str, order: Order, queue: &[Link]) -> Result<Row, ShipError> {
    return ::traced::__private::future_with(
            ::traced::__private::SpanFromInner,
            async move {
                if false {
                    return ::traced::__private::Returns::<
                        Result<Row, ShipError>,
                    >::never();
                }
                {
                    let _ = (&order,);
                }
                let __handed = ::traced::__private::handoff({
                    static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                            "ship",
                            ::traced::__private::SpanKind::Internal,
                            "shop",
                            "1.2.0",
                            ::core::module_path!(),
                        )
                        .keeping_context();
                    if order.is_paid() {
                        __TRACED_SITE
                            .start_with(
                                &mut |__options| {
                                    __options.links(queue.iter());
                                    __options.baggage().value("tenant", &(tenant));
                                    __options.scoped().display("tenant.id", &(tenant));
                                    let __attributes = __options.attributes(2);
                                    __attributes.value("tenant", &(tenant));
                                    __attributes.value("order.id", &(order));
                                },
                            )
                    } else {
                        ::traced::__private::Started::carried(
                            &__TRACED_SITE,
                            &mut |__options| {
                                __options.baggage().value("tenant", &(tenant));
                                __options.scoped().display("tenant.id", &(tenant));
                            },
                        )
                    }
                });
                __handed.await;
                send(order).await
            },
            |__out| {
                if let ::core::option::Option::Some(row) = ::traced::__private::ok_of!(
                    __out
                ) {
                    ::traced::__private::record(
                        &mut |__attributes| {
                            __attributes.value("row.id", &(row.id));
                        },
                    );
                }
                if let ::core::option::Option::Some(error) = ::traced::__private::Returns::err(
                    __out,
                ) {
                    ::traced::__private::record(
                        &mut |__attributes| {
                            __attributes.value("retries", &(error.retries));
                        },
                    );
                }
                ::traced::__private::observe!(__out)
            },
        )
        .await;
}
fn paginate(page: u32) -> Vec<Row> {
    return ::traced::__private::run::<
        Vec<Row>,
        _,
        _,
    >(
        ::traced::__private::Started::current(
                &mut |__attributes| {
                    __attributes.value("page", &(page));
                },
            )
            .enter(),
        move || { rows(page) },
        ::traced::__private::ByNothing,
    );
}
fn not_timed_to_its_end() -> BoxFuture<'static, ()> {
    return ::traced::__private::run::<
        BoxFuture<'static, ()>,
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "not_timed_to_its_end",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE.enter()
        },
        move || { Box::pin(async {}) },
        ::traced::__private::observer!(BoxFuture < 'static, () >),
    );
}
fn rows_of(page: u32) -> impl Stream<Item = Row> {
    let (__span, __stream) = ::traced::__private::built::<
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "rows_of",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE.enter()
        },
        move || { fetch(page) },
    );
    return ::traced::__private::traced_stream!(
        __span, __stream, ::traced::__private::observer!(Row)
    );
}
fn paginate_if_there_is_more(page: u32) -> Vec<Row> {
    return ::traced::__private::run::<
        Vec<Row>,
        _,
        _,
    >(
        (if page > 0 {
            ::traced::__private::Started::current(
                &mut |__attributes| {
                    __attributes.value("page", &(page));
                },
            )
        } else {
            ::core::default::Default::default()
        })
            .baggage(
                &mut |__baggage| {
                    __baggage.value("page", &(page));
                },
            )
            .scoped(
                &mut |__attributes| {
                    __attributes.value("page", &(page));
                },
            )
            .enter(),
        move || { rows(page) },
        ::traced::__private::ByNothing,
    );
}
fn relays(headers: &mut Headers) {
    return ::traced::__private::run::<
        (),
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "relays",
                    ::traced::__private::SpanKind::Producer,
                    "shop",
                    "1.2.0",
                    ::core::module_path!(),
                )
                .keeping_context();
            use ::traced::__private::BorrowCarrier as _;
            (if headers.is_empty() {
                __TRACED_SITE
                    .start_with(
                        &mut |__options| {
                            __options.extract(&(headers));
                        },
                    )
            } else {
                ::traced::__private::Started::carried(
                    &__TRACED_SITE,
                    &mut |__options| {
                        __options.extract(&(headers));
                    },
                )
            })
                .injecting()
                .inject((headers).__traced_borrow())
                .enter()
        },
        move || {
            QUEUE.push(headers);
        },
        ::traced::__private::ByNothing,
    );
}
async fn answers(request: Request) -> Answer {
    return ::traced::__private::future_with(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "answers",
                    ::traced::__private::SpanKind::Server,
                    "shop",
                    "1.2.0",
                    ::core::module_path!(),
                );
                __TRACED_SITE.defer()
            },
            async move {
                if false {
                    return ::traced::__private::Returns::<Answer>::never();
                }
                {
                    let _ = (&request,);
                }
                respond(request).await
            },
            |__out| {
                if let ::core::option::Option::Some(answer) = ::traced::__private::ok_of!(
                    __out
                ) {
                    ::traced::__private::record(
                        &mut |__attributes| {
                            __attributes.value("error.type", &(answer.status));
                        },
                    );
                }
                match ::traced::__private::observe!(__out, Server) {
                    ::core::option::Option::None => {
                        ::traced::__private::Returns::failed_and_described(
                            ::traced::__private::ok_of!(__out),
                            |answer| answer.status >= 500,
                        )
                    }
                    __failure => __failure,
                }
            },
        )
        .await;
}
fn rows_or_errors(page: u32) -> BoxStream<'static, Result<Row, RowError>> {
    let (__span, __stream) = ::traced::__private::built::<
        BoxStream<'static, Result<Row, RowError>>,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "rows_or_errors",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE.enter()
        },
        move || { fetch(page) },
    );
    return ::std::boxed::Box::pin(
        ::traced::__private::traced_stream!(
            __span, __stream, { ::traced::__private::Returns:: < Result < Row, RowError >
            > ::of_items(& __stream); ::traced::__private::Returns::called_items(&
            __stream, | __out | { if let ::core::option::Option::Some(error) =
            ::traced::__private::Returns::err(__out) { ::traced::__private::record(& mut
            | __attributes | { __attributes.value("row.id", & (error.id)); }); } match if
            ::traced::__private::Returns::is_error(__out, RowError::is_fatal) {
            ::traced::__private::observe!(__out) } else { ::traced::__private::observe!(@
            ok __out) } { ::core::option::Option::None =>
            ::traced::__private::Returns::failed(::traced::__private::ok_of!(__out),
            Row::is_broken), __failure => __failure, } }) }
        ),
    );
}
