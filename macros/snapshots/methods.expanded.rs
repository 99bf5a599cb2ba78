impl Store {
    fn first(&mut self, _lock: Lock) -> Option<&mut Order> {
        return ::traced::__private::run::<
            Option<&mut Order>,
            _,
            _,
        >(
            {
                static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                        "first",
                        ::traced::__private::SpanKind::Internal,
                        "shop",
                        "1.2.0",
                        ::core::module_path!(),
                    )
                    .within(|| ());
                __TRACED_SITE.enter()
            },
            move || {
                {
                    let _ = (&_lock,);
                }
                self.orders.first_mut()
            },
            ::traced::__private::ByNothing,
        );
    }
}
trait Service {
    async fn call(&self, request: &str) -> Reply {
        return ::traced::__private::future(
                {
                    static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                            "call",
                            ::traced::__private::SpanKind::Internal,
                            "shop",
                            "1.2.0",
                            ::core::module_path!(),
                        )
                        .within(|| ());
                    __TRACED_SITE.defer()
                },
                async move {
                    if false {
                        return ::traced::__private::Returns::<Reply>::never();
                    }
                    let mut request = request;
                    match () {
                        () => {
                            let trimmed = request.trim().to_owned();
                            request = &trimmed;
                            self.answer(request).await
                        }
                    }
                },
                ::traced::__private::observer!(Reply),
            )
            .await;
    }
}
async fn with_what_is_compiled_in(
    #[cfg(feature = "tenants")]
    tenant: &str,
    #[cfg(feature = "cache")]
    cached: Rows<'_>,
    id: u64,
) {
    return ::traced::__private::future(
            ::traced::__private::SpanFromInner,
            async move {
                if false {
                    return ::traced::__private::Returns::<()>::never();
                }
                {
                    let _ = (#[cfg(feature = "cache")] &cached,);
                }
                let __handed = ::traced::__private::handoff({
                    static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
                        "with_what_is_compiled_in",
                        ::traced::__private::SpanKind::Internal,
                        "shop",
                        "1.2.0",
                        ::core::module_path!(),
                    );
                    __TRACED_SITE
                        .start_with_attributes(
                            1,
                            &mut |__attributes| {
                                #[cfg(feature = "tenants")]
                                __attributes.value("tenant", &(tenant));
                            },
                        )
                });
                __handed.await;
                #[cfg(feature = "cache")]
                let mut cached = cached;
                match () {
                    () => {
                        #[cfg(feature = "tenants")]
                        let id = tenant.id(id);
                        #[cfg(feature = "cache")] refresh(cached);
                        find(id).await;
                    }
                }
            },
            ::traced::__private::ByNothing,
        )
        .await;
}
