//! Lines of names, levels and expressions, each written once.

use std::io::{self, Write};

use crate::post_order::{Graph, State, post_order};
use crate::{BinderInfo, Expr, ExprId, Level, LevelId, Name, NameId, Terms};

/// The version of the format that is written.
const FORMAT: &str = "3.1.0";

/// What has been written, and where to.
pub(crate) struct Writer<'t, W> {
    terms: &'t Terms,
    pub(crate) out: W,
    names: Numbers,
    levels: Numbers,
    exprs: Numbers,
}

/// The numbers that names, levels or expressions have in the text, by their ids.
struct Numbers {
    numbers: Vec<u32>,
    next: u32,
}

impl Numbers {
    /// In `numbers`, where there is none.
    const NEW: u32 = u32::MAX;
    const OPEN: u32 = u32::MAX - 1;

    fn new(count: usize, next: u32) -> Numbers {
        let numbers = vec![Numbers::NEW; count];
        Numbers { numbers, next }
    }

    fn state(&self, id: u32) -> State {
        match self.numbers[id as usize] {
            Numbers::NEW => State::New,
            Numbers::OPEN => State::Open,
            _ => State::Done,
        }
    }

    fn open(&mut self, id: u32) {
        self.numbers[id as usize] = Numbers::OPEN;
    }

    /// The number of an id that has none yet.
    fn assign(&mut self, id: u32) -> u32 {
        self.numbers[id as usize] = self.next;
        self.next += 1;
        self.next - 1
    }
}

impl<'t, W: Write> Writer<'t, W> {
    pub(crate) fn new(terms: &'t Terms, out: W) -> Writer<'t, W> {
        let (names, levels, exprs) = terms.counts();
        let mut writer = Writer {
            terms,
            out,
            names: Numbers::new(names, 0),
            levels: Numbers::new(levels, 0),
            exprs: Numbers::new(exprs, 0),
        };
        // These have a number without a line.
        writer.names.assign(NameId::ANONYMOUS.0);
        writer.levels.assign(LevelId::ZERO.0);
        writer
    }

    pub(crate) fn meta(&mut self, version: &str, githash: &str) -> io::Result<()> {
        let own = env!("CARGO_PKG_VERSION");
        let (version, githash) = (json(version)?, json(githash)?);
        writeln!(
            self.out,
            r#"{{"meta":{{"exporter":{{"name":"unsorry","version":"{own}"}},"lean":{{"version":{version},"githash":{githash}}},"format":{{"version":"{FORMAT}"}}}}}}"#
        )
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The number of a name, which is written first where it has none.
    pub(crate) fn name(&mut self, name: NameId) -> io::Result<u32> {
        let mut new = Vec::new();
        let mut rest = name;
        while self.names.state(rest.0) == State::New {
            new.push(rest);
            match self.terms.name(rest) {
                Name::Anonymous => break,
                Name::Str(prefix, _) | Name::Num(prefix, _) => rest = *prefix,
            }
        }
        for name in new.into_iter().rev() {
            let number = self.names.assign(name.0);
            let known = |prefix: NameId| self.names.numbers[prefix.0 as usize];
            match self.terms.name(name) {
                Name::Anonymous => {}
                Name::Str(prefix, text) => {
                    let (prefix, text) = (known(*prefix), json(text)?);
                    writeln!(
                        self.out,
                        r#"{{"str":{{"pre":{prefix},"str":{text}}},"in":{number}}}"#
                    )?;
                }
                Name::Num(prefix, index) => {
                    let prefix = known(*prefix);
                    writeln!(
                        self.out,
                        r#"{{"num":{{"pre":{prefix},"i":{index}}},"in":{number}}}"#
                    )?;
                }
            }
        }
        Ok(self.names.numbers[name.0 as usize])
    }

    /// The number of a level, which is written first where it has none.
    pub(crate) fn level(&mut self, level: LevelId) -> io::Result<u32> {
        post_order(&mut Levels(self), level)?;
        Ok(self.level_number(level))
    }

    fn level_number(&self, level: LevelId) -> u32 {
        self.levels.numbers[level.0 as usize]
    }

    /// The level that is a parameter, of which some kernels want to have read.
    pub(crate) fn level_param(&mut self, name: NameId) -> io::Result<()> {
        if let Some(level) = self.terms.find_level(&Level::Param(name)) {
            self.level(level)?;
        }
        Ok(())
    }

    /// Writes an expression with all that it consists of, as far as that has not been.
    pub(crate) fn expr(&mut self, expr: ExprId) -> io::Result<u32> {
        post_order(&mut Exprs(self), expr)?;
        Ok(self.expr_number(expr))
    }

    fn expr_number(&self, expr: ExprId) -> u32 {
        self.exprs.numbers[expr.0 as usize]
    }

    fn write_level(&mut self, level: LevelId) -> io::Result<()> {
        let value = match *self.terms.level(level) {
            Level::Zero => return Ok(()),
            Level::Succ(of) => format!(r#""succ":{}"#, self.level_number(of)),
            Level::Max(a, b) => {
                format!(
                    r#""max":[{},{}]"#,
                    self.level_number(a),
                    self.level_number(b)
                )
            }
            Level::IMax(a, b) => {
                format!(
                    r#""imax":[{},{}]"#,
                    self.level_number(a),
                    self.level_number(b)
                )
            }
            Level::Param(name) => format!(r#""param":{}"#, self.name(name)?),
        };
        let number = self.levels.assign(level.0);
        writeln!(self.out, r#"{{{value},"il":{number}}}"#)
    }

    fn write_expr(&mut self, expr: ExprId) -> io::Result<()> {
        let known = |writer: &Self, expr: &ExprId| writer.expr_number(*expr);
        let value = match self.terms.expr(expr) {
            Expr::BVar(index) => format!(r#""bvar":{index}"#),
            Expr::Sort(level) => format!(r#""sort":{}"#, self.level(*level)?),
            Expr::Const(name, levels) => {
                let name = self.name(*name)?;
                let levels = levels.iter().map(|level| self.level(*level));
                let levels = list(levels.collect::<io::Result<Vec<u32>>>()?);
                format!(r#""const":{{"name":{name},"us":{levels}}}"#)
            }
            Expr::App(function, argument) => {
                let (function, argument) = (known(self, function), known(self, argument));
                format!(r#""app":{{"fn":{function},"arg":{argument}}}"#)
            }
            Expr::Lam {
                name,
                info,
                ty,
                body,
            } => self.binder("lam", *name, *info, *ty, *body)?,
            Expr::Forall {
                name,
                info,
                ty,
                body,
            } => self.binder("forallE", *name, *info, *ty, *body)?,
            Expr::Let {
                name,
                ty,
                value,
                body,
                ..
            } => {
                let name = self.name(*name)?;
                let (ty, value, body) = (known(self, ty), known(self, value), known(self, body));
                // As lean4export has it: two expressions that differ in this alone are one to a kernel.
                format!(
                    r#""letE":{{"name":{name},"type":{ty},"value":{value},"body":{body},"nondep":false}}"#
                )
            }
            Expr::NatLit(number) => format!(r#""natVal":"{number}""#),
            Expr::StrLit(text) => format!(r#""strVal":{}"#, json(text)?),
            Expr::Proj(structure, field, of) => {
                let (structure, of) = (self.name(*structure)?, known(self, of));
                format!(r#""proj":{{"typeName":{structure},"idx":{field},"struct":{of}}}"#)
            }
        };
        let number = self.exprs.assign(expr.0);
        writeln!(self.out, r#"{{{value},"ie":{number}}}"#)
    }

    fn binder(
        &mut self,
        kind: &str,
        name: NameId,
        info: BinderInfo,
        ty: ExprId,
        body: ExprId,
    ) -> io::Result<String> {
        let name = self.name(name)?;
        let (ty, body) = (self.expr_number(ty), self.expr_number(body));
        let info = match info {
            BinderInfo::Default => "default",
            BinderInfo::Implicit => "implicit",
            BinderInfo::StrictImplicit => "strictImplicit",
            BinderInfo::InstImplicit => "instImplicit",
        };
        Ok(format!(
            r#""{kind}":{{"name":{name},"type":{ty},"body":{body},"binderInfo":"{info}"}}"#
        ))
    }
}

/// A JSON string.
fn json(text: &str) -> io::Result<String> {
    Ok(serde_json::to_string(text)?)
}

/// A JSON list.
pub(crate) fn list(numbers: impl IntoIterator<Item = u32>) -> String {
    let numbers: Vec<String> = numbers
        .into_iter()
        .map(|number| number.to_string())
        .collect();
    format!("[{}]", numbers.join(","))
}

struct Levels<'w, 't, W>(&'w mut Writer<'t, W>);

impl<W: Write> Graph for Levels<'_, '_, W> {
    type Node = LevelId;
    type Error = io::Error;

    fn state(&self, level: LevelId) -> State {
        self.0.levels.state(level.0)
    }

    fn open(&mut self, level: LevelId, children: &mut Vec<LevelId>) -> io::Result<()> {
        self.0.levels.open(level.0);
        match *self.0.terms.level(level) {
            Level::Zero | Level::Param(_) => {}
            Level::Succ(of) => children.push(of),
            Level::Max(a, b) | Level::IMax(a, b) => children.extend([a, b]),
        }
        Ok(())
    }

    fn on_cycle(&mut self, _: LevelId) -> io::Result<()> {
        unreachable!("a level consists of levels that were there before it")
    }

    fn close(&mut self, level: LevelId) -> io::Result<()> {
        self.0.write_level(level)
    }
}

struct Exprs<'w, 't, W>(&'w mut Writer<'t, W>);

impl<W: Write> Graph for Exprs<'_, '_, W> {
    type Node = ExprId;
    type Error = io::Error;

    fn state(&self, expr: ExprId) -> State {
        self.0.exprs.state(expr.0)
    }

    fn open(&mut self, expr: ExprId, children: &mut Vec<ExprId>) -> io::Result<()> {
        self.0.exprs.open(expr.0);
        children.extend(self.0.terms.expr(expr).children());
        Ok(())
    }

    fn on_cycle(&mut self, _: ExprId) -> io::Result<()> {
        unreachable!("an expression consists of expressions that were there before it")
    }

    fn close(&mut self, expr: ExprId) -> io::Result<()> {
        self.0.write_expr(expr)
    }
}
