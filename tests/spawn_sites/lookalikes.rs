//! Code that only looks like a spawn site still compiles with `#[traced]`, and does the same.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use traced::testing::capture;
use traced::traced;

/// A world of a game, in which entities are spawned.
#[derive(Default)]
struct World {
    entities: Vec<(&'static str, u8)>,
}

struct Query(Vec<u8>);

impl World {
    fn spawn(&mut self, entity: (&'static str, u8)) -> &mut Self {
        self.entities.push(entity);
        self
    }

    fn spawn_all<I: IntoIterator<Item = (&'static str, u8)>>(&mut self, bundles: I) {
        self.entities.extend(bundles);
    }
}

impl Query {
    /// Has the name of a method of rayon, and returns no iterator.
    fn par_iter(&self) -> &Self {
        self
    }

    fn for_each(&self, visit: impl Fn(&u8)) {
        self.0.iter().for_each(visit);
    }
}

/// A database that executes statements.
struct Connection(Vec<String>);

struct Statement(&'static str);

impl Statement {
    fn execute(&self, connection: &mut Connection) -> usize {
        connection.0.push(self.0.to_owned());
        connection.0.len()
    }

    fn spawn(&self, connection: &mut Connection) -> usize {
        self.execute(connection)
    }
}

struct Router(Vec<String>);

impl Router {
    fn scope(mut self, path: &str, configure: impl Fn(Vec<String>) -> Vec<String>) -> Self {
        self.0.push(path.to_owned());
        self.0 = configure(configure(self.0));
        self
    }

    fn install(&self, hook: fn() -> u8) -> u8 {
        hook()
    }
}

fn join(words: &[&str], separator: &str) -> String {
    words.join(separator)
}

fn scope(name: &str) -> String {
    name.to_owned()
}

fn three() -> u8 {
    3
}

/// An actor system: a turbofish tells its methods which actor to make.
struct Supervisor;

struct Worker;

impl Supervisor {
    fn spawn<W>(&self, level: impl Into<u64>) -> u64 {
        level.into() + size_of::<W>() as u64
    }

    fn spawn_local<W>(&self) -> usize {
        size_of::<W>()
    }

    fn spawn_with_handle<W>(&self, unit: impl Future<Output = W>) -> bool {
        size_of_val(&unit) > 0
    }

    fn execute<W>(&self, name: &str) -> usize {
        name.len() + size_of::<W>()
    }

    fn join<W>(&self, name: &str) -> usize {
        self.execute::<W>(name)
    }

    fn push<W>(&self, _: u8) -> usize {
        size_of::<W>()
    }
}

#[traced]
fn turbofishes(supervisor: &Supervisor) {
    let level = 3_u8;
    assert_eq!(supervisor.spawn::<Worker>(3_u8), 3);
    assert_eq!(supervisor.spawn::<Worker>(level), 3);
    assert_eq!(Supervisor::spawn::<Worker>(supervisor, level), 3);
    assert_eq!(supervisor.spawn_local::<Worker>(), 0);
    assert!(supervisor.spawn_with_handle::<Worker>(async { panic!() }));
    assert_eq!(supervisor.execute::<Worker>("x"), 1);
    assert_eq!(supervisor.join::<Worker>("x"), 1);
    assert_eq!(supervisor.push::<Worker>(1), 0);
}

/// Blocks addresses, and no thread.
mod web {
    pub(super) fn block(address: String) -> String {
        address
    }
}

#[traced]
fn a_web_that_blocks_addresses() {
    let address = "127.0.0.1".to_owned();
    assert_eq!(web::block(address.clone()), address);
    assert_eq!(web::block(address), web::block("127.0.0.1".into()));
}

/// Gives every type methods that a method call in the expansion could find by mistake.
trait Way {
    fn way(&self) -> u8 {
        1
    }

    fn way_of_iterator(&self) -> u8 {
        1
    }
}

impl<T: ?Sized> Way for T {}

#[traced]
fn methods_of_every_type() -> u8 {
    use rayon::prelude::*;
    std::thread::spawn(three).join().unwrap();
    [1].par_iter().for_each(|n| assert_eq!(n.way(), 1));
    4.way_of_iterator()
}

/// The parameters of its methods decide the types of their arguments.
struct Typed;

trait Role {}

impl Role for Worker {}

impl Role for Supervisor {}

impl Typed {
    fn spawn(&self, name: Option<&str>) -> usize {
        name.map_or(0, str::len)
    }

    fn spawn_blocking(&self, roles: Vec<Box<dyn Role>>) -> usize {
        roles.len()
    }

    fn spawn_local(&self, level: u64) -> u64 {
        level
    }
}

#[traced]
fn types_that_the_call_infers(typed: &Typed) -> Result<u64, std::num::ParseIntError> {
    let name = String::from("x");
    assert_eq!(typed.spawn(Some(&name)), 1);
    assert_eq!(
        typed.spawn_blocking(vec![Box::new(Worker), Box::new(Supervisor)]),
        2
    );
    assert_eq!(typed.spawn_blocking(Default::default()), 0);
    assert_eq!(typed.spawn_local(2_u8.into()), 2);
    assert_eq!(typed.spawn_local("3".parse().unwrap()), 3);
    Ok(typed.spawn_local("4".parse()?))
}

/// A module of the user: its `spawn` takes no unit.
mod task {
    pub(super) fn spawn(level: u8) -> u8 {
        level + 1
    }
}

#[traced]
fn spawners_by_path() -> Option<u8> {
    let level = Some(1).map(self::task::spawn)?;
    let level = self::task::spawn(task::spawn(level));
    Some(level).map(task::spawn)
}

/// Takes arguments that are written like units, and are none.
struct Machine;

struct Setting<T> {
    levels: Vec<T>,
}

impl Machine {
    fn spawn<T>(&self, _: T) -> usize {
        size_of::<T>()
    }

    fn spawn_local(&self, job: Box<dyn Fn() -> u8>) -> u8 {
        job() + job()
    }

    fn spawn_on(&self, setting: Setting<u8>, words: &[&str], length: &mut u64) {
        *length = setting.levels.len() as u64 + words.len() as u64;
    }

    fn unblock(&self, words: &[String]) -> usize {
        words.len()
    }

    fn spawn_ok(&self, size: u64) -> u64 {
        size
    }

    fn spawn_blocking(&self, setting: Setting<u8>) -> usize {
        setting.levels.len()
    }

    fn spawn_fn(&self, length: &mut u64) {
        *length += 1;
    }
}

#[traced]
fn casts_literals_and_borrows(machine: &Machine) -> u64 {
    let (mut length, words) = (3_u64, vec![String::from("x")]);
    assert_eq!(machine.spawn(length as u8), 1);
    assert_eq!(machine.spawn_ok(words.len() as _), 1);
    assert_eq!(
        machine.spawn_local(Box::new(|| 2_u8) as Box<dyn Fn() -> u8>),
        4
    );
    assert_eq!(
        machine.spawn_local(Box::new(three) as Box<dyn Fn() -> u8>),
        6
    );
    assert_eq!(machine.spawn_blocking(Setting { levels: Vec::new() }), 0);
    machine.spawn_on(Setting { levels: vec![1] }, &["a"], &mut length);
    // The call coerces `&Vec<_>` to a slice, and a value that is borrowed here is used again below.
    assert_eq!(machine.unblock(&words), 1);
    assert_eq!(
        machine.unblock(&"a b".split(' ').map(Into::into).collect::<Vec<_>>()),
        2
    );
    machine.spawn_fn(&mut length);
    machine.spawn_fn(&mut length);
    length
}

#[traced]
fn entities() -> usize {
    let mut world = World::default();
    world.spawn(("dog", 3)).spawn(("cat", 9));
    world.spawn_all([("cow", 1)]);
    world.entities.len()
}

#[traced]
fn statements(connection: &mut Connection) -> usize {
    Statement("a").execute(connection);
    Statement("b").spawn(connection);
    // If the expansion of the first call moved the `&mut`, this one would not compile.
    Statement("c").spawn(connection);
    Statement("d").execute(connection)
}

struct Session<'c> {
    connection: &'c mut Connection,
}

#[traced]
fn statements_of_a_field(session: &mut Session<'_>) -> usize {
    Statement("e").spawn(session.connection);
    #[allow(unused_must_use, reason = "an attribute stays on its statement")]
    std::thread::spawn(|| Some(1));
    Statement("f").spawn(session.connection)
}

#[traced]
fn joins(folder: &Path) -> (PathBuf, String, String) {
    let thread = std::thread::spawn(|| 1);
    thread.join().unwrap();
    (
        folder.join("x"),
        ["a", "b"].join(", "),
        join(&["c", "d"], "+"),
    )
}

#[traced]
#[allow(clippy::vec_init_then_push, reason = "it is `push` that is tested")]
fn others() -> Vec<String> {
    let router = Router(Vec::new()).scope("/", |paths| paths);
    assert_eq!(router.install(three), 3);
    Query(vec![1, 2]).par_iter().for_each(|n| assert!(*n > 0));
    let mut jobs: Vec<Box<dyn Fn() -> u8>> = Vec::new();
    jobs.push(Box::new(|| 1));
    jobs.push(Box::new(|| 2));
    let total: u8 = jobs.iter().map(|job| job()).sum();
    assert_eq!(total, 3);
    let mut names = Vec::new();
    names.push(scope("x"));
    let mut counts: HashMap<String, Vec<u8>> = HashMap::new();
    counts.entry("a".into()).or_default().push(1);
    let mut child = std::process::Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    let (sender, _) = tokio::sync::broadcast::channel::<u8>(1);
    drop(sender);
    names
}

#[test]
fn lookalikes_compile_and_do_the_same() {
    let ((), spans) = capture(|| {
        assert_eq!(entities(), 3);
        let mut connection = Connection(Vec::new());
        assert_eq!(statements(&mut connection), 4);
        let connection = &mut connection;
        assert_eq!(statements_of_a_field(&mut Session { connection }), 6);
        let (path, words, letters) = joins(Path::new("a"));
        assert_eq!(path, Path::new("a/x"));
        assert_eq!((words.as_str(), letters.as_str()), ("a, b", "c+d"));
        assert_eq!(others(), ["x"]);
        turbofishes(&Supervisor);
        a_web_that_blocks_addresses();
        assert_eq!(methods_of_every_type(), 1);
        assert_eq!(spawners_by_path(), Some(5));
        assert_eq!(types_that_the_call_infers(&Typed), Ok(4));
        assert_eq!(casts_literals_and_borrows(&Machine), 4);
    });
    assert_eq!(
        spans.tree(),
        "entities\nstatements\nstatements_of_a_field\njoins\nothers\nturbofishes\na_web_that_blocks_addresses\nmethods_of_every_type\nspawners_by_path\ntypes_that_the_call_infers\ncasts_literals_and_borrows\n"
    );
}
