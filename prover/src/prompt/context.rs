//! The file above a declaration, cut down to what matters for it.

use std::collections::{HashMap, HashSet};

use unsorry_syntax::keyword::CommandKind;
use unsorry_syntax::{Command, DeclarationKind, Scope, Scopes, Token, commands, lex};

/// A budget of fewer tokens than this is not worth another try.
const MIN_BUDGET_TOKENS: usize = 12;

/// The most declarations in a row that may not fit, before no other is tried.
const MAX_MISFITS: usize = 32;

/// The most steps that names are followed from the goal.
const MAX_STEPS: usize = 3;

/// The text above a declaration.
pub(super) struct File<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    commands: Vec<Command>,
    scopes: Scopes,
}

/// A command that is kept, and whether without its proof.
pub(super) struct Choice {
    command: usize,
    short: bool,
}

impl<'a> File<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let tokens = lex(text);
        let commands = commands(text, &tokens);
        let scopes = Scopes::of(text, &tokens, &commands);
        Self {
            text,
            tokens,
            commands,
            scopes,
        }
    }

    /// Chooses what to keep in `budget` tokens, what matters most first. `around` is the text whose names
    /// matter.
    pub(super) fn choose(
        &self,
        around: &str,
        budget: usize,
        count: &dyn Fn(&str) -> usize,
    ) -> Vec<Choice> {
        let mut chosen: Vec<Choice> = Vec::new();
        let mut left = budget;
        let mut entered: HashSet<usize> = HashSet::new();
        let mut misfits = 0;
        for command in self.ranked(around) {
            if left < MIN_BUDGET_TOKENS || misfits == MAX_MISFITS {
                break;
            }
            let short = is_theorem(self.commands[command].kind);
            let text = self.text_of(command, short);
            // Even the densest text has a token for each sixteen bytes.
            let mut cost = match text.len() / 16 > left {
                true => usize::MAX,
                false => count(&text) + 1,
            };
            let new: Vec<usize> = self
                .scopes
                .around(command)
                .filter(|scope| !entered.contains(scope))
                .collect();
            for scope in &new {
                cost = cost.saturating_add(count(&self.frame(*scope)));
            }
            if cost > left {
                misfits += 1;
                continue;
            }
            misfits = 0;
            left -= cost;
            entered.extend(new);
            entered.extend(self.scopes.opened_by(command));
            chosen.push(Choice { command, short });
        }
        // What is left goes to proofs, the nearest first: they show how things are proved here.
        let mut shortened: Vec<&mut Choice> = chosen.iter_mut().filter(|one| one.short).collect();
        shortened.sort_by_key(|one| std::cmp::Reverse(one.command));
        for choice in shortened.into_iter().take(MAX_MISFITS) {
            let (full, short) = (
                self.text_of(choice.command, false),
                self.text_of(choice.command, true),
            );
            if (full.len() - short.len().min(full.len())) / 16 > left {
                continue;
            }
            let more = count(&full).saturating_sub(count(&short));
            if more <= left {
                left -= more;
                choice.short = false;
            }
        }
        chosen
    }

    /// The text of what was chosen, in the file's order, with the scopes it stands in.
    pub(super) fn render(&self, chosen: &[Choice]) -> String {
        let mut kept: HashMap<usize, bool> = HashMap::new();
        for Choice { command, short } in chosen {
            kept.insert(*command, *short);
            for scope in self.scopes.around(*command) {
                for part in self.frame_of(scope) {
                    kept.insert(part, false);
                }
            }
        }
        let mut order: Vec<(usize, bool)> = kept.into_iter().collect();
        order.sort_unstable();
        let mut out = String::new();
        let mut last = None;
        for (command, short) in order {
            let kind = self.commands[command].kind;
            // Lines of one kind stand together, unless they are declarations.
            if let Some(last) = last {
                out += match last == kind && !is_declaration(kind) {
                    true => "\n",
                    false => "\n\n",
                };
            }
            out += &self.text_of(command, short);
            last = Some(kind);
        }
        if last.is_some() {
            out += "\n\n";
        }
        out
    }

    /// The commands that could be kept, what matters most first.
    fn ranked(&self, around: &str) -> Vec<usize> {
        let is_open = |scope: usize| self.scopes.scopes[scope].end.is_none();
        let in_force = |at: &usize| {
            let open = self.scopes.around(*at).all(is_open);
            match self.commands[*at].kind {
                CommandKind::Header => true,
                CommandKind::Directive | CommandKind::Notation => open,
                CommandKind::Scope | CommandKind::Mutual => {
                    open && self.scopes.opened_by(*at).is_some_and(is_open)
                }
                CommandKind::End => open && self.narrows(*at),
                _ => false,
            }
        };
        let mut ranked: Vec<usize> = (0..self.commands.len()).filter(in_force).collect();
        // Scopes first: what stands in them brings them along.
        ranked.sort_by_key(|at| match self.commands[*at].kind {
            CommandKind::Header => 0,
            CommandKind::Scope | CommandKind::Mutual | CommandKind::End => 1,
            CommandKind::Directive => 2,
            _ => 3,
        });
        let mut seen: HashSet<usize> = ranked.iter().copied().collect();

        let mut named: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut declarations = Vec::new();
        for (at, command) in self.commands.iter().enumerate() {
            if is_declaration(command.kind) {
                declarations.push(at);
                let name = command.name(self.text, &self.tokens);
                let last = name.rsplit('.').next().unwrap_or_default();
                if !last.is_empty() {
                    named.entry(last).or_default().push(at);
                }
            }
        }
        let words = lex(around);
        let mut names_now: Vec<&str> = words.iter().map(|token| token.word(around)).collect();
        let mut direct: HashSet<&str> = HashSet::new();
        for step in 0..MAX_STEPS {
            let mut found: Vec<usize> = Vec::new();
            for name in &names_now {
                for part in name.split('.') {
                    let Some((key, places)) = named.get_key_value(part) else {
                        continue;
                    };
                    if step == 0 {
                        direct.insert(key);
                    }
                    found.extend(places.iter().filter(|at| seen.insert(**at)));
                }
            }
            found.sort_unstable_by(|a, b| b.cmp(a));
            let statements = found.iter().flat_map(|at| self.statement(*at));
            names_now = statements.map(|token| token.word(self.text)).collect();
            ranked.extend(found);
        }
        let (near, far): (Vec<usize>, Vec<usize>) = declarations
            .into_iter()
            .rev()
            .filter(|at| !seen.contains(at))
            .partition(|at| {
                let own = self.statement(*at).iter();
                let mut parts = own.flat_map(|token| token.word(self.text).split('.'));
                parts.any(|part| direct.contains(part))
            });
        ranked.extend(near);
        ranked.extend(far);
        ranked
    }

    /// Whether a command ends a part of the scope that it stands in, such as `B` of `namespace A.B`.
    fn narrows(&self, command: usize) -> bool {
        let inside = self.scopes.inside[command];
        inside.is_some_and(|scope| self.scopes.scopes[scope].narrowed.contains(&command))
    }

    /// The lines that have to stand around whatever is kept of a scope: its first and last, and what holds in
    /// it up to there. A `mutual` is kept whole.
    fn frame_of(&self, scope: usize) -> Vec<usize> {
        let Scope { opener, end, .. } = self.scopes.scopes[scope];
        let whole = self.commands[opener].kind == CommandKind::Mutual;
        let inner = (opener + 1)..end.unwrap_or(opener + 1);
        let kept = inner.filter(|at| {
            let directive = self.commands[*at].kind == CommandKind::Directive;
            self.scopes.inside[*at] == Some(scope) && (whole || directive || self.narrows(*at))
        });
        [opener].into_iter().chain(kept).chain(end).collect()
    }

    fn frame(&self, scope: usize) -> String {
        let parts = self.frame_of(scope).into_iter();
        let texts: Vec<String> = parts.map(|at| self.text_of(at, false)).collect();
        texts.join("\n")
    }

    /// The tokens of a command, but for a theorem's proof.
    fn statement(&self, command: usize) -> &[Token] {
        let Command {
            kind, ref tokens, ..
        } = self.commands[command];
        let end = match is_theorem(kind) {
            true => self.proof(command).unwrap_or(tokens.end),
            false => tokens.end,
        };
        &self.tokens[tokens.start..end]
    }

    /// The token that a theorem's proof starts with, `:=` or `|`, where that is sure.
    fn proof(&self, command: usize) -> Option<usize> {
        let Command {
            keyword,
            ref tokens,
            ..
        } = self.commands[command];
        let mut depth = 0;
        for at in keyword..tokens.end {
            let token = &self.tokens[at];
            match token.text(self.text) {
                // Their `:=` comes first.
                "let" | "have" if depth == 0 => return None,
                ":=" if depth == 0 => return Some(at),
                "|" if depth == 0 && token.first_on_line => return Some(at),
                _ => depth += token.bracket_depth(self.text),
            }
        }
        None
    }

    /// A command's text, `short` with `sorry` for a theorem's proof.
    fn text_of(&self, command: usize, short: bool) -> String {
        let tokens = &self.commands[command].tokens;
        let last = self.tokens[tokens.clone()]
            .iter()
            .rfind(|token| token.is_code());
        let start = self.tokens[tokens.start].range.start;
        let proof = short.then(|| self.proof(command)).flatten();
        match proof {
            Some(proof) => {
                let statement = &self.text[start..self.tokens[proof].range.start];
                format!("{} := by sorry", statement.trim_end())
            }
            None => self.text[start..last.map_or(start, |token| token.range.end)].to_owned(),
        }
    }
}

fn is_declaration(kind: CommandKind) -> bool {
    matches!(kind, CommandKind::Declaration(_) | CommandKind::Alias)
}

fn is_theorem(kind: CommandKind) -> bool {
    use DeclarationKind::{Example, Theorem};
    matches!(kind, CommandKind::Declaration(Theorem | Example))
}
