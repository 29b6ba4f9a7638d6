//! What is mounted on the lines of a reactor: a bottle for each, with lot and date, and whether it is what a recipe needs.
//!
//! A file of `[[mounted]]` tables, which the operator changes with every bottle; docs/REACTOR.md explains its keys.

use serde::Deserialize;

use crate::release::Released;

/// A bottle on a line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mounted {
    /// The valve of the line.
    pub valve: String,
    /// What is in it, by its name in recipes.
    pub precursor: String,
    /// What is written on it.
    pub bottle: String,
    /// Lot of the supplier.
    pub lot: String,
    /// Day on which it was mounted: `2026-11-20`.
    pub date: String,
}

impl std::fmt::Display for Mounted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { valve, precursor, bottle, lot, date } = self;
        write!(f, "{valve} {precursor} bottle {bottle} lot {lot} since {date}")
    }
}

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    mounted: Vec<Mounted>,
}

impl Mounted {
    /// The bottles of a file.
    ///
    /// # Errors
    ///
    /// In words, with the line: it is not TOML, a key is missing or unknown, or a value is empty or no date.
    pub fn all(text: &str) -> Result<Vec<Self>, String> {
        let File { mounted } = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        for it in &mounted {
            let keys = [("precursor", &it.precursor), ("bottle", &it.bottle), ("lot", &it.lot)];
            if let Some((key, _)) = keys.into_iter().find(|(_, value)| value.trim().is_empty()) {
                return Err(format!("[[mounted]] of valve `{}`: `{key}` is empty", it.valve));
            }
            if !is_date(&it.date) {
                return Err(format!(
                    "[[mounted]] of valve `{}`: expected `date` like 2026-11-20, found `{}`",
                    it.valve, it.date
                ));
            }
        }
        Ok(mounted)
    }

    /// The bottles on the lines that a recipe uses, in the order of the lines.
    ///
    /// # Errors
    ///
    /// All differences between what is mounted and the recipe, in words.
    pub fn of_recipe<'m>(mounted: &'m [Self], released: &Released) -> Result<Vec<&'m Self>, String> {
        let (reactor, recipe) = (released.reactor(), released.recipe());
        let mut wrong = Vec::new();
        for it in mounted {
            match reactor.lines.iter().find(|line| line.valve == it.valve) {
                None => wrong.push(format!("reactor `{}` has no valve `{}`", reactor.name, it.valve)),
                Some(line) if !line.precursors.contains(&it.precursor) => {
                    wrong.push(format!("{it}: the reactor allows {} on this line", line.precursors.join(", ")));
                }
                Some(_) => {}
            }
        }
        let mut needed = Vec::new();
        for line in &reactor.lines {
            let Some(precursor) = line.precursors.iter().find(|name| recipe.precursor(name).is_some()) else {
                continue;
            };
            let on_line: Vec<_> = mounted.iter().filter(|it| it.valve == line.valve).collect();
            match on_line[..] {
                [it] if it.precursor == *precursor => needed.push(it),
                [it] => wrong.push(format!("{it}: the recipe needs {precursor} there")),
                [] => wrong.push(format!(
                    "nothing is stated to be mounted on {}: the recipe needs {precursor} there",
                    line.valve
                )),
                _ => wrong.push(format!("{} bottles are stated to be mounted on {}", on_line.len(), line.valve)),
            }
        }
        if wrong.is_empty() { Ok(needed) } else { Err(wrong.join("; ")) }
    }

    /// Compares what the operator read off the bottles, as `VALVE=BOTTLE`, with what is stated to be mounted.
    ///
    /// # Errors
    ///
    /// All differences in words.
    pub fn confirm(needed: &[&Self], stated: &[String]) -> Result<(), String> {
        let mut wrong = Vec::new();
        let stated: Vec<_> = stated
            .iter()
            .filter_map(|words| match words.split_once('=') {
                Some((valve, bottle)) => Some((valve.trim(), bottle.trim())),
                None => {
                    wrong.push(format!("expected VALVE=BOTTLE, found `{words}`"));
                    None
                }
            })
            .collect();
        for it in needed {
            match stated.iter().find(|(valve, _)| *valve == it.valve) {
                None => wrong.push(format!("{}: expected --bottle {}={}, found none", it, it.valve, it.bottle)),
                Some((_, bottle)) if *bottle != it.bottle => {
                    wrong.push(format!("{it}, but the operator reads `{bottle}` on the bottle"));
                }
                Some(_) => {}
            }
        }
        for (valve, bottle) in stated.iter().filter(|(valve, _)| !needed.iter().any(|it| it.valve == *valve)) {
            wrong.push(format!("{valve}={bottle}: the recipe uses no such line"));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |text: &str, length: usize, most: u32| {
        text.len() == length
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && (1..=most).contains(&text.parse().unwrap_or(0))
    };
    matches!(parts[..], [year, month, day] if number(year, 4, 9999) && number(month, 2, 12) && number(day, 2, 31))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reactor, Recipe, check};

    const FILE: &str = "[[mounted]]\nvalve = \"V1\"\nprecursor = \"LiHMDS\"\nbottle = \"B-1\"\nlot = \"L1\"\ndate = \"2026-11-20\"\n\
        [[mounted]]\nvalve = \"V2\"\nprecursor = \"H2O\"\nbottle = \"B-2\"\nlot = \"L2\"\ndate = \"2026-11-20\"\n\
        [[mounted]]\nvalve = \"V3\"\nprecursor = \"TMB\"\nbottle = \"B-3\"\nlot = \"L3\"\ndate = \"2026-11-20\"\n";

    fn released() -> Released {
        let shipped = Reactor::shipped();
        let (_, reactor) = shipped.iter().find(|(name, _)| *name == "high_vacuum").unwrap();
        let examples = Recipe::examples();
        let (_, recipe) = examples.iter().find(|(name, _)| *name == "lbo_250").unwrap();
        let report = check(&Recipe::from_toml(recipe).unwrap(), &Reactor::from_toml(reactor).unwrap());
        report.released().unwrap().clone()
    }

    fn of(text: &str) -> Result<String, String> {
        let mounted = Mounted::all(text)?;
        let needed = Mounted::of_recipe(&mounted, &released())?;
        Ok(needed.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn every_line_of_the_recipe_has_its_bottle() {
        let all = "V1 LiHMDS bottle B-1 lot L1 since 2026-11-20, V2 H2O bottle B-2 lot L2 since 2026-11-20, \
                   V3 TMB bottle B-3 lot L3 since 2026-11-20";
        assert_eq!(of(FILE), Ok(all.to_owned()));
        let exchanged = FILE.replace("LiHMDS", "x").replace("H2O", "LiHMDS").replace("\"x\"", "\"H2O\"");
        let error = of(&exchanged).unwrap_err();
        assert!(error.contains("V1 H2O bottle B-1 lot L1 since 2026-11-20: the recipe needs LiHMDS there"), "{error}");
        let missing = FILE.split("[[mounted]]\nvalve = \"V3\"").next().unwrap();
        assert_eq!(of(missing), Err("nothing is stated to be mounted on V3: the recipe needs TMB there".to_owned()));
        let error = of(&FILE.replace("2026-11-20", "yesterday")).unwrap_err();
        assert_eq!(error, "[[mounted]] of valve `V1`: expected `date` like 2026-11-20, found `yesterday`");
    }

    #[test]
    fn the_operator_states_the_bottles() {
        let mounted = Mounted::all(FILE).unwrap();
        let needed = Mounted::of_recipe(&mounted, &released()).unwrap();
        let stated =
            |words: &[&str]| Mounted::confirm(&needed, &words.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(stated(&["V1=B-1", "V2=B-2", "V3=B-3"]), Ok(()));
        let error = stated(&["V1=B-2", "V2=B-2", "V4=B-9"]).unwrap_err();
        assert_eq!(
            error,
            "V1 LiHMDS bottle B-1 lot L1 since 2026-11-20, but the operator reads `B-2` on the bottle; \
             V3 TMB bottle B-3 lot L3 since 2026-11-20: expected --bottle V3=B-3, found none; \
             V4=B-9: the recipe uses no such line"
        );
    }
}
