//! What a file holds, each thing decoded once; here names, numbers and lists.

use crate::post_order::State;
use crate::read::region::{Place, Region, Value};
use crate::read::table::Kind;
use crate::{Name, NameId, Nat, ReadError, Terms};

/// The longest name, in bytes, and the most parts of one: what shows or compares names is bounded by it.
const LONGEST_NAME: usize = 1 << 16;
const DEEPEST_NAME: u32 = 1000;
/// How many bytes of strings, numbers and lists may be read for each of the file: Lean's own modules need up to a quarter.
const BUDGET: usize = 2;
/// What a cell of a list counts of them, and a control character of a string beyond its byte: it is exported as six.
const CELL: usize = 16;
const CONTROL: usize = 5;

/// What is being read, and what has been.
pub(crate) struct Decoder<'a, 't> {
    pub(crate) region: Region<'a>,
    pub(crate) terms: &'t mut Terms,
    /// How many bytes of strings, numbers, lists and constants' names may still be read. In a file that Lean has written
    /// few are read twice; in a forged one many may share a large one, and make time and memory quadratic.
    budget: usize,
}

impl<'a, 't> Decoder<'a, 't> {
    pub(crate) fn new(region: Region<'a>, terms: &'t mut Terms) -> Decoder<'a, 't> {
        Decoder {
            budget: region.len.saturating_mul(BUDGET).saturating_add(1 << 16),
            region,
            terms,
        }
    }

    /// The id of what was decoded of an object.
    pub(super) fn known(&self, kind: Kind, place: Place) -> Option<u32> {
        self.region.table.id(kind, self.region.index(place))
    }

    pub(super) fn state(&self, kind: Kind, place: Place) -> State {
        self.region.table.state(kind, self.region.index(place))
    }

    /// Begins to decode an object that has been looked at.
    pub(super) fn open(&mut self, place: Place) -> Result<(), ReadError> {
        let at = self.region.index(place);
        if !self.region.table.is_new(at) {
            // Asked as what it is, it would be known.
            return Err(self.region.error(place, "an object that is two things"));
        }
        self.region.table.open(at);
        Ok(())
    }

    pub(super) fn close(&mut self, kind: Kind, place: Place, id: u32) {
        let at = self.region.index(place);
        self.region.table.close(kind, at, id);
    }

    pub(super) fn spend(&mut self, bytes: usize, at: Place) -> Result<(), ReadError> {
        match self.budget.checked_sub(bytes) {
            Some(rest) => self.budget = rest,
            None => {
                let what = "more strings, numbers and lists than a file of its size has";
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
            if let Some(id) = self.known(Kind::Name, place) {
                break NameId(id);
            }
            let (tag, ctor) = self.region.ctor(rest.0, rest.1, 1..=2, 2, 8)?;
            if self.state(Kind::Name, place) == State::Open {
                return Err(self.region.error(place, "a name that is a part of itself"));
            }
            self.open(place)?;
            inner.push((tag, ctor));
            rest = (self.region.get(ctor, 0)?, place);
        };
        for (tag, ctor) in inner.into_iter().rev() {
            let last = self.region.get(ctor, 1)?;
            let part = match tag {
                1 => Name::Str(name, self.text(last, ctor.place)?.into()),
                _ => Name::Num(name, Box::new(self.nat(last, ctor.place)?)),
            };
            name = self.terms.intern_name(part);
            if self.terms.name_len(name) > LONGEST_NAME {
                let what = format!("a name of more than {LONGEST_NAME} bytes");
                return Err(self.region.error(ctor.place, what));
            }
            if self.terms.name_depth(name) > DEEPEST_NAME {
                let what = format!("a name of more than {DEEPEST_NAME} parts");
                return Err(self.region.error(ctor.place, what));
            }
            self.close(Kind::Name, ctor.place, name.0);
        }
        Ok(name)
    }

    /// A name that counts with all its parts, as many may look at it: a constant's.
    pub(super) fn constant_name(&mut self, value: Value, from: Place) -> Result<NameId, ReadError> {
        let name = self.name(value, from)?;
        self.spend(self.terms.name_len(name), from)?;
        Ok(name)
    }

    pub(super) fn text(&mut self, value: Value, from: Place) -> Result<&'a str, ReadError> {
        let text = self.region.string(value, from)?;
        let controls = text.bytes().filter(u8::is_ascii_control).count();
        self.spend(text.len() + controls * CONTROL, from)?;
        Ok(text)
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
