async fn import(path: &str, rows: Vec<Row>) -> Result<usize, ImportError> {
    return ::traced::__private::future(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "import",
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
                        Result<usize, ImportError>,
                    >::never();
                }
                {
                    let _ = (&rows,);
                }
                let text = ::traced::__private::future_with(
                        {
                            static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                                    "import::read",
                                    ::traced::__private::SpanKind::Internal,
                                    "shop",
                                    "1.2.0",
                                    ::core::module_path!(),
                                )
                                .inside(|| ())
                                .here();
                            __TRACED_SITE
                                .start_with_attributes(
                                    1,
                                    &mut |__attributes| {
                                        __attributes.value("path", &(path));
                                    },
                                )
                        },
                        async { read(path).await },
                        |__out| ::traced::__private::observe!(@ inferred __out),
                    )
                    .await?;
                let parsed = ::traced::__private::in_guard(
                    ::core::marker::PhantomData,
                    {
                        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                                "parse",
                                ::traced::__private::SpanKind::Internal,
                                "shop",
                                "1.2.0",
                                ::core::module_path!(),
                            )
                            .inside(|| ())
                            .here();
                        __TRACED_SITE.enter()
                    }
                        .until_dropped(),
                    ({
                        let lines = text.lines();
                        lines.collect::<Vec<_>>()
                    }),
                    |__out| ::traced::__private::observe!(@ inferred __out),
                );
                let each = |row: Row| ::traced::__private::run_closure(
                    ::core::marker::PhantomData,
                    {
                        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                                "import::closure",
                                ::traced::__private::SpanKind::Internal,
                                "shop",
                                "1.2.0",
                                ::core::module_path!(),
                            )
                            .inside(|| ())
                            .here();
                        __TRACED_SITE.enter()
                    },
                    || store(row),
                    |__out| ::traced::__private::observe!(@ inferred __out),
                );
                rows.into_iter().for_each(each);
                let later = {
                    let __start = {
                        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                                "import::async",
                                ::traced::__private::SpanKind::Client,
                                "shop",
                                "1.2.0",
                                ::core::module_path!(),
                            )
                            .inside(|| ())
                            .here();
                        __TRACED_SITE.defer()
                    };
                    let __future = async move { notify().await };
                    let __observer = ::traced::__private::observer!(
                        @ output & __future, Client
                    );
                    ::traced::__private::future(__start, __future, __observer)
                };
                {
                    let __guard = {
                        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                                "import::loop",
                                ::traced::__private::SpanKind::Internal,
                                "shop",
                                "1.2.0",
                                ::core::module_path!(),
                            )
                            .inside(|| ())
                            .here();
                        __TRACED_SITE.enter()
                    }
                        .until_dropped();
                    for line in &parsed {
                        check(line);
                    }
                }
                later.await;
                let first = {
                    let __guard = {
                        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                                "first",
                                ::traced::__private::SpanKind::Internal,
                                "shop",
                                "1.2.0",
                                ::core::module_path!(),
                            )
                            .inside(|| ())
                            .here();
                        __TRACED_SITE.enter()
                    }
                        .until_dropped();
                    &parsed.first_line().text
                };
                let both = tokio::join!(
                    { let __start = { static __TRACED_SITE :
                    ::traced::__private::CallSite =
                    ::traced::__private::CallSite::new("joined",
                    ::traced::__private::SpanKind::Internal, "shop", "1.2.0",
                    ::core::module_path!(),).inside(| | ()).here(); __TRACED_SITE.defer()
                    }; let __future = async { notify(). await }; let __observer =
                    ::traced::__private::observer!(@ inferred & __future);
                    ::traced::__private::future(__start, __future, __observer) },
                    check(first)
                );
                drop(both);
                Ok(parsed.len())
            },
            ::traced::__private::observer!(Result < usize, ImportError >),
        )
        .await;
}
