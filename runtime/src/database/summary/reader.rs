//! Finds the operations and targets among the tokens of a statement.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Word};

use super::super::tokens::Piece;
use super::modifiers::{DEFINITION_MODIFIERS, INSERT_MODIFIERS, NAME_MODIFIERS, UPDATE_MODIFIERS};

/// How many tokens of a column list after a name in a `WITH` are read, so that long statements do not take quadratic
/// time.
const MOST_COLUMNS: usize = 128;

#[derive(Debug, PartialEq)]
pub(super) enum Item {
    Operation(String),
    Table(String),
    Procedure(String),
}

/// The operations and targets of a statement, in the order of the text.
pub(super) fn items(pieces: &[Piece<'_>]) -> Vec<Item> {
    let pieces: Vec<&Piece<'_>> = pieces.iter().filter(|piece| !piece.is_space()).collect();
    let mut reader = Reader {
        with: names_of_with(&pieces),
        pieces: &pieces,
        at: 0,
        items: Vec::new(),
        levels: vec![Level::outermost()],
    };
    reader.read();
    reader.items
}

/// The state of the statement inside one pair of parentheses.
#[derive(Debug, Default)]
struct Level {
    /// Whether any statement may begin here, and not only a query: outside of parentheses, and in those of a `WITH`.
    is_statement: bool,
    /// Whether the statement has begun; false at the start and after a semicolon.
    has_begun: bool,
    /// Whether a list of tables is being read.
    in_from: bool,
    /// Whether the statement may have a `FROM`: in `EXTRACT(YEAR FROM day)` it means something else.
    may_have_from: bool,
}

impl Level {
    fn outermost() -> Self {
        Level {
            is_statement: true,
            ..Level::default()
        }
    }
}

struct Reader<'p, 't> {
    pieces: &'p [&'p Piece<'t>],
    at: usize,
    items: Vec<Item>,
    /// One level per open parenthesis, and one for the text outside.
    levels: Vec<Level>,
    /// The names that a `WITH` defines, which are not tables.
    with: Vec<&'p str>,
}

impl Reader<'_, '_> {
    fn read(&mut self) {
        while let Some(piece) = self.next() {
            match &piece.token {
                Token::LParen => {
                    let is_statement =
                        self.follows(Keyword::AS) || self.follows(Keyword::MATERIALIZED);
                    self.levels.push(Level {
                        is_statement,
                        ..Level::default()
                    });
                }
                Token::RParen if self.levels.len() > 1 => {
                    self.levels.pop();
                }
                Token::SemiColon => self.levels = vec![Level::outermost()],
                Token::Comma if self.level().in_from => self.table_of_list(),
                Token::Word(word) => self.word(word),
                _ => {}
            }
        }
    }

    fn word(&mut self, word: &Word) {
        let keyword = match word.quote_style {
            Some(_) => Keyword::NoKeyword,
            None => word.keyword,
        };
        match self.level().has_begun {
            false => self.first_word(word, keyword),
            true => self.further_word(word, keyword),
        }
    }

    /// A word that may begin a statement.
    fn first_word(&mut self, word: &Word, keyword: Keyword) {
        match keyword {
            Keyword::SELECT => self.selection(word),
            Keyword::WITH | Keyword::RECURSIVE => {}
            // Other words at the start of parentheses are columns or arguments.
            _ if !self.level().is_statement => self.level().has_begun = true,
            Keyword::EXPLAIN => {
                self.operation(word.value.clone());
                self.skip(&[Keyword::ANALYZE, Keyword::VERBOSE]);
            }
            Keyword::INSERT | Keyword::REPLACE | Keyword::MERGE => {
                self.begin(word);
                self.skip(&INSERT_MODIFIERS);
                self.table();
            }
            Keyword::UPDATE => {
                self.begin(word);
                self.skip(&UPDATE_MODIFIERS);
                self.table();
                let level = self.level();
                (level.may_have_from, level.in_from) = (true, true);
            }
            Keyword::DELETE => {
                self.begin(word);
                self.level().may_have_from = true;
            }
            // Names in a `WITH`, before the statement begins.
            _ if !self.with.is_empty() => {}
            Keyword::CREATE | Keyword::ALTER | Keyword::DROP | Keyword::TRUNCATE => {
                self.definition(word);
            }
            Keyword::CALL | Keyword::EXEC | Keyword::EXECUTE => {
                self.begin(word);
                if let Some(name) = self.name() {
                    self.items.push(Item::Procedure(name));
                }
            }
            Keyword::COPY
            | Keyword::LOCK
            | Keyword::VACUUM
            | Keyword::REINDEX
            | Keyword::ANALYZE => {
                self.begin(word);
                self.skip(&[Keyword::TABLE]);
                self.table();
            }
            _ if word.quote_style.is_none() => self.begin(word),
            _ => self.level().has_begun = true,
        }
    }

    fn further_word(&mut self, word: &Word, keyword: Keyword) {
        match keyword {
            Keyword::SELECT => self.selection(word),
            Keyword::FROM if self.level().may_have_from && !self.follows(Keyword::DISTINCT) => {
                self.level().in_from = true;
                self.table_of_list();
            }
            Keyword::JOIN | Keyword::STRAIGHT_JOIN if self.level().in_from => self.table_of_list(),
            Keyword::USING if self.level().in_from && self.is_deletion() => self.table_of_list(),
            Keyword::WHERE
            | Keyword::GROUP
            | Keyword::HAVING
            | Keyword::ORDER
            | Keyword::LIMIT
            | Keyword::WINDOW
            | Keyword::FOR
            | Keyword::SET
            | Keyword::RETURNING
            | Keyword::UNION
            | Keyword::INTERSECT
            | Keyword::EXCEPT => self.level().in_from = false,
            _ => {}
        }
    }

    fn selection(&mut self, word: &Word) {
        self.begin(word);
        self.level().may_have_from = true;
    }

    /// `CREATE TABLE users`: the kind of object is part of the operation.
    fn definition(&mut self, word: &Word) {
        let mut operation = word.value.clone();
        self.level().has_begun = true;
        self.skip(&DEFINITION_MODIFIERS);
        if let Some(kind) = self
            .unquoted()
            .filter(|kind| kind.keyword != Keyword::NoKeyword)
        {
            operation.push(' ');
            operation.push_str(&kind.value);
            self.at += 1;
            if self
                .unquoted()
                .is_some_and(|next| next.keyword == Keyword::VIEW)
            {
                operation.push_str(" VIEW");
                self.at += 1;
            }
        }
        self.operation(operation);
        self.skip(&NAME_MODIFIERS);
        self.table();
    }

    fn begin(&mut self, word: &Word) {
        self.level().has_begun = true;
        self.operation(word.value.clone());
    }

    fn operation(&mut self, name: String) {
        self.items.push(Item::Operation(name));
    }

    fn table(&mut self) {
        let name = self.name();
        self.add_table(name);
    }

    /// Reads a table in a list, where a function or a subquery may stand instead.
    fn table_of_list(&mut self) {
        self.skip(&[Keyword::LATERAL, Keyword::ONLY]);
        while self.is_list_in_parentheses() {
            self.at += 1;
            self.levels.push(Level {
                has_begun: true,
                in_from: true,
                ..Level::default()
            });
        }
        let name = self.name();
        let is_function = self.peek().is_some_and(|next| next.token == Token::LParen);
        self.add_table(name.filter(|_| !is_function));
    }

    fn add_table(&mut self, name: Option<String>) {
        let of_with = |name: &String| {
            let mut names = self.with.iter();
            names.any(|of_with| of_with.eq_ignore_ascii_case(name))
        };
        if let Some(name) = name.filter(|name| !of_with(name)) {
            self.items.push(Item::Table(name));
        }
    }

    /// Reads a name as it is written, with its quotes and its qualifiers.
    fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        while let Some(Piece {
            token: Token::Word(_),
            text,
        }) = self.peek()
        {
            name.push_str(text);
            self.at += 1;
            match self.peek() {
                Some(Piece {
                    token: Token::Period,
                    ..
                }) => {
                    name.push('.');
                    self.at += 1;
                }
                _ => break,
            }
        }
        (!name.is_empty()).then_some(name)
    }

    /// Whether parentheses follow that contain tables instead of a query.
    fn is_list_in_parentheses(&self) -> bool {
        let [first, second] = [0, 1].map(|ahead| self.pieces.get(self.at + ahead));
        let opens = first.is_some_and(|piece| piece.token == Token::LParen);
        opens
            && second.is_some_and(|piece| match &piece.token {
                Token::LParen => true,
                Token::Word(word) => {
                    ![Keyword::SELECT, Keyword::WITH, Keyword::VALUES].contains(&word.keyword)
                }
                _ => false,
            })
    }

    fn skip(&mut self, keywords: &[Keyword]) {
        while self
            .unquoted()
            .is_some_and(|word| keywords.contains(&word.keyword))
        {
            self.at += 1;
        }
    }

    fn unquoted(&self) -> Option<&Word> {
        match &self.peek()?.token {
            Token::Word(word) if word.quote_style.is_none() => Some(word),
            _ => None,
        }
    }
}

impl<'p, 't> Reader<'p, 't> {
    fn next(&mut self) -> Option<&'p Piece<'t>> {
        let piece = self.peek()?;
        self.at += 1;
        Some(piece)
    }

    fn peek(&self) -> Option<&'p Piece<'t>> {
        self.pieces.get(self.at).copied()
    }

    fn level(&mut self) -> &mut Level {
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    /// Whether the word before the current one is this keyword.
    fn follows(&self, keyword: Keyword) -> bool {
        let before = self.at.checked_sub(2).and_then(|at| self.pieces.get(at));
        before.is_some_and(|piece| is_keyword(piece, keyword))
    }

    fn is_deletion(&self) -> bool {
        matches!(self.items.first(), Some(Item::Operation(name)) if name.eq_ignore_ascii_case("DELETE"))
    }
}

fn is_keyword(piece: &Piece<'_>, keyword: Keyword) -> bool {
    matches!(&piece.token, Token::Word(word) if word.keyword == keyword && word.quote_style.is_none())
}

/// The names before each `AS (` of a statement that begins with `WITH`.
fn names_of_with<'p>(pieces: &'p [&Piece<'_>]) -> Vec<&'p str> {
    if !pieces
        .first()
        .is_some_and(|first| is_keyword(first, Keyword::WITH))
    {
        return Vec::new();
    }
    let names = pieces.iter().enumerate().filter_map(|(at, piece)| {
        let Token::Word(_) = piece.token else {
            return None;
        };
        let mut next = at + 1;
        // Skips the columns of the name.
        if pieces.get(next)?.token == Token::LParen {
            let columns = pieces[next..].iter();
            let columns = columns.take(MOST_COLUMNS);
            next += columns
                .take_while(|piece| piece.token != Token::RParen)
                .count()
                + 1;
        }
        if !is_keyword(pieces.get(next)?, Keyword::AS) {
            return None;
        }
        let mut rest = pieces[next + 1..].iter();
        let opens = rest.find(|piece| {
            ![Keyword::NOT, Keyword::MATERIALIZED]
                .iter()
                .any(|keyword| is_keyword(piece, *keyword))
        })?;
        (opens.token == Token::LParen).then_some(piece.text)
    });
    names.collect()
}
