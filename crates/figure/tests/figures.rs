//! Figures from batches: what they show, what they leave out, and what they refuse.

use std::sync::Arc;

use aldb_figure::{
    Figure, FigureError, FigureOptions, NyquistOptions, NyquistView, arrhenius, conductivity_chart, nyquist,
};
use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int32Array, RecordBatch, StringArray, StringViewArray};

fn text(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn numbers(values: &[Option<f64>]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

fn batch(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(name, array)| (*name, array.clone(), true)))
        .expect("columns of one length")
}

/// A film of 500 kOhm and 40 pF between blocking electrodes of 4 nF.
fn spectrum(series: &str) -> RecordBatch {
    let frequencies: Vec<f64> = (0..=60).map(|step| 10_f64.powf(6.0 - f64::from(step) / 10.0)).collect();
    let z = |frequency_hz: &f64| {
        let omega = std::f64::consts::TAU * frequency_hz;
        let turn = omega * 5e5 * 4e-11;
        let below = 1.0 + turn * turn;
        (5e5 / below, -5e5 * turn / below - 1.0 / (omega * 4e-9))
    };
    let column = |value: fn((f64, f64)) -> f64| {
        Arc::new(Float64Array::from_iter_values(frequencies.iter().map(z).map(value))) as ArrayRef
    };
    batch(&[
        ("series", text(&vec![Some(series); frequencies.len()])),
        ("frequency_hz", Arc::new(Float64Array::from(frequencies.clone()))),
        ("z_re_ohm", column(|(re, _)| re)),
        ("z_im_ohm", column(|(_, im)| im)),
        ("fit_re_ohm", column(|(re, _)| re)),
        ("fit_im_ohm", column(|(_, im)| im)),
    ])
}

fn points() -> RecordBatch {
    batch(&[
        ("series", text(&[Some("film"), Some("film"), Some("film"), None, Some("film")])),
        ("temperature_c", numbers(&[Some(30.0), Some(45.0), Some(60.0), Some(30.0), Some(30.0)])),
        ("sigma_s_per_cm", numbers(&[Some(5e-8), Some(1.1e-7), Some(2.3e-7), Some(1.0), Some(f64::NAN)])),
        ("sigma_err_s_per_cm", numbers(&[Some(2e-9), None, Some(6e-9), None, None])),
    ])
}

fn fit(series: &[Option<&str>]) -> RecordBatch {
    let all = |value: f64| numbers(&vec![Some(value); series.len()]);
    batch(&[
        ("series", text(series)),
        ("ea_ev", all(0.4312)),
        ("ea_err_ev", all(0.0382)),
        ("ln_sigma0", all(-0.31)),
        ("var_ln_sigma0", all(1.97)),
        ("var_ea_ev", all(0.00146)),
        ("cov", all(0.0536)),
    ])
}

fn reports() -> RecordBatch {
    batch(&[
        ("label", text(&[Some("Li3PO4 (LiOtBu)"), Some("LiPON"), Some("synthetic-LBO-125"), Some("no value")])),
        ("first_author", text(&[Some("Wang"), Some("Pearse"), None, None])),
        ("year", Arc::new(Int32Array::from(vec![Some(2014), Some(2017), None, None]))),
        ("sigma_s_per_cm", numbers(&[Some(3.3e-8), Some(6.51e-7), Some(3.92e-8), None])),
        ("sigma_err_s_per_cm", numbers(&[None, Some(3.6e-8), Some(1e-9), None])),
        ("temperature_c", numbers(&[Some(26.0), Some(35.0), Some(25.0), None])),
        ("is_own", Arc::new(BooleanArray::from(vec![false, false, true, false]))),
        ("conflict", text(&[Some("1.73e-8 S/cm at 323 K in the same abstract"), None, None, None])),
    ])
}

fn every_figure() -> Vec<Figure> {
    let options = FigureOptions { notice: Some("synthetic data".to_owned()), ..FigureOptions::default() };
    let nyquist_options = NyquistOptions { figure: options.clone(), view: NyquistView::Arcs };
    vec![
        nyquist(&[spectrum("30 °C")], &nyquist_options).expect("a figure"),
        arrhenius(&[points()], &[fit(&[Some("film")])], &options).expect("a figure"),
        conductivity_chart(&[reports()], &options).expect("a figure"),
    ]
}

/// Every tag that opens is closed in order, and attributes are quoted: what an XML parser would refuse first.
fn assert_well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in svg.split('<').skip(1).filter(|tag| !tag.starts_with("!--")) {
        let (tag, _) = tag.split_once('>').unwrap_or_else(|| panic!("`<{tag}` does not end"));
        assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if !tag.ends_with('/') => open.push(tag.split_whitespace().next().unwrap_or_default()),
            None => {}
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

#[test]
fn every_svg_is_well_formed_has_its_size_on_paper_and_shows_the_notice() {
    for figure in every_figure() {
        let svg = figure.to_svg();
        assert_well_formed(&svg);
        assert!(svg.contains("width=\"85mm\"") && svg.contains("viewBox=\"0 0 850 "), "{}", &svg[..200]);
        assert!(svg.contains(">synthetic data</text>"));
    }
}

#[test]
fn the_same_batches_give_the_same_bytes() {
    for (one, two) in every_figure().iter().zip(every_figure()) {
        assert_eq!(one.to_svg(), two.to_svg());
        assert_eq!(one.to_png(400).unwrap(), two.to_png(400).unwrap());
    }
}

#[test]
fn a_png_has_the_width_asked_for() {
    for figure in every_figure() {
        for width_px in [100_u32, 777, 2008] {
            let png = figure.to_png(width_px).unwrap();
            assert_eq!(&png[1..4], b"PNG");
            assert_eq!(png[16..20], width_px.to_be_bytes());
        }
    }
    let error = every_figure().remove(0).to_png(99).unwrap_err();
    assert_eq!(error.to_string(), "width is 99 px, outside 100 to 10000 px");
}

#[test]
fn a_nyquist_plot_has_units_legend_and_frequencies_and_cuts_the_tail() {
    let figure = nyquist(&[spectrum("30 °C"), spectrum("40 °C")], &NyquistOptions::default()).unwrap();
    let svg = figure.to_svg();
    for label in ["Re(Z) / kΩ", "−Im(Z) / kΩ", "30 °C", "40 °C", "10 kHz"] {
        assert!(svg.contains(&format!(">{label}</text>")), "{label}");
    }
    assert!(figure.caption().contains("points lie outside the axes"), "{}", figure.caption());
    let all = NyquistOptions { view: NyquistView::All, ..NyquistOptions::default() };
    let svg = nyquist(&[spectrum("30 °C")], &all).unwrap().to_svg();
    assert!(svg.contains(">−Im(Z) / MΩ</text>"));
}

#[test]
fn a_nyquist_plot_has_equal_scales() {
    let svg = nyquist(&[spectrum("30 °C")], &NyquistOptions::default()).unwrap().to_svg();
    let place = |label: &str, attribute: &str, nth: usize| -> f64 {
        let lines: Vec<&str> = svg.lines().filter(|line| line.contains(&format!(">{label}<"))).collect();
        let value = lines[nth].split_once(&format!("{attribute}=\"")).unwrap().1;
        value.split_once('"').unwrap().0.parse().unwrap()
    };
    // The labels of the horizontal axis are drawn first.
    let across = place("400", "x", 0) - place("200", "x", 0);
    let up = place("200", "y", 1) - place("400", "y", 1);
    assert!((across - up).abs() < 0.05, "{across} and {up}");
}

#[test]
fn an_arrhenius_plot_states_the_activation_energy_and_counts_rows_left_out() {
    let figure = arrhenius(&[points()], &[fit(&[Some("film")])], &FigureOptions::default()).unwrap();
    let svg = figure.to_svg();
    for label in ["film: Eₐ = 0.43 ± 0.04 eV", "σ / S cm⁻¹", "(1000 / T) / K⁻¹", "temperature / °C", "25 °C", "60"]
    {
        assert!(svg.contains(&format!(">{label}</text>")), "{label}");
    }
    assert!(svg.contains("fill-opacity") && svg.contains("stroke-dasharray"));
    assert_eq!(figure.rows_left_out(), 2);
    assert_eq!(
        figure.caption(),
        "Bands show one standard uncertainty of the line. \
         2 of 5 rows left out: no series, temperature or positive conductivity"
    );
}

#[test]
fn a_conductivity_chart_marks_temperatures_and_contradictions() {
    let figure = conductivity_chart(&[reports()], &FigureOptions::default()).unwrap();
    let svg = figure.to_svg();
    let labels = [
        "LiPON",
        "Pearse 2017, 35 °C",
        "synthetic-LBO-125",
        "Li₃PO₄ (LiOtBu) †",
        "Wang 2014, 26 °C",
        "own films",
        "open: not at 25 °C",
    ];
    let places: Vec<usize> = labels.iter().map(|label| svg.find(&format!(">{label}</text>")).unwrap()).collect();
    assert!(places.is_sorted(), "rows are ordered by conductivity");
    assert_eq!(
        figure.caption(),
        "† Li3PO4 (LiOtBu), Wang 2014: 1.73e-8 S/cm at 323 K in the same abstract. \
         1 of 4 rows left out: no label or positive conductivity"
    );
}

#[test]
fn a_legend_without_room_inside_the_axes_is_placed_above_them() {
    let many: Vec<RecordBatch> = (0..24).map(|index| spectrum(&format!("a series with a long name {index}"))).collect();
    let options = NyquistOptions { view: NyquistView::UpTo(3e5), ..NyquistOptions::default() };
    assert_well_formed(&nyquist(&many, &options).unwrap().to_svg());
}

#[test]
fn text_from_data_is_escaped() {
    let name = "<b> & \"$x$\"";
    let svg = nyquist(&[spectrum(name)], &NyquistOptions::default()).unwrap().to_svg();
    assert_well_formed(&svg);
    assert!(svg.contains(">&lt;b&gt; &amp; &quot;$x$&quot;</text>"));
}

#[test]
fn text_may_be_a_string_view() {
    let spectrum = spectrum("30 °C");
    let mut columns: Vec<(&str, ArrayRef)> =
        vec![("series", Arc::new(StringViewArray::from(vec!["view"; spectrum.num_rows()])))];
    for name in ["frequency_hz", "z_re_ohm", "z_im_ohm"] {
        columns.push((name, spectrum.column_by_name(name).unwrap().clone()));
    }
    assert!(nyquist(&[batch(&columns)], &NyquistOptions::default()).unwrap().to_svg().contains(">view</text>"));
}

#[test]
fn a_missing_column_is_named_with_the_existing_ones() {
    let error = arrhenius(&[fit(&[Some("film")])], &[], &FigureOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected column `temperature_c` (a number in °C), found `series`, `ea_ev`, `ea_err_ev`, `ln_sigma0`, \
         `var_ln_sigma0`, `var_ea_ev`, `cov`"
    );
}

#[test]
fn a_column_of_the_wrong_type_is_named_with_its_type() {
    let batch = batch(&[("label", numbers(&[Some(1.0)])), ("sigma_s_per_cm", numbers(&[Some(1.0)]))]);
    let error = conductivity_chart(&[batch], &FigureOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "column `label`: expected text, found type Float64");
}

#[test]
fn nothing_to_draw_is_an_error() {
    let options = FigureOptions::default();
    for error in [
        nyquist(&[], &NyquistOptions::default()).unwrap_err(),
        nyquist(&[spectrum("30 °C").slice(0, 0)], &NyquistOptions::default()).unwrap_err(),
    ] {
        let expected = "a series, a positive frequency and an impedance";
        assert_eq!(error, FigureError::Empty { expected, rows: 0 });
    }
    let error = arrhenius(&[points().slice(3, 2)], &[], &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected at least one row with a series, a temperature and a positive conductivity, found none in 2 rows"
    );
    assert!(matches!(conductivity_chart(&[reports().slice(3, 1)], &options), Err(FigureError::Empty { rows: 1, .. })));
}

#[test]
fn two_fits_of_one_series_are_refused() {
    let fits = fit(&[Some("film"), Some("film")]);
    let error = arrhenius(&[points()], &[fits], &FigureOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "series `film`: expected one fit, found two");
}

#[test]
fn extreme_numbers_end_in_a_figure() {
    let columns = |value: f64| {
        batch(&[
            ("series", text(&[Some("one")])),
            ("frequency_hz", numbers(&[Some(1.0)])),
            ("z_re_ohm", numbers(&[Some(value)])),
            ("z_im_ohm", numbers(&[Some(value)])),
            ("temperature_c", numbers(&[Some(25.0)])),
            ("sigma_s_per_cm", numbers(&[Some(value.abs().max(f64::MIN_POSITIVE))])),
            ("label", text(&[Some("one")])),
            ("is_own", Arc::new(BooleanArray::from(vec![false]))),
        ])
    };
    for value in [0.0, 1e-300, 1e14, -1e9, -1.0] {
        let batch = columns(value);
        assert_well_formed(&nyquist(std::slice::from_ref(&batch), &NyquistOptions::default()).unwrap().to_svg());
        let options = FigureOptions::default();
        assert_well_formed(&arrhenius(std::slice::from_ref(&batch), &[], &options).unwrap().to_svg());
        assert_well_formed(&conductivity_chart(&[batch], &options).unwrap().to_svg());
    }
    let error = nyquist(&[columns(1e300)], &NyquistOptions::default()).unwrap_err();
    let expected = "a series, a positive frequency and an impedance";
    assert_eq!(error, FigureError::Empty { expected, rows: 1 });
    let wild = batch(&[
        ("series", text(&[Some("film")])),
        ("ea_ev", numbers(&[Some(1e300)])),
        ("ea_err_ev", numbers(&[Some(1e-300)])),
        ("ln_sigma0", numbers(&[Some(-1e300)])),
    ]);
    assert_well_formed(&arrhenius(&[points()], &[wild], &FigureOptions::default()).unwrap().to_svg());
}

#[test]
fn a_width_that_cannot_hold_the_labels_is_refused() {
    let options = FigureOptions { width_mm: 20.0, ..FigureOptions::default() };
    let error = conductivity_chart(&[reports()], &options).unwrap_err();
    assert_eq!(error.to_string(), "width is 20 mm, outside 60 to 400 mm");
}
