//! `fit_circuit`, `test_kramers_kronig`, and the functions that read a fitted circuit: `parameter_value`, `parameter_error`,
//! `circuit_re`, `circuit_im`.

use aldb_fit::circuit::Circuit;
use aldb_fit::cnls::{CircuitFit, CnlsOptions, FittedParameter, fit_circuit};
use aldb_fit::kramers_kronig::{Consistency, LinKk, LinKkOptions, lin_kk};
use aldb_fit::spectrum::Spectrum;
use arrow::array::{Array as _, AsArray as _, Float64Array, ListArray, StringArray};
use arrow::datatypes::Float64Type;

use super::arguments::{Arguments, CompleteRows, at};
use super::field::{fields, number};
use super::kernel::{Definition, Failure, Kernel, Outcome};
use super::scalar::{self, Scalar, any};
use crate::codes::RowReason;

/// The points of a spectrum that have a frequency and both parts of the impedance.
struct Points {
    frequency_hz: Vec<f64>,
    z_re_ohm: Vec<f64>,
    z_im_ohm: Vec<f64>,
}

impl Points {
    fn of(arguments: &mut Arguments<'_>) -> Self {
        let frequency = arguments.number("frequency_hz", "Hz", "Frequency.");
        let re = arguments.number("z_re_ohm", "Ohm", "Real part of the impedance.");
        let im = arguments.number("z_im_ohm", "Ohm", "Imaginary part of the impedance.");
        let complete = CompleteRows::of(&[&frequency, &re, &im]);
        Self {
            frequency_hz: complete.values(&frequency),
            z_re_ohm: complete.values(&re),
            z_im_ohm: complete.values(&im),
        }
    }

    fn spectrum(&self) -> Spectrum<'_> {
        Spectrum { frequency_hz: &self.frequency_hz, z_re_ohm: &self.z_re_ohm, z_im_ohm: &self.z_im_ohm }
    }
}

struct Measured {
    circuit: Option<String>,
    points: Points,
    weighting: Option<String>,
}

type Fitted = Outcome<Measured, CircuitFit>;

/// `fit_circuit`.
pub(super) fn kernel() -> Kernel {
    Definition {
        name: "fit_circuit",
        version: 4,
        meaning: "An equivalent circuit fitted to an impedance spectrum; start values come from the data.",
        example: "SELECT m.sample_id, m.temperature_c, \
                  fit_circuit('R0-p(R1,CPE1)-CPE2', s.frequency_hz, s.z_re_ohm, s.z_im_ohm) AS fit \
                  FROM impedance_spectra AS s JOIN measurements AS m ON m.measurement_id = s.measurement_id \
                  GROUP BY m.measurement_id, m.sample_id, m.temperature_c LIMIT 3",
        arguments: |arguments| Measured {
            circuit: arguments.constant_text("circuit", "The circuit, such as `R0-p(R1,CPE1)-CPE2` or `R(RQ)Q`."),
            points: Points::of(arguments),
            weighting: arguments.option_text(
                "weighting",
                "What residuals are divided by: `modulus`, the default, `unit` (1 Ohm) or `proportional` (each part by itself).",
            ),
        },
        evaluate: |measured| {
            let notation = measured.circuit.as_deref();
            let notation = notation.ok_or_else(|| Failure::new(RowReason::NoCircuit, "no circuit given"))?;
            let weighting = measured.weighting.as_deref().map(str::parse).transpose()?.unwrap_or_default();
            let options = CnlsOptions { weighting, ..CnlsOptions::default() };
            Ok(fit_circuit(&Circuit::parse(notation)?, measured.points.spectrum(), &options)?)
        },
        verdict: |fit| fit.verdict.clone(),
        always: fields! { fitted: Fitted;
            text circuit "The circuit that was fitted: `-` in series, `p()` in parallel."
                => fitted.fit().map(|fit| fit.circuit.clone()).or_else(|| fitted.input.circuit.clone());
            count n_points "Number of points used." => fitted.input.points.frequency_hz.len();
        },
        fields: fields! { fit: CircuitFit;
            text weighting "Divisor of the residuals; null where nothing was fitted." => fit.weighting.as_str();
            rows parameters (fields! { parameter: FittedParameter;
                text name "Name of the parameter, such as `R1`.";
                text unit "Unit of the parameter, a UCUM code.";
                number value "Estimate, in the unit of the parameter.";
                number std_err "Standard uncertainty from the residuals and their correlation along frequency, without that of the instrument's gain; null where the data do not determine the parameter."
                    => parameter.std_err.filter(|_| parameter.determined);
                flag at_bound "Whether the search ended at a bound.";
            }) "All parameters of the circuit; `parameter_value(parameters, 'R1')` gives one."
                => Some(&fit.parameters);
            number cost ["1"] "Sum of the squared residuals.";
            number chi2_reduced ["1"] "Sum of the squared residuals per degree of freedom.";
            number aic ["1"] "Akaike information criterion, to compare circuits.";
            number correlated_misfit_rel ["1"] "Standard deviation of the misfit that follows the frequency (a slight misfit of the circuit, range steps, slow noise), relative to |Z|; it is part of the standard uncertainties."
                => fit.slow_relative;
        },
    }
    .kernel()
}

/// `test_kramers_kronig`.
pub(super) fn kramers_kronig() -> Kernel {
    Definition {
        name: "test_kramers_kronig",
        version: 3,
        meaning: "Whether a spectrum is causal, linear and stable: the linear Kramers-Kronig test of Schönleber.",
        example: "SELECT measurement_id, test_kramers_kronig(frequency_hz, z_re_ohm, z_im_ohm) AS kk \
                  FROM impedance_spectra GROUP BY measurement_id LIMIT 3",
        arguments: Points::of,
        evaluate: |points| Ok(lin_kk(points.spectrum(), &LinKkOptions::default())?),
        verdict: |test| test.verdict.clone(),
        always: fields! { tested: Outcome<Points, LinKk>;
            text verdict "`consistent`, `inconsistent` or `not_decidable`."
                => tested.fit().map_or(Consistency::NotDecidable, |test| test.consistency).as_str();
        },
        fields: fields! { test: LinKk;
            count m "Number of RC elements of the Kramers-Kronig test.";
            number mu ["1"] "1 minus the ratio of negative to positive resistances, a measure of overfitting by which the number of RC elements is chosen.";
            number rms ["1"] "Root mean square of the relative residuals of the Kramers-Kronig test.";
            number trend_rel ["1"] "The part of the residuals that follows the frequency, relative to |Z|, of the model on which the verdict is based; 0 where it is not significant."
                => test.trend;
        },
    }
    .kernel()
}

struct Request {
    parameters: ListArray,
    name: StringArray,
}

fn parameter(
    name: &'static str,
    meaning: &'static str,
    result: &'static str,
    example: &'static str,
    evaluate: fn(&Request) -> Result<Vec<Option<f64>>, String>,
) -> Scalar {
    scalar::Definition {
        name,
        version: 1,
        meaning,
        example,
        arguments: |arguments| Request {
            parameters: arguments.parameters("parameters", "The field `parameters` of `fit_circuit`."),
            name: arguments.text("name", "Name of the parameter, such as `R1`."),
        },
        evaluate,
        fields: vec![number("value", None, result, |value: &f64| *value)],
        literal: any,
    }
    .scalar()
}

/// `parameter_value`.
pub(super) fn parameter_value() -> Scalar {
    parameter(
        "parameter_value",
        "Estimate of one parameter of a fitted circuit.",
        "The estimate, in the unit of the parameter; null where the circuit has no such parameter.",
        "SELECT measurement_id, parameter_value(parameters, 'R1') AS r1_ohm FROM impedance_fits LIMIT 3",
        |request| each_parameter(request, "value"),
    )
}

/// `parameter_error`.
pub(super) fn parameter_error() -> Scalar {
    parameter(
        "parameter_error",
        "Standard uncertainty of one parameter of a fitted circuit.",
        "The standard uncertainty, in the unit of the parameter; null where the data do not determine it.",
        "SELECT measurement_id, parameter_error(parameters, 'R1') AS r1_err_ohm FROM impedance_fits LIMIT 3",
        |request| each_parameter(request, "std_err"),
    )
}

fn each_parameter(request: &Request, field: &str) -> Result<Vec<Option<f64>>, String> {
    let value = |(list, wanted): (Option<_>, Option<&str>)| {
        let (Some(list), Some(wanted)) = (list, wanted) else { return Ok(None) };
        let columns = Parameters::of(&list, field)?;
        let place = (0..columns.names.len()).find(|place| columns.names.value(*place) == wanted);
        Ok(place.and_then(|place| at(&columns.numbers, place)))
    };
    request.parameters.iter().zip(&request.name).map(value).collect()
}

/// A fitted circuit's parameters: their names and one of their numbers.
struct Parameters {
    names: StringArray,
    numbers: Float64Array,
}

impl Parameters {
    fn of(list: &arrow::array::ArrayRef, field: &str) -> Result<Self, String> {
        let found = list.as_struct_opt().and_then(|parameters| {
            Some(Self {
                names: parameters.column_by_name("name")?.as_string_opt::<i32>()?.clone(),
                numbers: parameters.column_by_name(field)?.as_primitive_opt::<Float64Type>()?.clone(),
            })
        });
        found.ok_or_else(|| format!("expected parameters of fit_circuit, found {}", list.data_type()))
    }
}

struct AtFrequencies {
    circuit: StringArray,
    parameters: ListArray,
    frequency_hz: Float64Array,
}

struct Impedance {
    re_ohm: f64,
    im_ohm: f64,
}

/// `circuit_re`.
pub(super) fn re() -> Scalar {
    scalar::Definition {
        name: "circuit_re",
        version: 1,
        meaning: "Real part of the impedance of a fitted circuit.",
        example: "SELECT measurement_id, circuit_re(circuit, parameters, 1000.0) AS z_re_ohm FROM impedance_fits LIMIT 3",
        arguments: at_frequencies,
        evaluate: impedances,
        fields: fields! { z: Impedance;
            number value ["Ohm"] "The real part; null where nothing was fitted." => z.re_ohm;
        },
        literal: any,
    }
    .scalar()
}

/// `circuit_im`.
pub(super) fn im() -> Scalar {
    scalar::Definition {
        name: "circuit_im",
        version: 1,
        meaning: "Imaginary part of the impedance of a fitted circuit.",
        example: "SELECT measurement_id, circuit_im(circuit, parameters, 1000.0) AS z_im_ohm FROM impedance_fits LIMIT 3",
        arguments: at_frequencies,
        evaluate: impedances,
        fields: fields! { z: Impedance;
            number value ["Ohm"] "The imaginary part; null where nothing was fitted." => z.im_ohm;
        },
        literal: any,
    }
    .scalar()
}

fn at_frequencies(arguments: &mut Arguments<'_>) -> AtFrequencies {
    AtFrequencies {
        circuit: arguments.text("circuit", "The circuit that was fitted."),
        parameters: arguments.parameters("parameters", "The field `parameters` of `fit_circuit`."),
        frequency_hz: arguments.number("frequency_hz", "Hz", "Frequency."),
    }
}

fn impedances(request: &AtFrequencies) -> Result<Vec<Option<Impedance>>, String> {
    // Rows of one spectrum follow each other: its circuit is parsed once.
    let mut parsed: Option<(String, Circuit)> = None;
    let mut impedance = |((notation, list), frequency): ((Option<&str>, Option<_>), Option<f64>)| {
        let (Some(notation), Some(list), Some(frequency)) = (notation, list, frequency) else { return Ok(None) };
        let circuit = match parsed.take() {
            Some((known, circuit)) if known == notation => circuit,
            _ => Circuit::parse(notation).map_err(|error| error.to_string())?,
        };
        let Parameters { numbers, .. } = Parameters::of(&list, "value")?;
        let expected = circuit.parameters().len();
        if numbers.len() != expected {
            return Err(format!("`{notation}` has {expected} parameters, found {}", numbers.len()));
        }
        let z = circuit.impedance(numbers.values(), frequency);
        parsed = Some((notation.to_owned(), circuit));
        Ok(Some(Impedance { re_ohm: z.re, im_ohm: z.im }))
    };
    request.circuit.iter().zip(request.parameters.iter()).zip(&request.frequency_hz).map(&mut impedance).collect()
}
