//! Which rows fit a goal.

use super::file_context::Constructor;
use super::row::Row;
use super::shape::names;
use super::template::TemplateContext;
use unsorry_syntax::DeclarationKind;

impl TemplateContext<'_> {
    pub(super) fn fits(&self, row: &Row) -> bool {
        (row.target.is_empty() || row.target.contains(&self.state.shape))
            && (row.mentions.is_empty() || row.mentions.iter().any(|word| self.mentions(word)))
            && (row.hypothesis.is_empty() || !self.hypotheses(row).is_empty())
            && (row.variable.is_empty() || !self.variables(row).is_empty())
    }

    fn mentions(&self, word: &str) -> bool {
        let facts = self.state.facts().map(|(local, _)| &*local.ty);
        let mut texts = facts.chain([&*self.state.target]);
        if word.chars().all(|c| c.is_alphanumeric() || c == '_') {
            texts.any(|text| names(text).any(|name| name.rsplit('.').next() == Some(word)))
        } else {
            texts.any(|text| text.contains(word))
        }
    }

    pub(super) fn hypotheses(&self, row: &Row) -> Vec<String> {
        let facts = self.state.facts();
        facts
            .filter(|(_, shape)| row.hypothesis.is_empty() || row.hypothesis.contains(shape))
            .map(|(local, _)| local.name.clone())
            .collect()
    }

    pub(super) fn variables(&self, row: &Row) -> Vec<String> {
        let wanted = |ty: &str| {
            let mut groups = row.variable.iter();
            row.variable.is_empty() && self.inductive(ty)
                || groups.any(|group| match &**group {
                    "any" => true,
                    "inductive" => self.inductive(ty),
                    "recursive" => self.recursive(ty),
                    "plain" => self.inductive(ty) && !self.recursive(ty),
                    name => name == ty,
                })
        };
        let values = self.state.values().into_iter();
        values
            .filter(|(_, ty)| wanted(ty))
            .map(|(local, _)| local.name.clone())
            .collect()
    }

    /// Whether it may help to look at a value of this type by its constructors.
    fn inductive(&self, ty: &str) -> bool {
        const NOT: [&str; 19] = [
            "", "Int", "ℤ", "Char", "String", "Float", "Fin", "BitVec", "UInt8", "UInt16",
            "UInt32", "UInt64", "USize", "Array", "Vector", "Rat", "ℚ", "ℝ", "Set",
        ];
        !NOT.contains(&ty)
    }

    /// Whether a value of this type may hold smaller ones of its own.
    fn recursive(&self, ty: &str) -> bool {
        if !self.inductive(ty) || ["Prod", "Subtype", "Sigma"].contains(&ty) {
            return false;
        }
        match self.file.constructors(ty) {
            Some(found) => found.iter().any(Constructor::recurses),
            None => {
                let declared = self.file.find(ty);
                declared.is_none_or(|declared| declared.kind != DeclarationKind::Structure)
            }
        }
    }
}
