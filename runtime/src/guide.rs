//! The book on how to use this crate.
//!
//! These modules have no code. Each is a chapter, with tested examples. The same text is in the repository, starting at
//! `docs/book.md`, with further pages on servers, databases, channels, lints and more.
//!
//! 1. [Two minutes to the first trace](first_trace)
//! 2. [Every argument, with what it expands to](arguments)
//! 3. [Spawn sites and doors](spawning)
//! 4. [Errors, panics, cancellation](failures)
//! 5. [Attributes and conventions](attributes)
//! 6. [Sampling](sampling)
//! 7. [Propagation](propagation)
//! 8. [Testing](testing)
//! 9. [Looking at traces](looking)
//! 10. [The fleet](fleet)
//! 11. [Performance](performance)
//! 12. [Libraries against applications](libraries)
//! 13. [When not to use this crate](when_not)

/// Makes a module of each chapter. Links between chapters refer to files in the repository, but to modules here:
/// Markdown uses the first definition of a link, so those of the modules come before the text.
macro_rules! chapters {
    ($($name:ident $file:literal)*) => {
        $(
            #[doc = "[arguments]: crate::guide::arguments"]
            #[doc = "[libraries]: crate::guide::libraries"]
            #[doc = "[looking]: crate::guide::looking"]
            #[doc = "[propagation]: crate::guide::propagation"]
            #[doc = "[sampling]: crate::guide::sampling"]
            #[doc = "[spawning]: crate::guide::spawning"]
            #[doc = "[testing]: crate::guide::testing"]
            #[doc = ""]
            #[doc = include_str!($file)]
            pub mod $name {}
        )*
    };
}

chapters! {
    first_trace "../docs/book/first_trace.md"
    arguments "../docs/book/arguments.md"
    spawning "../docs/book/spawning.md"
    failures "../docs/book/failures.md"
    attributes "../docs/book/attributes.md"
    sampling "../docs/book/sampling.md"
    propagation "../docs/book/propagation.md"
    testing "../docs/book/testing.md"
    looking "../docs/book/looking.md"
    fleet "../docs/book/fleet.md"
    performance "../docs/book/performance.md"
    libraries "../docs/book/libraries.md"
    when_not "../docs/book/when_not.md"
}
