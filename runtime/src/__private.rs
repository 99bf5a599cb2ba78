//! The names that generated code uses. They change in any release: use the documented names instead.
//!
//! Everything here is a re-export, documented at its definition. A macro is listed next to the
//! functions that it calls. A name is here because an expansion of `macros-backend` uses it, or because a
//! macro of this crate does, which expands in the user's crate too.

// Call sites, and the spans that start there. `SpanKind` and `SpanLevel` are arguments of a call site,
// `BorrowCarrier` borrows the carrier of `inject`, `Started` is the span of `current`.
pub use opentelemetry::trace::SpanKind;

pub use crate::call_site::CallSite;
pub use crate::propagation::BorrowCarrier;
pub use crate::span::Started;
pub use crate::span_level::SpanLevel;

// A body that runs in its span. There is one function for a body in a closure whose return type is written (`run`), for
// an observer that is a closure (`run_with`), for a user's closure (`run_closure`) and for a value that
// is not moved (`in_guard`), as the compiler infers the types of each in another order. `observe_exit!` is
// for a body that cannot be put in a closure.
pub use crate::__traced_observe_exit as observe_exit;
pub use crate::span::{in_guard, run, run_closure, run_with};

// A future or a stream in a span: made by the function (`future`, `future_with`), returned by it (`built`,
// `stream`), or spawned (`future_in!`). `handoff` and `SpanFromInner` pass on a span that starts
// inside the future. `traced_fused_future` and `traced_stream` are macros, as they differ without the feature `stream`.
pub use crate::future::{SpanFromInner, built, future, future_with, handoff};
#[cfg(feature = "stream")]
pub use crate::stream::stream;
pub use crate::{
    __traced_fused_future as traced_fused_future, __traced_future_in as future_in,
    __traced_stream as traced_stream,
};

// A block that awaits, and its exits.
pub use crate::block::{BlockExits, Exit, run_until_exit};

// The decision whether a result is a failure. The functions of `Returns` inspect the type of the result; `ByNothing`
// is for results that cannot fail.
pub use crate::outcome::{ByNothing, Returns};
pub use crate::{
    __traced_observe as observe, __traced_observer as observer, __traced_ok_of as ok_of,
};

/// The traits whose methods find an observer. They have no names here, which could clash with the user's.
///
/// They are separate from [`task_traits`], as every annotated function imports them.
pub mod observer_traits {
    pub use crate::outcome::{
        NoError as _, NoOutcome as _, NoResult as _, Observed as _, OneSide as _,
    };
}

// Work that runs elsewhere, in the context of its spawn site: chosen by type (`carry_unit!` and `carry_parallel!`, with
// `SpawnedTask`), known to be a future or a closure (`carry`, `carry_fn`), or in a closure that
// is not wrapped (`Captured`, `attached!`, `lend_captured!`). `allowed!` silences Clippy with an
// attribute on a field of `Allowed`.
pub use crate::carry::{Captured, carry_fn, carry_future as carry};
pub use crate::task::{Allowed, SpawnedTask};
#[cfg(not(feature = "rayon"))]
pub use crate::without_rayon::carried_without_feature;
pub use crate::{
    __traced_allowed as allowed, __traced_attached as attached,
    __traced_carry_parallel as carry_parallel, __traced_carry_unit as carry_unit,
    __traced_lend_captured as lend_captured,
};

/// The traits whose methods find how to carry a task, a stream or a parallel iterator, and whether a macro
/// was imported. They have no names here, which could clash with the user's.
pub mod task_traits {
    #[cfg(feature = "rayon")]
    pub use crate::parallel::{
        FoundNoIterator as _, FoundParallel as _, FoundScope as _, FoundScopeFifo as _,
    };
    #[cfg(feature = "stream")]
    pub use crate::polled_stream::{FoundDynStream as _, FoundNoStream as _, FoundStream as _};
    pub use crate::task::{
        FoundBoxed as _, FoundClosure as _, FoundDyn as _, FoundFuture as _, FoundMut as _,
        FoundOther as _,
    };
    pub use crate::used_import::NotImported as _;
    #[cfg(not(feature = "rayon"))]
    pub use crate::without_rayon::NotOfRayon as _;
}

// The value whose method makes the import of `traced_spawn` used.
pub use crate::used_import::Import;

// The macros that act on the current span, and the functions that they call.
pub use traced_macros::{event, set_attributes, span};

pub use crate::current_span::{event, record};

// The functions that `#[traced::test]` and `assert_tree!` call, and the error without the feature `testing`.
#[cfg(feature = "testing")]
pub use crate::testing::compare::assert_tree_fits;
#[cfg(feature = "testing")]
pub use crate::testing::test::{test_capture, test_future};
pub use traced_macros::test_without_testing;
