//! What a file holds, each thing decoded once; here names, numbers and lists.

use crate::post_order::State;
use crate::read::region::{Place, Region, Value};
use crate::{Name, NameId, Nat, ReadError, Terms};

/// The longest name, in bytes: what shows or compares names is bounded by it.
const LONGEST_NAME: usize = 1 << 16;
/// What a cell of a list counts, of the [`Decoder::budget`].
const CELL: usize = 16;

/// What is being read, and what has been.
pub(crate) struct Decoder<'a, 't> {
    pub(crate) region: Region<'a>,
    pub(crate) terms: &'t mut Terms,
    names: Memo,
    pub(super) levels: Memo,
    pub(super) exprs: Memo,
    /// How many bytes of strings, numbers and lists may still be read. In a file that Lean has written they lie apart,
    /// except for lists that several share; in a forged one many may lie in each other, and make time and memory
    /// quadratic.
    budget: usize,
}

/// What was decoded of each word at which it may begin: its id and 2, or how far that is.
pub(super) struct Memo(Vec<u32>);

impl Memo {
    const NEW: u32 = 0;
    const OPEN: u32 = 1;

    pub(super) fn id(&self, index: usize) -> Option<u32> {
        self.0[index].checked_sub(2)
    }

    pub(super) fn state(&self, index: usize) -> State {
        match self.0[index] {
            Memo::NEW => State::New,
            Memo::OPEN => State::Open,
            _ => State::Done,
        }
    }

    pub(super) fn open(&mut self, index: usize) {
        self.0[index] = Memo::OPEN;
    }

    pub(super) fn close(&mut self, index: usize, id: u32) {
        self.0[index] = id + 2;
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

    pub(super) fn spend(&mut self, bytes: usize, at: Place) -> Result<(), ReadError> {
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
            self.names.close(self.region.index(ctor.place), name.0);
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
}
