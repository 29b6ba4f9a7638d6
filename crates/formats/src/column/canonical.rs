//! The quantities that have the same name for all instruments, by technique, and how headers spell them.

use crate::Technique;
use crate::unit::Quantity;

/// A quantity with a name of its own in readings.
pub(super) struct Canonical {
    pub name: &'static str,
    pub quantity: Quantity,
    /// UCUM code of the unit that `name` ends in.
    pub unit: &'static str,
    /// That unit in [`Quantity::base_unit`].
    pub scale: f64,
    pub absent: Absent,
    /// Headers without unit, sign, blanks, `_` and `.`, in lower case; `"` is two primes.
    pub spellings: &'static [&'static str],
}

/// The meaning of a header without a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// The unit of `name`, with a warning.
    Assumed,
    /// The unit of `name`: no other is in use.
    Usual,
    /// A different quantity.
    Refused,
}

const fn known(
    name: &'static str,
    quantity: Quantity,
    unit: &'static str,
    scale: f64,
    absent: Absent,
    spellings: &'static [&'static str],
) -> Canonical {
    Canonical { name, quantity, unit, scale, absent, spellings }
}

/// The quantities of a technique; the first whose spelling and unit fit a header applies.
pub(super) fn known_quantities(technique: Technique) -> &'static [Canonical] {
    match technique {
        Technique::ImpedanceSpectroscopy => IMPEDANCE,
        Technique::Electrochemistry => ELECTROCHEMISTRY,
        Technique::SpectroscopicEllipsometry => ELLIPSOMETRY,
        Technique::EllipsometrySeries => SERIES,
        Technique::OpticalConstants => OPTICAL_CONSTANTS,
        Technique::IonBeamDepthProfile => DEPTH_PROFILE,
        Technique::IonBeamSpectrum => ION_BEAM,
        Technique::IonBeamEvents => EVENTS,
        Technique::PhotoelectronSpectroscopy => PHOTOELECTRONS,
        Technique::XRayDiffraction => DIFFRACTION,
        Technique::ReactorLog => REACTOR,
    }
}

const IMPEDANCE: &[Canonical] = &[
    known(
        "frequency_hz",
        Quantity::Frequency,
        "Hz",
        1.0,
        Absent::Assumed,
        &["f", "freq", "frequency", "frequenz", "fréquence"],
    ),
    known(
        "z_re_ohm",
        Quantity::Resistance,
        "Ohm",
        1.0,
        Absent::Assumed,
        &["z'", "zre", "re(z)", "rez", "zreal", "real(z)", "realz", "zr", "re", "real", "real(zdata)"],
    ),
    known(
        "z_im_ohm",
        Quantity::Resistance,
        "Ohm",
        1.0,
        Absent::Assumed,
        &[
            "z\"",
            "zim",
            "im(z)",
            "imz",
            "zimag",
            "imag(z)",
            "imagz",
            "zimg",
            "zi",
            "im",
            "imag",
            "imaginary",
            "zimaginary",
        ],
    ),
    known(
        "z_modulus_ohm",
        Quantity::Resistance,
        "Ohm",
        1.0,
        Absent::Assumed,
        &[
            "|z|",
            "z",
            "zmod",
            "modz",
            "mod(z)",
            "abs(z)",
            "zabs",
            "absz",
            "mag(z)",
            "zmag",
            "magnitude",
            "modulus",
            "zmodulus",
        ],
    ),
    known(
        "z_phase_deg",
        Quantity::Angle,
        "deg",
        1.0,
        Absent::Assumed,
        &[
            "phase",
            "phase(z)",
            "phasez",
            "zphase",
            "phz",
            "zphz",
            "phaseangle",
            "arg(z)",
            "argz",
            "theta",
            "θ",
            "φ",
            "ϕ",
            "phi",
        ],
    ),
    known("time_s", Quantity::Time, "s", 1.0, Absent::Refused, &["time", "t", "elapsedtime"]),
    known(
        "potential_v",
        Quantity::Potential,
        "V",
        1.0,
        Absent::Refused,
        &["potential", "e", "edc", "ewe", "<ewe>", "vdc", "voltage", "potential(dc)"],
    ),
    known("current_a", Quantity::Current, "A", 1.0, Absent::Refused, &["current", "i", "idc", "<i>", "current(dc)"]),
    known("temperature_c", Quantity::Temperature, "Cel", 1.0, Absent::Refused, &["temperature", "temp", "t"]),
    known(
        "ac_potential_v",
        Quantity::Potential,
        "V",
        1.0,
        Absent::Refused,
        &["|vac|", "vac", "eac", "|ewe|", "potential(ac)"],
    ),
    known("ac_current_a", Quantity::Current, "A", 1.0, Absent::Refused, &["|iac|", "iac", "|i|", "current(ac)"]),
];

const ELECTROCHEMISTRY: &[Canonical] = &[
    known(
        "time_s",
        Quantity::Time,
        "s",
        1.0,
        Absent::Refused,
        &["time", "t", "elapsedtime", "testtime", "correctedtime", "totaltime", "time(s)"],
    ),
    known(
        "potential_v",
        Quantity::Potential,
        "V",
        1.0,
        Absent::Refused,
        &[
            "potential",
            "e",
            "edc",
            "ewe",
            "<ewe>",
            "vdc",
            "voltage",
            "potential(dc)",
            "ecell",
            "vf",
            "volts",
            "we(1)potential",
            "ewe(v)",
            "u",
        ],
    ),
    known(
        "current_a",
        Quantity::Current,
        "A",
        1.0,
        Absent::Refused,
        &["current", "i", "idc", "<i>", "current(dc)", "we(1)current", "im"],
    ),
    known(
        "charge_mah",
        Quantity::Charge,
        "mA.h",
        3.6,
        Absent::Refused,
        &["charge", "q", "(q-qo)", "capacity", "cap", "we(1)charge"],
    ),
    known(
        "charge_capacity_mah",
        Quantity::Charge,
        "mA.h",
        3.6,
        Absent::Refused,
        &["chargecapacity", "qcharge", "chgcap", "chargecap", "capacitycharge"],
    ),
    known(
        "discharge_capacity_mah",
        Quantity::Charge,
        "mA.h",
        3.6,
        Absent::Refused,
        &["dischargecapacity", "qdischarge", "dchgcap", "dischargecap", "capacitydischarge"],
    ),
    known("temperature_c", Quantity::Temperature, "Cel", 1.0, Absent::Refused, &["temperature", "temp", "t"]),
    known(
        "cycle",
        Quantity::Number,
        "1",
        1.0,
        Absent::Usual,
        &["cycle", "cyclenumber", "cycleindex", "cycleid", "cyclecount", "scan", "cyc#"],
    ),
    known("step", Quantity::Number, "1", 1.0, Absent::Usual, &["step", "stepindex", "stepid", "stepnumber", "ns"]),
];

const ELLIPSOMETRY: &[Canonical] = &[
    known("wavelength_nm", Quantity::Length, "nm", 1e-9, Absent::Refused, &["wavelength", "wl", "lambda", "λ", "wvl"]),
    known("photon_energy_ev", Quantity::Energy, "eV", 1.0, Absent::Refused, &["photonenergy", "energy"]),
    known(
        "angle_of_incidence_deg",
        Quantity::Angle,
        "deg",
        1.0,
        Absent::Usual,
        &["angleofincidence", "angle", "aoi", "incidence", "θ", "theta"],
    ),
    known("psi_deg", Quantity::Angle, "deg", 1.0, Absent::Usual, &["psi", "ψ", "psiavg"]),
    known("delta_deg", Quantity::Angle, "deg", 1.0, Absent::Usual, &["delta", "δ", "deltaavg"]),
    known(
        "psi_err_deg",
        Quantity::Angle,
        "deg",
        1.0,
        Absent::Usual,
        &["psierr", "psierror", "sigmapsi", "psistd", "psistdev"],
    ),
    known(
        "delta_err_deg",
        Quantity::Angle,
        "deg",
        1.0,
        Absent::Usual,
        &["deltaerr", "deltaerror", "sigmadelta", "deltastd", "deltastdev"],
    ),
    known("depolarization_percent", Quantity::Ratio, "%", 0.01, Absent::Refused, &["depolarization", "depol", "dpol"]),
    known("time_s", Quantity::Time, "s", 1.0, Absent::Refused, &["time", "t", "elapsedtime"]),
    known("x_mm", Quantity::Length, "mm", 1e-3, Absent::Refused, &["x", "xpos"]),
    known("y_mm", Quantity::Length, "mm", 1e-3, Absent::Refused, &["y", "ypos"]),
];

const SERIES: &[Canonical] = &[
    known("time_s", Quantity::Time, "s", 1.0, Absent::Refused, &["time", "t", "elapsedtime"]),
    known("cycle", Quantity::Number, "1", 1.0, Absent::Usual, &["cycle", "cycles", "cyclenumber", "numberofcycles"]),
    known(
        "thickness_nm",
        Quantity::Length,
        "nm",
        1e-9,
        Absent::Refused,
        &["thickness", "thickness#1", "thick", "thick1", "d", "filmthickness"],
    ),
    known(
        "thickness_err_nm",
        Quantity::Length,
        "nm",
        1e-9,
        Absent::Refused,
        &["thicknesserror", "thickness#1error", "thicknesserr", "thicknessstd"],
    ),
    known("roughness_nm", Quantity::Length, "nm", 1e-9, Absent::Refused, &["roughness", "surfaceroughness"]),
    known("refractive_index", Quantity::Number, "1", 1.0, Absent::Usual, &["n", "refractiveindex", "index"]),
    known("mse", Quantity::Number, "1", 1.0, Absent::Usual, &["mse"]),
    known("x_mm", Quantity::Length, "mm", 1e-3, Absent::Refused, &["x", "xpos"]),
    known("y_mm", Quantity::Length, "mm", 1e-3, Absent::Refused, &["y", "ypos"]),
];

const OPTICAL_CONSTANTS: &[Canonical] = &[
    known("wavelength_nm", Quantity::Length, "nm", 1e-9, Absent::Refused, &["wavelength", "wl", "lambda", "λ"]),
    known("photon_energy_ev", Quantity::Energy, "eV", 1.0, Absent::Refused, &["photonenergy", "energy", "ev"]),
    known("refractive_index", Quantity::Number, "1", 1.0, Absent::Usual, &["n", "refractiveindex"]),
    known("extinction_coefficient", Quantity::Number, "1", 1.0, Absent::Usual, &["k", "extinctioncoefficient", "κ"]),
];

const DEPTH_PROFILE: &[Canonical] = &[
    known("depth_nm", Quantity::Length, "nm", 1e-9, Absent::Refused, &["depth"]),
    known(
        "content_percent",
        Quantity::Ratio,
        "%",
        0.01,
        Absent::Refused,
        &["content", "concentration", "atomicfraction", "composition"],
    ),
    known(
        "content_err_percent",
        Quantity::Ratio,
        "%",
        0.01,
        Absent::Refused,
        &["contenterror", "error", "uncertainty"],
    ),
];

const ION_BEAM: &[Canonical] = &[
    known("channel", Quantity::Number, "1", 1.0, Absent::Usual, &["channel", "ch"]),
    known("energy_kev", Quantity::Energy, "keV", 1000.0, Absent::Refused, &["energy", "e"]),
    known("counts", Quantity::Number, "1", 1.0, Absent::Usual, &["counts", "yield", "count"]),
];

const EVENTS: &[Canonical] = &[
    known("time_of_flight_channel", Quantity::Number, "1", 1.0, Absent::Usual, &["tof", "timeofflight"]),
    known("energy_channel", Quantity::Number, "1", 1.0, Absent::Usual, &["energy", "e"]),
    known("event_number", Quantity::Number, "1", 1.0, Absent::Usual, &["eventnumber", "event"]),
];

const PHOTOELECTRONS: &[Canonical] = &[
    known("binding_energy_ev", Quantity::Energy, "eV", 1.0, Absent::Usual, &["be", "be", "bindingenergy", "eb"]),
    known("kinetic_energy_ev", Quantity::Energy, "eV", 1.0, Absent::Usual, &["ke", "kineticenergy", "ek"]),
    known("energy_ev", Quantity::Energy, "eV", 1.0, Absent::Refused, &["energy"]),
    known(
        "count_rate_per_s",
        Quantity::Rate,
        "/s",
        1.0,
        Absent::Refused,
        &["intensity", "counts", "countrate", "rate", "cps"],
    ),
    known("count_rate_per_s", Quantity::Number, "/s", 1.0, Absent::Usual, &["cps", "counts/s", "countrate", "c/s"]),
    known("counts", Quantity::Number, "1", 1.0, Absent::Usual, &["counts", "count", "yobs"]),
    known("counts", Quantity::Number, "1", 1.0, Absent::Refused, &["intensity"]),
    known("intensity", Quantity::Number, "1", 1.0, Absent::Usual, &["intensity", "int", "i", "y"]),
    known("transmission", Quantity::Number, "1", 1.0, Absent::Usual, &["transmission", "transmissionvalue"]),
    known("background", Quantity::Number, "1", 1.0, Absent::Usual, &["background", "bg", "backgnd", "shirley"]),
];

const DIFFRACTION: &[Canonical] = &[
    known(
        "two_theta_deg",
        Quantity::Angle,
        "deg",
        1.0,
        Absent::Usual,
        &["2theta", "2θ", "2th", "twotheta", "2-theta", "2-th", "2thetaangle", "tth"],
    ),
    known("omega_deg", Quantity::Angle, "deg", 1.0, Absent::Usual, &["omega", "ω", "theta", "θ", "th"]),
    known("scan_angle_deg", Quantity::Angle, "deg", 1.0, Absent::Usual, &["angle", "position"]),
    known(
        "count_rate_per_s",
        Quantity::Rate,
        "/s",
        1.0,
        Absent::Refused,
        &["intensity", "counts", "countrate", "rate", "cps"],
    ),
    known("count_rate_per_s", Quantity::Number, "/s", 1.0, Absent::Usual, &["cps", "counts/s", "countrate", "c/s"]),
    known("counts", Quantity::Number, "1", 1.0, Absent::Usual, &["counts", "count", "yobs"]),
    known("counts", Quantity::Number, "1", 1.0, Absent::Refused, &["intensity"]),
    known("intensity", Quantity::Number, "1", 1.0, Absent::Usual, &["intensity", "int", "i", "y"]),
];

const REACTOR: &[Canonical] = &[
    known("time_s", Quantity::Time, "s", 1.0, Absent::Refused, &["time", "t", "elapsedtime", "elapsed"]),
    known("cycle", Quantity::Number, "1", 1.0, Absent::Usual, &["cycle", "cyclenumber"]),
    known("planned_duration_s", Quantity::Time, "s", 1.0, Absent::Refused, &["plannedduration"]),
    known("duration_s", Quantity::Time, "s", 1.0, Absent::Refused, &["duration", "length"]),
    known("planned_pressure_pa", Quantity::Pressure, "Pa", 1.0, Absent::Refused, &["plannedpressure"]),
    known("pressure_pa", Quantity::Pressure, "Pa", 1.0, Absent::Refused, &["pressure", "chamberpressure", "p"]),
    known("planned_temperature_c", Quantity::Temperature, "Cel", 1.0, Absent::Refused, &["plannedtemperature"]),
    known(
        "deposition_temperature_c",
        Quantity::Temperature,
        "Cel",
        1.0,
        Absent::Refused,
        &["temperature", "substratetemperature", "depositiontemperature", "stagetemperature"],
    ),
];
