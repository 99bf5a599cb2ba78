//! The ends of channels in a function, by the types that are written: of parameters, of fields, and of variables that
//! are made of them.

use std::collections::HashMap;

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Expr, ExprCall, ExprForLoop, ExprMethodCall, FnArg, GenericArgument, Item, ItemStruct,
    ItemType, Local, Pat, PatTupleStruct, Path, PathArguments, PathSegment, Type,
};

use crate::functions::Function;
use crate::sources::SourceFile;
use crate::syntax::path_of;

/// The types of the ends of channels that carry messages to another task. `oneshot` is left out because it carries an
/// answer to a task that waits for it, and `watch` because it holds a state.
pub(super) const SENDERS: &[&str] = &["Sender", "SyncSender", "UnboundedSender"];
pub(super) const RECEIVERS: &[&str] = &[
    "Receiver",
    "ReceiverStream",
    "UnboundedReceiver",
    "UnboundedReceiverStream",
];

/// Methods that send a message, and those that receive one.
pub(super) const SENDING: &[&str] = &["blocking_send", "send", "send_async", "try_send"];
pub(super) const RECEIVING: &[&str] = &[
    "blocking_recv",
    "iter",
    "next",
    "recv",
    "recv_async",
    "recv_timeout",
    "try_recv",
];

/// The use of an end of a channel.
pub(super) struct End {
    pub(super) span: proc_macro2::Span,
    /// The type of the messages.
    pub(super) message: String,
}

/// The calls in a function of one of `methods` on an end of a channel of one of `types`.
pub(super) fn ends(
    function: &Function<'_>,
    declared: &Types,
    types: &[&str],
    methods: &[&str],
) -> Vec<End> {
    // A channel that an annotated function makes stays in its trace: what it spawns has its context.
    let mut uses = Uses {
        variables: &Variables::given(function, declared),
        types,
        methods,
        found: Vec::new(),
    };
    uses.visit_block(&function.block);
    uses.found
}

struct Uses<'p> {
    variables: &'p Variables<'p>,
    types: &'p [&'p str],
    methods: &'p [&'p str],
    found: Vec<End>,
}

impl Uses<'_> {
    fn consider(&mut self, end: &Expr, span: proc_macro2::Span) {
        if let Some(message) = self.variables.message(end, self.types) {
            self.found.push(End { span, message });
        }
    }
}

impl<'ast> Visit<'ast> for Uses<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if self.methods.iter().any(|method| call.method == method) {
            self.consider(&call.receiver, call.method.span());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_for_loop(&mut self, found: &'ast ExprForLoop) {
        if self.methods.contains(&"iter") {
            self.consider(&found.expr, found.for_token.span);
        }
        visit::visit_expr_for_loop(self, found);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// The types that a package declares.
#[derive(Default)]
pub(super) struct Types {
    /// Of the fields of structs, by the names of both.
    fields: HashMap<String, HashMap<String, Type>>,
    /// Those that an alias stands for.
    aliases: HashMap<String, Type>,
}

impl Types {
    pub(super) fn of(files: &[SourceFile]) -> Self {
        let mut found = Types::default();
        for file in files {
            found.visit_file(&file.syntax);
        }
        found
    }

    /// The type of a message as it is written, unless it is a generic parameter, a signal, or a message that has a
    /// context with it.
    pub(super) fn message_name(&self, message: &Type) -> Option<String> {
        let (name, _) = last_of(message)?;
        let aliased = self.aliases.get(&name).and_then(last_of);
        let has_context = |ty: &Type| {
            last_of(inner(ty)).is_some_and(|(name, _)| {
                matches!(name.as_str(), "Context" | "Envelope" | "SpanContext")
            })
        };
        let is_plain = name.len() == 1
            || name == "Envelope"
            || aliased.is_some_and(|(name, _)| name == "Envelope")
            || matches!(
                name.as_str(),
                "bool" | "usize" | "u64" | "u32" | "i64" | "i32"
            )
            || (self.fields.get(&name)).is_some_and(|fields| fields.values().any(has_context));
        (!is_plain).then(|| message.to_token_stream().to_string().replace(' ', ""))
    }

    /// `T` of `mpsc::Sender<T>`, if it is a message that carries no context yet.
    fn message_of(&self, ty: &Type, ends: &[&str]) -> Option<String> {
        let Type::Path(end) = inner(ty) else {
            return None;
        };
        let last = end.path.segments.last()?;
        let is_end = ends.iter().any(|end| last.ident == end) && !is_of_other_kind(&end.path);
        let message = is_end.then(|| first_type(&last.arguments)).flatten();
        message.and_then(|message| self.message_name(message))
    }
}

impl<'ast> Visit<'ast> for Types {
    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        let fields = item.fields.iter().enumerate().map(|(index, field)| {
            let name = field.ident.as_ref().map(ToString::to_string);
            (name.unwrap_or_else(|| index.to_string()), field.ty.clone())
        });
        self.fields.insert(item.ident.to_string(), fields.collect());
    }

    fn visit_item_type(&mut self, item: &'ast ItemType) {
        self.aliases
            .insert(item.ident.to_string(), (*item.ty).clone());
    }
}

/// The variables of a function whose types are written.
pub(super) struct Variables<'f> {
    types: HashMap<String, Type>,
    declared: &'f Types,
    /// The type that the function is a method of.
    own: Option<&'f str>,
    /// Whether the ends of channels that the function makes are among them.
    has_own_channels: bool,
}

impl<'f> Variables<'f> {
    /// Those that the function is given, and what it makes of them.
    pub(super) fn given(function: &'f Function<'_>, declared: &'f Types) -> Self {
        Self::of(function, declared, false)
    }

    /// The same, and the ends of channels that it makes.
    pub(super) fn all(function: &'f Function<'_>, declared: &'f Types) -> Self {
        Self::of(function, declared, true)
    }

    fn of(function: &'f Function<'_>, declared: &'f Types, has_own_channels: bool) -> Self {
        let container = function.container.as_ref();
        let mut variables = Variables {
            types: HashMap::new(),
            declared,
            own: container.map(|container| container.name.as_str()),
            has_own_channels,
        };
        for input in &function.signature.inputs {
            if let FnArg::Typed(parameter) = input {
                variables.declare(&parameter.pat, &parameter.ty);
            }
        }
        variables.visit_block(&function.block);
        variables
    }

    /// The type of the messages of a channel, if `end` is an end of one of these types.
    pub(super) fn message(&self, end: &Expr, types: &[&str]) -> Option<String> {
        self.declared.message_of(self.type_of(end)?, types)
    }

    fn type_of(&self, expr: &Expr) -> Option<&Type> {
        match expr {
            Expr::Path(_) => match path_of(expr).as_slice() {
                [name] => self.types.get(name),
                _ => None,
            },
            Expr::Field(field) => {
                let owner = match path_of(&field.base).as_slice() {
                    [base] if base == "self" => self.own?.to_owned(),
                    _ => last_of(inner(self.type_of(&field.base)?))?.0,
                };
                let member = field.member.to_token_stream().to_string();
                self.declared.fields.get(&owner)?.get(&member)
            }
            Expr::MethodCall(call) if call.method == "clone" => self.type_of(&call.receiver),
            Expr::Paren(same) => self.type_of(&same.expr),
            Expr::Reference(same) => self.type_of(&same.expr),
            _ => None,
        }
    }

    /// `jobs: Sender<Job>`, and `State(jobs): State<Sender<Job>>`.
    fn declare(&mut self, pattern: &Pat, ty: &Type) {
        match pattern {
            Pat::Ident(name) => {
                self.types.insert(name.ident.to_string(), ty.clone());
            }
            Pat::Type(typed) => self.declare(&typed.pat, &typed.ty),
            Pat::TupleStruct(PatTupleStruct { elems, .. }) if elems.len() == 1 => {
                if let Some(content) = argument_of(ty) {
                    self.declare(&elems[0], content);
                }
            }
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for Variables<'_> {
    fn visit_local(&mut self, local: &'ast Local) {
        let made = local.init.as_ref().map(|init| &*init.expr);
        match (&local.pat, made) {
            (Pat::Type(typed), _) => self.declare(&typed.pat, &typed.ty),
            // `let jobs = self.jobs.clone();`
            (name @ Pat::Ident(_), Some(made)) => {
                if let Some(ty) = self.type_of(made).cloned() {
                    self.declare(name, &ty);
                }
            }
            // `let (jobs, queue) = mpsc::channel::<Job>(8);`
            (Pat::Tuple(pair), Some(Expr::Call(call)))
                if self.has_own_channels && pair.elems.len() == 2 =>
            {
                if let Some(message) =
                    maker(&call.func).and_then(|last| first_type(&last.arguments))
                {
                    let (sender, receiver) =
                        (end_of("Sender", message), end_of("Receiver", message));
                    self.declare(&pair.elems[0], &sender);
                    self.declare(&pair.elems[1], &receiver);
                }
            }
            _ => {}
        }
        visit::visit_local(self, local);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// The number of channels that a function makes.
pub(super) fn made(function: &Function<'_>) -> usize {
    struct Made(usize);
    impl<'ast> Visit<'ast> for Made {
        fn visit_expr_call(&mut self, call: &'ast ExprCall) {
            self.0 += usize::from(maker(&call.func).is_some());
            visit::visit_expr_call(self, call);
        }

        fn visit_item(&mut self, _: &'ast Item) {}
    }
    let mut made = Made(0);
    made.visit_block(&function.block);
    made.0
}

/// The last segment of `mpsc::channel`, `flume::bounded::<Job>`.
fn maker(called: &Expr) -> Option<&PathSegment> {
    const MAKERS: &[&str] = &[
        "bounded",
        "channel",
        "sync_channel",
        "unbounded",
        "unbounded_channel",
    ];
    let Expr::Path(path) = called else {
        return None;
    };
    let last = path.path.segments.last()?;
    let is_maker = MAKERS.iter().any(|name| last.ident == name) && !is_of_other_kind(&path.path);
    is_maker.then_some(last)
}

fn end_of(name: &str, message: &Type) -> Type {
    let name = syn::Ident::new(name, proc_macro2::Span::call_site());
    syn::parse_quote!(#name<#message>)
}

/// Whether a path names the kind of a channel that carries answers or a state: `oneshot::Sender`.
fn is_of_other_kind(path: &Path) -> bool {
    let owner = path.segments.iter().rev().nth(1);
    owner.is_some_and(|owner| owner.ident == "oneshot" || owner.ident == "watch")
}

/// The type behind references and what derefs to its content: `Shop` of `&Arc<Shop>`.
fn inner(ty: &Type) -> &Type {
    const POINTERS: &[&str] = &["Arc", "Box", "Data", "Extension", "Option", "Rc", "State"];
    match ty {
        Type::Reference(reference) => inner(&reference.elem),
        Type::Path(_) => match (last_of(ty), argument_of(ty)) {
            (Some((name, _)), Some(content)) if POINTERS.contains(&name.as_str()) => inner(content),
            _ => ty,
        },
        _ => ty,
    }
}

/// The last name of a path, and its arguments.
fn last_of(ty: &Type) -> Option<(String, &PathArguments)> {
    let Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last()?;
    Some((last.ident.to_string(), &last.arguments))
}

fn argument_of(ty: &Type) -> Option<&Type> {
    first_type(last_of(ty)?.1)
}

fn first_type(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
