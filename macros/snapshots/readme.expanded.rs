async fn load(id: u64) -> Result<String, LoadError> {
    return ::traced::__private::future(
            ::traced::__private::SpanFromInner,
            async move {
                if false {
                    return ::traced::__private::Returns::<
                        Result<String, LoadError>,
                    >::never();
                }
                let __handed = ::traced::__private::handoff({
                    static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                        "load",
                        ::traced::__private::SpanKind::Client,
                        "shop",
                        "1.2.0",
                        ::core::module_path!(),
                    );
                    __TRACED_SITE
                        .start_with_attributes(
                            1,
                            &mut |__attributes| {
                                __attributes.value("id", &(id));
                            },
                        )
                });
                __handed.await;
                let file = ::traced::__private::allowed!(
                    tokio::spawn(::traced::__private::carry_unit!(read_file(id)))
                );
                file.await?
            },
            ::traced::__private::observer!(Result < String, LoadError >, Client),
        )
        .await;
}
