//! Expressions.

use crate::post_order::{Graph, State, post_order};
use crate::read::decoder::Decoder;
use crate::read::object::Ctor;
use crate::read::region::{Place, Value};
use crate::read::table::Kind;
use crate::{BinderInfo, Expr, ExprId, ReadError};

/// The last bound variable. Lean's kernel has 20 bits for one more than it, and no way to go on beyond.
const LAST_VARIABLE: u32 = (1 << 20) - 2;

impl Decoder<'_, '_> {
    pub(crate) fn expr(&mut self, value: Value, from: Place) -> Result<ExprId, ReadError> {
        let Value::At(place) = value else {
            return Err(self.region.error(from, "no expression"));
        };
        post_order(&mut Exprs(self), place)?;
        self.known_expr(value, place)
    }

    /// The expression of a field, which has been decoded.
    fn known_expr(&self, value: Value, from: Place) -> Result<ExprId, ReadError> {
        let id = match value {
            Value::At(place) => self.known(Kind::Expr, place),
            Value::Scalar(_) => None,
        };
        id.map(ExprId)
            .ok_or_else(|| self.region.error(from, "no expression"))
    }

    /// An expression's constructor: its number, and which of its fields are expressions.
    fn expr_ctor(&mut self, place: Place) -> Result<(u8, Ctor, &'static [usize]), ReadError> {
        let (tag, _) = self.region.tag(place)?;
        // Behind the fields is a word of 8 bytes that Lean has computed, and of binders a byte.
        let (fields, bytes, exprs): (usize, usize, &[usize]) = match tag {
            0 | 3 | 9 => (1, 8, &[]),
            1 => return Err(self.region.error(place, "a free variable in a constant")),
            2 => return Err(self.region.error(place, "a metavariable in a constant")),
            4 => (2, 8, &[]),
            5 => (2, 8, &[0, 1]),
            6 | 7 => (3, 9, &[1, 2]),
            8 => (4, 9, &[1, 2, 3]),
            10 => (2, 8, &[1]),
            11 => (3, 8, &[2]),
            _ => return Err(self.region.error(place, "no expression")),
        };
        Ok((tag, self.region.ctor_at(place, fields, bytes)?, exprs))
    }

    fn variable(&mut self, value: Value, from: Place) -> Result<u32, ReadError> {
        let index = self.small(value, from)?;
        match index <= LAST_VARIABLE {
            true => Ok(index),
            false => {
                let what = format!("a bound variable of a number beyond {LAST_VARIABLE}");
                Err(self.region.error(from, what))
            }
        }
    }

    fn build_expr(&mut self, place: Place) -> Result<ExprId, ReadError> {
        let (tag, ctor, _) = self.expr_ctor(place)?;
        let get = |decoder: &Self, field| decoder.region.get(ctor, field);
        let known = |decoder: &Self, field| decoder.known_expr(get(decoder, field)?, place);
        let first = get(self, 0)?;
        let expr = match tag {
            0 => Expr::BVar(self.variable(first, place)?),
            3 => Expr::Sort(self.level(first, place)?),
            4 => {
                let name = self.constant_name(first, place)?;
                let levels = self.list(get(self, 1)?, place, Self::level)?;
                Expr::Const(name, levels.into())
            }
            5 => Expr::App(known(self, 0)?, known(self, 1)?),
            6 | 7 => {
                let name = self.name(first, place)?;
                let info = match self.region.byte(ctor, 8, 3)? {
                    0 => BinderInfo::Default,
                    1 => BinderInfo::Implicit,
                    2 => BinderInfo::StrictImplicit,
                    _ => BinderInfo::InstImplicit,
                };
                let (ty, body) = (known(self, 1)?, known(self, 2)?);
                match tag {
                    6 => Expr::Lam {
                        name,
                        info,
                        ty,
                        body,
                    },
                    _ => Expr::Forall {
                        name,
                        info,
                        ty,
                        body,
                    },
                }
            }
            8 => Expr::Let {
                name: self.name(first, place)?,
                ty: known(self, 1)?,
                value: known(self, 2)?,
                body: known(self, 3)?,
                nondep: self.region.bool(ctor, 8)?,
            },
            9 => {
                let (tag, literal) = self.region.ctor(first, place, 0..=1, 1, 0)?;
                let value = self.region.get(literal, 0)?;
                match tag {
                    0 => Expr::NatLit(Box::new(self.nat(value, literal.place)?)),
                    _ => Expr::StrLit(self.text(value, literal.place)?.into()),
                }
            }
            10 => return known(self, 1),
            _ => {
                let structure = self.constant_name(first, place)?;
                let field = self.small(get(self, 1)?, place)?;
                Expr::Proj(structure, field, known(self, 2)?)
            }
        };
        Ok(self.terms.intern_expr(expr))
    }
}

struct Exprs<'d, 'a, 't>(&'d mut Decoder<'a, 't>);

impl Graph for Exprs<'_, '_, '_> {
    type Node = Place;
    type Error = ReadError;

    fn state(&self, place: Place) -> State {
        self.0.state(Kind::Expr, place)
    }

    fn open(&mut self, place: Place, children: &mut Vec<Place>) -> Result<(), ReadError> {
        let (_, ctor, exprs) = self.0.expr_ctor(place)?;
        for field in exprs {
            match self.0.region.get(ctor, *field)? {
                Value::At(child) => children.push(child),
                Value::Scalar(_) => return Err(self.0.region.error(place, "no expression")),
            }
        }
        self.0.open(place)
    }

    fn on_cycle(&mut self, place: Place) -> Result<(), ReadError> {
        Err(self
            .0
            .region
            .error(place, "an expression that is a part of itself"))
    }

    fn close(&mut self, place: Place) -> Result<(), ReadError> {
        let expr = self.0.build_expr(place)?;
        self.0.close(Kind::Expr, place, expr.0);
        Ok(())
    }
}
