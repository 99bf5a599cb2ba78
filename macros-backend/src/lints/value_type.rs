//! The type of an attribute's value, if it is certain from how it is written.

use quote::ToTokens;
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

use crate::args::{Entry, Form};
use crate::semconv::Type;
use crate::syntax::expressions::{calls_format, only, path_of};

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueType {
    String,
    Int,
    Double,
    Boolean,
    /// An array, whatever its elements.
    Array,
}

impl ValueType {
    pub(super) fn expected(ty: Type) -> Option<Self> {
        Some(match ty {
            Type::String => ValueType::String,
            Type::Int => ValueType::Int,
            Type::Double => ValueType::Double,
            Type::Boolean => ValueType::Boolean,
            Type::Strings | Type::Ints => ValueType::Array,
            Type::Any | Type::Template => return None,
        })
    }

    pub(super) fn by(entry: &Entry) -> Option<Self> {
        match entry.form {
            Form::Display | Form::Debug => Some(ValueType::String),
            Form::Value => Self::as_expr(&entry.value),
        }
    }

    pub(super) fn as_expr(value: &Expr) -> Option<Self> {
        match value {
            Expr::Lit(ExprLit { lit, .. }) => match lit {
                Lit::Str(_) => Some(ValueType::String),
                Lit::Int(_) => Some(ValueType::Int),
                Lit::Float(_) => Some(ValueType::Double),
                Lit::Bool(_) => Some(ValueType::Boolean),
                _ => None,
            },
            Expr::Unary(ExprUnary {
                op: UnOp::Neg(_),
                expr,
                ..
            }) => Self::as_expr(expr),
            Expr::Reference(reference) => Self::as_expr(&reference.expr),
            Expr::Paren(inner) => Self::as_expr(&inner.expr),
            Expr::Group(inner) => Self::as_expr(&inner.expr),
            Expr::Array(_) => Some(ValueType::Array),
            Expr::Cast(cast) => Self::as_number(&cast.ty),
            Expr::Macro(call) => calls_format(&call.mac).then_some(ValueType::String),
            Expr::Call(call) => match path_of(&call.func).as_slice() {
                [some] if some == "Some" => Self::as_expr(only(&call.args)?),
                [.., owner, from] if owner == "String" && from == "from" => Some(ValueType::String),
                _ => None,
            },
            Expr::MethodCall(call) if call.args.is_empty() => match &*call.method.to_string() {
                "to_string" => Some(ValueType::String),
                "to_owned" | "clone" => Self::as_expr(&call.receiver),
                _ => None,
            },
            _ => None,
        }
    }

    /// The type of a value that is cast to a number.
    fn as_number(ty: &syn::Type) -> Option<Self> {
        let name = ty.to_token_stream().to_string();
        match name.trim_start_matches(['i', 'u', 'f']) {
            "8" | "16" | "32" | "64" | "128" | "size" if name.starts_with('f') => {
                Some(ValueType::Double)
            }
            "8" | "16" | "32" | "64" | "128" | "size" => Some(ValueType::Int),
            _ => None,
        }
    }

    pub(super) fn noun(self) -> &'static str {
        match self {
            ValueType::String => "a string",
            ValueType::Int => "an integer",
            ValueType::Double => "a float",
            ValueType::Boolean => "a boolean",
            ValueType::Array => "an array",
        }
    }

    /// The advice in the message. If the value is a literal, it shows the literal of the expected type.
    pub(super) fn advice(self, entry: &Entry) -> String {
        if entry.form != Form::Value && self != ValueType::String {
            let sign = match entry.form {
                Form::Display => '%',
                _ => '?',
            };
            return format!("record the value itself, without the `{sign}`");
        }
        let literal = literal_in(&entry.value);
        let written = match literal {
            Some(Lit::Str(text)) => text.value(),
            Some(Lit::Int(number)) => number.base10_digits().to_owned(),
            Some(Lit::Float(number)) => number.base10_digits().to_owned(),
            Some(Lit::Bool(value)) => value.value.to_string(),
            _ => String::new(),
        };
        let instead = match self {
            ValueType::String if !written.is_empty() => Some(format!("\"{written}\"")),
            ValueType::Int => written.parse::<i64>().ok().map(|number| number.to_string()),
            ValueType::Double => written.parse::<f64>().ok().map(|n| format!("{n:?}")),
            ValueType::Boolean => written.parse::<bool>().ok().map(|b| b.to_string()),
            ValueType::Array => match literal {
                Some(Lit::Str(_)) => Some(format!("[\"{written}\"]")),
                _ => None,
            },
            _ => None,
        };
        match instead {
            Some(instead) => format!("write `{instead}`"),
            None => format!("give it {}", self.noun()),
        }
    }
}

/// The literal inside a value.
fn literal_in(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        Expr::Call(call) => literal_in(only(&call.args)?),
        Expr::Cast(cast) => literal_in(&cast.expr),
        Expr::Group(inner) => literal_in(&inner.expr),
        Expr::MethodCall(call) => literal_in(&call.receiver),
        Expr::Paren(inner) => literal_in(&inner.expr),
        Expr::Reference(reference) => literal_in(&reference.expr),
        _ => None,
    }
}
