//! Expressions and universe levels.

use crate::{ExprId, LevelId, NameId, Nat};

/// A universe level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// `0`
    Zero,
    /// `u + 1`
    Succ(LevelId),
    /// `max u v`
    Max(LevelId, LevelId),
    /// `imax u v`: `0` where `v` is.
    IMax(LevelId, LevelId),
    /// A universe parameter of the constant.
    Param(NameId),
}

/// How an argument is given where a function is applied; of no meaning to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinderInfo {
    /// `(x : α)`
    Default,
    /// `{x : α}`
    Implicit,
    /// `⦃x : α⦄`
    StrictImplicit,
    /// `[x : α]`
    InstImplicit,
}

/// An expression of Lean's kernel, without `mdata`, which the kernel ignores, and without free variables and
/// metavariables, which no constant has.
///
/// Compare ids, not these: the binders' names, and whether a `let` is a `have`, are no part of what an expression is.
/// [`Terms`](crate::Terms) keeps those it has seen first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the fields are named as Lean names them")]
pub enum Expr {
    /// The variable that the binder so many binders further out binds; 0 is the nearest.
    BVar(u32),
    /// `Sort u`
    Sort(LevelId),
    /// A constant, with its universe levels.
    Const(NameId, Box<[LevelId]>),
    /// A function and its argument.
    App(ExprId, ExprId),
    /// `fun name : ty => body`
    Lam {
        name: NameId,
        info: BinderInfo,
        ty: ExprId,
        body: ExprId,
    },
    /// `(name : ty) → body`
    Forall {
        name: NameId,
        info: BinderInfo,
        ty: ExprId,
        body: ExprId,
    },
    /// `let name : ty := value; body`, or `have` where `nondep`.
    Let {
        name: NameId,
        ty: ExprId,
        value: ExprId,
        body: ExprId,
        nondep: bool,
    },
    /// A number literal, of type `Nat`.
    NatLit(Box<Nat>),
    /// A string literal.
    StrLit(Box<str>),
    /// A field, by its number from 0, of a structure's value.
    Proj(NameId, u32, ExprId),
}

impl Expr {
    /// The expressions it consists of directly, from left to right.
    pub fn children(&self) -> impl Iterator<Item = ExprId> + use<> {
        let children = match *self {
            Expr::BVar(_) | Expr::Sort(_) | Expr::Const(..) | Expr::NatLit(_) | Expr::StrLit(_) => {
                [None; 3]
            }
            Expr::App(function, argument) => [Some(function), Some(argument), None],
            Expr::Lam { ty, body, .. } | Expr::Forall { ty, body, .. } => {
                [Some(ty), Some(body), None]
            }
            Expr::Let {
                ty, value, body, ..
            } => [Some(ty), Some(value), Some(body)],
            Expr::Proj(_, _, of) => [Some(of), None, None],
        };
        children.into_iter().flatten()
    }
}

/// What an expression is.
#[derive(PartialEq, Eq, Hash)]
pub(crate) enum Identity<'a> {
    Lam(BinderInfo, ExprId, ExprId),
    Forall(BinderInfo, ExprId, ExprId),
    Let(ExprId, ExprId, ExprId),
    Other(&'a Expr),
}

impl Expr {
    pub(crate) fn identity(&self) -> Identity<'_> {
        match *self {
            Expr::Lam { info, ty, body, .. } => Identity::Lam(info, ty, body),
            Expr::Forall { info, ty, body, .. } => Identity::Forall(info, ty, body),
            Expr::Let {
                ty, value, body, ..
            } => Identity::Let(ty, value, body),
            _ => Identity::Other(self),
        }
    }
}
