//! In which order declarations are written.

use crate::export::units::{Unit, Units};
use crate::{Expr, ExprId, NameId, Terms};

/// All units, each after those it uses.
///
/// Units lead to their expressions, expressions to their parts and to the units of the constants they name. What leads
/// to each other is a component, and Tarjan's algorithm finds them in the order wanted. An inductive type is in one with
/// those expressions that name it and are used by it; two units are only where they use each other, which no kernel
/// accepts of safe ones. Without recursion, and linear: an expression is visited once however many constants have it.
pub(crate) fn order(terms: &Terms, units: &Units) -> Vec<usize> {
    let mut search = Search {
        edges: Edges::new(terms, units),
        met: vec![UNMET; units.len() + terms.counts().2],
        count: UNMET,
        frames: Vec::new(),
        targets: Vec::new(),
        component: Vec::new(),
        order: Vec::new(),
    };
    for unit in 0..units.len() {
        search.run(unit);
    }
    search.order
}

/// In [`Search::met`]: not yet, and in a component that is complete.
const UNMET: u32 = 0;
const COMPLETE: u32 = u32::MAX;

struct Search<'a, 'c> {
    edges: Edges<'a, 'c>,
    /// When each node was met, from 1: units, then expressions.
    met: Vec<u32>,
    count: u32,
    frames: Vec<Frame>,
    /// Where the nodes of `frames` lead to and has not been followed, in their order.
    targets: Vec<usize>,
    /// The nodes whose component is not complete, as they were met.
    component: Vec<usize>,
    order: Vec<usize>,
}

struct Frame {
    node: usize,
    met: u32,
    /// The earliest node of the component that it is known to lead to, by when that was met.
    low: u32,
    /// Where its targets begin.
    targets: usize,
}

impl Search<'_, '_> {
    fn run(&mut self, from: usize) {
        if self.met[from] == UNMET {
            self.enter(from);
        }
        while let Some(frame) = self.frames.last_mut() {
            if self.targets.len() > frame.targets
                && let Some(target) = self.targets.pop()
            {
                match self.met[target] {
                    UNMET => self.enter(target),
                    COMPLETE => {}
                    met => frame.low = frame.low.min(met),
                }
            } else {
                self.leave();
            }
        }
    }

    fn enter(&mut self, node: usize) {
        self.count += 1;
        self.met[node] = self.count;
        self.component.push(node);
        self.frames.push(Frame {
            node,
            met: self.count,
            low: self.count,
            targets: self.targets.len(),
        });
        self.edges.of(node, &mut self.targets);
    }

    fn leave(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        if let Some(before) = self.frames.last_mut() {
            before.low = before.low.min(frame.low);
        }
        if frame.low < frame.met {
            return;
        }
        let start = self.component.iter().rposition(|node| *node == frame.node);
        for node in self.component.drain(start.unwrap_or_default()..) {
            self.met[node] = COMPLETE;
            if node < self.edges.units.len() {
                self.order.push(node);
            }
        }
    }
}

struct Edges<'a, 'c> {
    terms: &'a Terms,
    units: &'a Units<'c>,
    /// What a kernel must know before it sees a literal, and the quotient, of what is given.
    number: Vec<usize>,
    text: Vec<usize>,
    quotient: Vec<usize>,
}

impl<'a, 'c> Edges<'a, 'c> {
    fn new(terms: &'a Terms, units: &'a Units<'c>) -> Edges<'a, 'c> {
        let find = |names: &[&str]| {
            let known = names.iter().filter_map(|name| terms.find_dotted(name));
            known.filter_map(|name| units.of(name)).collect()
        };
        Edges {
            terms,
            units,
            number: find(&["Nat"]),
            // Older Leans have `String.mk`.
            text: find(&["String", "Char.ofNat", "String.ofList", "String.mk"]),
            quotient: find(&["Eq"]),
        }
    }

    /// Appends where a node leads to, the first last.
    fn of(&self, node: usize, targets: &mut Vec<usize>) {
        let before = targets.len();
        let expr = |id: ExprId| self.units.len() + id.0 as usize;
        match node.checked_sub(self.units.len()) {
            None => {
                if let Unit::Quot(_) = self.units.get(node) {
                    targets.extend(&self.quotient);
                }
                let constants = self.units.constants(node);
                targets.extend(constants.flat_map(|constant| constant.exprs()).map(expr));
            }
            Some(id) => {
                let id = ExprId(id as u32);
                let unit = |name: NameId| self.units.of(name);
                match self.terms.expr(id) {
                    Expr::Const(name, _) | Expr::Proj(name, ..) => targets.extend(unit(*name)),
                    Expr::NatLit(_) => targets.extend(&self.number),
                    Expr::StrLit(_) => targets.extend(&self.text),
                    _ => {}
                }
                targets.extend(self.terms.expr(id).children().map(expr));
            }
        }
        targets[before..].reverse();
    }
}
