//! The keywords that may stand between an operation and its target.

use sqlparser::keywords::Keyword;

pub(super) const INSERT_MODIFIERS: [Keyword; 11] = [
    Keyword::OR,
    Keyword::REPLACE,
    Keyword::IGNORE,
    Keyword::ABORT,
    Keyword::FAIL,
    Keyword::ROLLBACK,
    Keyword::LOW_PRIORITY,
    Keyword::HIGH_PRIORITY,
    Keyword::INTO,
    Keyword::OVERWRITE,
    Keyword::TABLE,
];

pub(super) const UPDATE_MODIFIERS: [Keyword; 8] = [
    Keyword::OR,
    Keyword::ROLLBACK,
    Keyword::ABORT,
    Keyword::REPLACE,
    Keyword::FAIL,
    Keyword::IGNORE,
    Keyword::LOW_PRIORITY,
    Keyword::ONLY,
];

pub(super) const DEFINITION_MODIFIERS: [Keyword; 9] = [
    Keyword::OR,
    Keyword::REPLACE,
    Keyword::TEMP,
    Keyword::TEMPORARY,
    Keyword::UNIQUE,
    Keyword::GLOBAL,
    Keyword::LOCAL,
    Keyword::UNLOGGED,
    Keyword::VIRTUAL,
];

pub(super) const NAME_MODIFIERS: [Keyword; 5] = [
    Keyword::CONCURRENTLY,
    Keyword::IF,
    Keyword::NOT,
    Keyword::EXISTS,
    Keyword::ONLY,
];
