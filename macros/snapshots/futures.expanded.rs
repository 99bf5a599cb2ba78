fn written_by_async_trait<'a>(
    url: &'a str,
) -> Pin<Box<dyn Future<Output = u16> + Send + 'a>> {
    let __defer = {
        static __TRACED_SITE: ::traced::__private::Site = ::traced::__private::Site::new(
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
            return ::traced::__private::never::<u16>();
        }
        get(url).await
    };
    let __observer = ::traced::__private::ByNothing;
    return Box::pin(::traced::__private::deferred(__defer, __future, __observer));
}
fn begins_at_once(url: &str) -> impl Future<Output = u16> {
    let (__span, __future) = ::traced::__private::built::<
        _,
        _,
    >(
        {
            static __TRACED_SITE: ::traced::__private::Site = ::traced::__private::Site::new(
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
    return ::traced::__private::resumed(__span, __future, __observer);
}
