//! The objects in a module's files, bounds-checked.
//!
//! A file is the memory of the Lean that wrote it: after a header, objects with pointers to each other, as they would
//! lie where the header says that the file begins (Lean's `src/runtime/compact.cpp`, `src/library/module.cpp`). The
//! word after the header points to the module. All numbers are little-endian. An object begins with 8 bytes: a count of
//! references (4 bytes, 0), its size (2, for constructors), and for a constructor the count of its fields and its number
//! (1 each), else something that depends on its kind, and the kind. Fields are words: a pointer, or with the lowest bit
//! set, a number above it. What is smaller stands behind them, the wider first, as Lean sorts it.

use std::ops::RangeInclusive;

use num_bigint::BigUint;

use crate::constant::Word;
use crate::{Nat, ReadError};

/// The bytes of a header before the address.
const BEFORE_ADDRESS: usize = 80;
/// The bytes with which an object begins.
const OBJECT: usize = 8;
/// The kinds of objects that are no constructors: arrays, strings, numbers of more than a word.
const ARRAY: u8 = 246;
const STRING: u8 = 249;
const MPZ: u8 = 250;
/// The longest number, in bytes: it is shown in decimal, which takes time by the square. No one writes such a literal;
/// Lean has a limit for those it computes (`exponentiation.threshold`).
const LONGEST_NUMBER: usize = 1 << 16;

/// The files of a module.
pub(crate) struct Region<'a> {
    pub(crate) word: Word,
    /// Whether numbers are laid out as GMP does it, or as Lean does it itself.
    gmp: bool,
    parts: Vec<Part<'a>>,
    /// The bytes of all files.
    pub(crate) len: usize,
}

struct Part<'a> {
    bytes: &'a [u8],
    /// The address of its first byte.
    base: u64,
    /// How many words all files before it have.
    words_before: usize,
}

/// Where an object may begin: at a word behind the header of a file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    part: usize,
    offset: usize,
}

/// A word that is a field.
#[derive(Clone, Copy)]
pub(crate) enum Value {
    /// A number, or a constructor without fields.
    Scalar(u64),
    /// An object.
    At(Place),
}

/// A constructor whose fields are all there.
#[derive(Clone, Copy)]
pub(crate) struct Ctor {
    pub(crate) place: Place,
    fields: usize,
}

impl<'a> Region<'a> {
    /// Reads the headers. The width of words is told by the first file: where the module is that the word behind the
    /// header points to, by 8 bytes or by 4, that is in the file just for the right one. (By the wrong one of 8, a 4-byte
    /// Lean's pointer is the upper half of the address, and the header of its first object is the pointer.)
    pub(crate) fn new(files: &[&'a [u8]]) -> Result<Region<'a>, ReadError> {
        let headers = files.iter().enumerate();
        let flags = headers
            .map(|(part, bytes)| flags(bytes).map_err(|what| error(part, 0, what)))
            .collect::<Result<Vec<u8>, ReadError>>()?;
        let Some((&first, &flag)) = files.first().zip(flags.first()) else {
            return Err(error(0, 0, "there is no file"));
        };
        if let Some(part) = files
            .iter()
            .position(|bytes| bytes[..BEFORE_ADDRESS] != first[..BEFORE_ADDRESS])
        {
            return Err(error(part, 0, "another Lean wrote it than the first file"));
        }
        let word = [Word::Eight, Word::Four].into_iter().find(|word| {
            let mut region = Region::empty(*word, flag);
            region.push(first).is_ok() && matches!(region.root(), Ok(Value::At(_)))
        });
        let Some(word) = word else {
            let what = "it points to no module within itself, with words of 8 bytes or of 4";
            return Err(error(0, BEFORE_ADDRESS, what));
        };
        let mut region = Region::empty(word, flag);
        for bytes in files {
            region.push(bytes)?;
        }
        Ok(region)
    }

    fn empty(word: Word, flags: u8) -> Region<'a> {
        Region {
            word,
            gmp: flags == 1,
            parts: Vec::new(),
            len: 0,
        }
    }

    fn push(&mut self, bytes: &'a [u8]) -> Result<(), ReadError> {
        let part = self.parts.len();
        let header = BEFORE_ADDRESS + 2 * self.word.bytes();
        if bytes.len() < header {
            return Err(error(part, 0, "it is cut short"));
        }
        let base = number(&bytes[BEFORE_ADDRESS..][..self.word.bytes()]);
        for other in &self.parts {
            let from_other = self.distance(other.base, base) < other.bytes.len() as u64;
            if from_other || self.distance(base, other.base) < bytes.len() as u64 {
                return Err(error(part, BEFORE_ADDRESS, "two files share an address"));
            }
        }
        let words_before = self.words();
        self.len += bytes.len();
        self.parts.push(Part {
            bytes,
            base,
            words_before,
        });
        Ok(())
    }

    /// How many words all files have, each rounded up.
    pub(crate) fn words(&self) -> usize {
        let last = self.parts.last();
        last.map_or(0, |part| {
            part.words_before + part.bytes.len().div_ceil(self.word.bytes())
        })
    }

    /// Which word of all files a place is, from 0.
    pub(crate) fn index(&self, place: Place) -> usize {
        self.parts[place.part].words_before + place.offset / self.word.bytes()
    }

    /// The bytes from one address to another. Addresses go round, as a Lean of 4 bytes chooses any.
    fn distance(&self, from: u64, to: u64) -> u64 {
        let mask = match self.word {
            Word::Four => u64::from(u32::MAX),
            Word::Eight => u64::MAX,
        };
        to.wrapping_sub(from) & mask
    }

    /// The text of the header at these bytes, without what fills it up.
    pub(crate) fn header(&self, bytes: std::ops::Range<usize>) -> String {
        let text = self
            .parts
            .first()
            .map_or(&[][..], |part| &part.bytes[bytes]);
        let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    }

    /// What the last file is about.
    pub(crate) fn root(&self) -> Result<Value, ReadError> {
        let part = self.parts.len().saturating_sub(1);
        let offset = BEFORE_ADDRESS + self.word.bytes();
        self.field(Place { part, offset }, 0)
    }

    /// The error that `what` is wrong with what is at `place`.
    pub(crate) fn error(&self, place: Place, what: impl Into<String>) -> ReadError {
        error(place.part, place.offset, what)
    }

    fn bytes(&self, place: Place, skip: usize, len: usize) -> Result<&'a [u8], ReadError> {
        let rest = self.parts[place.part].bytes.get(place.offset..);
        let bytes = rest
            .and_then(|rest| rest.get(skip..))
            .and_then(|rest| rest.get(..len));
        bytes.ok_or_else(|| self.error(place, "an object goes beyond the end of the file"))
    }

    /// The word so many bytes behind the place.
    fn word(&self, place: Place, skip: usize) -> Result<u64, ReadError> {
        Ok(number(self.bytes(place, skip, self.word.bytes())?))
    }

    /// A size that must be one that this machine could have.
    fn size(&self, place: Place, skip: usize) -> Result<usize, ReadError> {
        let size = usize::try_from(self.word(place, skip)?);
        size.ok()
            .filter(|size| *size <= self.len)
            .ok_or_else(|| self.error(place, "an object goes beyond the end of the file"))
    }

    fn field(&self, place: Place, skip: usize) -> Result<Value, ReadError> {
        let word = self.word(place, skip)?;
        if word & 1 == 1 {
            return Ok(Value::Scalar(word >> 1));
        }
        let header = (BEFORE_ADDRESS + 2 * self.word.bytes()) as u64;
        for (part, file) in self.parts.iter().enumerate() {
            let offset = self.distance(file.base, word);
            if offset < file.bytes.len() as u64 {
                let offset = Some(offset)
                    .filter(|offset| *offset >= header && offset % self.word.bytes() as u64 == 0)
                    .and_then(|offset| usize::try_from(offset).ok());
                let offset = offset.ok_or_else(|| self.error(place, "a pointer to no object"))?;
                return Ok(Value::At(Place { part, offset }));
            }
        }
        Err(self.error(place, "a pointer out of the files"))
    }

    /// The kind of an object, a constructor's number where it is one, and the count of a constructor's fields.
    pub(crate) fn tag(&self, place: Place) -> Result<(u8, usize), ReadError> {
        let header = self.bytes(place, 0, OBJECT)?;
        Ok((header[7], usize::from(header[6])))
    }

    /// The constructor at a place, which must have so many fields, and so many bytes behind them.
    pub(crate) fn ctor_at(
        &self,
        place: Place,
        fields: usize,
        bytes: usize,
    ) -> Result<Ctor, ReadError> {
        let (tag, found) = self.tag(place)?;
        let header = self.bytes(place, 0, OBJECT)?;
        let size = OBJECT + fields * self.word.bytes() + bytes;
        let told = usize::from(u16::from_le_bytes([header[4], header[5]]));
        if tag >= ARRAY || found != fields || told < size {
            let what = format!("an object of another shape than {fields} fields and {bytes} bytes");
            return Err(self.error(place, what));
        }
        self.bytes(place, 0, told)?;
        Ok(Ctor { place, fields })
    }

    /// The constructor `number` that a field holds; see [`Region::ctor_at`].
    pub(crate) fn ctor(
        &self,
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
            return Err(self.error(place, format!("an object of an unexpected kind, {tag}")));
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

    fn object(&self, value: Value, from: Place, kind: u8, what: &str) -> Result<Place, ReadError> {
        match value {
            Value::At(place) if self.tag(place)?.0 == kind => Ok(place),
            Value::At(place) => Err(self.error(place, format!("no {what}"))),
            Value::Scalar(_) => Err(self.error(from, format!("no {what}"))),
        }
    }

    /// The elements of an array, whose words are all there.
    pub(crate) fn array(
        &self,
        value: Value,
        from: Place,
    ) -> Result<impl ExactSizeIterator<Item = Result<Value, ReadError>>, ReadError> {
        let place = self.object(value, from, ARRAY, "array")?;
        let word = self.word.bytes();
        let size = self.size(place, OBJECT)?;
        let elements = OBJECT + 2 * word;
        self.bytes(place, elements, size.saturating_mul(word))?;
        Ok((0..size).map(move |index| self.field(place, elements + index * word)))
    }

    /// A string. Its size in characters, which the file has too, is not believed.
    pub(crate) fn string(&self, value: Value, from: Place) -> Result<&'a str, ReadError> {
        let place = self.object(value, from, STRING, "string")?;
        let size = self.size(place, OBJECT)?;
        let bytes = self.bytes(place, OBJECT + 3 * self.word.bytes(), size)?;
        let Some((0, text)) = bytes.split_last() else {
            return Err(self.error(place, "a string without an end"));
        };
        std::str::from_utf8(text).map_err(|_| self.error(place, "a string that is no UTF-8"))
    }

    /// A natural number, and how many bytes it takes beside its word.
    pub(crate) fn nat(&self, value: Value, from: Place) -> Result<(Nat, usize), ReadError> {
        if let Value::Scalar(number) = value {
            return Ok((number.into(), 0));
        }
        let place = self.object(value, from, MPZ, "number")?;
        let word = self.word.bytes();
        // GMP has the sign at the count of its words (`mpz_t`: how many there is room for, how many there are, a pointer
        // to them), Lean's own a sign, a count of four bytes each, and a pointer.
        let (negative, count, digit, pointer) = match self.gmp {
            true => {
                let count = number(self.bytes(place, OBJECT + 4, 4)?) as u32 as i32;
                (count < 0, count as usize, word, OBJECT + 8)
            }
            false => {
                let sign = self.bytes(place, OBJECT, 1)?[0];
                let count = self.size(place, OBJECT + word)?;
                (sign != 0, count, 4, OBJECT + 2 * word)
            }
        };
        if negative {
            return Err(self.error(place, "a natural number below 0"));
        }
        let start = pointer + word;
        let own = self.parts[place.part]
            .base
            .wrapping_add((place.offset + start) as u64);
        if self.distance(own, self.word(place, pointer)?) != 0 {
            return Err(self.error(place, "a number whose digits are elsewhere"));
        }
        let digits = self.bytes(place, start, count.saturating_mul(digit))?;
        if digits.len() > LONGEST_NUMBER {
            let what = format!("a number of more than {LONGEST_NUMBER} bytes");
            return Err(self.error(place, what));
        }
        Ok((BigUint::from_bytes_le(digits), digits.len()))
    }
}

/// Checks what a header begins with; gives its flags.
fn flags(bytes: &[u8]) -> Result<u8, String> {
    if bytes.len() < BEFORE_ADDRESS || !bytes.starts_with(b"olean") {
        return Err("it does not begin as one".to_owned());
    }
    match (bytes[5], bytes[6]) {
        (2, flags @ 0..=1) => Ok(flags),
        (2, flags) => Err(format!("the format's flags {flags:#b} are not known here")),
        (version, _) => Err(format!(
            "the format's version {version} is not known here, only 2 (Lean 4.26 and newer)"
        )),
    }
}

/// A little-endian number of up to 8 bytes.
fn number(bytes: &[u8]) -> u64 {
    let digits = bytes.iter().rev();
    digits.fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn error(part: usize, offset: usize, what: impl Into<String>) -> ReadError {
    ReadError {
        what: what.into(),
        part,
        offset,
    }
}
