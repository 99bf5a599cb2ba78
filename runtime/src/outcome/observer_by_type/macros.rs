//! The macros that run the steps of the dispatch by type.
//!
//! They are macros and not functions, as method resolution must happen where the type is known. `@` marks
//! variants of a macro, as no type and no expression begins with it.

/// `observer!(R)`: the observer of a function's result of this type.
///
/// | call | the observer of |
/// |---|---|
/// | `observer!(R)` | a result of the type `R` |
/// | `observer!(@output &future)` | the output of a future |
/// | `observer!(@items &stream)` | the items of a stream |
/// | `observer!(@inferred &future)` | the output of a future, whose type is not written |
///
/// Each but the last takes the kind of a span too: `observer!(R, Server)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observer {
    // The most frequent call comes first and expands to no further macro, for the sake of compile time.
    ($returned:ty) => {{
        use $crate::__private::observer_traits::*;
        $crate::__private::Returns::<$returned>::written()
            .__traced_outcome()
            .__traced_error()
            .__traced_observer()
    }};
    ($returned:ty, $kind:ident) => {
        $crate::__traced_observer!(@by $crate::__private::Returns::<$returned>::written(), $kind)
    };
    (@output $future:expr $(, $kind:ident)?) => {
        $crate::__traced_observer!(@by $crate::__private::Returns::of_output($future) $(, $kind)?)
    };
    (@items $stream:expr $(, $kind:ident)?) => {
        $crate::__traced_observer!(@by $crate::__private::Returns::of_items($stream) $(, $kind)?)
    };
    (@inferred $future:expr) => {{
        use $crate::__private::observer_traits::*;
        $crate::__private::Returns::inferred_output($future).__traced_observer()
    }};
    (@by $returns:expr) => {{
        use $crate::__private::observer_traits::*;
        $returns
            .__traced_outcome()
            .__traced_error()
            .__traced_observer()
    }};
    (@by $returns:expr, $kind:ident) => {
        $returns.on(
            $crate::__private::SpanKind::$kind,
            $crate::__traced_observer!(@by $returns),
        )
    };
}

/// `observe!(out)`: the failure in `out: &R`, for any `R`.
///
/// | call | what it finds |
/// |---|---|
/// | `observe!(out)` | the failure in a result |
/// | `observe!(@ok out)` | the failure in a result that is not to be observed as an error |
/// | `observe!(@inferred out)` | the failure in a result whose type is not written |
/// | `observe!(@inferred out, predicate)` | the same, if the predicate calls the error a failure |
///
/// The first two take the kind of a span too: `observe!(out, Server)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observe {
    ($out:expr) => {
        $crate::__traced_observe!($out, Internal)
    };
    ($out:expr, $kind:ident) => {{
        use $crate::__private::observer_traits::*;
        let out = $out;
        let observer = $crate::__private::Returns::of(out)
            .__traced_outcome()
            .__traced_error()
            .__traced_observer();
        let kind = $crate::__private::SpanKind::$kind;
        $crate::__private::Returns::observe(out, &kind, observer)
    }};
    (@ok $out:expr) => {
        $crate::__traced_observe!(@ok $out, Internal)
    };
    (@ok $out:expr, $kind:ident) => {{
        use $crate::__private::observer_traits::*;
        let out = $out;
        let observer = $crate::__private::Returns::unobserved(out).__traced_observer();
        let kind = $crate::__private::SpanKind::$kind;
        $crate::__private::Returns::observe(out, &kind, observer)
    }};
    (@inferred $out:expr) => {{
        use $crate::__private::observer_traits::*;
        let out = $out;
        let observer = $crate::__private::Returns::inferred(out).__traced_observer();
        let kind = $crate::__private::SpanKind::Internal;
        $crate::__private::Returns::observe(out, &kind, observer)
    }};
    (@inferred $out:expr, $predicate:expr) => {
        if $crate::__private::Returns::is_error($out, $predicate) {
            $crate::__traced_observe!(@inferred $out)
        } else {
            ::core::option::Option::None
        }
    };
}

/// `observe!(out)` if the predicate calls the error a failure, else `observe!(@ok out)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_fails {
    ($out:expr $(, as $kind:ident)?) => {
        $crate::__traced_observe!($out $(, $kind)?)
    };
    ($out:expr, $(as $kind:ident,)? $predicate:expr) => {
        if $crate::__private::Returns::is_error($out, $predicate) {
            $crate::__traced_observe!($out $(, $kind)?)
        } else {
            $crate::__traced_observe!(@ok $out $(, $kind)?)
        }
    };
}

/// `ok_of!(out)`: the value in the `Ok` of `out: &R`, or `out` itself if it is not a `Result`.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_ok_of {
    ($out:expr) => {{
        use $crate::__private::observer_traits::*;
        let out = $out;
        $crate::__private::Returns::of(out).__traced_ok(out)
    }};
}
