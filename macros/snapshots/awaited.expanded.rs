async fn serve(stop: Stop, queue: Queue) -> Result<u64, ServeError> {
    return ::traced::__private::future(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                    "serve",
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
                        Result<u64, ServeError>,
                    >::never();
                }
                {
                    let _ = (&queue, &stop);
                }
                let mut served = 0;
                'rows: while let Some(row) = queue.next().await {
                    {
                        let __exits = ::traced::__private::BlockExits::new();
                        if false {
                            return __exits.returned();
                        }
                        if false {
                            __exits.value()
                        } else {
                            match ::traced::__private::run_until_exit(
                                    {
                                        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                                                "row",
                                                ::traced::__private::SpanKind::Internal,
                                                "shop",
                                                "1.2.0",
                                                ::core::module_path!(),
                                            )
                                            .inside(|| ())
                                            .here();
                                        __TRACED_SITE.defer()
                                    },
                                    &__exits,
                                    async {
                                        if false {
                                            return __exits.returned();
                                        }
                                        let __exit = __exits
                                            .leave(
                                                ({
                                                    if stop.requested().await {
                                                        return __exits.jump(0).await;
                                                    }
                                                    served += row.serve().await?;
                                                }),
                                            );
                                        __exit.await
                                    },
                                    |__out| ::traced::__private::observe!(@ inferred __out),
                                )
                                .await
                            {
                                ::traced::__private::Exit::Value(__value) => __value,
                                ::traced::__private::Exit::Returned(__value) => {
                                    return __value;
                                }
                                ::traced::__private::Exit::Jumped(0) => break 'rows,
                                ::traced::__private::Exit::Jumped(__jump) => {
                                    ::traced::__private::Returns::endless(__jump)
                                }
                            }
                        }
                    }
                    #[cfg(feature = "pause")]
                    ::traced::__private::future_with(
                            {
                                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                                        "pause",
                                        ::traced::__private::SpanKind::Internal,
                                        "shop",
                                        "1.2.0",
                                        ::core::module_path!(),
                                    )
                                    .inside(|| ())
                                    .here();
                                __TRACED_SITE.defer()
                            },
                            async { pause().await },
                            |__out| ::traced::__private::observe!(@ inferred __out),
                        )
                        .await;
                }
                return ::traced::__private::in_guard(
                    ::core::marker::PhantomData,
                    {
                        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                                "total",
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
                    total(served),
                    |__out| ::traced::__private::observe!(@ inferred __out),
                );
            },
            ::traced::__private::observer!(Result < u64, ServeError >),
        )
        .await;
}
