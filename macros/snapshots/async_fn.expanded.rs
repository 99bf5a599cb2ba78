async fn fetch(client: Client, url: &str) -> Result<Response, FetchError> {
    return ::traced::__private::future(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "fetch",
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
                        Result<Response, FetchError>,
                    >::never();
                }
                {
                    let _ = (&client,);
                }
                client.get(url).await
            },
            ::traced::__private::observer!(Result < Response, FetchError >),
        )
        .await;
}
