//! Which types are ends of channels, which calls make one, and which methods send and receive.

use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, Item, Path, PathSegment};

use super::scopes::Meaning;
use super::tree::{Kind, Ty};
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

/// `T` of `mpsc::Sender<T>`, if a type is one of these ends, or behind a pointer to one.
pub(super) fn message_of<'t>(ty: &'t Ty, ends: &[&str]) -> Option<&'t Ty> {
    let end = behind(ty);
    let name = end.name_elsewhere()?;
    let is_end = ends.contains(&name) && !is_of_answer(end);
    is_end.then(|| end.first_argument()).flatten()
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
/// methods that `Variables` sees through.
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
