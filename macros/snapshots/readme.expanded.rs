async fn load(id: u64) -> io::Result<String> {
    return ::traced::__private::future(
            ::traced::__private::SpanFromInner,
            async move {
                if false {
                    return ::traced::__private::Returns::<io::Result<String>>::never();
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
                    tokio::task::spawn_blocking({ let __captured =
                    ::traced::__private::Captured::now(); move | |
                    ::traced::__private::attached!(__captured.attach() =>
                    fs::read_to_string(format!("{id}.json"))) })
                );
                file.await?
            },
            ::traced::__private::observer!(io::Result < String >, Client),
        )
        .await;
}
