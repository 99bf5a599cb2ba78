fn doubled(numbers: &[u32]) -> impl Iterator<Item = u32> + '_ {
    let __guard = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "doubled",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
            ::core::module_path!(),
        );
        __TRACED_SITE.enter()
    }
        .until_dropped();
    numbers.iter().map(|number| number * 2)
}
fn serve() -> ! {
    let __guard = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "serve",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
            ::core::module_path!(),
        );
        __TRACED_SITE.enter()
    }
        .until_dropped();
    loop {
        accept();
    }
}
#[track_caller]
fn at_caller(id: u64) -> Result<User, FindError> {
    let __guard = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "at_caller",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
            ::core::module_path!(),
        );
        __TRACED_SITE.enter()
    }
        .until_dropped();
    let __failed = ::traced::__private::Returns::<Result<User, FindError>>::written();
    let user = ::traced::__private::observe_exit!(__guard, find(id))?;
    if user.is_admin() {
        return Err(
            ::traced::__private::observe_exit!(
                @ error __guard, Err(FindError::Denied), __failed
            ),
        );
    }
    match user.state() {
        State::New => Ok(user),
        State::Old => ::traced::__private::observe_exit!(__guard, user.load(), __failed),
    }
}
fn parser(id: u64) -> Result<impl Fn(&str) -> &str, FindError> {
    let __guard = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "parser",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
            ::core::module_path!(),
        );
        __TRACED_SITE.enter()
    }
        .until_dropped();
    let __failed = ::traced::__private::Returns::<Result<(), FindError>>::written();
    let __predicate = ::traced::__private::Returns::predicate(
        &__failed,
        FindError::is_fatal,
    );
    if id == 0 {
        return Err(
            ::traced::__private::observe_exit!(
                @ error __guard if __predicate, Err(FindError::Denied), __failed
            ),
        );
    }
    Ok(|text| text)
}
#[track_caller]
fn forwarded(id: u64) -> Result<User, FindError> {
    let __guard = {
        static __TRACED_SITE: ::traced::__private::CallSite = ::traced::__private::CallSite::new(
            "forwarded",
            ::traced::__private::SpanKind::Internal,
            "shop",
            "1.2.0",
            ::core::module_path!(),
        );
        __TRACED_SITE.enter()
    }
        .until_dropped();
    let __failed = ::traced::__private::Returns::<Result<User, FindError>>::written();
    ::traced::__private::observe_exit!(__guard, find(id), __failed)
}
