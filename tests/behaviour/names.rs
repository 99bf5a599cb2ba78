//! Names in the signature and in the arguments of the attribute are resolved outside the body:
//! items declared in the body do not change them.

// The cases keep the exact code that the macro has to handle, so clippy's suggestions do not apply.
#![allow(
    clippy::bool_assert_comparison,
    clippy::implied_bounds_in_impls,
    clippy::upper_case_acronyms,
    clippy::semicolon_if_nothing_returned
)]

use std::future::Future;
use std::pin::Pin;

use futures_core::Stream;
use traced::testing::{Spans, capture, capture_async};
use traced::traced;

/// The constant that must be used, not the `LIMIT` declared in a body.
const LIMIT: i64 = 1;

#[derive(Clone)]
enum Value {
    Null,
    String(String),
}

const EMPTY: &Value = &Value::Null;

#[derive(Debug, PartialEq)]
struct Error(u8);

macro_rules! declare {
    ($name:ident) => {
        #[allow(dead_code)]
        struct $name;
    };
}

fn limits(spans: &Spans) -> Vec<Option<opentelemetry::Value>> {
    spans.iter().map(|span| span.attribute("limit")).collect()
}

mod in_a_closure {
    use super::*;

    #[traced]
    fn variants(value: &Value) -> String {
        use Value::*;
        match value {
            Null => std::string::String::new(),
            String(text) => text.clone(),
        }
    }

    #[traced]
    fn imported_by_glob(text: &str) -> Result<u8, std::num::ParseIntError> {
        #[allow(unused_imports)]
        use std::io::*;
        let _ = empty();
        text.parse()
    }

    #[traced]
    fn imported_by_name(text: &str) -> Result<u8, String> {
        use std::fmt::Result;
        fn formats() -> Result {
            Ok(())
        }
        formats().map_err(|error| error.to_string())?;
        text.parse().map_err(|_| text.to_owned())
    }

    #[traced]
    fn declared(code: u8) -> Result<(), Error> {
        struct Error;
        let local = || -> Result<(), Error> { Err(Error) };
        local().map_err(|Error| super::Error(code))
    }

    #[traced]
    fn declared_by_a_macro(text: &str) -> String {
        declare!(String);
        let _ = String;
        text.to_owned()
    }

    type Foo = ();

    #[allow(dead_code)]
    enum Bar {
        Foo,
    }

    #[traced]
    fn an_alias_of_unit() -> Foo {
        #[allow(unused_imports)]
        use Bar::*;
    }

    struct Store(String);

    impl Store {
        #[traced]
        fn method(&mut self) -> Option<&mut String> {
            #[allow(dead_code)]
            enum Option {}
            type String = u8;
            let _: String = 1;
            Some(&mut self.0)
        }
    }

    #[traced]
    impl Store {
        fn member(&self) -> Result<&String, Error> {
            use Value::*;
            let _ = String(self.0.clone());
            if let Null = EMPTY {
                Ok(&self.0)
            } else {
                Err(Error(1))
            }
        }
    }

    #[test]
    fn the_return_type_is_that_of_the_signature() {
        let (_, spans) = capture(|| {
            assert_eq!(variants(&Value::String("a".into())), "a");
            assert_eq!(imported_by_glob("1"), Ok(1));
            assert_eq!(imported_by_name("1"), Ok(1));
            assert_eq!(declared(7), Err(Error(7)));
            assert_eq!(declared_by_a_macro("a"), "a");
            an_alias_of_unit();
            let mut store = Store("a".into());
            assert_eq!(store.method().unwrap(), "a");
            assert_eq!(store.member().unwrap(), "a");
        });
        assert_eq!(spans.len(), 8);
        assert_eq!(
            spans.named("declared").attribute("error.type").is_some(),
            true
        );
    }

    #[traced(attributes(limit = LIMIT), on_ok(|_| of_ok = LIMIT), error_if = is_grave)]
    fn arguments(code: u8) -> Result<i64, u8> {
        const LIMIT: i64 = 7;
        fn is_grave(_: &u8) -> bool {
            unreachable!("it is the body's")
        }
        match code {
            0 => Ok(LIMIT),
            code => {
                let _ = is_grave as fn(&u8) -> bool;
                Err(code)
            }
        }
    }

    fn is_grave(code: &u8) -> bool {
        *code > 1
    }

    #[test]
    fn arguments_see_what_is_outside() {
        let (_, spans) = capture(|| (arguments(0), arguments(1), arguments(2)));
        let tree = spans.tree();
        assert_eq!(
            limits(&spans),
            [Some(LIMIT.into()), Some(LIMIT.into()), Some(LIMIT.into())]
        );
        assert_eq!(
            spans.iter().next().unwrap().attribute("of_ok"),
            Some(LIMIT.into())
        );
        assert_eq!(tree.matches("error.type").count(), 1, "{tree}");
    }
}

mod in_place {
    use super::*;

    #[track_caller]
    #[traced(attributes(limit = LIMIT))]
    fn variants(value: &Value) -> String {
        const LIMIT: i64 = 7;
        use Value::*;
        match value {
            Null => std::string::String::new(),
            String(text) if text.len() as i64 > LIMIT => panic!("too long"),
            String(text) => text.clone(),
        }
    }

    #[track_caller]
    #[traced(error_if = is_grave)]
    fn declared(code: u8) -> Result<String, Error> {
        type String = std::string::String;
        struct Error;
        fn is_grave(_: &super::Error) -> bool {
            unreachable!("it is the body's")
        }
        let _ = is_grave as fn(&super::Error) -> bool;
        let local = || -> Result<String, Error> { Err(Error) };
        if code == 0 {
            use super::Value::*;
            let _ = (Null, String(std::string::String::new()));
            return local().map_err(|_| super::Error(code));
        }
        local().map_err(|Error| super::Error(code))
    }

    fn is_grave(error: &Error) -> bool {
        error.0 > 0
    }

    #[track_caller]
    #[traced]
    fn in_a_block(text: &str) -> Result<u8, std::num::ParseIntError> {
        if text.is_empty() {
            use std::fmt::Result;
            let unused: Result = Ok(());
            let _ = unused;
            return text.parse();
        }
        Ok(text.parse::<u8>()?)
    }

    #[traced(attributes(limit = LIMIT))]
    fn opaque(value: &Value) -> impl Iterator<Item = String> {
        const LIMIT: i64 = 7;
        use Value::*;
        match value {
            String(text) => Some(text.repeat(LIMIT as usize)),
            Null => None,
        }
        .into_iter()
    }

    #[test]
    fn names_are_those_of_the_signature() {
        let (_, spans) = capture(|| {
            assert_eq!(variants(&Value::String("a".into())), "a");
            assert_eq!(declared(0), Err(Error(0)));
            assert_eq!(declared(1), Err(Error(1)));
            assert!(in_a_block("").is_err() && in_a_block("x").is_err());
            assert_eq!(opaque(&Value::String("a".into())).count(), 1);
        });
        let failed = spans
            .iter()
            .filter(|span| span.attribute("error.type").is_some());
        assert_eq!(failed.count(), 3);
        assert_eq!(
            spans.named("variants").attribute("limit"),
            Some(LIMIT.into())
        );
        assert_eq!(spans.named("opaque").attribute("limit"), Some(LIMIT.into()));
    }
}

mod that_awaits {
    use super::*;

    #[traced(attributes(limit = LIMIT))]
    async fn variants(value: &Value) -> String {
        const LIMIT: usize = 7;
        use Value::*;
        match value {
            Null => std::string::String::new(),
            String(text) => text.chars().take(LIMIT).collect(),
        }
    }

    #[traced(attributes(limit = LIMIT))]
    async fn declared_by_a_macro(value: Value) -> String {
        declare!(String);
        declare!(LIMIT);
        let _ = (String, LIMIT, value);
        std::string::String::new()
    }

    #[traced(attributes(limit = LIMIT))]
    fn works_first(value: Value) -> impl Future<Output = String> {
        const LIMIT: usize = 7;
        use Value::*;
        let text = match value {
            Null => std::string::String::new(),
            String(text) => text,
        };
        async move { text.chars().take(LIMIT).collect() }
    }

    #[traced(attributes(limit = LIMIT))]
    fn boxed(value: &Value) -> Pin<Box<dyn Future<Output = Result<String, Error>> + Send + '_>> {
        const LIMIT: usize = 7;
        use Value::*;
        #[allow(dead_code)]
        type Error = u8;
        Box::pin(async {
            match value {
                Null => Err(super::Error(1)),
                String(text) => Ok(text.chars().take(LIMIT).collect()),
            }
        })
    }

    #[traced(lazy(limit = LIMIT))]
    fn boxed_with_items_in_the_block(value: Value) -> Pin<Box<dyn Future<Output = String>>> {
        Box::pin(async move {
            const LIMIT: usize = 7;
            use Value::*;
            match value {
                Null => std::string::String::new(),
                String(text) => text.chars().take(LIMIT).collect(),
            }
        })
    }

    #[traced(attributes(limit = LIMIT))]
    fn stream(value: Value) -> impl Stream<Item = String> {
        const LIMIT: usize = 7;
        use Value::*;
        let text = match value {
            Null => std::string::String::new(),
            String(text) => text.chars().take(LIMIT).collect(),
        };
        futures::stream::once(std::future::ready(text))
    }

    #[tokio::test]
    async fn names_are_those_of_the_signature() {
        let value = Value::String("a".into());
        let (_, spans) = capture_async(async {
            assert_eq!(variants(&value).await, "a");
            assert_eq!(declared_by_a_macro(value.clone()).await, "");
            assert_eq!(works_first(value.clone()).await, "a");
            assert_eq!(boxed(&value).await, Ok("a".into()));
            assert_eq!(boxed(&Value::Null).await, Err(Error(1)));
            assert_eq!(boxed_with_items_in_the_block(value.clone()).await, "a");
            let items = futures::StreamExt::collect::<Vec<_>>(stream(value.clone()));
            assert_eq!(items.await, ["a"]);
        })
        .await;
        assert_eq!(limits(&spans), vec![Some(LIMIT.into()); 7]);
    }
}

mod inside {
    use super::*;

    #[traced]
    fn of_a_block() -> i64 {
        const LIMIT: i64 = 2;
        #[traced(attributes(limit = LIMIT))]
        {
            const LIMIT: i64 = 7;
            LIMIT
        }
    }

    #[test]
    fn arguments_see_the_body_around_and_not_the_block() {
        let (out, spans) = capture(of_a_block);
        assert_eq!(out, 7);
        assert_eq!(
            spans.named("of_a_block::block").attribute("limit"),
            Some(2.into())
        );
    }
}

#[traced]
fn path_of_an_item() -> &'static str {
    struct Local;
    std::any::type_name::<Local>()
}

#[test]
fn items_of_a_body_keep_their_path() {
    let path = path_of_an_item();
    assert!(path.ends_with("::path_of_an_item::Local"), "{path}");
}
