//! The ends of channels in a function, by the types that are written: of parameters, of fields, and of variables that
//! are made of them.

use syn::visit::{self, Visit};
use syn::{Expr, ExprForLoop, ExprMethodCall, Item};

use super::carried::is_message;
use super::kinds::message_of;
use super::tree::Ty;
use super::types::Types;
use super::variables::Variables;
use crate::functions::Function;

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
