//! Maps and lists as carriers, and pointers to carriers.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use super::{Carrier, CarrierMut};

macro_rules! pointers {
    ($($pointer:ty),* $(,)?) => {$(
        impl<C: Carrier + ?Sized> Carrier for $pointer {
            fn get(&self, key: &str) -> Option<&str> {
                (**self).get(key)
            }

            fn keys(&self) -> Vec<&str> {
                (**self).keys()
            }

            fn get_all(&self, key: &str) -> Vec<&str> {
                (**self).get_all(key)
            }
        }
    )*};
}

pointers!(&C, &mut C, Box<C>);

macro_rules! mutable_pointers {
    ($($pointer:ty),* $(,)?) => {$(
        impl<C: CarrierMut + ?Sized> CarrierMut for $pointer {
            fn set(&mut self, key: &str, value: String) {
                (**self).set(key, value);
            }

            fn remove(&mut self, key: &str) {
                (**self).remove(key);
            }
        }
    )*};
}

mutable_pointers!(&mut C, Box<C>);

/// The optional headers of a message.
impl<C: Carrier> Carrier for Option<C> {
    fn get(&self, key: &str) -> Option<&str> {
        self.as_ref()?.get(key)
    }

    fn keys(&self) -> Vec<&str> {
        self.as_ref().map_or_else(Vec::new, Carrier::keys)
    }

    fn get_all(&self, key: &str) -> Vec<&str> {
        self.as_ref()
            .map_or_else(Vec::new, |carrier| carrier.get_all(key))
    }
}

/// Optional headers, which are created when the first header is written.
impl<C: CarrierMut + Default> CarrierMut for Option<C> {
    fn set(&mut self, key: &str, value: String) {
        self.get_or_insert_default().set(key, value);
    }

    fn remove(&mut self, key: &str) {
        if let Some(carrier) = self {
            carrier.remove(key);
        }
    }
}

// Maps and lists of strings or of bytes, as message brokers have both.

macro_rules! readable {
    ($([$($generics:tt)*] $carrier:ty, |$this:ident| $pairs:expr;)*) => {$(
        impl<K: AsRef<[u8]>, V: AsRef<[u8]>, $($generics)*> Carrier for $carrier {
            fn get(&self, key: &str) -> Option<&str> {
                let $this = self;
                find($pairs, key)
            }

            fn keys(&self) -> Vec<&str> {
                let $this = self;
                $pairs.filter_map(|(key, _)| text(key)).collect()
            }

            fn get_all(&self, key: &str) -> Vec<&str> {
                let $this = self;
                find_all($pairs, key)
            }
        }
    )*};
}

readable! {
    [S] HashMap<K, V, S>, |map| map.iter();
    [] BTreeMap<K, V>, |map| map.iter();
    [] Vec<(K, V)>, |pairs| pairs.iter().map(|(key, value)| (key, value));
    [] [(K, V)], |pairs| pairs.iter().map(|(key, value)| (key, value));
    [const N: usize] [(K, V); N], |pairs| pairs.iter().map(|(key, value)| (key, value));
}

// Of the maps, only those of strings can be written, so that the type of a new `HashMap::new()` is inferred.
// Bytes are written to lists.

impl<S: BuildHasher> CarrierMut for HashMap<String, String, S> {
    fn set(&mut self, key: &str, value: String) {
        CarrierMut::remove(self, key);
        self.insert(key.to_owned(), value);
    }

    fn remove(&mut self, key: &str) {
        self.retain(|present, _| !is(present, key));
    }
}

impl CarrierMut for BTreeMap<String, String> {
    fn set(&mut self, key: &str, value: String) {
        CarrierMut::remove(self, key);
        self.insert(key.to_owned(), value);
    }

    fn remove(&mut self, key: &str) {
        self.retain(|present, _| !is(present, key));
    }
}

impl<K, V> CarrierMut for Vec<(K, V)>
where
    K: AsRef<[u8]> + From<String>,
    V: From<String>,
{
    fn set(&mut self, key: &str, value: String) {
        CarrierMut::remove(self, key);
        self.push((key.to_owned().into(), value.into()));
    }

    fn remove(&mut self, key: &str) {
        self.retain(|(present, _)| !is(present, key));
    }
}

/// The value under `key`. A key in the same case takes precedence, as a map has no order that could decide
/// between spellings.
pub(super) fn find<'c, K: AsRef<[u8]> + 'c, V: AsRef<[u8]> + 'c>(
    pairs: impl Iterator<Item = (&'c K, &'c V)>,
    key: &str,
) -> Option<&'c str> {
    let mut found = None;
    for (present, value) in pairs {
        if present.as_ref() == key.as_bytes() {
            return text(value);
        }
        if found.is_none() && is(present, key) {
            found = Some(value);
        }
    }
    found.and_then(text)
}

/// Every value under `key`, in the order of the pairs; a value that is not UTF-8 is empty.
fn find_all<'c, K: AsRef<[u8]> + 'c, V: AsRef<[u8]> + 'c>(
    pairs: impl Iterator<Item = (&'c K, &'c V)>,
    key: &str,
) -> Vec<&'c str> {
    pairs
        .filter(|(present, _)| is(*present, key))
        .map(|(_, value)| text(value).unwrap_or_default())
        .collect()
}

/// Whether `present` is the name of the header `key`, in any case.
pub(super) fn is(present: &(impl AsRef<[u8]> + ?Sized), key: &str) -> bool {
    present.as_ref().eq_ignore_ascii_case(key.as_bytes())
}

/// The bytes of a header as a string, if they are UTF-8.
pub(super) fn text(bytes: &(impl AsRef<[u8]> + ?Sized)) -> Option<&str> {
    std::str::from_utf8(bytes.as_ref()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_compared_without_regard_to_case() {
        let pairs = vec![("TraceParent", "a"), ("other", "b")];
        assert_eq!(Carrier::get(&pairs, "traceparent"), Some("a"));
        let map: BTreeMap<_, _> = pairs.into_iter().collect();
        assert_eq!(Carrier::get(&map, "traceparent"), Some("a"));
    }

    #[test]
    fn a_key_in_the_same_case_takes_precedence() {
        for _ in 0..8 {
            let map = HashMap::from([("KEY", "a"), ("key", "b"), ("Key", "c")]);
            assert_eq!(Carrier::get(&map, "key"), Some("b"));
        }
    }

    #[test]
    fn values_and_keys_that_are_not_utf_8_are_absent() {
        let pairs = vec![(b"key".to_vec(), vec![0xff]), (vec![0xff], b"b".to_vec())];
        assert_eq!(Carrier::get(&pairs, "key"), None);
        assert_eq!(Carrier::keys(&pairs), ["key"]);
    }

    #[test]
    fn setting_replaces() {
        let mut pairs = vec![("Key".to_owned(), b"a".to_vec()), ("b".to_owned(), vec![])];
        pairs.set("key", "c".to_owned());
        assert_eq!(Carrier::get(&pairs, "key"), Some("c"));
        assert_eq!(pairs.len(), 2);
        let mut map = HashMap::from([("Key".to_owned(), "a".to_owned())]);
        CarrierMut::set(&mut map, "key", "c".to_owned());
        assert_eq!(map, HashMap::from([("key".to_owned(), "c".to_owned())]));
    }

    #[test]
    fn every_value_is_found_in_order_and_one_that_is_not_utf_8_still_counts() {
        let pairs = [
            ("Key", b"a".to_vec()),
            ("other", b"b".to_vec()),
            ("key", vec![0xff]),
        ];
        assert_eq!(pairs.get_all("KEY"), ["a", ""]);
        assert_eq!(Some(&pairs).get_all("key"), ["a", ""]);
    }

    #[test]
    fn removing_ignores_case_and_leaves_the_rest() {
        let mut pairs = vec![("Key", b"a".to_vec()), ("b", vec![0xff])]
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect::<Vec<_>>();
        CarrierMut::remove(&mut pairs, "key");
        assert_eq!(pairs, [("b".to_owned(), vec![0xff])]);
        let mut map = BTreeMap::from([("KEY".to_owned(), String::new())]);
        CarrierMut::remove(&mut map, "key");
        assert!(map.is_empty());
    }

    #[test]
    fn missing_headers_are_created_when_one_is_set() {
        let mut none: Option<HashMap<String, String>> = None;
        none.remove("key");
        assert_eq!(none, None);
        none.set("key", "a".to_owned());
        assert_eq!(Carrier::get(&none, "key"), Some("a"));
    }

    #[test]
    fn headers_may_be_missing() {
        let none: Option<&HashMap<String, String>> = None;
        assert_eq!(Carrier::get(&none, "key"), None);
        assert!(Carrier::keys(&none).is_empty());
    }
}
