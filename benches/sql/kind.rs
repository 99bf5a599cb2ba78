//! The queries that are measured.

/// What is asked of the database.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// One row by its primary key: of all queries of a service, the quickest.
    Key,
    /// The orders of a customer with their products: two tables, twenty rows.
    List,
    /// What all customers bought of each product: two thousand rows are read for ten.
    Sums,
    /// One row is written, and is on the disk when the query returns.
    Insert,
}

impl Kind {
    pub(crate) const ALL: [Kind; 4] = [Kind::Key, Kind::List, Kind::Sums, Kind::Insert];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Kind::Key => "one row by its primary key",
            Kind::List => "twenty rows of two tables",
            Kind::Sums => "sums over two thousand rows",
            Kind::Insert => "one row is inserted",
        }
    }

    /// Fewer of the queries that take longer, of which the span is a smaller share.
    pub(crate) fn rounds(self, rounds: usize) -> usize {
        match self {
            Kind::Key | Kind::List => rounds,
            Kind::Sums => rounds.div_ceil(6),
            Kind::Insert => rounds.div_ceil(60),
        }
    }
}
