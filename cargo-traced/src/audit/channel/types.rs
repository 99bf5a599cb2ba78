//! The types that are written in a package, with what each of their names means where it is written.

use std::collections::HashMap;

use syn::{
    GenericArgument, Generics, Item, ItemType, Path, PathArguments, PathSegment, ReturnType, Type,
    TypeParamBound,
};

use super::scopes::{Meaning, Scope, Scopes};
use super::tree::{Kind, Ty, named, written};
use crate::audit::program::Program;
use crate::functions::Function;
use crate::syntax::segments;

/// The number of aliases that stand for one another.
const DEPTH: usize = 8;

/// Where a type is written.
pub(super) struct Place {
    /// `None` in code that a macro takes.
    scope: Option<Scope>,
    /// The types of generic parameters, and of `Self`.
    bindings: HashMap<String, Ty>,
    depth: usize,
}

impl Place {
    /// The type that the function at this place is a method of.
    pub(super) fn own(&self) -> Option<&Ty> {
        self.bindings.get("Self")
    }
}

pub(super) struct Types<'a> {
    scopes: Scopes<'a>,
}

impl<'a> Types<'a> {
    pub(super) fn of(program: &Program<'a>) -> Self {
        Types {
            scopes: Scopes::of(program.package, program.files),
        }
    }

    /// The place of the types in a function.
    pub(super) fn place(&self, function: &Function<'_>) -> Place {
        let mut place = Place {
            scope: self.scopes.around(function),
            bindings: HashMap::new(),
            depth: DEPTH,
        };
        if let Some(around) = &function.container {
            let own = match around.is_trait || around.is_for_any_type {
                true => Ty::parameter(&around.name),
                false => self.own(&around.name, &place),
            };
            place.bindings.insert("Self".to_owned(), own);
        }
        let generics = &function.signature.generics;
        let parameters = generics.type_params().map(|parameter| {
            let name = parameter.ident.to_string();
            (name.clone(), Ty::parameter(&name))
        });
        place.bindings.extend(parameters);
        place
    }

    /// The type that a function is a method of. Its arguments are not known.
    fn own(&self, name: &str, place: &Place) -> Ty {
        let meaning = self.meaning(&[name.to_owned()], place);
        Ty {
            written: name.to_owned(),
            kind: named(meaning, name, Vec::new()),
        }
    }

    fn meaning(&self, path: &[String], place: &Place) -> Meaning {
        match place.scope {
            Some(scope) => self.scopes.meaning(path, scope),
            None => Meaning::Unknown,
        }
    }

    /// A type that is written at a place.
    pub(super) fn ty(&self, ty: &Type, place: &Place) -> Ty {
        let kind = match ty {
            Type::Group(same) => return self.ty(&same.elem, place),
            Type::Paren(same) => return self.ty(&same.elem, place),
            Type::Path(path) if path.qself.is_some() => Kind::Parameter,
            Type::Path(path) => return self.path(&path.path, place),
            Type::Reference(reference) => {
                Kind::Reference(Box::new(self.ty(&reference.elem, place)))
            }
            Type::Tuple(tuple) => {
                let parts = tuple.elems.iter();
                Kind::Tuple(parts.map(|part| self.ty(part, place)).collect())
            }
            Type::Array(array) => self.list(&array.elem, place),
            Type::Slice(slice) => self.list(&slice.elem, place),
            Type::TraitObject(object) => self.object(object.bounds.iter(), place),
            _ => Kind::Other,
        };
        Ty {
            written: written(ty),
            kind,
        }
    }

    fn list(&self, element: &Type, place: &Place) -> Kind {
        let meaning = Meaning::Foreign(vec!["[]".to_owned()]);
        named(meaning, "[]", vec![self.ty(element, place)])
    }

    /// `dyn Job + Send`
    fn object<'t>(
        &self,
        mut bounds: impl Iterator<Item = &'t TypeParamBound>,
        place: &Place,
    ) -> Kind {
        let first = bounds.find_map(|bound| match bound {
            TypeParamBound::Trait(bound) => Some(&bound.path),
            _ => None,
        });
        let Some((path, last)) = first.and_then(|path| Some((path, path.segments.last()?))) else {
            return Kind::Other;
        };
        let last_name = last.ident.to_string();
        match last_name.as_str() {
            "Fn" | "FnMut" | "FnOnce" | "Future" | "Stream" => Kind::Work,
            _ => {
                let meaning = self.meaning(&names(path), place);
                named(meaning, &last_name, self.arguments(last, place))
            }
        }
    }

    fn path(&self, path: &Path, place: &Place) -> Ty {
        let names = names(path);
        let is_bound = names
            .first()
            .and_then(|first| place.bindings.get(first))
            .map(|bound| (bound, names.len()));
        let of = |kind| Ty {
            written: written(path),
            kind,
        };
        match (is_bound, path.segments.last()) {
            (Some((bound, 1)), _) => bound.clone(),
            // `Self::Message`
            (Some(_), _) => of(Kind::Parameter),
            (None, None) => of(Kind::Other),
            (None, Some(last)) => {
                let arguments = self.arguments(last, place);
                let meaning = self.meaning(&names, place);
                match self.alias(&meaning, &arguments, place) {
                    Some(kind) => of(kind),
                    None => of(named(meaning, &last.ident.to_string(), arguments)),
                }
            }
        }
    }

    /// What an alias stands for.
    fn alias(&self, meaning: &Meaning, arguments: &[Ty], place: &Place) -> Option<Kind> {
        let Meaning::Declared(scope, name) = meaning else {
            return None;
        };
        let [Item::Type(ItemType { generics, ty, .. })] = self.scopes.items(*scope, name) else {
            return None;
        };
        let depth = place.depth.checked_sub(1)?;
        let inside = self.inside(*scope, generics, arguments, depth);
        Some(self.ty(ty, &inside).kind)
    }

    /// The place inside a declaration, whose parameters have these arguments.
    fn inside(&self, scope: Scope, generics: &Generics, arguments: &[Ty], depth: usize) -> Place {
        let mut place = Place {
            scope: Some(scope),
            bindings: HashMap::new(),
            depth,
        };
        let mut arguments = arguments.iter();
        for parameter in generics.type_params() {
            let name = parameter.ident.to_string();
            let default = parameter.default.as_ref().map(|(_, default)| default);
            let bound = match (arguments.next(), default) {
                (Some(argument), _) => argument.clone(),
                (None, Some(default)) if depth > 0 => self.ty(default, &place),
                _ => Ty::parameter(&name),
            };
            place.bindings.insert(name, bound);
        }
        place
    }

    fn arguments(&self, last: &PathSegment, place: &Place) -> Vec<Ty> {
        match &last.arguments {
            PathArguments::None => Vec::new(),
            PathArguments::AngleBracketed(arguments) => {
                let types = arguments.args.iter().filter_map(|argument| match argument {
                    GenericArgument::Type(ty) => Some(self.ty(ty, place)),
                    _ => None,
                });
                types.collect()
            }
            PathArguments::Parenthesized(call) => {
                let output = match &call.output {
                    ReturnType::Type(_, ty) => Some(&**ty),
                    ReturnType::Default => None,
                };
                let types = call.inputs.iter().map(|input| &input.ty).chain(output);
                types.map(|ty| self.ty(ty, place)).collect()
            }
        }
    }

    /// The fields of a type that the package declares, with their names, and those of an enum's variants.
    pub(super) fn fields(&self, ty: &Ty) -> Vec<(String, Ty)> {
        let Kind::Named {
            meaning: Meaning::Declared(scope, name),
            arguments,
            ..
        } = &ty.kind
        else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in self.scopes.items(*scope, name) {
            let (generics, groups) = match item {
                Item::Struct(item) => (&item.generics, vec![&item.fields]),
                Item::Enum(item) => {
                    let variants = item.variants.iter();
                    let fields = variants.map(|variant| &variant.fields);
                    (&item.generics, fields.collect())
                }
                _ => continue,
            };
            let place = self.inside(*scope, generics, arguments, DEPTH);
            for fields in groups {
                let of_group = fields.iter().enumerate().map(|(index, field)| {
                    let name = field.ident.as_ref().map(ToString::to_string);
                    let name = name.unwrap_or_else(|| index.to_string());
                    (name, self.ty(&field.ty, &place))
                });
                found.extend(of_group);
            }
        }
        found
    }

    /// The type of a field of a struct or of a tuple.
    pub(super) fn field(&self, owner: &Ty, member: &str) -> Option<Ty> {
        if let Kind::Tuple(parts) = &owner.kind {
            return parts.get(member.parse::<usize>().ok()?).cloned();
        }
        let mut fields = self.fields(owner).into_iter();
        fields.find_map(|(name, ty)| (name == member).then_some(ty))
    }
}

/// The names of a path, `::` at its beginning included.
fn names(path: &Path) -> Vec<String> {
    let of_crate = path.leading_colon.map(|_| "::".to_owned());
    of_crate.into_iter().chain(segments(path)).collect()
}
