//! A module's constants.

use std::collections::HashSet;

use crate::constant::{
    Constant, ConstantKind, Hints, Import, Module, QuotKind, RecursorRule, Safety,
};
use crate::read::decoder::Decoder;
use crate::read::object::Ctor;
use crate::read::region::{Place, Value};
use crate::{ExprId, NameId, ReadError};

impl Decoder<'_, '_> {
    pub(crate) fn module(&mut self) -> Result<Module, ReadError> {
        let root = self.region.root()?;
        let Value::At(place) = root else {
            let place = Place::default();
            return Err(self.region.error(place, "it holds no module"));
        };
        let (_, data) = self.region.ctor(root, place, 0..=0, 5, 1)?;
        let get = |decoder: &Self, field| decoder.region.get(data, field);
        let [imports, names, constants] = [0, 1, 2].map(|field| get(self, field));
        let imports = self.region.array(imports?, place)?;
        let names = self.region.array(names?, place)?;
        let constants = self.region.array(constants?, place)?;
        if names.len != constants.len {
            let what = "the constants have other names in the list of names";
            return Err(self.region.error(place, what));
        }
        let imports = (0..imports.len)
            .map(|index| self.import(self.region.element(imports, index)?, place))
            .collect::<Result<_, _>>()?;
        let mut found = Vec::new();
        let mut known = HashSet::new();
        for index in 0..constants.len {
            let name = self.constant_name(self.region.element(names, index)?, place)?;
            let constant = self.region.element(constants, index)?;
            let (at, constant) = self.constant(constant, place)?;
            if constant.name != name {
                let what = "the constant has another name in the list of names";
                return Err(self.region.error(at, what));
            }
            if !known.insert(name) {
                return Err(self.region.error(at, "a second constant of the same name"));
            }
            found.push(constant);
        }
        Ok(Module {
            lean_version: self.region.header(7..40),
            githash: self.region.header(40..80),
            word: self.region.word,
            is_module: self.region.bool(data, 0)?,
            imports,
            constants: found,
        })
    }

    fn import(&mut self, value: Value, from: Place) -> Result<Import, ReadError> {
        let (_, import) = self.region.ctor(value, from, 0..=0, 1, 3)?;
        Ok(Import {
            module: self.constant_name(self.region.get(import, 0)?, import.place)?,
            import_all: self.region.bool(import, 0)?,
            is_exported: self.region.bool(import, 1)?,
            is_meta: self.region.bool(import, 2)?,
        })
    }

    /// A constant, and where its kind's object is.
    fn constant(&mut self, value: Value, from: Place) -> Result<(Place, Constant), ReadError> {
        let (tag, info) = self.region.ctor(value, from, 0..=7, 1, 0)?;
        // The fields of Lean's `AxiomVal`, `DefinitionVal`, … and the bytes behind them.
        let (fields, bytes) = match tag {
            0 => (1, 1),
            1 => (4, 1),
            2 => (3, 0),
            3 => (3, 1),
            4 => (1, 1),
            5 => (6, 3),
            6 => (5, 1),
            _ => (7, 2),
        };
        let value = self.region.get(info, 0)?;
        let (_, ctor) = self.region.ctor(value, info.place, 0..=0, fields, bytes)?;
        let (_, common) = self
            .region
            .ctor(self.region.get(ctor, 0)?, ctor.place, 0..=0, 3, 0)?;
        let constant = Constant {
            name: self.name_of(common, 0)?,
            level_params: self.names_of(common, 1)?,
            ty: self.expr_of(common, 2)?,
            kind: self.kind(tag, ctor)?,
        };
        Ok((ctor.place, constant))
    }

    fn kind(&mut self, tag: u8, ctor: Ctor) -> Result<ConstantKind, ReadError> {
        Ok(match tag {
            0 => ConstantKind::Axiom {
                is_unsafe: self.region.bool(ctor, 0)?,
            },
            1 => ConstantKind::Definition {
                value: self.expr_of(ctor, 1)?,
                hints: self.hints(self.region.get(ctor, 2)?, ctor.place)?,
                safety: match self.region.byte(ctor, 0, 2)? {
                    0 => Safety::Unsafe,
                    1 => Safety::Safe,
                    _ => Safety::Partial,
                },
                all: self.names_of(ctor, 3)?,
            },
            2 => ConstantKind::Theorem {
                value: self.expr_of(ctor, 1)?,
                all: self.names_of(ctor, 2)?,
            },
            3 => ConstantKind::Opaque {
                value: self.expr_of(ctor, 1)?,
                is_unsafe: self.region.bool(ctor, 0)?,
                all: self.names_of(ctor, 2)?,
            },
            4 => ConstantKind::Quot {
                kind: match self.region.byte(ctor, 0, 3)? {
                    0 => QuotKind::Type,
                    1 => QuotKind::Ctor,
                    2 => QuotKind::Lift,
                    _ => QuotKind::Ind,
                },
            },
            5 => ConstantKind::Inductive {
                num_params: self.small_of(ctor, 1)?,
                num_indices: self.small_of(ctor, 2)?,
                all: self.names_of(ctor, 3)?,
                ctors: self.names_of(ctor, 4)?,
                num_nested: self.small_of(ctor, 5)?,
                is_rec: self.region.bool(ctor, 0)?,
                is_unsafe: self.region.bool(ctor, 1)?,
                is_reflexive: self.region.bool(ctor, 2)?,
            },
            6 => ConstantKind::Constructor {
                induct: self.name_of(ctor, 1)?,
                cidx: self.small_of(ctor, 2)?,
                num_params: self.small_of(ctor, 3)?,
                num_fields: self.small_of(ctor, 4)?,
                is_unsafe: self.region.bool(ctor, 0)?,
            },
            _ => ConstantKind::Recursor {
                all: self.names_of(ctor, 1)?,
                num_params: self.small_of(ctor, 2)?,
                num_indices: self.small_of(ctor, 3)?,
                num_motives: self.small_of(ctor, 4)?,
                num_minors: self.small_of(ctor, 5)?,
                rules: self.list(self.region.get(ctor, 6)?, ctor.place, Self::rule)?,
                k: self.region.bool(ctor, 0)?,
                is_unsafe: self.region.bool(ctor, 1)?,
            },
        })
    }

    fn hints(&mut self, value: Value, from: Place) -> Result<Hints, ReadError> {
        match value {
            Value::Scalar(0) => Ok(Hints::Opaque),
            Value::Scalar(1) => Ok(Hints::Abbrev),
            _ => {
                let (_, regular) = self.region.ctor(value, from, 2..=2, 0, 4)?;
                Ok(Hints::Regular(self.region.u32(regular)?))
            }
        }
    }

    fn rule(&mut self, value: Value, from: Place) -> Result<RecursorRule, ReadError> {
        let (_, rule) = self.region.ctor(value, from, 0..=0, 3, 0)?;
        Ok(RecursorRule {
            ctor: self.name_of(rule, 0)?,
            nfields: self.small_of(rule, 1)?,
            rhs: self.expr_of(rule, 2)?,
        })
    }

    fn name_of(&mut self, ctor: Ctor, field: usize) -> Result<NameId, ReadError> {
        self.name(self.region.get(ctor, field)?, ctor.place)
    }

    fn names_of(&mut self, ctor: Ctor, field: usize) -> Result<Vec<NameId>, ReadError> {
        self.names(self.region.get(ctor, field)?, ctor.place)
    }

    fn small_of(&mut self, ctor: Ctor, field: usize) -> Result<u32, ReadError> {
        self.small(self.region.get(ctor, field)?, ctor.place)
    }

    fn expr_of(&mut self, ctor: Ctor, field: usize) -> Result<ExprId, ReadError> {
        self.expr(self.region.get(ctor, field)?, ctor.place)
    }
}
