fn doubled(numbers: &[u32]) -> impl Iterator<Item = u32> + '_ {
    let __guard = {
        static __TRACED_SITE: ::traced::__private::Site = ::traced::__private::Site::new(
            "doubled",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
        );
        __TRACED_SITE.enter()
    }
        .until_dropped();
    { numbers.iter().map(|number| number * 2) }
}
fn serve() -> ! {
    let __guard = {
        static __TRACED_SITE: ::traced::__private::Site = ::traced::__private::Site::new(
            "serve",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
        );
        __TRACED_SITE.enter()
    }
        .until_dropped();
    {
        loop {
            accept();
        }
    }
}
