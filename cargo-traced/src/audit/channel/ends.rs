//! The ends of channels in a function, by the types that are written: of parameters, of fields, and of variables that
//! are made of them.

use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprForLoop, ExprMethodCall, Item, Path, PathSegment};

use super::carried::{Carried, carried};
use super::scopes::Meaning;
use super::tree::{Kind, Ty};
use super::types::Types;
use super::variables::Variables;
use crate::audit::program::POINTERS;
use crate::functions::Function;

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
    pub(super) message: Ty,
}

/// The calls in a function of one of `methods` on an end of a channel of one of `types`.
pub(super) fn ends(
    function: &Function<'_>,
    types: &Types<'_>,
    ends: &[&str],
    methods: &[&str],
) -> Vec<End> {
    // A channel that an annotated function makes stays in its trace: what it spawns has its context.
    let mut uses = Uses {
        variables: &Variables::given(function, types),
        types,
        ends,
        methods,
        found: Vec::new(),
    };
    uses.visit_block(&function.block);
    uses.found
}

struct Uses<'p> {
    variables: &'p Variables<'p>,
    types: &'p Types<'p>,
    ends: &'p [&'p str],
    methods: &'p [&'p str],
    found: Vec<End>,
}

impl Uses<'_> {
    fn consider(&mut self, end: &Expr, span: proc_macro2::Span) {
        let end = self.variables.type_of(end);
        let message = end.as_ref().and_then(|end| message_of(end, self.ends));
        if let Some(message) = message.filter(|message| is_message(self.types, message)) {
            let message = message.clone();
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

/// `T` of `mpsc::Sender<T>`, if a type is one of these ends, or behind a pointer to one.
pub(super) fn message_of<'t>(ty: &'t Ty, ends: &[&str]) -> Option<&'t Ty> {
    let end = behind(ty);
    let name = end.name_elsewhere()?;
    let is_end = ends.contains(&name) && !is_of_answer(end);
    is_end.then(|| end.first_argument()).flatten()
}

/// Whether the messages of a type may need a context: those of a generic parameter have one if its argument has, signals
/// and numbers mean nothing by themselves, and others may have one with them.
pub(super) fn is_message(types: &Types<'_>, message: &Ty) -> bool {
    let is_signal = match &message.kind {
        Kind::Parameter => true,
        Kind::Tuple(parts) => parts.is_empty(),
        Kind::Other => message.is_inferred(),
        _ => matches!(
            message.name_elsewhere(),
            Some("bool" | "usize" | "u64" | "u32" | "i64" | "i32")
        ),
    };
    !is_signal && carried(types, message) != Carried::Yes
}

/// Whether it is the end of a channel for an answer, or of one that holds a state: `oneshot::Sender`.
fn is_of_answer(end: &Ty) -> bool {
    match &end.kind {
        Kind::Named {
            meaning: Meaning::Foreign(path),
            ..
        } => path.iter().any(|name| name == "oneshot" || name == "watch"),
        _ => false,
    }
}

/// The type behind references and what derefs to its content: `Shop` of `&Arc<Shop>`. A value in a lock is taken out by
/// methods that [`Variables`] sees through.
pub(super) fn behind(ty: &Ty) -> &Ty {
    const LOCKS: &[&str] = &["Mutex", "RefCell", "RwLock"];
    if let Kind::Reference(same) = &ty.kind {
        return behind(same);
    }
    match (ty.name_elsewhere(), ty.first_argument()) {
        (Some(name), Some(content)) if POINTERS.contains(&name) || LOCKS.contains(&name) => {
            behind(content)
        }
        _ => ty,
    }
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
pub(super) fn maker(called: &Expr) -> Option<&PathSegment> {
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
    let is_maker = MAKERS.iter().any(|name| last.ident == name) && !is_for_answers(&path.path);
    is_maker.then_some(last)
}

/// `oneshot::channel`
fn is_for_answers(path: &Path) -> bool {
    let owner = path.segments.iter().rev().nth(1);
    owner.is_some_and(|owner| owner.ident == "oneshot" || owner.ident == "watch")
}
