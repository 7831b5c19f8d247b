//! The objects in a module's files, bounds-checked.
//!
//! An object begins with 8 bytes: a count of references (4 bytes, 0), its size (2, for constructors), and for a
//! constructor the count of its fields and its number (1 each), else something that depends on its kind, and the kind.
//! Fields are words: a pointer, or with the lowest bit set, a number above it. What is smaller stands behind them, the
//! wider first, as Lean sorts it (Lean's `lean.h`).

use std::ops::RangeInclusive;

use num_bigint::BigUint;

use crate::read::region::{Place, Region, Value, number};
use crate::{Nat, ReadError};

/// The bytes with which an object begins.
const OBJECT: usize = 8;
/// The kinds of objects that are no constructors: arrays, strings, numbers of more than a word.
const LAST_CTOR: u8 = 244;
const ARRAY: u8 = 246;
const STRING: u8 = 249;
const MPZ: u8 = 250;
/// The longest number, in bytes: it is shown in decimal, which takes time by the square. No one writes such a literal;
/// Lean has a limit for those it computes (`exponentiation.threshold`).
const LONGEST_NUMBER: usize = 1 << 16;

/// A constructor whose fields are all there.
#[derive(Clone, Copy)]
pub(crate) struct Ctor {
    pub(crate) place: Place,
    fields: usize,
}

/// An array whose elements are all there.
#[derive(Clone, Copy)]
pub(crate) struct Array {
    place: Place,
    pub(crate) len: usize,
}

/// The digits of a number, in bytes.
struct Digits {
    negative: bool,
    /// Where the pointer to them is, behind which they are.
    pointer: usize,
    len: usize,
}

impl<'a> Region<'a> {
    /// The kind of an object, a constructor's number where it is one, and the count of a constructor's fields. All of
    /// it is there, and is no other object's.
    pub(crate) fn tag(&mut self, place: Place) -> Result<(u8, usize), ReadError> {
        let header = self.bytes(place, 0, OBJECT)?;
        let (kind, fields) = (header[7], usize::from(header[6]));
        let at = self.index(place);
        if !self.table.begins(at) {
            let word = self.word.bytes();
            let len = match kind {
                0..=LAST_CTOR => usize::from(u16::from_le_bytes([header[4], header[5]])),
                ARRAY => {
                    let elements = self.size(place, OBJECT)?.saturating_mul(word);
                    elements.saturating_add(OBJECT + 2 * word)
                }
                STRING => (self.size(place, OBJECT)?).saturating_add(OBJECT + 3 * word),
                MPZ => {
                    let digits = self.digits(place)?;
                    digits.len.saturating_add(digits.pointer + word)
                }
                _ => return Err(self.unexpected(place, kind)),
            };
            let len = len.max(OBJECT);
            self.bytes(place, 0, len)?;
            if !self.table.claim(at..at + len.div_ceil(word)) {
                return Err(self.error(place, "an object that shares bytes with another"));
            }
        }
        Ok((kind, fields))
    }

    fn unexpected(&self, place: Place, kind: u8) -> ReadError {
        self.error(place, format!("an object of an unexpected kind, {kind}"))
    }

    /// The constructor at a place, which must have so many fields, and so many bytes behind them.
    pub(crate) fn ctor_at(
        &mut self,
        place: Place,
        fields: usize,
        bytes: usize,
    ) -> Result<Ctor, ReadError> {
        let (tag, found) = self.tag(place)?;
        let header = self.bytes(place, 0, OBJECT)?;
        let size = OBJECT + fields * self.word.bytes() + bytes;
        let told = usize::from(u16::from_le_bytes([header[4], header[5]]));
        if tag > LAST_CTOR || found != fields || told < size {
            let what = format!("an object of another shape than {fields} fields and {bytes} bytes");
            return Err(self.error(place, what));
        }
        Ok(Ctor { place, fields })
    }

    /// The constructor that a field holds, with its number, which must be one of `numbers`; see [`Region::ctor_at`].
    pub(crate) fn ctor(
        &mut self,
        value: Value,
        from: Place,
        numbers: RangeInclusive<u8>,
        fields: usize,
        bytes: usize,
    ) -> Result<(u8, Ctor), ReadError> {
        let Value::At(place) = value else {
            return Err(self.error(from, "a number where an object should be"));
        };
        let (tag, _) = self.tag(place)?;
        if !numbers.contains(&tag) {
            return Err(self.unexpected(place, tag));
        }
        Ok((tag, self.ctor_at(place, fields, bytes)?))
    }

    /// A constructor's field, from 0.
    pub(crate) fn get(&self, ctor: Ctor, field: usize) -> Result<Value, ReadError> {
        self.field(ctor.place, OBJECT + field * self.word.bytes())
    }

    /// A byte behind a constructor's fields, which must be at most `most`.
    pub(crate) fn byte(&self, ctor: Ctor, skip: usize, most: u8) -> Result<u8, ReadError> {
        let skip = OBJECT + ctor.fields * self.word.bytes() + skip;
        let byte = self.bytes(ctor.place, skip, 1)?[0];
        match byte <= most {
            true => Ok(byte),
            false => Err(self.error(
                ctor.place,
                format!("{byte} where at most {most} has a meaning"),
            )),
        }
    }

    pub(crate) fn bool(&self, ctor: Ctor, skip: usize) -> Result<bool, ReadError> {
        Ok(self.byte(ctor, skip, 1)? == 1)
    }

    /// Four bytes behind a constructor's fields.
    pub(crate) fn u32(&self, ctor: Ctor) -> Result<u32, ReadError> {
        let skip = OBJECT + ctor.fields * self.word.bytes();
        Ok(number(self.bytes(ctor.place, skip, 4)?) as u32)
    }

    fn object(
        &mut self,
        value: Value,
        from: Place,
        kind: u8,
        what: &str,
    ) -> Result<Place, ReadError> {
        match value {
            Value::At(place) if self.tag(place)?.0 == kind => Ok(place),
            Value::At(place) => Err(self.error(place, format!("no {what}"))),
            Value::Scalar(_) => Err(self.error(from, format!("no {what}"))),
        }
    }

    pub(crate) fn array(&mut self, value: Value, from: Place) -> Result<Array, ReadError> {
        let place = self.object(value, from, ARRAY, "array")?;
        let len = self.size(place, OBJECT)?;
        Ok(Array { place, len })
    }

    /// An array's element, from 0.
    pub(crate) fn element(&self, array: Array, index: usize) -> Result<Value, ReadError> {
        let word = self.word.bytes();
        self.field(array.place, OBJECT + (2 + index) * word)
    }

    /// A string. Its size in characters, which the file has too, is not believed.
    pub(crate) fn string(&mut self, value: Value, from: Place) -> Result<&'a str, ReadError> {
        let place = self.object(value, from, STRING, "string")?;
        let size = self.size(place, OBJECT)?;
        let bytes = self.bytes(place, OBJECT + 3 * self.word.bytes(), size)?;
        let Some((0, text)) = bytes.split_last() else {
            return Err(self.error(place, "a string without an end"));
        };
        std::str::from_utf8(text).map_err(|_| self.error(place, "a string that is no UTF-8"))
    }

    /// A natural number, and how many bytes it takes beside its word.
    pub(crate) fn nat(&mut self, value: Value, from: Place) -> Result<(Nat, usize), ReadError> {
        if let Value::Scalar(number) = value {
            return Ok((number.into(), 0));
        }
        let place = self.object(value, from, MPZ, "number")?;
        let digits = self.digits(place)?;
        if digits.negative {
            return Err(self.error(place, "a natural number below 0"));
        }
        let start = digits.pointer + self.word.bytes();
        if !self.points_behind(place, digits.pointer, start)? {
            return Err(self.error(place, "a number whose digits are elsewhere"));
        }
        if digits.len > LONGEST_NUMBER {
            let what = format!("a number of more than {LONGEST_NUMBER} bytes");
            return Err(self.error(place, what));
        }
        let digits = self.bytes(place, start, digits.len)?;
        Ok((BigUint::from_bytes_le(digits), digits.len()))
    }

    /// The digits of a number of more than a word. GMP has the sign at the count of its words (`mpz_t`: how many there is
    /// room for, how many there are, a pointer to them), Lean's own a sign, a count of four bytes each, and a pointer.
    fn digits(&self, place: Place) -> Result<Digits, ReadError> {
        let word = self.word.bytes();
        let (negative, count, digit, pointer) = match self.gmp {
            true => {
                let count = number(self.bytes(place, OBJECT + 4, 4)?) as u32 as i32;
                (count < 0, count.unsigned_abs() as usize, word, OBJECT + 8)
            }
            false => {
                let sign = self.bytes(place, OBJECT, 1)?[0];
                let count = self.size(place, OBJECT + word)?;
                (sign != 0, count, 4, OBJECT + 2 * word)
            }
        };
        Ok(Digits {
            negative,
            pointer,
            len: count.saturating_mul(digit),
        })
    }
}
