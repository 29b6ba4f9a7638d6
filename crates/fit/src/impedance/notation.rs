//! Reads both circuit notations into a normalised tree with every element named.

use std::collections::HashSet;

use super::element::ElementKind;
use crate::quality::{Coded, ReasonCode};

/// Largest number of elements of a circuit.
pub const MAX_ELEMENTS: usize = 24;
/// The deepest nesting of brackets.
pub const MAX_NESTING: usize = 12;

/// Why a text is not a circuit. Positions are bytes from 0.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CircuitError {
    /// Only blanks.
    #[error("expected a circuit like `R0-p(R1,CPE1)-CPE2` or `R(RQ)Q`, found nothing")]
    Empty,
    /// An unexpected character in place of an element or a sign.
    #[error("byte {position}: expected {expected}, found {found}")]
    Unexpected {
        /// Position.
        position: usize,
        /// The valid choices.
        expected: String,
        /// The text found, in backticks, or `the end`.
        found: String,
    },
    /// A group without a second member: `p(R1)` is `R1`.
    #[error("byte {position}: expected at least two members in parallel, found {found}")]
    GroupTooSmall {
        /// Position of the beginning of the group.
        position: usize,
        /// Number of its members.
        found: usize,
    },
    /// Two elements share a name.
    #[error("byte {position}: expected each name once, found `{name}` again")]
    DuplicateName {
        /// Position of the second.
        position: usize,
        /// The name.
        name: String,
    },
    /// More elements than [`MAX_ELEMENTS`].
    #[error("byte {position}: expected at most {} elements, found more", MAX_ELEMENTS)]
    TooManyElements {
        /// Position of the first excess element.
        position: usize,
    },
    /// Brackets deeper than [`MAX_NESTING`].
    #[error("byte {position}: expected brackets nested at most {} deep, found more", MAX_NESTING)]
    TooDeep {
        /// Position of the first bracket that is nested too deep.
        position: usize,
    },
}

impl Coded for CircuitError {
    fn code(&self) -> ReasonCode {
        ReasonCode::InvalidCircuit
    }
}

/// A circuit whose elements have names but not yet parameter indices.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Parsed {
    Element { kind: ElementKind, name: String },
    Series(Vec<Parsed>),
    Parallel(Vec<Parsed>),
}

#[derive(Clone, Copy, PartialEq)]
enum Notation {
    /// `R0-p(R1,CPE1)`.
    Dashes,
    /// `R(RQ)`.
    Brackets,
}

#[derive(Clone, Copy, PartialEq)]
enum Group {
    Series,
    Parallel,
}

struct Element {
    kind: ElementKind,
    index: Option<String>,
    position: usize,
}

struct Parser<'a> {
    text: &'a str,
    position: usize,
    elements: Vec<Element>,
}

/// A tree of indices into `Parser::elements`.
enum Tree {
    Element(usize),
    Group(Group, Vec<Tree>),
}

pub(crate) fn parse(text: &str) -> Result<Parsed, CircuitError> {
    let mut parser = Parser { text, position: 0, elements: Vec::new() };
    parser.skip_blanks();
    if parser.peek().is_none() {
        return Err(CircuitError::Empty);
    }
    let tree =
        if text.contains(['-', ',', 'p']) { parser.dashes(0)? } else { parser.brackets(Group::Series, None, 0)? };
    if parser.peek().is_some() {
        let expected = if text.contains(['-', ',', 'p']) { "`-` or the end" } else { "the end" };
        return Err(parser.unexpected(expected.to_owned()));
    }
    let tree = flatten(tree);
    let names = parser.name(&tree)?;
    Ok(resolve(&tree, &parser.elements, &names))
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.position..].chars().next()
    }

    fn skip_blanks(&mut self) {
        while let Some(c) = self.peek().filter(|c| c.is_whitespace()) {
            self.position += c.len_utf8();
        }
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.text[self.position..].starts_with(sign);
        if found {
            self.position += sign.len();
            self.skip_blanks();
        }
        found
    }

    fn unexpected(&self, expected: String) -> CircuitError {
        let found = match self.peek() {
            None => "the end".to_owned(),
            Some(_) => {
                let rest = &self.text[self.position..];
                let end =
                    rest.char_indices().find(|&(k, c)| k > 0 && !c.is_alphanumeric()).map_or(rest.len(), |(k, _)| k);
                let word: String = rest[..end].chars().take(24).collect();
                format!("`{word}`")
            }
        };
        CircuitError::Unexpected { position: self.position, expected, found }
    }

    /// `a-b-p(c,d)`: a series, up to `,`, `)` or the end.
    fn dashes(&mut self, depth: usize) -> Result<Tree, CircuitError> {
        let mut members = vec![self.dashes_member(depth)?];
        while self.take("-") {
            members.push(self.dashes_member(depth)?);
        }
        Ok(Tree::Group(Group::Series, members))
    }

    fn dashes_member(&mut self, depth: usize) -> Result<Tree, CircuitError> {
        let start = self.position;
        if !self.text[start..].starts_with('p') {
            return self.element(Notation::Dashes);
        }
        if depth == MAX_NESTING {
            return Err(CircuitError::TooDeep { position: start });
        }
        self.take("p");
        if !self.take("(") {
            return Err(self.unexpected("`(` after `p`".to_owned()));
        }
        let mut members = vec![self.dashes(depth + 1)?];
        while self.take(",") {
            members.push(self.dashes(depth + 1)?);
        }
        if !self.take(")") {
            return Err(self.unexpected("`-`, `,` or `)`".to_owned()));
        }
        if members.len() < 2 {
            return Err(CircuitError::GroupTooSmall { position: start, found: members.len() });
        }
        Ok(Tree::Group(Group::Parallel, members))
    }

    /// `R(RQ)`: members of one group, up to `close` or the end.
    fn brackets(&mut self, group: Group, close: Option<&str>, depth: usize) -> Result<Tree, CircuitError> {
        let mut members = Vec::new();
        loop {
            let start = self.position;
            if close.map_or(self.peek().is_none(), |sign| self.take(sign)) {
                break;
            }
            let inner = match self.peek() {
                Some('(') if group == Group::Series => Some((Group::Parallel, "(", ")")),
                Some('(') => Some((Group::Series, "(", ")")),
                Some('[') => Some((Group::Series, "[", "]")),
                _ => None,
            };
            let Some((inner, open, end)) = inner else {
                if self.peek().is_none() {
                    let sign = close.unwrap_or_default();
                    return Err(self.unexpected(format!("`{sign}`")));
                }
                members.push(self.element(Notation::Brackets)?);
                continue;
            };
            if depth == MAX_NESTING {
                return Err(CircuitError::TooDeep { position: start });
            }
            self.take(open);
            let tree = self.brackets(inner, Some(end), depth + 1)?;
            if let Tree::Group(kind, inside) = &tree {
                let needed = if *kind == Group::Parallel { 2 } else { 1 };
                if inside.len() < needed {
                    return Err(CircuitError::GroupTooSmall { position: start, found: inside.len() });
                }
            }
            members.push(tree);
        }
        Ok(Tree::Group(group, members))
    }

    fn element(&mut self, notation: Notation) -> Result<Tree, CircuitError> {
        let position = self.position;
        let rest = &self.text[position..];
        let symbol = ElementKind::ALL
            .iter()
            .map(|&kind| (kind, kind.symbol()))
            .chain([(ElementKind::ConstantPhase, "Q")])
            .find(|(_, symbol)| rest.starts_with(symbol));
        let Some((kind, symbol)) = symbol else {
            return Err(self.unexpected(expected_element(notation)));
        };
        let digits = rest[symbol.len()..].bytes().take_while(u8::is_ascii_digit).count();
        let end = symbol.len() + digits;
        // `R1x` or `Cx` in the notation with dashes is a misspelt name, not two elements.
        let glued = rest[end..].chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_');
        if (notation == Notation::Dashes && glued) || digits > 6 {
            return Err(self.unexpected(expected_element(notation)));
        }
        if self.elements.len() == MAX_ELEMENTS {
            return Err(CircuitError::TooManyElements { position });
        }
        let index = (digits > 0).then(|| rest[symbol.len()..end].to_owned());
        self.position += end;
        self.skip_blanks();
        self.elements.push(Element { kind, index, position });
        Ok(Tree::Element(self.elements.len() - 1))
    }

    /// Names every element: as written, otherwise with the first free number.
    fn name(&self, tree: &Tree) -> Result<Vec<String>, CircuitError> {
        let mut taken = HashSet::new();
        let mut names = vec![String::new(); self.elements.len()];
        for (element, name) in self.elements.iter().zip(&mut names) {
            if let Some(index) = &element.index {
                *name = format!("{}{index}", element.kind.symbol());
                if !taken.insert(name.clone()) {
                    return Err(CircuitError::DuplicateName { position: element.position, name: name.clone() });
                }
            }
        }
        let first_resistor = self.elements.iter().position(|e| e.kind == ElementKind::Resistor);
        let in_series = match tree {
            Tree::Element(_) => true,
            Tree::Group(Group::Series, members) => {
                members.iter().any(|m| matches!(m, Tree::Element(k) if Some(*k) == first_resistor))
            }
            Tree::Group(Group::Parallel, _) => false,
        };
        for (element, name) in self.elements.iter().zip(&mut names) {
            if name.is_empty() {
                let symbol = element.kind.symbol();
                let from = usize::from(element.kind != ElementKind::Resistor || !in_series);
                let free = (from..).map(|k| format!("{symbol}{k}")).find(|candidate| !taken.contains(candidate));
                *name = free.unwrap_or_default();
                taken.insert(name.clone());
            }
        }
        Ok(names)
    }
}

fn expected_element(notation: Notation) -> String {
    let mut symbols: Vec<_> = ElementKind::ALL.iter().map(|kind| kind.symbol()).collect();
    symbols.sort_unstable();
    let group = if notation == Notation::Dashes { "`p(`" } else { "`(`" };
    format!("an element ({}, or Q for CPE; each with an optional number) or {group}", symbols.join(", "))
}

/// Merges a series into a series and a parallel into a parallel; drops groups of one.
fn flatten(tree: Tree) -> Tree {
    let Tree::Group(group, members) = tree else { return tree };
    let mut flat = Vec::new();
    for member in members.into_iter().map(flatten) {
        match member {
            Tree::Group(inner, inside) if inner == group => flat.extend(inside),
            other => flat.push(other),
        }
    }
    match (flat.len(), flat.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            flat.extend(last);
            Tree::Group(group, flat)
        }
    }
}

fn resolve(tree: &Tree, elements: &[Element], names: &[String]) -> Parsed {
    match tree {
        Tree::Element(k) => Parsed::Element { kind: elements[*k].kind, name: names[*k].clone() },
        Tree::Group(group, members) => {
            let members = members.iter().map(|m| resolve(m, elements, names)).collect();
            match group {
                Group::Series => Parsed::Series(members),
                Group::Parallel => Parsed::Parallel(members),
            }
        }
    }
}
