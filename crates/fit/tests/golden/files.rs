//! Finds the measured spectra and the numbers that independent programs got from them.

use std::path::{Path, PathBuf};

use aldb_fit::spectrum::Spectrum;
use serde_json::Value;

#[derive(Clone, Default)]
pub(crate) struct Data {
    pub(crate) frequency_hz: Vec<f64>,
    pub(crate) z_re_ohm: Vec<f64>,
    pub(crate) z_im_ohm: Vec<f64>,
}

impl Data {
    pub(crate) fn spectrum(&self) -> Spectrum<'_> {
        Spectrum { frequency_hz: &self.frequency_hz, z_re_ohm: &self.z_re_ohm, z_im_ohm: &self.z_im_ohm }
    }

    pub(crate) fn push(&mut self, frequency_hz: f64, re: f64, im: f64) {
        self.frequency_hz.push(frequency_hz);
        self.z_re_ohm.push(re);
        self.z_im_ohm.push(im);
    }

    pub(crate) fn points(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        (0..self.frequency_hz.len()).map(|k| (self.frequency_hz[k], self.z_re_ohm[k], self.z_im_ohm[k]))
    }

    /// The points that `mask`, as the golden files write it, selects.
    pub(crate) fn masked(&self, mask: &str) -> Self {
        let mut kept = Self::default();
        for (f, re, im) in self.points() {
            let keep = match mask {
                "all" => true,
                "Im<0" => im < 0.0,
                _ => f <= mask.strip_prefix("f<=").unwrap().parse().unwrap(),
            };
            if keep {
                kept.push(f, re, im);
            }
        }
        kept
    }
}

pub(crate) fn json(path: &Path) -> Value {
    // Python writes NaN, which is not JSON.
    let text = std::fs::read_to_string(path).unwrap().replace(": NaN", ": null");
    serde_json::from_str(&text).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

pub(crate) fn data_used(value: &Value) -> Data {
    let column = |name: &str| numbers(&value["data_used"][name]);
    Data { frequency_hz: column("freq_Hz"), z_re_ohm: column("z_re"), z_im_ohm: column("z_im") }
}

pub(crate) fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

/// The points of a file under `eis` or `eis_b`: from a golden file that holds them, else from its
/// text. `None` for the binary ones.
pub(crate) fn points_of(folder: &Path, file: &str) -> Option<Data> {
    let name = file.rsplit('/').next().unwrap();
    let linkk = folder.join("eis/golden/linkk").join(format!("{name}.json"));
    if linkk.is_file() {
        return Some(data_used(&json(&linkk)));
    }
    let sign_after = |text: &str, from: &str, columns: [usize; 3], sign: f64, separator: char| {
        let mut data = Data::default();
        for line in text.lines().skip_while(|line| !line.starts_with(from)).skip(1) {
            let fields: Vec<_> = line.split(separator).map(|field| field.trim().parse::<f64>()).collect();
            let field = |k: usize| fields.get(columns[k]).and_then(|field| field.clone().ok());
            let (Some(f), Some(re), Some(im)) = (field(0), field(1), field(2)) else { continue };
            data.push(f, re, sign * im);
        }
        data
    };
    let read = |path: &str| String::from_utf8_lossy(&std::fs::read(folder.join(path)).unwrap()).into_owned();
    match name {
        "PEIS_LPSCl_IonBlocking_-25C.mpr" => {
            Some(sign_after(&read("eis_b/PEIS_LPSCl_IonBlocking_-25C.txt"), "freq/Hz", [0, 1, 2], -1.0, '\t'))
        }
        "biologic_peis_sp.mpt" => Some(sign_after(&read("eis/biologic_peis_sp.mpt"), "freq/Hz", [0, 1, 2], -1.0, '\t')),
        "versastudio.par" => Some(sign_after(&read("eis/versastudio.par"), "Definition=", [9, 14, 15], 1.0, ',')),
        "29pt_i2b.i2b" => Some(sign_after(&read("eis/29pt_i2b.i2b"), "29", [0, 1, 2], 1.0, ' ')),
        _ => {
            let fits = json_files(&folder.join("eis/golden/fits"));
            fits.iter()
                .map(|path| json(path))
                .find(|fit| fit["file"] == name && fit["circuit"] != "R0-CPE1")
                .map(|fit| data_used(&fit))
        }
    }
}
