//! The files of a module, and where in them objects may be.
//!
//! A file is the memory of the Lean that wrote it: after a header, objects with pointers to each other, as they would
//! lie where the header says that the file begins (Lean's `src/library/module.cpp`, `src/runtime/compact.cpp`). The
//! header is `olean`, the format's version, flags (1 byte each), Lean's version (33), its Git commit (40) and that
//! address (a word); the word behind it points to the module. All numbers are little-endian.

use crate::ReadError;
use crate::constant::Word;
use crate::read::table::Table;

/// The bytes of a header before the address.
const BEFORE_ADDRESS: usize = 80;

/// The files of a module.
pub(crate) struct Region<'a> {
    pub(crate) word: Word,
    /// Whether numbers are laid out as GMP does it, or as Lean does it itself.
    pub(super) gmp: bool,
    parts: Vec<Part<'a>>,
    /// The bytes of all files.
    pub(crate) len: usize,
    pub(super) table: Table,
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

impl<'a> Region<'a> {
    /// Reads the headers. The width of words is the one, of 8 bytes and 4, by which the word behind the first file's
    /// header points into that file. By the wrong one it does not: read with 8, a 4-byte Lean's pointer is the upper half
    /// of the address, and an object's header the pointer; read with 4, an 8-byte Lean's pointer is the upper half of its
    /// address, which is too small. A forged file for which both would do is read with 8.
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
        region.table = Table::new(region.words());
        Ok(region)
    }

    fn empty(word: Word, flags: u8) -> Region<'a> {
        Region {
            word,
            gmp: flags == 1,
            parts: Vec::new(),
            len: 0,
            table: Table::new(0),
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

    /// So many bytes, so many behind the place.
    pub(super) fn bytes(
        &self,
        place: Place,
        skip: usize,
        len: usize,
    ) -> Result<&'a [u8], ReadError> {
        let rest = self.parts[place.part].bytes.get(place.offset..);
        let bytes = rest
            .and_then(|rest| rest.get(skip..))
            .and_then(|rest| rest.get(..len));
        bytes.ok_or_else(|| self.error(place, "an object goes beyond the end of the file"))
    }

    /// The word so many bytes behind the place.
    pub(super) fn word(&self, place: Place, skip: usize) -> Result<u64, ReadError> {
        Ok(number(self.bytes(place, skip, self.word.bytes())?))
    }

    /// A size that must be one that this machine could have.
    pub(super) fn size(&self, place: Place, skip: usize) -> Result<usize, ReadError> {
        let size = usize::try_from(self.word(place, skip)?);
        size.ok()
            .filter(|size| *size <= self.len)
            .ok_or_else(|| self.error(place, "an object goes beyond the end of the file"))
    }

    /// Whether the word so many bytes behind the place points to what is `to` bytes behind it.
    pub(super) fn points_behind(
        &self,
        place: Place,
        skip: usize,
        to: usize,
    ) -> Result<bool, ReadError> {
        let offset = (place.offset + to) as u64;
        let address = self.parts[place.part].base.wrapping_add(offset);
        Ok(self.distance(address, self.word(place, skip)?) == 0)
    }

    /// The field so many bytes behind the place.
    pub(super) fn field(&self, place: Place, skip: usize) -> Result<Value, ReadError> {
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
pub(super) fn number(bytes: &[u8]) -> u64 {
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
