//! Names, levels and expressions of a file, each decoded once.

use crate::post_order::{Graph, State, post_order};
use crate::read::region::{Ctor, Place, Region, Value};
use crate::{BinderInfo, Expr, ExprId, Level, LevelId, Name, NameId, Nat, ReadError, Terms};

/// The longest name, in bytes: what shows or compares names is bounded by it.
const LONGEST_NAME: usize = 1 << 16;
/// What a cell of a list counts, of the [`Decoder::budget`].
const CELL: usize = 16;

/// What is being read, and what has been.
pub(crate) struct Decoder<'a, 't> {
    pub(crate) region: Region<'a>,
    pub(crate) terms: &'t mut Terms,
    names: Memo,
    levels: Memo,
    exprs: Memo,
    /// How many bytes of strings, numbers and lists may still be read. In a file that Lean has written they lie apart,
    /// except for lists that several share; in a forged one many may lie in each other, and make time and memory
    /// quadratic.
    budget: usize,
}

/// What was decoded of each word at which it may begin: its id and 2, or how far that is.
struct Memo(Vec<u32>);

impl Memo {
    const NEW: u32 = 0;
    const OPEN: u32 = 1;

    fn id(&self, index: usize) -> Option<u32> {
        self.0[index].checked_sub(2)
    }

    fn state(&self, index: usize) -> State {
        match self.0[index] {
            Memo::NEW => State::New,
            Memo::OPEN => State::Open,
            _ => State::Done,
        }
    }
}

impl<'a, 't> Decoder<'a, 't> {
    pub(crate) fn new(region: Region<'a>, terms: &'t mut Terms) -> Decoder<'a, 't> {
        let memo = || Memo(vec![Memo::NEW; region.words()]);
        Decoder {
            names: memo(),
            levels: memo(),
            exprs: memo(),
            budget: region.len.saturating_mul(4).saturating_add(1 << 16),
            region,
            terms,
        }
    }

    fn spend(&mut self, bytes: usize, at: Place) -> Result<(), ReadError> {
        match self.budget.checked_sub(bytes) {
            Some(rest) => self.budget = rest,
            None => {
                let what = "strings, numbers and lists that lie in each other";
                return Err(self.region.error(at, what));
            }
        }
        Ok(())
    }

    pub(crate) fn name(&mut self, value: Value, from: Place) -> Result<NameId, ReadError> {
        let mut inner = Vec::new();
        let mut rest = (value, from);
        let mut name = loop {
            let place = match rest {
                (Value::Scalar(0), _) => break NameId::ANONYMOUS,
                (Value::Scalar(_), from) => return Err(self.region.error(from, "no name")),
                (Value::At(place), _) => place,
            };
            if let Some(id) = self.names.id(self.region.index(place)) {
                break NameId(id);
            }
            if inner.len() > LONGEST_NAME {
                return Err(self.region.error(from, "a name without an end"));
            }
            let (tag, ctor) = self.region.ctor(rest.0, rest.1, 1..=2, 2, 8)?;
            inner.push((tag, ctor));
            rest = (self.region.get(ctor, 0)?, place);
        };
        for (tag, ctor) in inner.into_iter().rev() {
            let last = self.region.get(ctor, 1)?;
            let part = match tag {
                1 => {
                    let text = self.region.string(last, ctor.place)?;
                    self.spend(text.len(), ctor.place)?;
                    Name::Str(name, text.into())
                }
                _ => Name::Num(name, Box::new(self.nat(last, ctor.place)?)),
            };
            name = self.terms.intern_name(part);
            if self.terms.name_len(name) > LONGEST_NAME {
                let what = format!("a name of more than {LONGEST_NAME} bytes");
                return Err(self.region.error(ctor.place, what));
            }
            self.names.0[self.region.index(ctor.place)] = name.0 + 2;
        }
        Ok(name)
    }

    pub(crate) fn nat(&mut self, value: Value, from: Place) -> Result<Nat, ReadError> {
        let (number, bytes) = self.region.nat(value, from)?;
        self.spend(bytes, from)?;
        Ok(number)
    }

    /// A number that Lean could have of any size, and nobody has beyond a u32.
    pub(crate) fn small(&mut self, value: Value, from: Place) -> Result<u32, ReadError> {
        let number = match value {
            Value::Scalar(number) => u32::try_from(number).ok(),
            Value::At(_) => u32::try_from(&self.nat(value, from)?).ok(),
        };
        number.ok_or_else(|| self.region.error(from, "a count beyond 32 bits"))
    }

    /// The elements of a list.
    pub(crate) fn list<T>(
        &mut self,
        value: Value,
        from: Place,
        mut element: impl FnMut(&mut Self, Value, Place) -> Result<T, ReadError>,
    ) -> Result<Vec<T>, ReadError> {
        let mut elements = Vec::new();
        let mut rest = (value, from);
        while !matches!(rest.0, Value::Scalar(0)) {
            self.spend(CELL, rest.1)?;
            let (_, cell) = self.region.ctor(rest.0, rest.1, 1..=1, 2, 0)?;
            elements.push(element(self, self.region.get(cell, 0)?, cell.place)?);
            rest = (self.region.get(cell, 1)?, cell.place);
        }
        Ok(elements)
    }

    pub(crate) fn names(&mut self, value: Value, from: Place) -> Result<Vec<NameId>, ReadError> {
        self.list(value, from, Self::name)
    }

    pub(crate) fn level(&mut self, value: Value, from: Place) -> Result<LevelId, ReadError> {
        let place = match value {
            Value::Scalar(0) => return Ok(LevelId::ZERO),
            Value::Scalar(_) => return Err(self.region.error(from, "no level")),
            Value::At(place) => place,
        };
        post_order(&mut Levels(self), place)?;
        let id = self.levels.id(self.region.index(place));
        id.map(LevelId)
            .ok_or_else(|| self.region.error(place, "no level"))
    }

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
            Value::At(place) => self.exprs.id(self.region.index(place)),
            Value::Scalar(_) => None,
        };
        id.map(ExprId)
            .ok_or_else(|| self.region.error(from, "no expression"))
    }

    /// A level's constructor: its number, and how many of its fields are levels.
    fn level_ctor(&self, place: Place) -> Result<(u8, Ctor, usize), ReadError> {
        let (tag, _) = self.region.tag(place)?;
        let (fields, levels) = match tag {
            1 => (1, 1),
            2 | 3 => (2, 2),
            4 => (1, 0),
            5 => {
                return Err(self
                    .region
                    .error(place, "a level that is still to be found"));
            }
            _ => return Err(self.region.error(place, "no level")),
        };
        Ok((tag, self.region.ctor_at(place, fields, 8)?, levels))
    }

    fn build_level(&mut self, place: Place) -> Result<LevelId, ReadError> {
        let (tag, ctor, _) = self.level_ctor(place)?;
        let known = |field| match self.region.get(ctor, field)? {
            Value::Scalar(0) => Ok(LevelId::ZERO),
            Value::At(at) => {
                let id = self.levels.id(self.region.index(at));
                id.map(LevelId)
                    .ok_or_else(|| self.region.error(place, "no level"))
            }
            Value::Scalar(_) => Err(self.region.error(place, "no level")),
        };
        let level = match tag {
            1 => Level::Succ(known(0)?),
            2 => Level::Max(known(0)?, known(1)?),
            3 => Level::IMax(known(0)?, known(1)?),
            _ => Level::Param(self.name(self.region.get(ctor, 0)?, place)?),
        };
        Ok(self.terms.intern_level(level))
    }

    /// An expression's constructor: its number, and which of its fields are expressions.
    fn expr_ctor(&self, place: Place) -> Result<(u8, Ctor, &'static [usize]), ReadError> {
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

    fn build_expr(&mut self, place: Place) -> Result<ExprId, ReadError> {
        let (tag, ctor, _) = self.expr_ctor(place)?;
        let get = |decoder: &Self, field| decoder.region.get(ctor, field);
        let known = |decoder: &Self, field| decoder.known_expr(get(decoder, field)?, place);
        let first = get(self, 0)?;
        let expr = match tag {
            0 => Expr::BVar(self.small(first, place)?),
            3 => Expr::Sort(self.level(first, place)?),
            4 => {
                let name = self.name(first, place)?;
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
                    _ => {
                        let text = self.region.string(value, literal.place)?;
                        self.spend(text.len(), literal.place)?;
                        Expr::StrLit(text.into())
                    }
                }
            }
            10 => return known(self, 1),
            _ => {
                let structure = self.name(first, place)?;
                let field = self.small(get(self, 1)?, place)?;
                Expr::Proj(structure, field, known(self, 2)?)
            }
        };
        Ok(self.terms.intern_expr(expr))
    }
}

struct Levels<'d, 'a, 't>(&'d mut Decoder<'a, 't>);

impl Graph for Levels<'_, '_, '_> {
    type Node = Place;
    type Error = ReadError;

    fn state(&self, place: Place) -> State {
        self.0.levels.state(self.0.region.index(place))
    }

    fn open(&mut self, place: Place, children: &mut Vec<Place>) -> Result<(), ReadError> {
        let (_, ctor, levels) = self.0.level_ctor(place)?;
        for field in 0..levels {
            if let Value::At(child) = self.0.region.get(ctor, field)? {
                children.push(child);
            }
        }
        let index = self.0.region.index(place);
        self.0.levels.0[index] = Memo::OPEN;
        Ok(())
    }

    fn on_cycle(&mut self, place: Place) -> Result<(), ReadError> {
        Err(self
            .0
            .region
            .error(place, "a level that is a part of itself"))
    }

    fn close(&mut self, place: Place) -> Result<(), ReadError> {
        let level = self.0.build_level(place)?;
        let index = self.0.region.index(place);
        self.0.levels.0[index] = level.0 + 2;
        Ok(())
    }
}

struct Exprs<'d, 'a, 't>(&'d mut Decoder<'a, 't>);

impl Graph for Exprs<'_, '_, '_> {
    type Node = Place;
    type Error = ReadError;

    fn state(&self, place: Place) -> State {
        self.0.exprs.state(self.0.region.index(place))
    }

    fn open(&mut self, place: Place, children: &mut Vec<Place>) -> Result<(), ReadError> {
        let (_, ctor, exprs) = self.0.expr_ctor(place)?;
        for field in exprs {
            match self.0.region.get(ctor, *field)? {
                Value::At(child) => children.push(child),
                Value::Scalar(_) => return Err(self.0.region.error(place, "no expression")),
            }
        }
        let index = self.0.region.index(place);
        self.0.exprs.0[index] = Memo::OPEN;
        Ok(())
    }

    fn on_cycle(&mut self, place: Place) -> Result<(), ReadError> {
        Err(self
            .0
            .region
            .error(place, "an expression that is a part of itself"))
    }

    fn close(&mut self, place: Place) -> Result<(), ReadError> {
        let expr = self.0.build_expr(place)?;
        let index = self.0.region.index(place);
        self.0.exprs.0[index] = expr.0 + 2;
        Ok(())
    }
}
