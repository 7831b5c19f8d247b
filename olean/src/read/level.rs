//! Universe levels.

use crate::post_order::{Graph, State, post_order};
use crate::read::decoder::Decoder;
use crate::read::object::Ctor;
use crate::read::region::{Place, Value};
use crate::read::table::Kind;
use crate::{Level, LevelId, ReadError};

/// How deep a level may be nested. Lean's kernel has 24 bits for it, and no way to go on beyond.
const DEEPEST_LEVEL: u32 = 1 << 16;

impl Decoder<'_, '_> {
    pub(crate) fn level(&mut self, value: Value, from: Place) -> Result<LevelId, ReadError> {
        let place = match value {
            Value::Scalar(0) => return Ok(LevelId::ZERO),
            Value::Scalar(_) => return Err(self.region.error(from, "no level")),
            Value::At(place) => place,
        };
        post_order(&mut Levels(self), place)?;
        let id = self.known(Kind::Level, place);
        id.map(LevelId)
            .ok_or_else(|| self.region.error(place, "no level"))
    }

    /// A level's constructor: its number, and how many of its fields are levels.
    fn level_ctor(&mut self, place: Place) -> Result<(u8, Ctor, usize), ReadError> {
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
                let id = self.known(Kind::Level, at);
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
        let level = self.terms.intern_level(level);
        if self.terms.level_depth(level) > DEEPEST_LEVEL {
            let what = format!("a level that is nested more than {DEEPEST_LEVEL} deep");
            return Err(self.region.error(place, what));
        }
        Ok(level)
    }
}

struct Levels<'d, 'a, 't>(&'d mut Decoder<'a, 't>);

impl Graph for Levels<'_, '_, '_> {
    type Node = Place;
    type Error = ReadError;

    fn state(&self, place: Place) -> State {
        self.0.state(Kind::Level, place)
    }

    fn open(&mut self, place: Place, children: &mut Vec<Place>) -> Result<(), ReadError> {
        let (_, ctor, levels) = self.0.level_ctor(place)?;
        for field in 0..levels {
            if let Value::At(child) = self.0.region.get(ctor, field)? {
                children.push(child);
            }
        }
        self.0.open(place)
    }

    fn on_cycle(&mut self, place: Place) -> Result<(), ReadError> {
        Err(self
            .0
            .region
            .error(place, "a level that is a part of itself"))
    }

    fn close(&mut self, place: Place) -> Result<(), ReadError> {
        let level = self.0.build_level(place)?;
        self.0.close(Kind::Level, place, level.0);
        Ok(())
    }
}
