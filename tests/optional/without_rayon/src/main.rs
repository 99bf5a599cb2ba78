//! Without the feature `rayon` of `traced`, parallel iterators of rayon would lose their context
//! silently, so they do not compile. Other rayon functions, and other types with such methods,
//! compile.

use traced::traced;

/// Parallel iterators of another crate, with the names of rayon's methods.
struct Query(Vec<u8>);

impl Query {
    fn par_iter(&self) -> std::slice::Iter<'_, u8> {
        self.0.iter()
    }

    fn into_par_iter(self) -> std::vec::IntoIter<u8> {
        self.0.into_iter()
    }
}

#[traced]
fn of_others(query: Query) -> usize {
    query.par_iter().count() + query.into_par_iter().rev().count()
}

#[traced]
fn joined() -> (u8, u8) {
    rayon::join(|| 1, || 2)
}

#[cfg(feature = "iterators")]
mod iterators {
    use rayon::prelude::*;
    use traced::{traced, traced_spawn};

    #[traced]
    pub(super) fn of_a_vector(ids: Vec<u8>) -> usize {
        ids.into_par_iter().map(|id| id + 1).count()
    }

    #[traced]
    pub(super) fn of_a_slice(ids: &[u8]) {
        ids.par_iter().for_each(|id| drop(*id));
    }

    #[traced_spawn]
    pub(super) fn of_chunks(ids: &mut [u8]) -> usize {
        ids.par_chunks_mut(2).enumerate().count()
    }

    #[traced]
    pub(super) fn bridged(ids: Vec<u8>) -> Vec<u8> {
        ids.into_iter().par_bridge().collect()
    }
}

fn main() {
    println!("{} {:?}", of_others(Query(vec![1, 2])), joined());
    #[cfg(feature = "iterators")]
    {
        iterators::of_a_slice(&[1]);
        iterators::bridged(vec![iterators::of_chunks(&mut [1]) as u8]);
        iterators::of_a_vector(vec![1]);
    }
}
