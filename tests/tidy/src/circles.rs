//! Circles: files of a crate that import each other in a ring cannot be understood one at a time.
//!
//! Imports are read from the text: `use` trees and paths such as `super::axis::Range`, followed through re-exports to the
//! file that defines the item. Modules inside a file and code for tests do not count.

use std::collections::{BTreeMap, BTreeSet};

use crate::repository::{ProjectFile, files, report};
use crate::tokens::{Token, code};

/// Most files that may import each other in a ring: a module and two of its parts.
const LARGEST: usize = 3;

/// A module: its path below the crate (`[]` for `lib.rs`).
type Module = Vec<String>;

/// What a file defines and imports.
#[derive(Debug, Default)]
struct Source {
    path: String,
    /// Names of the items that the file declares.
    items: BTreeSet<String>,
    /// Imported names, with the path each stands for.
    imports: BTreeMap<String, Vec<String>>,
    /// Modules of which everything is imported.
    globs: Vec<Vec<String>>,
    /// Every path that the code writes, imports included.
    paths: BTreeSet<Vec<String>>,
}

/// The module that a file holds, by its path below `src/`.
fn module(below_src: &str) -> Module {
    let path = below_src.strip_suffix(".rs").unwrap_or(below_src);
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    if matches!(parts.last().map(String::as_str), Some("lib" | "main" | "mod")) {
        parts.pop();
    }
    parts
}

impl Source {
    fn read(path: &str, text: &str) -> Self {
        const DEFINING: [&str; 9] =
            ["fn", "struct", "enum", "trait", "const", "static", "type", "union", "macro_rules"];
        let tokens = code(text);
        let mut source = Self { path: path.to_owned(), ..Self::default() };
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                Token::Word(word) if word == "use" => {
                    at = source.use_tree(&tokens, at + 1, &[]);
                    continue;
                }
                Token::Word(word) if DEFINING.contains(&word.as_str()) => {
                    let skip = usize::from(matches!(tokens.get(at + 1), Some(Token::Sign('!'))));
                    if let Some(Token::Word(name)) = tokens.get(at + 1 + skip) {
                        source.items.insert(name.clone());
                    }
                }
                Token::Word(word) => {
                    let mut path = vec![word.clone()];
                    while let (Some(Token::Colons), Some(Token::Word(next))) = (tokens.get(at + 1), tokens.get(at + 2))
                    {
                        path.push(next.clone());
                        at += 2;
                    }
                    if path.len() > 1 {
                        source.paths.insert(path);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        source
    }

    /// Reads one branch of a `use` tree behind `before`; returns the place behind it.
    fn use_tree(&mut self, tokens: &[Token], mut at: usize, before: &[String]) -> usize {
        let mut path = before.to_vec();
        loop {
            match tokens.get(at) {
                Some(Token::Word(word)) => path.push(word.clone()),
                Some(Token::Sign('{')) => {
                    at += 1;
                    while !matches!(tokens.get(at), None | Some(Token::Sign('}'))) {
                        at = self.use_tree(tokens, at, &path);
                        if matches!(tokens.get(at), Some(Token::Sign(','))) {
                            at += 1;
                        }
                    }
                    return at + 1;
                }
                Some(Token::Sign('*')) => {
                    self.globs.push(path);
                    return at + 1;
                }
                _ => return at + 1,
            }
            at += 1;
            match tokens.get(at) {
                Some(Token::Colons) => at += 1,
                end => {
                    if path.last().is_some_and(|last| last == "self") {
                        path.pop();
                    }
                    let mut name = path.last().cloned().unwrap_or_default();
                    if matches!(end, Some(Token::Word(word)) if word == "as") {
                        if let Some(Token::Word(alias)) = tokens.get(at + 1) {
                            name.clone_from(alias);
                        }
                        at += 2;
                    }
                    self.paths.insert(path.clone());
                    self.imports.insert(name, path);
                    return at;
                }
            }
        }
    }
}

/// A crate: its files by module.
type Crate = BTreeMap<Module, Source>;

/// The module that defines what `path`, written in `here`, names; `None` where it is no item of this crate.
fn defines(all: &Crate, here: &[String], path: &[String], depth: usize) -> Option<Module> {
    let (first, mut rest) = path.split_first()?;
    if depth > 8 {
        return None;
    }
    let mut place = match first.as_str() {
        "crate" => Module::new(),
        "self" => here.to_vec(),
        "super" => here.split_last()?.1.to_vec(),
        name => {
            let child = [here, &[name.to_owned()]].concat();
            if all.contains_key(&child) {
                child
            } else {
                let import = all.get(here)?.imports.get(name)?;
                if import.first().is_some_and(|first| first == name) {
                    return None;
                }
                return defines(all, here, &[import.as_slice(), rest].concat(), depth + 1);
            }
        }
    };
    while let Some((next, behind)) = rest.split_first() {
        if next == "super" {
            place.pop();
            rest = behind;
            continue;
        }
        let child = [place.as_slice(), std::slice::from_ref(next)].concat();
        if all.contains_key(&child) {
            place = child;
            rest = behind;
            continue;
        }
        let source = all.get(&place)?;
        if source.items.contains(next) {
            return Some(place);
        }
        if let Some(import) = source.imports.get(next) {
            return defines(all, &place, &[import.as_slice(), behind].concat(), depth + 1);
        }
        let through = |glob: &Vec<String>| defines(all, &place, &[glob.as_slice(), rest].concat(), depth + 1);
        return source.globs.iter().find_map(through);
    }
    None
}

/// Which file takes something from which.
fn edges(all: &Crate) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (module, source) in all {
        let used = source.paths.iter().filter_map(|path| defines(all, module, path, 0));
        let files = used.map(|module| all[&module].path.as_str()).filter(|path| *path != source.path);
        edges.entry(&source.path).or_default().extend(files);
    }
    edges
}

fn reached<'a>(edges: &BTreeMap<&'a str, BTreeSet<&'a str>>, from: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut waiting) = (BTreeSet::new(), vec![from]);
    while let Some(file) = waiting.pop() {
        waiting.extend(edges.get(file).into_iter().flatten().filter(|used| reached.insert(**used)));
    }
    reached
}

/// Sets of files of which each imports every other, directly or through others.
fn circles<'a>(edges: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<BTreeSet<&'a str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = edges.keys().map(|file| (*file, reached(edges, file))).collect();
    let mut circles = BTreeSet::new();
    for (file, of_file) in &reached {
        let circle: BTreeSet<&str> = of_file
            .iter()
            .copied()
            .filter(|other| reached.get(other).is_some_and(|back| back.contains(file)))
            .collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles
}

fn crates(files: &[ProjectFile]) -> BTreeMap<String, Crate> {
    let mut crates: BTreeMap<String, Crate> = BTreeMap::new();
    for file in files.iter().filter(|file| file.extension() == "rs") {
        let Some(room) = file.folder_in("crates") else { continue };
        let Some(below) = file.path.strip_prefix(&format!("crates/{room}/src/")) else { continue };
        let source = Source::read(&file.path, &file.text().unwrap_or_default());
        crates.entry(room.to_owned()).or_default().insert(module(below), source);
    }
    crates
}

#[test]
fn no_more_than_three_files_import_each_other_in_a_cycle() {
    let mut problems = Vec::new();
    for all in crates(&files()).values() {
        let edges = edges(all);
        assert!(all.len() < 4 || edges.values().any(|used| !used.is_empty()), "expected imports, found none");
        for circle in circles(&edges).iter().filter(|circle| circle.len() > LARGEST) {
            problems.push(format!("{} files import each other:", circle.len()));
            for file in circle {
                let used: Vec<&str> = edges[file].intersection(circle).copied().collect();
                problems.push(format!("  {file} uses {}", used.join(", ")));
            }
        }
    }
    report(&problems, "move what both sides need into a file below them");
}

#[cfg(test)]
fn example(files: &[(&str, &str)]) -> Crate {
    files.iter().map(|(path, text)| (module(path), Source::read(path, text))).collect()
}

#[test]
fn imports_are_followed_through_re_exports_aliases_and_globs() {
    let all = example(&[
        ("lib.rs", "mod a;\nmod b;\nmod c;\npub use b::Inner as Outer;\npub use c::*;"),
        ("a.rs", "use crate::{Outer, Far};\nuse super::b as bee;\nfn f() { bee::make(); }"),
        ("b.rs", "pub struct Inner;\npub fn make() {}\n"),
        ("c.rs", "pub enum Far {}\n// use crate::a::f;\nconst TEXT: &str = \"crate::a::f\";"),
    ]);
    let edges = edges(&all);
    assert_eq!(edges["a.rs"], BTreeSet::from(["b.rs", "c.rs"]));
    assert!(edges["c.rs"].is_empty(), "{:?}", edges["c.rs"]);
}

#[test]
fn a_cycle_through_four_files_is_found_and_test_code_is_ignored() {
    let ring = [
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use super::c::C; pub struct B;"),
        ("c.rs", "pub struct C; fn f(_: crate::d::D) {}"),
        ("d.rs", "use crate::a::A; pub struct D;"),
    ];
    let all = example(&ring);
    assert_eq!(circles(&edges(&all)), BTreeSet::from([BTreeSet::from(["a.rs", "b.rs", "c.rs", "d.rs"])]));
    let mut cut = ring;
    cut[4].1 = "pub struct D;\n#[cfg(test)]\nmod tests { use crate::a::A; }";
    assert!(circles(&edges(&example(&cut))).is_empty());
}
