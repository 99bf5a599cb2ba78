//! `channel`: messages that go from one annotated function to another without their context.

use std::collections::HashMap;

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Expr, ExprForLoop, ExprMethodCall, Fields, FnArg, GenericArgument, Item, ItemStruct, Pat,
    PathArguments, Type,
};

use super::Report;
use super::program::Program;
use crate::findings::{Finding, Help, Level};
use crate::functions::Function;
use crate::syntax::path_of;

/// The types of the ends of channels that carry messages to another task. `oneshot` is left out because it carries an
/// answer to a task that waits for it, and `watch` because it holds a state.
const SENDERS: &[&str] = &["Sender", "SyncSender", "UnboundedSender"];
const RECEIVERS: &[&str] = &[
    "Receiver",
    "ReceiverStream",
    "UnboundedReceiver",
    "UnboundedReceiverStream",
];

pub(super) fn check<'a>(program: &Program<'a>, report: &mut Report<'a>) {
    let fields = Structs::of(program);
    let traced = || program.of_program().filter(|function| function.is_traced());
    let mut receiving: HashMap<String, &Function<'_>> = HashMap::new();
    for function in traced() {
        for end in ends(function, &fields, RECEIVERS, RECEIVING) {
            receiving.entry(end.message).or_insert(function);
        }
    }
    if receiving.is_empty() {
        return;
    }
    for function in traced() {
        for end in ends(function, &fields, SENDERS, SENDING) {
            let Some(receiver) = receiving.get(&end.message) else {
                continue;
            };
            report.findings.push(Finding {
                rule: "channel",
                level: Level::Warning,
                file: function.file,
                range: function.file.range(end.span),
                message: format!(
                    "`{}` takes this `{}` without the context of `{}`",
                    receiver.title(),
                    end.message,
                    function.title()
                ),
                label: Some("what is done for it is not part of this trace".to_owned()),
                help: vec![Help::text(format!(
                    "send a `traced::Envelope<{}>`, and give it to the function that handles it as \
                     `#[traced(parent = ..)]`",
                    end.message
                ))],
                function: function.title(),
                function_start: Some(function.start),
            });
        }
    }
}

const SENDING: &[&str] = &["blocking_send", "send", "send_async", "try_send"];
const RECEIVING: &[&str] = &[
    "blocking_recv",
    "iter",
    "next",
    "recv",
    "recv_async",
    "try_recv",
];

/// The use of an end of a channel.
struct End {
    span: proc_macro2::Span,
    /// The type of the messages.
    message: String,
}

/// The uses, in a function, of channel ends whose type is written: parameters, and fields of `self`.
fn ends(function: &Function<'_>, fields: &Structs, types: &[&str], methods: &[&str]) -> Vec<End> {
    let mut known: HashMap<String, String> = HashMap::new();
    for input in &function.signature.inputs {
        if let FnArg::Typed(parameter) = input
            && let (Pat::Ident(name), Some(message)) =
                (&*parameter.pat, message_of(&parameter.ty, types))
        {
            known.insert(name.ident.to_string(), message);
        }
    }
    let of_self = function
        .container
        .as_ref()
        .and_then(|container| fields.0.get(&container.name));
    for (field, ty) in of_self.into_iter().flatten() {
        if let Some(message) = message_of(ty, types) {
            known.insert(format!("self.{field}"), message);
        }
    }
    if known.is_empty() {
        return Vec::new();
    }
    let mut uses = Uses {
        known: &known,
        methods,
        found: Vec::new(),
    };
    uses.visit_block(&function.block);
    uses.found
}

struct Uses<'p> {
    known: &'p HashMap<String, String>,
    methods: &'p [&'p str],
    found: Vec<End>,
}

impl Uses<'_> {
    fn consider(&mut self, receiver: &Expr, span: proc_macro2::Span) {
        if let Some(message) = name_of(receiver).and_then(|name| self.known.get(&name)) {
            self.found.push(End {
                span,
                message: message.clone(),
            });
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

/// `tx`, `self.tx`.
fn name_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Path(_) => match path_of(expr).as_slice() {
            [name] => Some(name.clone()),
            _ => None,
        },
        Expr::Field(field) => {
            let is_of_self = path_of(&field.base) == ["self"];
            is_of_self.then(|| format!("self.{}", field.member.to_token_stream()))
        }
        Expr::Reference(reference) => name_of(&reference.expr),
        _ => None,
    }
}

/// `T` of `mpsc::Sender<T>`, if it is a message and carries no context yet.
fn message_of(ty: &Type, ends: &[&str]) -> Option<String> {
    let path = match ty {
        Type::Path(path) => &path.path,
        Type::Reference(reference) => return message_of(&reference.elem, ends),
        _ => return None,
    };
    let owner = path
        .segments
        .iter()
        .rev()
        .nth(1)
        .map(|segment| segment.ident.to_string());
    let last = path.segments.last()?;
    let is_end = ends.iter().any(|end| last.ident == end);
    let is_other = matches!(owner.as_deref(), Some("oneshot" | "watch"));
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let GenericArgument::Type(message) = arguments.args.first()? else {
        return None;
    };
    let Type::Path(named) = message else {
        return None;
    };
    let name = named.path.segments.last()?.ident.to_string();
    // A generic parameter, a signal, or a message that knows its context.
    let is_plain = name.len() == 1
        || matches!(
            name.as_str(),
            "Envelope" | "bool" | "usize" | "u64" | "u32" | "i64" | "i32"
        );
    let message = message.to_token_stream().to_string().replace(' ', "");
    (is_end && !is_other && !is_plain).then_some(message)
}

/// The fields of structs, by the name of the struct and of the field.
struct Structs(HashMap<String, Vec<(String, Type)>>);

impl Structs {
    fn of(program: &Program<'_>) -> Self {
        struct Found(HashMap<String, Vec<(String, Type)>>);
        impl<'ast> Visit<'ast> for Found {
            fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
                if let Fields::Named(named) = &item.fields {
                    let fields = named.named.iter();
                    let fields = fields.filter_map(|field| {
                        Some((field.ident.as_ref()?.to_string(), field.ty.clone()))
                    });
                    self.0.insert(item.ident.to_string(), fields.collect());
                }
            }
        }
        let mut found = Found(HashMap::new());
        for file in program.files {
            found.visit_file(&file.syntax);
        }
        Structs(found.0)
    }
}
