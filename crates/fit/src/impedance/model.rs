//! A circuit over all frequencies at once: impedance and its derivatives, without allocation.
//!
//! Every group but a series at the root is the reciprocal of the sum of its members, when a
//! parallel's members are kept as admittances and a series' as impedances. A value is thus one
//! forward pass, and all derivatives one backward pass (reverse-mode differentiation): with V = 1/S,
//! dV = −V² dS.

use num_complex::Complex64;

use super::circuit::Node;
use super::element::{ElementKind, gerischer, half_turn, open_diffusion, short_diffusion};

/// A circuit compiled for one set of frequencies. Arrays hold real parts, then imaginary parts.
pub(crate) struct Model {
    n: usize,
    omega: Vec<f64>,
    ln_omega: Vec<f64>,
    root_omega: Vec<f64>,
    steps: Vec<Step>,
    /// Value of each step: impedance, or admittance where the step is a member of a parallel.
    values: Vec<f64>,
    /// Derivative of the root's impedance with respect to each step's value.
    adjoints: Vec<f64>,
    /// d ln Z / d ln τ of the elements that have a τ, in their step's slot.
    slopes: Vec<f64>,
}

/// One node; members come before their group, the root is last.
struct Step {
    kind: StepKind,
    parent: Option<usize>,
    /// Whether the value is an admittance.
    admittance: bool,
}

enum StepKind {
    Leaf {
        kind: ElementKind,
        first: usize,
    },
    /// A series at the root: the plain sum of its members.
    Sum(Vec<usize>),
    /// Any other group: the reciprocal of the sum of its members.
    Reciprocal(Vec<usize>),
}

impl Model {
    pub(crate) fn new(root: &Node, frequency_hz: &[f64]) -> Self {
        let omega: Vec<f64> = frequency_hz.iter().map(|f| 2.0 * std::f64::consts::PI * f).collect();
        let n = omega.len();
        let mut steps = Vec::new();
        compile(root, false, true, &mut steps);
        let parents: Vec<(usize, usize)> = steps
            .iter()
            .enumerate()
            .flat_map(|(group, step)| step.members().iter().map(move |&member| (member, group)))
            .collect();
        for (member, group) in parents {
            steps[member].parent = Some(group);
        }
        let size = 2 * n * steps.len();
        Self {
            n,
            ln_omega: omega.iter().map(|w| w.ln()).collect(),
            root_omega: omega.iter().map(|w| w.sqrt()).collect(),
            omega,
            steps,
            values: vec![0.0; size],
            adjoints: vec![0.0; size],
            slopes: vec![0.0; size],
        }
    }

    /// The impedance last evaluated: real parts, then imaginary parts (Ohm).
    pub(crate) fn z(&self) -> &[f64] {
        &self.values[2 * self.n * (self.steps.len() - 1)..]
    }

    /// Evaluates the impedance at parameters `p`, in their own units.
    pub(crate) fn evaluate(&mut self, p: &[f64]) {
        let width = 2 * self.n;
        for k in 0..self.steps.len() {
            let (before, rest) = self.values.split_at_mut(width * k);
            let (re, im) = rest[..width].split_at_mut(self.n);
            let step = &self.steps[k];
            match &step.kind {
                StepKind::Leaf { kind, first } => {
                    let at = Grid { omega: &self.omega, ln_omega: &self.ln_omega, root_omega: &self.root_omega };
                    let (slope_re, slope_im) = self.slopes[width * k..width * (k + 1)].split_at_mut(self.n);
                    at.leaf(*kind, &p[*first..], step.admittance, [re, im, slope_re, slope_im]);
                }
                StepKind::Sum(members) | StepKind::Reciprocal(members) => {
                    let first = &before[width * members[0]..][..width];
                    re.copy_from_slice(&first[..self.n]);
                    im.copy_from_slice(&first[self.n..]);
                    for &member in &members[1..] {
                        let (member_re, member_im) = before[width * member..][..width].split_at(self.n);
                        add(re, member_re);
                        add(im, member_im);
                    }
                    if matches!(step.kind, StepKind::Reciprocal(_)) {
                        for (re, im) in re.iter_mut().zip(im) {
                            let scale = 1.0 / (*re * *re + *im * *im);
                            *re *= scale;
                            *im *= -scale;
                        }
                    }
                }
            }
        }
    }

    /// Derivatives of the impedance last evaluated, by ln(parameter), or by the parameter itself
    /// for exponents. Column k of `jacobian` (2N long) receives d(re)·`weight_re`, then
    /// d(im)·`weight_im`, for parameter k.
    pub(crate) fn differentiate(&mut self, weight_re: &[f64], weight_im: &[f64], jacobian: &mut [f64]) {
        let n = self.n;
        let width = 2 * n;
        let last = self.steps.len() - 1;
        for k in (0..=last).rev() {
            let step = &self.steps[k];
            let (below, above) = self.adjoints.split_at_mut(width * (k + 1));
            let (adjoint_re, adjoint_im) = below[width * k..].split_at_mut(n);
            // A group passes on −V² times its own adjoint, a series at the root passes on 1. The
            // slot of a group holds what it passes on.
            match step.parent {
                None => {
                    adjoint_re.fill(1.0);
                    adjoint_im.fill(0.0);
                }
                Some(parent) => {
                    let from = &above[width * (parent - k - 1)..][..width];
                    adjoint_re.copy_from_slice(&from[..n]);
                    adjoint_im.copy_from_slice(&from[n..]);
                }
            }
            let (value_re, value_im) = self.values[width * k..][..width].split_at(n);
            match &step.kind {
                StepKind::Sum(_) => {}
                StepKind::Reciprocal(_) => {
                    for i in 0..n {
                        let (a, b) = (value_re[i], value_im[i]);
                        let (square_re, square_im) = (b * b - a * a, -2.0 * a * b);
                        let (c, d) = (adjoint_re[i], adjoint_im[i]);
                        adjoint_re[i] = c * square_re - d * square_im;
                        adjoint_im[i] = c * square_im + d * square_re;
                    }
                }
                StepKind::Leaf { kind, first } => {
                    let sign = if step.admittance { -1.0 } else { 1.0 };
                    let amplitude = sign * kind.amplitude_sign();
                    // adjoint·value: the derivative by ln(value).
                    for i in 0..n {
                        let (a, b) = (adjoint_re[i], adjoint_im[i]);
                        adjoint_re[i] = a * value_re[i] - b * value_im[i];
                        adjoint_im[i] = a * value_im[i] + b * value_re[i];
                    }
                    let (column_re, column_im) = jacobian[width * first..][..width].split_at_mut(n);
                    for i in 0..n {
                        column_re[i] = amplitude * weight_re[i] * adjoint_re[i];
                        column_im[i] = amplitude * weight_im[i] * adjoint_im[i];
                    }
                    if kind.parameter_count() == 1 {
                        continue;
                    }
                    let (column_re, column_im) = jacobian[width * (first + 1)..][..width].split_at_mut(n);
                    if *kind == ElementKind::ConstantPhase {
                        let quarter = std::f64::consts::FRAC_PI_2;
                        for i in 0..n {
                            let (a, b) = (-sign * adjoint_re[i], -sign * adjoint_im[i]);
                            column_re[i] = weight_re[i] * (a * self.ln_omega[i] - b * quarter);
                            column_im[i] = weight_im[i] * (a * quarter + b * self.ln_omega[i]);
                        }
                    } else {
                        let (slope_re, slope_im) = self.slopes[width * k..][..width].split_at(n);
                        for i in 0..n {
                            let (a, b) = (sign * adjoint_re[i], sign * adjoint_im[i]);
                            column_re[i] = weight_re[i] * (a * slope_re[i] - b * slope_im[i]);
                            column_im[i] = weight_im[i] * (a * slope_im[i] + b * slope_re[i]);
                        }
                    }
                }
            }
        }
    }
}

fn add(sum: &mut [f64], term: &[f64]) {
    for (sum, term) in sum.iter_mut().zip(term) {
        *sum += term;
    }
}

impl Step {
    fn members(&self) -> &[usize] {
        match &self.kind {
            StepKind::Leaf { .. } => &[],
            StepKind::Sum(members) | StepKind::Reciprocal(members) => members,
        }
    }
}

fn compile(node: &Node, admittance: bool, root: bool, steps: &mut Vec<Step>) -> usize {
    let kind = match node {
        Node::Leaf { kind, first } => StepKind::Leaf { kind: *kind, first: *first },
        Node::Series(members) => {
            let members = members.iter().map(|m| compile(m, false, false, steps)).collect();
            if root { StepKind::Sum(members) } else { StepKind::Reciprocal(members) }
        }
        Node::Parallel(members) => {
            StepKind::Reciprocal(members.iter().map(|m| compile(m, true, false, steps)).collect())
        }
    };
    steps.push(Step { kind, parent: None, admittance });
    steps.len() - 1
}

struct Grid<'a> {
    omega: &'a [f64],
    ln_omega: &'a [f64],
    root_omega: &'a [f64],
}

impl Grid<'_> {
    /// Value of one element at every frequency, and d ln Z / d ln τ where it has a τ.
    fn leaf(&self, kind: ElementKind, p: &[f64], admittance: bool, out: [&mut [f64]; 4]) {
        let [re, im, slope_re, slope_im] = out;
        match (kind, admittance) {
            (ElementKind::Resistor, _) => {
                re.fill(if admittance { 1.0 / p[0] } else { p[0] });
                im.fill(0.0);
            }
            (ElementKind::Capacitor, true) | (ElementKind::Inductor, false) => {
                re.fill(0.0);
                im.iter_mut().zip(self.omega).for_each(|(im, omega)| *im = omega * p[0]);
            }
            (ElementKind::Capacitor, false) | (ElementKind::Inductor, true) => {
                re.fill(0.0);
                im.iter_mut().zip(self.omega).for_each(|(im, omega)| *im = -1.0 / (omega * p[0]));
            }
            (ElementKind::ConstantPhase, _) => {
                let (sin, cos) = half_turn(p[1]);
                let sign = if admittance { 1.0 } else { -1.0 };
                let exponent = sign * p[1];
                let factor = if admittance { p[0] } else { 1.0 / p[0] };
                let (cos, sin) = (factor * cos, sign * factor * sin);
                for ((re, im), ln_omega) in re.iter_mut().zip(im).zip(self.ln_omega) {
                    let power = (exponent * ln_omega).exp();
                    *re = power * cos;
                    *im = power * sin;
                }
            }
            (ElementKind::Warburg, false) => {
                for ((re, im), root) in re.iter_mut().zip(im).zip(self.root_omega) {
                    *re = p[0] / root;
                    *im = -*re;
                }
            }
            (ElementKind::Warburg, true) => {
                for ((re, im), root) in re.iter_mut().zip(im).zip(self.root_omega) {
                    *re = 0.5 * root / p[0];
                    *im = *re;
                }
            }
            (ElementKind::WarburgOpen | ElementKind::WarburgShort | ElementKind::Gerischer, _) => {
                let shape = match kind {
                    ElementKind::WarburgOpen => open_diffusion,
                    ElementKind::WarburgShort => short_diffusion,
                    _ => gerischer,
                };
                for (i, omega) in self.omega.iter().enumerate() {
                    let (value, slope): (Complex64, Complex64) = shape(omega * p[1]);
                    let value = if admittance { (value * p[0]).inv() } else { value * p[0] };
                    (re[i], im[i]) = (value.re, value.im);
                    (slope_re[i], slope_im[i]) = (slope.re, slope.im);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::Circuit;
    use crate::element::Scale;

    const CIRCUITS: [&str; 9] = [
        "R0",
        "R0-p(R1,CPE1)-CPE2",
        "p(R1,CPE1)-p(R2,CPE2)",
        "p(R1-L1,C1,W1)",
        "R0-p(R1,C1)-p(R2-Wo1,C2)",
        "L0-R0-p(CPE1,R1-p(R2-Ws1,CPE2))-G1",
        "p(G1,CPE1)",
        "p(Wo1,R1)-p(Ws1,C1)-W1",
        "R0-p(p(R1,C1)-p(R2,CPE1),L1-W1)-C2",
    ];

    fn invented(circuit: &Circuit) -> Vec<f64> {
        let value = |k: usize, name: &str| match (name, name.ends_with("_1")) {
            (name, true) if name.starts_with("CPE") => 0.7 + 0.02 * k as f64,
            (_, true) => 0.05 * (k + 1) as f64,
            (name, _) if name.starts_with(['C', 'Q']) => 1e-4 / (k + 1) as f64,
            (name, _) if name.starts_with('L') => 1e-3,
            _ => 10.0 * (k + 1) as f64,
        };
        circuit.parameters().iter().enumerate().map(|(k, spec)| value(k, &spec.name)).collect()
    }

    #[test]
    fn all_frequencies_at_once_give_what_one_frequency_gives() {
        let frequency_hz = [1e6, 1e3, 7.0, 1e-3];
        for text in CIRCUITS {
            let circuit = Circuit::parse(text).unwrap();
            let p = invented(&circuit);
            let mut model = Model::new(&circuit.root, &frequency_hz);
            model.evaluate(&p);
            for (k, &f) in frequency_hz.iter().enumerate() {
                let z = Complex64::new(model.z()[k], model.z()[4 + k]);
                let single = circuit.impedance(&p, f);
                assert!((z - single).norm() < 1e-13 * single.norm(), "{text} at {f} Hz: {z} and {single}");
            }
        }
    }

    #[test]
    fn the_analytic_derivative_is_the_numeric_one() {
        let frequency_hz: Vec<f64> = (-3..=6).map(|k| 10f64.powi(k)).collect();
        let n = frequency_hz.len();
        let ones = vec![1.0; n];
        for text in CIRCUITS {
            let circuit = Circuit::parse(text).unwrap();
            let p = invented(&circuit);
            let mut model = Model::new(&circuit.root, &frequency_hz);
            let mut jacobian = vec![0.0; 2 * n * p.len()];
            model.evaluate(&p);
            model.differentiate(&ones, &ones, &mut jacobian);
            for (k, spec) in circuit.parameters().iter().enumerate() {
                let h = 1e-5;
                let at = |step: f64| {
                    let mut q = p.clone();
                    match spec.scale {
                        Scale::Logarithmic => q[k] *= step.exp(),
                        Scale::Linear => q[k] += step,
                    }
                    frequency_hz.iter().map(|&f| circuit.impedance(&q, f)).collect::<Vec<_>>()
                };
                let (up, down, middle) = (at(h), at(-h), at(0.0));
                for i in 0..n {
                    let numeric = (up[i] - down[i]) / (2.0 * h);
                    let analytic = Complex64::new(jacobian[2 * n * k + i], jacobian[2 * n * k + n + i]);
                    let tolerance = 1e-8 * numeric.norm() + 1e-10 * middle[i].norm();
                    assert!((numeric - analytic).norm() < tolerance, "{text} {}: {numeric} {analytic}", spec.name);
                }
            }
        }
    }
}
