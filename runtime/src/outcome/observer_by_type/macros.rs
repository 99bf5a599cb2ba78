//! The macros that ask the questions about a type, in their order.
//!
//! They are macros, not functions, as method resolution must happen where the type is known.

/// `observer!(R)`: the observer of a function's result of this type; `observer!(R, Server)` on a span of
/// that kind.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observer {
    ($returned:ty) => {{
        use $crate::__private::observer_traits::*;
        $crate::__private::returns::<$returned>()
            .__traced_outcome()
            .__traced_error()
            .__traced_observer()
    }};
    ($returned:ty, $kind:ident) => {
        $crate::__private::returns::<$returned>().on(
            $crate::__private::SpanKind::$kind,
            $crate::__private::observer!($returned),
        )
    };
}

/// `observer_of!(&future)`: the observer of its output.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observer_of {
    ($future:expr) => {{
        use $crate::__private::observer_traits::*;
        $crate::__private::Returns::of_output($future)
            .__traced_outcome()
            .__traced_error()
            .__traced_observer()
    }};
    ($future:expr, $kind:ident) => {
        $crate::__private::Returns::of_output($future).on(
            $crate::__private::SpanKind::$kind,
            $crate::__private::observer_of!($future),
        )
    };
}

/// `observer_of_items!(&stream)`: the observer of its items.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observer_of_items {
    ($stream:expr) => {{
        use $crate::__private::observer_traits::*;
        $crate::__private::Returns::of_items($stream)
            .__traced_outcome()
            .__traced_error()
            .__traced_observer()
    }};
    ($stream:expr, $kind:ident) => {
        $crate::__private::Returns::of_items($stream).on(
            $crate::__private::SpanKind::$kind,
            $crate::__private::observer_of_items!($stream),
        )
    };
}

/// `observe!(out)`: the failure in `out: &R`, for any `R`; `observe!(out, Server)` on a span of
/// that kind.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observe {
    ($out:expr) => {
        $crate::__private::observe!($out, Internal)
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
}

/// `observe_ok!(out)`: the same, for a value that is known to be no error.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observe_ok {
    ($out:expr) => {
        $crate::__private::observe_ok!($out, Internal)
    };
    ($out:expr, $kind:ident) => {{
        use $crate::__private::observer_traits::*;
        let out = $out;
        let observer = $crate::__private::Returns::unobserved(out).__traced_observer();
        let kind = $crate::__private::SpanKind::$kind;
        $crate::__private::Returns::observe(out, &kind, observer)
    }};
}

/// `observe_inferred!(out)`, `observe_inferred!(out, predicate)`: `observe!` where the type of
/// `out` is not written.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observe_inferred {
    ($out:expr) => {{
        use $crate::__private::observer_traits::*;
        let out = $out;
        let observer = $crate::__private::Returns::inferred(out).__traced_observer();
        let kind = $crate::__private::SpanKind::Internal;
        $crate::__private::Returns::observe(out, &kind, observer)
    }};
    ($out:expr, $predicate:expr) => {
        if $crate::__private::is_error($out, $predicate) {
            $crate::__private::observe_inferred!($out)
        } else {
            ::core::option::Option::None
        }
    };
}

/// `observer_inferred!(&future)`: the observer of its output, whose type is not written.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observer_inferred {
    ($future:expr) => {{
        use $crate::__private::observer_traits::*;
        $crate::__private::Returns::inferred_output($future).__traced_observer()
    }};
}

/// `observe!` if the predicate calls the error a failure, else `observe_ok!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_fails {
    ($out:expr $(, as $kind:ident)?) => {
        $crate::__private::observe!($out $(, $kind)?)
    };
    ($out:expr, $(as $kind:ident,)? $predicate:expr) => {
        if $crate::__private::is_error($out, $predicate) {
            $crate::__private::observe!($out $(, $kind)?)
        } else {
            $crate::__private::observe_ok!($out $(, $kind)?)
        }
    };
}

/// `ok_of!(out)`: the value in `out: &R` that is no error, if there is one.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_ok_of {
    ($out:expr) => {{
        use $crate::__private::observer_traits::*;
        let out = $out;
        $crate::__private::Returns::of(out).__traced_ok(out)
    }};
}
