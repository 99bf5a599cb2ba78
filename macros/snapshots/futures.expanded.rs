fn written_by_async_trait<'a>(
    url: &'a str,
) -> Pin<Box<dyn Future<Output = u16> + Send + 'a>> {
    Box::pin(
        ::traced::__private::deferred(
            {
                static __TRACED_SITE: ::traced::__private::Site = ::traced::__private::Site::new(
                    "written_by_async_trait",
                    ::traced::__private::SpanKind::Internal,
                    "shop",
                    "1.2.0",
                );
                __TRACED_SITE.defer()
            },
            async move { get(url).await },
            |__out| ::traced::__private::observe!(__out),
        ),
    )
}
fn begins_at_once(url: &str) -> impl Future<Output = u16> {
    ::traced::__private::future_from(
        {
            static __TRACED_SITE: ::traced::__private::Site = ::traced::__private::Site::new(
                "begins_at_once",
                ::traced::__private::SpanKind::Internal,
                "shop",
                "1.2.0",
            );
            __TRACED_SITE.enter()
        },
        move || -> _ {
            {
                let _ = (&url,);
            }
            let request = prepare(url);
            async move { request.send().await }
        },
        |__out| ::traced::__private::observe!(__out),
    )
}
