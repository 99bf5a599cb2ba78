//! What the name of a type means where it is written: the modules of a package, what each declares, and what its `use`
//! declarations bring in.

use std::collections::{HashMap, HashSet};

use syn::visit::{self, Visit};
use syn::{Item, ItemUse, UseTree};

use crate::audit::imports;
use crate::functions::Function;
use crate::sources::{Package, SourceFile};

/// The number of `use` declarations and modules that one name is followed through.
const DEPTH: usize = 12;

/// The names that every module has from the standard library, and the modules that they come from.
const PRELUDE: &[(&str, &str)] = &[
    ("boxed", "Box"),
    ("option", "Option"),
    ("result", "Result"),
    ("string", "String"),
    ("vec", "Vec"),
];

/// The names of types that the language itself knows.
const PRIMITIVES: &[&str] = &[
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16",
    "u32", "u64", "u128", "usize",
];

/// A module of the package. It lies in one file, and two programs of a package may have modules of the same path.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Scope(usize);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A type that the module declares.
    Declared(Scope, String),
    /// A type of another crate, by its path.
    Foreign(Vec<String>),
    /// A name that the module neither declares nor imports: a macro makes it there.
    Undeclared(Scope, String),
    Module(Scope),
    /// Several types may have the name.
    Unknown,
}

struct Module<'a> {
    file: &'a SourceFile,
    path: Vec<String>,
    /// The types that it declares. One of them has several items if each is for another target.
    declared: HashMap<String, Vec<&'a Item>>,
    /// The names that it imports, with their paths.
    names: HashMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    /// The names that mean something else in one of its functions, or in another configuration.
    unsure: HashSet<String>,
    children: HashSet<String>,
}

pub(super) struct Scopes<'a> {
    modules: Vec<Module<'a>>,
    by_path: HashMap<Vec<String>, Vec<Scope>>,
    /// The name by which the programs of the package call its library.
    library: String,
}

impl<'a> Scopes<'a> {
    pub(super) fn of(package: &Package, files: &'a [SourceFile]) -> Self {
        let mut scopes = Scopes {
            modules: Vec::new(),
            by_path: HashMap::new(),
            library: package.name.replace('-', "_"),
        };
        for file in files {
            scopes.add(file, file.module.clone(), &file.syntax.items);
        }
        scopes
    }

    fn add(&mut self, file: &'a SourceFile, path: Vec<String>, items: &'a [Item]) {
        let mut module = Module {
            file,
            path,
            declared: HashMap::new(),
            names: HashMap::new(),
            globs: Vec::new(),
            unsure: HashSet::new(),
            children: HashSet::new(),
        };
        for item in items {
            module.add(item);
            if let Item::Mod(inner) = item
                && let Some((_, items)) = &inner.content
            {
                let path = [module.path.as_slice(), &[inner.ident.to_string()]].concat();
                self.add(file, path, items);
            }
        }
        let scope = Scope(self.modules.len());
        self.by_path
            .entry(module.path.clone())
            .or_default()
            .push(scope);
        self.modules.push(module);
    }

    /// The module that a function stands in.
    pub(super) fn around(&self, function: &Function<'_>) -> Option<Scope> {
        let scopes = self.by_path.get(&function.module)?.iter();
        let in_file = |scope: &&Scope| std::ptr::eq(self.module(**scope).file, function.file);
        scopes.copied().find(|scope| in_file(&scope))
    }

    /// The declarations of a type.
    pub(super) fn items(&self, scope: Scope, name: &str) -> &[&'a Item] {
        let declared = &self.module(scope).declared;
        declared.get(name).map_or(&[], Vec::as_slice)
    }

    /// What a path means in a module.
    pub(super) fn meaning(&self, path: &[String], scope: Scope) -> Meaning {
        self.look_up(path, scope, DEPTH)
    }

    fn look_up(&self, path: &[String], scope: Scope, depth: usize) -> Meaning {
        let Some((first, rest)) = path.split_first() else {
            return Meaning::Module(scope);
        };
        let start = match first.as_str() {
            "crate" => self.root(scope),
            "self" => Some(scope),
            "super" => self.parent(scope),
            "::" => return foreign(rest),
            _ => return self.look_up_name(path, scope, depth),
        };
        match start {
            Some(start) if rest.first().is_some_and(|next| next == "super") => {
                self.look_up(rest, start, depth)
            }
            Some(start) => self.within(rest, start, depth),
            None => Meaning::Unknown,
        }
    }

    /// A path that begins with a name: of the module, of a crate, or of the standard library.
    fn look_up_name(&self, path: &[String], scope: Scope, depth: usize) -> Meaning {
        let found = self.within(path, scope, depth);
        match (&found, path) {
            (Meaning::Undeclared(..) | Meaning::Unknown, [name]) if is_of_language(name) => {
                foreign(path)
            }
            (Meaning::Foreign(_), [first, rest @ ..]) if *first == self.library => {
                match self.of_library() {
                    Some(library) => self.within(rest, library, depth),
                    None => found,
                }
            }
            _ => found,
        }
    }

    /// A path below a module: what this declares, or imports.
    fn within(&self, path: &[String], scope: Scope, depth: usize) -> Meaning {
        let Some((first, rest)) = path.split_first() else {
            return Meaning::Module(scope);
        };
        let module = self.module(scope);
        if depth == 0 || module.unsure.contains(first) {
            return Meaning::Unknown;
        }
        if module.declared.contains_key(first) {
            return match rest.is_empty() {
                true => Meaning::Declared(scope, first.clone()),
                false => Meaning::Unknown,
            };
        }
        match self.child(scope, first) {
            Child::One(child) => return self.within(rest, child, depth - 1),
            Child::Several => return Meaning::Unknown,
            Child::None => {}
        }
        if let Some(full) = module.names.get(first) {
            let path = [full, rest].concat();
            // `use tokio;`, `use jobs::jobs;`
            return match full[0] == *first {
                true => foreign(&path),
                false => self.look_up(&path, scope, depth - 1),
            };
        }
        self.in_globs(path, scope, depth - 1)
    }

    /// A path whose first name a module has from `use path::*`, or from nowhere.
    fn in_globs(&self, path: &[String], scope: Scope, depth: usize) -> Meaning {
        let mut is_unknown = depth == 0;
        for glob in &self.module(scope).globs {
            // A module may import all of another that imports all of it.
            let depth = depth.min(3).saturating_sub(1);
            match self.look_up(glob, scope, depth) {
                Meaning::Module(module) => match self.within(path, module, depth) {
                    Meaning::Undeclared(..) => {}
                    Meaning::Unknown => is_unknown = true,
                    // That crate need not be what the other module means.
                    Meaning::Foreign(_) if path.len() > 1 => {}
                    found => return found,
                },
                // The variants of an enum.
                Meaning::Declared(..) => {}
                _ => is_unknown = true,
            }
        }
        match path {
            [_] if is_unknown => Meaning::Unknown,
            [name] => Meaning::Undeclared(scope, name.clone()),
            [first, ..] if first.starts_with(char::is_uppercase) => Meaning::Unknown,
            path => foreign(path),
        }
    }

    fn module(&self, scope: Scope) -> &Module<'a> {
        &self.modules[scope.0]
    }

    fn child(&self, scope: Scope, name: &str) -> Child {
        let module = self.module(scope);
        let path = [module.path.as_slice(), &[name.to_owned()]].concat();
        let scopes = self.by_path.get(&path).map_or(&[][..], Vec::as_slice);
        let is_inline = |child: &&Scope| std::ptr::eq(self.module(**child).file, module.file);
        match (scopes, scopes.iter().find(is_inline)) {
            (_, Some(inline)) => Child::One(*inline),
            ([], None) => Child::None,
            ([one], None) => Child::One(*one),
            _ => Child::Several,
        }
    }

    fn parent(&self, scope: Scope) -> Option<Scope> {
        let (_, path) = self.module(scope).path.split_last()?;
        match path {
            [] => self.root(scope),
            _ => self.nearest(self.by_path.get(path)?, scope),
        }
    }

    /// The root of the program or of the library that a module belongs to.
    fn root(&self, scope: Scope) -> Option<Scope> {
        let module = self.module(scope);
        let Some(first) = module.path.first() else {
            return Some(scope);
        };
        let roots = self.by_path.get(&[][..])?.iter().copied();
        let declares = |root: &Scope| self.module(*root).children.contains(first);
        let declaring: Vec<Scope> = roots.filter(declares).collect();
        self.nearest(&declaring, scope)
    }

    /// The module of the same file, or the only one, or the one of the library, which is read first.
    fn nearest(&self, scopes: &[Scope], from: Scope) -> Option<Scope> {
        let file = self.module(from).file;
        let mut in_file = scopes
            .iter()
            .filter(|scope| std::ptr::eq(self.module(**scope).file, file));
        in_file.next().or(scopes.first()).copied()
    }

    fn of_library(&self) -> Option<Scope> {
        let mut roots = self.by_path.get(&[][..])?.iter().copied();
        roots.find(|root| {
            let file = self.module(*root).file;
            !file.is_program && !file.is_test
        })
    }
}

enum Child {
    None,
    One(Scope),
    Several,
}

impl<'a> Module<'a> {
    fn add(&mut self, item: &'a Item) {
        match item {
            Item::Struct(found) => self.declare(&found.ident, item),
            Item::Enum(found) => self.declare(&found.ident, item),
            Item::Union(found) => self.declare(&found.ident, item),
            Item::Type(found) => self.declare(&found.ident, item),
            Item::Trait(found) => self.declare(&found.ident, item),
            Item::Mod(found) => drop(self.children.insert(found.ident.to_string())),
            Item::Use(found) => self.import(found),
            _ => Inner(&mut self.unsure).visit_item(item),
        }
    }

    fn declare(&mut self, name: &syn::Ident, item: &'a Item) {
        let items = self.declared.entry(name.to_string()).or_default();
        items.push(item);
    }

    fn import(&mut self, item: &ItemUse) {
        let of_crate = item.leading_colon.map(|_| "::".to_owned());
        let full = |path: Vec<String>| of_crate.iter().cloned().chain(path).collect::<Vec<_>>();
        for (name, path) in imports::names(&item.tree) {
            let path = full(path);
            // In another configuration it is something else.
            if self.names.get(&name).is_some_and(|known| *known != path) {
                self.unsure.insert(name.clone());
            }
            self.names.insert(name, path);
        }
        let mut globs = Vec::new();
        add_globs(&item.tree, &mut Vec::new(), &mut globs);
        self.globs.extend(globs.into_iter().map(full));
    }
}

fn add_globs(tree: &UseTree, before: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match tree {
        UseTree::Glob(_) => found.push(before.clone()),
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            add_globs(&path.tree, before, found);
            before.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                add_globs(tree, before, found);
            }
        }
        UseTree::Name(_) | UseTree::Rename(_) => {}
    }
}

/// Collects the names of types that the functions of an item declare or import for themselves.
struct Inner<'n>(&'n mut HashSet<String>);

impl<'ast> Visit<'ast> for Inner<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Struct(found) => drop(self.0.insert(found.ident.to_string())),
            Item::Enum(found) => drop(self.0.insert(found.ident.to_string())),
            Item::Type(found) => drop(self.0.insert(found.ident.to_string())),
            Item::Use(found) => self.0.extend(
                imports::names(&found.tree)
                    .into_iter()
                    .map(|(name, _)| name),
            ),
            _ => visit::visit_item(self, item),
        }
    }
}

fn is_of_language(name: &str) -> bool {
    PRIMITIVES.contains(&name) || PRELUDE.iter().any(|(_, known)| *known == name)
}

/// A path of another crate. What the prelude exports has one name.
fn foreign(path: &[String]) -> Meaning {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let path = match path.as_slice() {
        ["std" | "core" | "alloc", module, name] if PRELUDE.contains(&(*module, *name)) => &[*name],
        path => path,
    };
    Meaning::Foreign(path.iter().map(ToString::to_string).collect())
}
