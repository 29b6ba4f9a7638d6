//! Tables of depth profiles in every layout that the reader takes, and some that it doesn't.
#![expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]

use super::*;
use crate::Values;

fn is_claimed(text: &str) -> bool {
    DepthTable.sniff(&Probe::new(text.as_bytes())) == Match::Likely
}

/// Depth, element, content and error of each row.
fn unpivoted(text: &str) -> Vec<(f64, String, f64, Option<f64>)> {
    assert!(is_claimed(text), "{text}");
    let reading = read(text.as_bytes()).unwrap();
    let profile = &reading.measurements[0];
    let depth = profile.numbers("depth_nm").or_else(|| profile.numbers("areal_depth_1e15_per_cm2")).unwrap();
    let elements = profile.columns.iter().find(|column| column.name == "element").unwrap();
    let Values::Text(elements) = &elements.values else { panic!("numbers") };
    let contents = profile.numbers("content_percent").unwrap();
    let errors = profile.numbers("content_err_percent");
    (0..depth.len())
        .map(|row| (depth[row], elements[row].clone(), contents[row], errors.map(|errors| errors[row])))
        .collect()
}

fn rows(expected: &[(f64, &str, f64, Option<f64>)]) -> Vec<(f64, String, f64, Option<f64>)> {
    expected.iter().map(|(depth, element, content, error)| (*depth, (*element).to_owned(), *content, *error)).collect()
}

#[test]
fn a_wide_table_is_unpivoted_whatever_its_separator() {
    let expected =
        rows(&[(0.5, "Li", 20.0, None), (0.5, "O", 80.0, None), (1.5, "Li", 21.5, None), (1.5, "O", 78.5, None)]);
    for text in [
        "Depth (nm)\tLi (at.%)\tO (at.%)\n0.5\t20.0\t80.0\n1.5\t21.5\t78.5\n",
        "Depth (nm),Li (at.%),O (at.%)\n0.5,20.0,80.0\n1.5,21.5,78.5\n",
        "Depth (nm);Li (at.%);O (at.%)\n0,5;20,0;80,0\n1,5;21,5;78,5\n",
        "Depth (nm)\tLi (at.%)\tO (at.%)\r\n0,5\t20,0\t80,0\r\n1,5\t21,5\t78,5\r\n",
        "  Depth (nm)   Li (at.%)   O (at.%)\n  0.5   20.0   80.0\n  1.5   21.5   78.5\n",
        "# depth (nm) Li (at.%) O at.%\n0.5 20.0 80.0\n1.5 21.5 78.5\n",
        "depth_nm Li O\n0.5 20.0 80.0\n1.5 21.5 78.5\n",
        "Synthetic film\n\nDepth\tLi\tO\nnm\tat.%\tat.%\n0.5\t20.0\t80.0\n1.5\t21.5\t78.5\n",
        "\"Depth [nm]\",\"Li\",\"O\"\n0.5,20.0,80.0\n1.5,21.5,78.5\n",
        "Depth (Å)\tLi (at.%)\tO (at.%)\n5\t20.0\t80.0\n15\t21.5\t78.5",
        "Depth (nm)\tLi (fraction)\tO (fraction)\n0.5\t0.200\t0.800\n1.5\t0.215\t0.785\n",
    ] {
        let found = unpivoted(text);
        assert_eq!(found.len(), expected.len(), "{text}");
        for (found, expected) in found.iter().zip(&expected) {
            // Percent from fractions differ in the last digit.
            let is_close = (found.2 - expected.2).abs() < 1e-12 && (found.0 - expected.0).abs() < 1e-12;
            assert!(is_close && found.1 == expected.1, "{text}: {found:?}");
        }
    }
}

#[test]
fn errors_go_with_their_elements() {
    let expected = rows(&[(10.0, "Li", 20.0, Some(1.0)), (10.0, "O", 80.0, Some(2.0))]);
    for text in [
        "Depth (1e15 at/cm2)\tLi (at.%)\terr\tO (at.%)\terr\n10\t20\t1\t80\t2\n",
        "Depth (1e15 at/cm2)\tLi (at.%)\t±\tO (at.%)\t±\n10\t20\t1\t80\t2\n",
        "depth (1e15 at/cm2),Li at.%,O at.%,dLi,dO\n10,20,80,1,2\n",
        "depth (1e15 at/cm2);O_err;Li at.%;Li_err;O at.%\n10;2;20;1;80\n",
        "depth (1e15 at/cm2) Li (at.%) ± O (at.%) ±\n10 20 1 80 2\n",
    ] {
        assert_eq!(unpivoted(text), expected, "{text}");
    }
    let found = unpivoted("Depth (nm)\tLi at.%\tO at.%\tO_err\n1\t20\t80\t2\n");
    assert!(found[0].3.unwrap().is_nan() && found[1].3 == Some(2.0));
}

#[test]
fn isotopes_have_a_mass_number() {
    let reading = read(b"Depth (nm)\t6Li at.%\t7Li at.%\tO at.%\n1\t2\t18\t80\n").unwrap();
    let numbers = reading.measurements[0].numbers("mass_number").unwrap();
    assert!(numbers[..2] == [6.0, 7.0] && numbers[2].is_nan());
}

#[test]
fn a_long_table_is_kept_as_it_is() {
    let text = "depth_nm,element,content (at.%),err\n1,Li,20,1\n1,7Li,18,1\n1,O,80,2\n1,Xy,80,2\n";
    let expected = [(1.0, "Li", 20.0, Some(1.0)), (1.0, "Li", 18.0, Some(1.0)), (1.0, "O", 80.0, Some(2.0))];
    assert_eq!(unpivoted(text), rows(&expected));
    let reading = read(text.as_bytes()).unwrap();
    assert_eq!(reading.rejected[0].error.to_string(), "line 5: expected the symbol of an element, found `Xy`");
    assert_eq!(reading.measurements[0].numbers("mass_number").unwrap()[1], 7.0);
}

#[test]
fn a_unit_of_content_that_is_not_stated_follows_from_sums_or_is_required() {
    let warning = |text: &str| read(text.as_bytes()).unwrap().measurements[0].warnings.clone();
    assert_eq!(
        warning("Depth (nm)\tLi\tO\n1\t20\t79\n"),
        ["no unit of content is stated: atomic percent is assumed, because most rows add up to about 100"]
    );
    assert_eq!(
        warning("Depth (nm)\tLi\tO\n1\t0.2\t0.79\n"),
        ["no unit of content is stated: atomic fraction is assumed, because most rows add up to about 1"]
    );
    assert!(warning("Content in at.%\nDepth (nm)\tLi\tO\n1\t20\t1\n").is_empty());
    assert_eq!(
        read(b"Depth (nm)\tLi\tO\n1\t200\t7900\n").unwrap_err().to_string(),
        "line 1: expected the unit of the contents (`at.%` or `fraction`) in their headers, found none, and rows that \
         add up neither to 100 nor to 1"
    );
    assert_eq!(
        read(b"Depth (nm)\tLi (at.%)\tO (fraction)\n1\t20\t0.8\n").unwrap_err().to_string(),
        "line 1: expected contents in one unit, found percent and fractions"
    );
}

#[test]
fn tables_of_other_quantities_are_not_claimed() {
    for text in [
        "Depth\tLi\tO\n1\t20\t80\n",
        "Depth (nm)\tLi (at.%)\n1\t20\n",
        "Sputter depth (nm)\tC\tO\n1\t20\t80\n",
        "Sputter depth (nm) C O\n1 20 80\n",
        "Etch time (s)\tLi (at.%)\tO (at.%)\n1\t20\t80\n",
        "Depth (nm)\tH (GPa)\tE (GPa)\n1\t20\t80\n",
        "Depth (nm)\tLi (c/s)\tO (c/s)\n1\t20\t80\n",
        "Frequency (Hz)\tZ' (Ohm)\tZ'' (Ohm)\n1\t2\t-3\n",
        "1\t2\t3\n",
        "",
    ] {
        assert!(!is_claimed(text), "{text}");
    }
}

#[test]
fn rows_that_cannot_be_trusted_are_left_out() {
    let reading =
        read(b"Depth (nm)\tLi at.%\tO at.%\n1\t20.5\t79.5\n2\tx\t79.5\n3\t20.5\n\t1\t2\n4\t20.5\t79.").unwrap();
    assert_eq!(reading.measurements[0].n_points(), 2);
    let rejected: Vec<_> = reading.rejected.iter().map(|row| row.error.to_string()).collect();
    assert_eq!(
        rejected,
        [
            "line 3: expected a number in % or as a fraction of 1 for `Li at.%`, found `x`",
            "line 4: expected 3 fields, found 2",
            "line 5: expected a number in nm or in 10¹⁵·cm⁻² for `Depth (nm)`, found ``",
            "line 6: expected a complete row with a line end, found the end of the file after `4·20.5·79.`"
        ]
    );
    assert_eq!(
        reading.measurements[0].metadata["incomplete"],
        Value::Text("the file ends in the middle of line 6".to_owned())
    );
}

#[test]
fn settings_above_the_header_are_kept() {
    let reading = read(b"# Sample: film-1\n# made up\nDepth (nm)\tLi at.%\tO at.%\tSum\n1\t20\t80\t100\n").unwrap();
    let profile = &reading.measurements[0];
    assert_eq!(profile.metadata["sample"], Value::Text("film-1".to_owned()));
    assert_eq!(profile.metadata["comment"], Value::Text("made up".to_owned()));
    assert_eq!(profile.numbers("sum"), Some(&[100.0, 100.0][..]));
}
