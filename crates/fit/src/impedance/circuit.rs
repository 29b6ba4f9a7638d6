//! Equivalent circuits: from notation to impedance.
//!
//! Two notations are read: impedance.py's `R0-p(R1,CPE1)-CPE2`, and Boukamp's circuit description
//! code `R(RQ)Q`, where a bracket inside a series means "in parallel" and one inside a parallel
//! means "in series" (`R(Q(RW))`; `[…]` is always a series).
//!
//! Source: impedance.py 1.7 documentation, "Circuits"; B. A. Boukamp, Solid State Ionics 20 (1986) 31.

use num_complex::Complex64;

use super::element::{ElementKind, ParameterSpec};
use super::notation;
pub use super::notation::{CircuitError, MAX_ELEMENTS, MAX_NESTING};

/// A parsed circuit.
///
/// # Example
///
/// ```
/// # use aldb_fit::circuit::{Circuit, CircuitError};
/// let circuit = Circuit::parse("R(RQ)Q")?;
/// assert_eq!(circuit.notation(), "R0-p(R1,CPE1)-CPE2");
/// let z = circuit.impedance(&[25.0, 6e5, 1.6e-11, 1.0, 1.6e-10, 1.0], 1e-3);
/// assert!((z.re - 600_025.0).abs() < 1.0);
/// # Ok::<(), CircuitError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Circuit {
    pub(crate) root: Node,
    parameters: Vec<ParameterSpec>,
    notation: String,
}

/// A circuit as a tree. A series never holds a series, nor a parallel a parallel, and every group
/// has at least two members.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// An element and the index of its first parameter.
    Leaf {
        kind: ElementKind,
        first: usize,
    },
    Series(Vec<Node>),
    Parallel(Vec<Node>),
}

impl Circuit {
    /// Reads a circuit in either notation; blanks between signs are ignored.
    ///
    /// Elements without a number get one: resistors count from 0 when the first stands alone in
    /// series, everything else from 1. `Q` is read as `CPE`.
    ///
    /// # Errors
    ///
    /// [`CircuitError`], with the position of the first byte that could not be read.
    pub fn parse(text: &str) -> Result<Self, CircuitError> {
        let parsed = notation::parse(text)?;
        let mut parameters = Vec::new();
        let mut text = String::new();
        let root = number(&parsed, &mut parameters);
        write(&parsed, &mut text);
        Ok(Self { root, parameters, notation: text })
    }

    /// The parameters in the order of [`Self::impedance`]: by element, left to right.
    #[must_use]
    pub fn parameters(&self) -> &[ParameterSpec] {
        &self.parameters
    }

    /// The circuit in impedance.py's notation, every element numbered.
    #[must_use]
    pub fn notation(&self) -> &str {
        &self.notation
    }

    /// Impedance (Ohm) at `frequency_hz`.
    ///
    /// Finite for parameters within their bounds and frequencies from 1e-9 Hz to 1e15 Hz.
    ///
    /// # Panics
    ///
    /// If the length of `parameters` is not that of [`Self::parameters`].
    #[must_use]
    pub fn impedance(&self, parameters: &[f64], frequency_hz: f64) -> Complex64 {
        assert_eq!(parameters.len(), self.parameters.len(), "number of parameters");
        self.root.impedance(parameters, 2.0 * std::f64::consts::PI * frequency_hz)
    }
}

impl Circuit {
    /// Parameters of each member of the outermost group.
    pub(crate) fn outermost_parameters(&self) -> Vec<std::ops::Range<usize>> {
        let members = match &self.root {
            Node::Series(members) | Node::Parallel(members) => members.as_slice(),
            leaf => std::slice::from_ref(leaf),
        };
        let mut firsts: Vec<usize> = members.iter().map(Node::first_parameter).collect();
        firsts.push(self.parameters.len());
        firsts.windows(2).map(|pair| pair[0]..pair[1]).collect()
    }

    /// Pairs of equal members of the outermost group, each a resistor with a capacitor or constant
    /// phase element: they are interchangeable.
    pub(crate) fn interchangeable(&self) -> Vec<(Relaxation, Relaxation)> {
        let members = match &self.root {
            Node::Series(members) | Node::Parallel(members) => members.as_slice(),
            Node::Leaf { .. } => &[],
        };
        let relaxations: Vec<Relaxation> = members.iter().filter_map(Relaxation::of).collect();
        let pairs = |(k, a): (usize, &Relaxation)| {
            let later = relaxations[k + 1..].iter().filter(|b| b.capacitance.0 == a.capacitance.0);
            later.map(|b| (*a, *b)).collect::<Vec<_>>()
        };
        relaxations.iter().enumerate().flat_map(pairs).collect()
    }

    /// Pairs of equal elements, as the places of their parameters, without resistances in series with
    /// everything else.
    pub(crate) fn equal_elements(&self) -> Vec<(std::ops::Range<usize>, std::ops::Range<usize>)> {
        let mut leaves = Vec::new();
        self.root.leaves(&mut leaves);
        leaves.retain(|&(_, first)| self.series_resistors().all(|series| series != first));
        let places = |(kind, first): (ElementKind, usize)| first..first + kind.parameter_count();
        let pairs = |(k, &a): (usize, &(ElementKind, usize))| {
            let later = leaves[k + 1..].iter().filter(|b| b.0 == a.0);
            later.map(|&b| (places(a), places(b))).collect::<Vec<_>>()
        };
        leaves.iter().enumerate().flat_map(pairs).collect()
    }

    /// The parameters that are resistances in series with everything else.
    pub(crate) fn series_resistors(&self) -> impl Iterator<Item = usize> + '_ {
        let members = match &self.root {
            Node::Series(members) => members.as_slice(),
            _ => &[],
        };
        members.iter().filter_map(|member| match member {
            Node::Leaf { kind: ElementKind::Resistor, first } => Some(*first),
            _ => None,
        })
    }
}

/// A resistor with a capacitor or constant phase element, by the positions of its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Relaxation {
    pub(crate) resistance: usize,
    pub(crate) capacitance: (ElementKind, usize),
}

impl Relaxation {
    fn of(node: &Node) -> Option<Self> {
        let (Node::Series(members) | Node::Parallel(members)) = node else { return None };
        let [Node::Leaf { kind: a, first: i }, Node::Leaf { kind: b, first: j }] = members.as_slice() else {
            return None;
        };
        match (a, b) {
            (ElementKind::Resistor, ElementKind::Capacitor | ElementKind::ConstantPhase) => {
                Some(Self { resistance: *i, capacitance: (*b, *j) })
            }
            (ElementKind::Capacitor | ElementKind::ConstantPhase, ElementKind::Resistor) => {
                Some(Self { resistance: *j, capacitance: (*a, *i) })
            }
            _ => None,
        }
    }

    /// Parameter indices: resistance, capacitance or Q, and n where there is one.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = usize> {
        let (kind, first) = self.capacitance;
        std::iter::once(self.resistance).chain(first..first + kind.parameter_count())
    }

    /// ln of the time constant (RQ)^(1/n), from ln R, ln Q and n in `x`.
    pub(crate) fn ln_tau(&self, x: &[f64]) -> f64 {
        let (kind, first) = self.capacitance;
        let n = if kind == ElementKind::ConstantPhase { x[first + 1] } else { 1.0 };
        (x[self.resistance] + x[first]) / n.max(1e-3)
    }
}

impl Node {
    fn first_parameter(&self) -> usize {
        match self {
            Self::Leaf { first, .. } => *first,
            Self::Series(members) | Self::Parallel(members) => members[0].first_parameter(),
        }
    }

    /// Appends every element with the place of its first parameter.
    fn leaves(&self, found: &mut Vec<(ElementKind, usize)>) {
        match self {
            Self::Leaf { kind, first } => found.push((*kind, *first)),
            Self::Series(members) | Self::Parallel(members) => members.iter().for_each(|member| member.leaves(found)),
        }
    }

    fn impedance(&self, p: &[f64], omega: f64) -> Complex64 {
        match self {
            Self::Leaf { kind, first } => kind.impedance(&p[*first..], omega),
            Self::Series(members) => members.iter().map(|m| m.impedance(p, omega)).sum(),
            Self::Parallel(members) => members.iter().map(|m| m.impedance(p, omega).inv()).sum::<Complex64>().inv(),
        }
    }
}

/// Gives every parameter its index, left to right.
fn number(parsed: &notation::Parsed, parameters: &mut Vec<ParameterSpec>) -> Node {
    match parsed {
        notation::Parsed::Element { kind, name } => {
            let first = parameters.len();
            let kinds = kind.parameter_kinds();
            for (k, parameter) in kinds.iter().enumerate() {
                parameters.push(ParameterSpec {
                    name: if kinds.len() == 1 { name.clone() } else { format!("{name}_{k}") },
                    element: name.clone(),
                    unit: parameter.unit,
                    lower: parameter.lower,
                    upper: parameter.upper,
                    scale: parameter.scale,
                });
            }
            Node::Leaf { kind: *kind, first }
        }
        notation::Parsed::Series(members) => Node::Series(members.iter().map(|m| number(m, parameters)).collect()),
        notation::Parsed::Parallel(members) => Node::Parallel(members.iter().map(|m| number(m, parameters)).collect()),
    }
}

fn write(parsed: &notation::Parsed, text: &mut String) {
    let (members, separator) = match parsed {
        notation::Parsed::Element { name, .. } => return text.push_str(name),
        notation::Parsed::Series(members) => (members, '-'),
        notation::Parsed::Parallel(members) => (members, ','),
    };
    if separator == ',' {
        text.push_str("p(");
    }
    for (k, member) in members.iter().enumerate() {
        if k > 0 {
            text.push(separator);
        }
        write(member, text);
    }
    if separator == ',' {
        text.push(')');
    }
}
