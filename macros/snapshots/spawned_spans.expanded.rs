fn one_name_for_all(pool: &Pool, job: Job) {
    ::traced::__private::allowed!(
        my_pool::submit(1, ::traced::__private::carry_unit!(@ in { static __TRACED_SITE :
        ::traced::__private::CallSite = ::traced::__private::CallSite::new("unit",
        ::traced::__private::SpanKind::Internal, "shop", "1.2.0",
        ::core::module_path!(),).inside(|| ()).here(); __TRACED_SITE.defer() }, job))
    );
    ::traced::__private::allowed!(
        pool.execute({ let __captured = ::traced::__private::Captured::now(); let __span
        = { static __TRACED_SITE : ::traced::__private::CallSite =
        ::traced::__private::CallSite::new("unit",
        ::traced::__private::SpanKind::Internal, "shop", "1.2.0",
        ::core::module_path!(),).inside(|| ()).here(); __TRACED_SITE.defer() }; move | |
        ::traced::__private::attached!(__captured.attach() =>
        ::traced::__private::run_with(__span.enter(), || work(2), | __out |
        ::traced::__private::observe!(@ inferred __out))) })
    );
}
async fn one_statement_each(
    order: Order,
    pool: LocalPoolHandle,
) -> Result<(), JoinError> {
    if false {
        use ::traced::__private::task_traits::*;
        (&::traced::__private::Import).__traced_is_used();
    }
    return ::traced::__private::future(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "one_statement_each",
                    ::traced::__private::SpanKind::Internal,
                    "shop",
                    "1.2.0",
                    ::core::module_path!(),
                );
                __TRACED_SITE.defer()
            },
            async move {
                if false {
                    return ::traced::__private::Returns::<
                        Result<(), JoinError>,
                    >::never();
                }
                {
                    let _ = (&pool, &order);
                }
                tokio::spawn(left_alone());
                let stored = ::traced::__private::allowed!(
                    tokio::spawn(::traced::__private::carry_unit!(@ in { static
                    __TRACED_SITE : ::traced::__private::CallSite =
                    ::traced::__private::CallSite::new("store",
                    ::traced::__private::SpanKind::Producer, "shop", "1.2.0",
                    ::core::module_path!(),).inside(|| ()).here(); __TRACED_SITE
                    .defer_with(& mut | __options | { let __attributes = __options
                    .attributes(1); __attributes.value("order.id", & (order.id)); }) },
                    store(order)))
                );
                ::traced::__private::allowed!(
                    tokio::spawn(::traced::__private::carry(::traced::__private::future({
                    static __TRACED_SITE : ::traced::__private::CallSite =
                    ::traced::__private::CallSite::new("one_statement_each::spawn",
                    ::traced::__private::SpanKind::Internal, "shop", "1.2.0",
                    ::core::module_path!(),).inside(|| ()).here(); __TRACED_SITE
                    .defer_with(& mut | __options | { __options.linked_root(); }) },
                    async { loop { clean_up(). await; } },
                    ::traced::__private::ByNothing)))
                );
                tokio::spawn(left_alone());
                let both = (
                    ::traced::__private::allowed!(
                        tokio::task::spawn_blocking({ let __captured =
                        ::traced::__private::Captured::now(); let __span = { static
                        __TRACED_SITE : ::traced::__private::CallSite =
                        ::traced::__private::CallSite::new("parse",
                        ::traced::__private::SpanKind::Internal, "shop", "1.2.0",
                        ::core::module_path!(),).inside(|| ()).here(); __TRACED_SITE
                        .defer() }; | | -> Result < Order, ParseError > { match
                        __captured.attach() { __attached =>
                        ::traced::__private::run_with(__span.enter(), || -> Result <
                        Order, ParseError > { parse() }, | __out |
                        ::traced::__private::observe!(@ inferred __out)) } } })
                    ),
                    ::traced::__private::allowed!(
                        pool.spawn_pinned({ let __captured =
                        ::traced::__private::Captured::now(); let __make = open; let
                        __span = { static __TRACED_SITE : ::traced::__private::CallSite =
                        ::traced::__private::CallSite::new("pinned",
                        ::traced::__private::SpanKind::Internal, "shop", "1.2.0",
                        ::core::module_path!(),).inside(|| ()).here(); __TRACED_SITE
                        .defer() }; move || { let __attached = __captured.attach();
                        ::traced::__private::carry(::traced::__private::future_in!(__span,
                        __make())) } })
                    ),
                );
                stored.await
            },
            ::traced::__private::observer!(Result < (), JoinError >),
        )
        .await;
}
