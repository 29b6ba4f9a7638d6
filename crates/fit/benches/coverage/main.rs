//! How far each kernel can be believed: synthetic data of known truth, drawn many times, healthy and with one fault.
//!
//! `cargo bench -p aldb-fit --bench coverage` prints the table of docs/TRUST.md; a number after `--` sets the draws per situation, and a
//! word selects kernels (`-- arrhenius 50`). All data are synthetic, from fixed seeds. A kernel's situations are in the file of its name.

// The table is what this program is for.
#![allow(clippy::print_stdout)]

mod arrhenius;
mod composition;
mod diffraction;
mod electrochemistry;
mod ellipsometry;
mod growth;
mod impedance;
mod mixtures;
mod photoelectrons;
mod reflectivity;
mod trial;

use trial::{Situation, Summary};

fn main() {
    let mut draws = 200;
    let mut words = Vec::new();
    for argument in std::env::args().skip(1).filter(|argument| !argument.starts_with('-')) {
        match argument.parse() {
            Ok(number) => draws = number,
            Err(_) => words.push(argument),
        }
    }
    let situations: Vec<Situation> = [
        impedance::situations(),
        arrhenius::situations(),
        growth::situations(),
        ellipsometry::situations(),
        composition::situations(),
        mixtures::situations(),
        photoelectrons::situations(),
        diffraction::situations(),
        reflectivity::situations(),
        electrochemistry::situations(),
    ]
    .into_iter()
    .flatten()
    .collect();
    println!("{}", Summary::HEADER);
    let mut summaries = Vec::new();
    for situation in situations {
        if words.is_empty() || words.iter().any(|word| situation.kernel.contains(word.as_str())) {
            let summary = Summary::of(&situation, draws);
            println!("{summary}");
            summaries.push(summary);
        }
    }
    println!("\n{}", trial::totals(&summaries));
}
