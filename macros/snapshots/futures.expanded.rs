fn written_by_async_trait<'a>(
    url: &'a str,
) -> Pin<Box<dyn Future<Output = u16> + Send + 'a>> {
    let __start = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "written_by_async_trait",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
            ::core::module_path!(),
        );
        __TRACED_SITE.defer()
    };
    let __future = async move {
        if false {
            return ::traced::__private::Returns::<u16>::never();
        }
        get(url).await
    };
    let __observer = ::traced::__private::ByNothing;
    return Box::pin(::traced::__private::future(__start, __future, __observer));
}
fn begins_at_once(url: &str) -> impl Future<Output = u16> {
    let (__span, __future) = ::traced::__private::built::<
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "begins_at_once",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE.enter()
        },
        move || {
            let request = prepare(url);
            async move { request.send().await }
        },
    );
    let __observer = ::traced::__private::ByNothing;
    return ::traced::__private::future(__span, __future, __observer);
}
fn waits_for_its_span<'a>(
    url: &'a str,
) -> Pin<Box<dyn Future<Output = u16> + Send + 'a>> {
    let __start = ::traced::__private::SpanFromInner;
    let __future = async move {
        if false {
            return ::traced::__private::Returns::<u16>::never();
        }
        let __handed = ::traced::__private::handoff({
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "waits_for_its_span",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE
                .start_with_attributes(
                    1,
                    &mut |__attributes| {
                        __attributes.value("url", &(url));
                    },
                )
                .lazy(
                    &mut |__attributes| {
                        __attributes.value("cached", &(is_cached(url)));
                    },
                )
        });
        __handed.await;
        get(url).await
    };
    let __observer = ::traced::__private::ByNothing;
    return Box::pin(::traced::__private::future(__start, __future, __observer));
}
fn has_a_part_of_its_parameter(order: Order) -> impl Future<Output = u16> {
    let __start = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "has_a_part_of_its_parameter",
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
    };
    let __future = async move {
        if false {
            return ::traced::__private::Returns::<u16>::never();
        }
        get(order.url).await
    };
    let __observer = ::traced::__private::ByNothing;
    return ::traced::__private::future(__start, __future, __observer);
}
fn fused() -> impl Future<Output = u8> + FusedFuture {
    let (__span, __future) = ::traced::__private::built::<
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                "fused",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
                ::core::module_path!(),
            );
            __TRACED_SITE.enter()
        },
        move || { pending().fuse() },
    );
    return ::traced::__private::traced_fused_future!(
        __span, __future, ::traced::__private::ByNothing
    );
}
fn shared() -> impl Future<Output = u8> + Clone {
    let __guard = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "shared",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
            ::core::module_path!(),
        );
        __TRACED_SITE.enter()
    }
        .until_dropped();
    pending().shared()
}
