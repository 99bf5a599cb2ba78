async fn named(order: Order) -> u16 {
    return ::traced::__private::future(
            ::traced::__private::SpanFromInner,
            async move {
                if false {
                    return ::traced::__private::Returns::<u16>::never();
                }
                {
                    let _ = (&order,);
                }
                let __handed = ::traced::__private::handoff({
                    static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                        "named",
                        ::traced::__private::SpanKind::Internal,
                        "shop",
                        "1.2.0",
                        ::core::module_path!(),
                    );
                    __TRACED_SITE
                        .start_with(
                            &mut |__options| {
                                __options.name(order.name);
                            },
                        )
                });
                __handed.await;
                order.send().await
            },
            ::traced::__private::ByNothing,
        )
        .await;
}
async fn attributed(order: Order) -> u16 {
    return ::traced::__private::future(
            ::traced::__private::SpanFromInner,
            async move {
                if false {
                    return ::traced::__private::Returns::<u16>::never();
                }
                {
                    let _ = (&order,);
                }
                let __handed = ::traced::__private::handoff({
                    static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                        "attributed",
                        ::traced::__private::SpanKind::Internal,
                        "shop",
                        "1.2.0",
                        ::core::module_path!(),
                    );
                    __TRACED_SITE
                        .start_with_attributes(
                            1,
                            &mut |__attributes| {
                                __attributes.value("order.id", &(order.id));
                            },
                        )
                });
                __handed.await;
                order.send().await
            },
            ::traced::__private::ByNothing,
        )
        .await;
}
async fn lazily(order: Order) -> u16 {
    return ::traced::__private::future(
            ::traced::__private::SpanFromInner,
            async move {
                if false {
                    return ::traced::__private::Returns::<u16>::never();
                }
                {
                    let _ = (&order,);
                }
                let __handed = ::traced::__private::handoff({
                    static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                        "lazily",
                        ::traced::__private::SpanKind::Internal,
                        "shop",
                        "1.2.0",
                        ::core::module_path!(),
                    );
                    __TRACED_SITE
                        .start()
                        .lazy(
                            &mut |__attributes| {
                                __attributes.value("order.size", &(order.size()));
                            },
                        )
                });
                __handed.await;
                order.send().await
            },
            ::traced::__private::ByNothing,
        )
        .await;
}
async fn injected(order: Order) -> u16 {
    return ::traced::__private::future(
            ::traced::__private::SpanFromInner,
            async move {
                if false {
                    return ::traced::__private::Returns::<u16>::never();
                }
                {
                    let _ = (&order,);
                }
                let __handed = ::traced::__private::handoff({
                    static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                        "injected",
                        ::traced::__private::SpanKind::Internal,
                        "shop",
                        "1.2.0",
                        ::core::module_path!(),
                    );
                    use ::traced::__private::BorrowCarrier as _;
                    __TRACED_SITE
                        .start()
                        .injecting()
                        .inject((order.headers).__traced_borrow())
                });
                __handed.await;
                order.send().await
            },
            ::traced::__private::ByNothing,
        )
        .await;
}
async fn linked(order: Order) -> u16 {
    return ::traced::__private::future(
            ::traced::__private::SpanFromInner,
            async move {
                if false {
                    return ::traced::__private::Returns::<u16>::never();
                }
                {
                    let _ = (&order,);
                }
                let __handed = ::traced::__private::handoff({
                    static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                        "linked",
                        ::traced::__private::SpanKind::Internal,
                        "shop",
                        "1.2.0",
                        ::core::module_path!(),
                    );
                    __TRACED_SITE
                        .start_with(
                            &mut |__options| {
                                __options.links_in(&(order.sent_in));
                            },
                        )
                });
                __handed.await;
                order.send().await
            },
            ::traced::__private::ByNothing,
        )
        .await;
}
async fn conditional(order: Order) -> u16 {
    return ::traced::__private::future(
            ::traced::__private::SpanFromInner,
            async move {
                if false {
                    return ::traced::__private::Returns::<u16>::never();
                }
                {
                    let _ = (&order,);
                }
                let __handed = ::traced::__private::handoff(
                    if order.is_traced {
                        {
                            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                                "conditional",
                                ::traced::__private::SpanKind::Internal,
                                "shop",
                                "1.2.0",
                                ::core::module_path!(),
                            );
                            __TRACED_SITE.start()
                        }
                    } else {
                        ::core::default::Default::default()
                    },
                );
                __handed.await;
                order.send().await
            },
            ::traced::__private::ByNothing,
        )
        .await;
}
async fn with_baggage(order: Order) -> u16 {
    return ::traced::__private::future(
            ::traced::__private::SpanFromInner,
            async move {
                if false {
                    return ::traced::__private::Returns::<u16>::never();
                }
                {
                    let _ = (&order,);
                }
                let __handed = ::traced::__private::handoff({
                    static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                            "with_baggage",
                            ::traced::__private::SpanKind::Internal,
                            "shop",
                            "1.2.0",
                            ::core::module_path!(),
                        )
                        .keeping_context();
                    __TRACED_SITE
                        .start_with(
                            &mut |__options| {
                                __options.baggage().value("tenant", &(order.tenant));
                            },
                        )
                });
                __handed.await;
                order.send().await
            },
            ::traced::__private::ByNothing,
        )
        .await;
}
async fn scoped(order: Order) -> u16 {
    return ::traced::__private::future(
            ::traced::__private::SpanFromInner,
            async move {
                if false {
                    return ::traced::__private::Returns::<u16>::never();
                }
                {
                    let _ = (&order,);
                }
                let __handed = ::traced::__private::handoff({
                    static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                            "scoped",
                            ::traced::__private::SpanKind::Internal,
                            "shop",
                            "1.2.0",
                            ::core::module_path!(),
                        )
                        .keeping_context();
                    __TRACED_SITE
                        .start_with(
                            &mut |__options| {
                                __options.scoped().value("tenant", &(order.tenant));
                            },
                        )
                });
                __handed.await;
                order.send().await
            },
            ::traced::__private::ByNothing,
        )
        .await;
}
async fn below(order: Order) -> u16 {
    return ::traced::__private::future(
            ::traced::__private::SpanFromInner,
            async move {
                if false {
                    return ::traced::__private::Returns::<u16>::never();
                }
                {
                    let _ = (&order,);
                }
                let __handed = ::traced::__private::handoff({
                    static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                        "below",
                        ::traced::__private::SpanKind::Internal,
                        "shop",
                        "1.2.0",
                        ::core::module_path!(),
                    );
                    __TRACED_SITE
                        .start_with(
                            &mut |__options| {
                                __options.parent(&(order.context));
                            },
                        )
                });
                __handed.await;
                order.send().await
            },
            ::traced::__private::ByNothing,
        )
        .await;
}
async fn extracted(order: Order) -> u16 {
    return ::traced::__private::future(
            ::traced::__private::SpanFromInner,
            async move {
                if false {
                    return ::traced::__private::Returns::<u16>::never();
                }
                {
                    let _ = (&order,);
                }
                let __handed = ::traced::__private::handoff({
                    static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                            "extracted",
                            ::traced::__private::SpanKind::Internal,
                            "shop",
                            "1.2.0",
                            ::core::module_path!(),
                        )
                        .keeping_context();
                    __TRACED_SITE
                        .start_with(
                            &mut |__options| {
                                __options.extract(&(order.headers));
                            },
                        )
                });
                __handed.await;
                order.send().await
            },
            ::traced::__private::ByNothing,
        )
        .await;
}
