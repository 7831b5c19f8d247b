//! Lines of declarations.

use std::io::{self, Write};

use crate::NameId;
use crate::constant::{Constant, ConstantKind, Hints, QuotKind, RecursorRule, Safety};
use crate::export::units::Unit;
use crate::export::writer::{Writer, list};

impl<W: Write> Writer<'_, W> {
    /// Writes a declaration whose expressions have been written.
    pub(crate) fn declare(&mut self, unit: &Unit) -> io::Result<()> {
        match unit {
            Unit::Single(constant) => self.line(constant),
            Unit::Quot(parts) => parts.iter().try_for_each(|part| self.line(part)),
            Unit::Inductive { types, ctors, recs } => {
                let types = self.fields_of(types)?;
                let ctors = self.fields_of(ctors)?;
                let recs = self.fields_of(recs)?;
                writeln!(
                    self.out,
                    r#"{{"inductive":{{"types":[{types}],"ctors":[{ctors}],"recs":[{recs}]}}}}"#
                )
            }
        }
    }

    fn line(&mut self, constant: &Constant) -> io::Result<()> {
        let kind = match &constant.kind {
            ConstantKind::Axiom { .. } => "axiom",
            ConstantKind::Definition { .. } => "def",
            ConstantKind::Theorem { .. } => "thm",
            ConstantKind::Opaque { .. } => "opaque",
            ConstantKind::Quot { .. } => "quot",
            ConstantKind::Inductive { .. } => "inductive",
            ConstantKind::Constructor { .. } => "ctor",
            ConstantKind::Recursor { .. } => "rec",
        };
        let fields = self.fields(constant)?;
        writeln!(self.out, r#"{{"{kind}":{{{fields}}}}}"#)
    }

    fn fields_of(&mut self, constants: &[&Constant]) -> io::Result<String> {
        let fields = constants.iter().map(|constant| {
            let fields = self.fields(constant)?;
            Ok(format!("{{{fields}}}"))
        });
        Ok(fields.collect::<io::Result<Vec<String>>>()?.join(","))
    }

    fn fields(&mut self, constant: &Constant) -> io::Result<String> {
        let name = self.name(constant.name)?;
        let params = self.names(&constant.level_params)?;
        for param in &constant.level_params {
            self.level_param(*param)?;
        }
        let ty = self.expr(constant.ty)?;
        let own = match &constant.kind {
            ConstantKind::Axiom { is_unsafe } => format!(r#""isUnsafe":{is_unsafe}"#),
            ConstantKind::Definition {
                value,
                hints,
                safety,
                all,
            } => {
                let (value, all) = (self.expr(*value)?, self.names(all)?);
                let hints = match hints {
                    Hints::Opaque => r#""opaque""#.to_owned(),
                    Hints::Abbrev => r#""abbrev""#.to_owned(),
                    Hints::Regular(height) => format!(r#"{{"regular":{height}}}"#),
                };
                let safety = match safety {
                    Safety::Unsafe => "unsafe",
                    Safety::Safe => "safe",
                    Safety::Partial => "partial",
                };
                format!(r#""value":{value},"hints":{hints},"safety":"{safety}","all":{all}"#)
            }
            ConstantKind::Theorem { value, all } => {
                let (value, all) = (self.expr(*value)?, self.names(all)?);
                format!(r#""value":{value},"all":{all}"#)
            }
            ConstantKind::Opaque {
                value,
                is_unsafe,
                all,
            } => {
                let (value, all) = (self.expr(*value)?, self.names(all)?);
                format!(r#""value":{value},"isUnsafe":{is_unsafe},"all":{all}"#)
            }
            ConstantKind::Quot { kind } => {
                let kind = match kind {
                    QuotKind::Type => "type",
                    QuotKind::Ctor => "ctor",
                    QuotKind::Lift => "lift",
                    QuotKind::Ind => "ind",
                };
                format!(r#""kind":"{kind}""#)
            }
            ConstantKind::Inductive {
                num_params,
                num_indices,
                all,
                ctors,
                num_nested,
                is_rec,
                is_unsafe,
                is_reflexive,
            } => {
                let (all, ctors) = (self.names(all)?, self.names(ctors)?);
                format!(
                    r#""numParams":{num_params},"numIndices":{num_indices},"all":{all},"ctors":{ctors},"numNested":{num_nested},"isRec":{is_rec},"isUnsafe":{is_unsafe},"isReflexive":{is_reflexive}"#
                )
            }
            ConstantKind::Constructor {
                induct,
                cidx,
                num_params,
                num_fields,
                is_unsafe,
            } => {
                let induct = self.name(*induct)?;
                format!(
                    r#""induct":{induct},"cidx":{cidx},"numParams":{num_params},"numFields":{num_fields},"isUnsafe":{is_unsafe}"#
                )
            }
            ConstantKind::Recursor {
                all,
                num_params,
                num_indices,
                num_motives,
                num_minors,
                rules,
                k,
                is_unsafe,
            } => {
                let all = self.names(all)?;
                let rules = rules.iter().map(|rule| self.rule(rule));
                let rules = rules.collect::<io::Result<Vec<String>>>()?.join(",");
                format!(
                    r#""all":{all},"numParams":{num_params},"numIndices":{num_indices},"numMotives":{num_motives},"numMinors":{num_minors},"rules":[{rules}],"k":{k},"isUnsafe":{is_unsafe}"#
                )
            }
        };
        Ok(format!(
            r#""name":{name},"levelParams":{params},"type":{ty},{own}"#
        ))
    }

    fn rule(&mut self, rule: &RecursorRule) -> io::Result<String> {
        let (ctor, nfields, rhs) = (self.name(rule.ctor)?, rule.nfields, self.expr(rule.rhs)?);
        Ok(format!(
            r#"{{"ctor":{ctor},"nfields":{nfields},"rhs":{rhs}}}"#
        ))
    }

    fn names(&mut self, names: &[NameId]) -> io::Result<String> {
        let names = names.iter().map(|name| self.name(*name));
        Ok(list(names.collect::<io::Result<Vec<u32>>>()?))
    }
}
