//! The names that generated code uses. They change in any release: use the documented names instead.
//!
//! Everything here is a re-export; what a name does stands where it is defined. A macro stands beside the
//! functions that it calls.

// Call sites, and the spans that start there.
pub use opentelemetry::trace::SpanKind;

pub use crate::call_site::CallSite;
pub use crate::propagation::BorrowCarrier;
pub use crate::span::Started;
pub use crate::span_level::SpanLevel;

// A body that runs in its span.
pub use crate::span::{in_guard, run, run_closure, run_with};
pub use crate::{
    __traced_observe_error_exit as observe_error_exit, __traced_observe_exit as observe_exit,
};

// A future, a block that awaits, or a stream in a span.
pub use crate::block::{BlockExits, Exit, run_until_exit};
pub use crate::future::{SpanFromInner, built, future, future_with, handoff};
#[cfg(feature = "stream")]
pub use crate::stream::stream;
pub use crate::{
    __traced_fused_future as traced_fused_future, __traced_future_in as future_in,
    __traced_stream as traced_stream,
};

// Types that the compiler must know before it looks further.
#[cfg(feature = "stream")]
pub use crate::stream::yields;
pub use crate::type_hints::{endless, never, outputs};

// Observers: whether a result is a failure, found out by its type or by a closure.
pub use crate::outcome::{
    ByNothing, Returns, called, err_of, failed_described_value, failed_value, is_error, predicate,
    returns,
};
#[cfg(feature = "stream")]
pub use crate::stream::called_items;
pub use crate::{
    __traced_observe as observe, __traced_observe_inferred as observe_inferred,
    __traced_observe_ok as observe_ok, __traced_observer as observer,
    __traced_observer_inferred as observer_inferred, __traced_observer_of as observer_of,
    __traced_observer_of_items as observer_of_items, __traced_ok_of as ok_of,
};

/// The traits whose methods find an observer. They have no names here, which could clash with the user's.
pub mod observer_traits {
    pub use crate::outcome::{
        NoError as _, NoOutcome as _, NoResult as _, Observed as _, OneSide as _,
    };
}

// Work that runs elsewhere, in the context of its spawn site.
pub use crate::carry::{Captured, carry, carry_fn};
pub use crate::task::{Allowed, SpawnedTask};
pub use crate::used_import::{Import, NotImported};
#[cfg(not(feature = "rayon"))]
pub use crate::without_rayon::{NotOfRayon, carried_without_feature};
pub use crate::{
    __traced_allowed as allowed, __traced_attached as attached, __traced_carry as carry_unit,
    __traced_carry_in as carry_unit_in, __traced_carry_parallel as carry_parallel,
    __traced_carry_place as carry_place, __traced_carry_stream as carry_stream,
    __traced_lend_captured as lend_captured,
};

/// The traits whose methods find how a stream is carried.
#[cfg(feature = "stream")]
pub mod stream_traits {
    pub use crate::polled_stream::{FoundDynStream as _, FoundNoStream as _, FoundStream as _};
}

/// The traits whose methods find how a task is carried. They have no names here, which could clash with
/// the user's.
pub mod task_traits {
    #[cfg(feature = "rayon")]
    pub use crate::parallel::{
        FoundNoIterator as _, FoundParallel as _, FoundScope as _, FoundScopeFifo as _,
    };
    pub use crate::task::{
        FoundBoxed as _, FoundClosure as _, FoundDyn as _, FoundFuture as _, FoundMut as _,
        FoundOther as _,
    };
}

// Macros and functions that a body calls on the current span: the macros at the root, and the
// functions that they call.
pub use traced_macros::{event, set_attributes, span};

pub use crate::current_span::{event, record};

// Tests: what `#[traced::test]` and `assert_tree!` call.
#[cfg(feature = "testing")]
pub use crate::testing::compare::assert_tree_fits;
#[cfg(feature = "testing")]
pub use crate::testing::test::{TestCapture, test_capture, test_future};
pub use traced_macros::test_without_testing;
