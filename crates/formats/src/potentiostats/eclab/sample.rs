//! Writes small `.mpr` files for tests and for `ingest/eclab_mpr/samples/`, following the format's description.

use super::ids::{Meaning, Width, meaning};

/// The contents of a `.mpr` to write.
#[derive(Debug, Clone)]
pub(crate) struct Mpr {
    /// Whether the heads are those of EC-Lab 11.50.
    pub new_header: bool,
    /// Version of the data module, for old heads.
    pub version: u32,
    /// The technique's number.
    pub technique: u8,
    /// Columns by number, with a width for those that are not known.
    pub columns: Vec<(u16, Option<Width>)>,
    /// Rows: a value for each column, flags included.
    pub rows: Vec<Vec<f64>>,
    /// Rows at which loops start, and the end; empty for none.
    pub loops: Vec<u32>,
    /// Electrode area (cm²).
    pub area_cm2: f32,
    /// Comment, in Latin-1.
    pub comment: &'static [u8],
}

impl Mpr {
    /// A potentiostatic spectrum of 100 Ω in series with 1 kΩ parallel to 1 µF, `points` for each of `cycles`.
    pub(crate) fn peis(cycles: u32, points: u32) -> Self {
        let mut rows = Vec::new();
        for cycle in 1..=cycles {
            for point in 0..points {
                let frequency = 1e5 / 10_f64.powf(f64::from(point) / 2.0);
                let (re, im) = impedance(frequency);
                let time = f64::from(cycle * points + point);
                rows.push(vec![frequency, re, -im, time, -0.05, 1.5e-3, f64::from(cycle), 41.0]);
            }
        }
        Self {
            new_header: false,
            version: 3,
            technique: 0x1d,
            columns: [32, 37, 38, 4, 77, 76, 24, 39].map(|id| (id, None)).into(),
            rows,
            loops: Vec::new(),
            area_cm2: 0.001,
            comment: b"",
        }
    }

    /// A charge at 1 mA and a rest, point by point, of a technique whose files hold charge and no current.
    pub(crate) fn gcpl(points: u32) -> Self {
        let row = |point: u32| {
            let (mode, charge, control) = if point < points / 2 { (1.0, 0.5 / 3600.0, 1.0) } else { (3.0, 0.0, 0.0) };
            let charge = if point == 0 { 0.0 } else { charge };
            let (time, potential) = (f64::from(point) / 2.0, 3.0 + f64::from(point) / 8.0);
            let passed = f64::from(point.min((points / 2).max(1) - 1)) * 0.5 / 3600.0;
            vec![mode, 1.0, f64::from(point / 2 % 2), time, charge, passed, control, potential, 41.0, 1.0]
        };
        Self {
            technique: 0x04,
            columns: [1, 2, 131, 4, 7, 13, 5, 6, 39, 468].map(|id| (id, None)).into(),
            rows: (0..points).map(row).collect(),
            ..Self::peis(0, 0)
        }
    }

    /// The file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut file = b"BIO-LOGIC MODULAR FILE\x1a".to_vec();
        file.resize(48, b' ');
        file.extend([0; 4]);
        self.module(&mut file, b"VMP Set   ", b"VMP settings", 0, &self.settings());
        self.module(&mut file, b"VMP data  ", b"VMP data", self.version, &self.data());
        self.module(&mut file, b"VMP LOG   ", b"VMP LOG", 0, &log());
        if !self.loops.is_empty() {
            let mut content = (self.loops.len() as u32).to_le_bytes().to_vec();
            self.loops.iter().for_each(|row| content.extend(row.to_le_bytes()));
            content.resize(280, 0);
            self.module(&mut file, b"VMP loop  ", b"VMP loop", 0, &content);
        }
        file
    }

    fn module(&self, file: &mut Vec<u8>, name: &[u8], title: &[u8], version: u32, content: &[u8]) {
        file.extend(b"MODULE");
        file.extend(name);
        let end = file.len() + 25;
        file.extend(title);
        file.resize(end, b' ');
        let length = (content.len() as u32).to_le_bytes();
        if self.new_header {
            file.extend(u32::MAX.to_le_bytes());
            file.extend(length);
            file.extend(0_u32.to_le_bytes());
            file.extend(11_u32.to_le_bytes());
        } else {
            file.extend(length);
            file.extend(version.to_le_bytes());
        }
        file.extend(b"03/26/21");
        file.extend(content);
    }

    fn settings(&self) -> Vec<u8> {
        let mut content = vec![0; 0x18c4];
        content[0] = self.technique;
        pascal(&mut content, 0x07, self.comment);
        pascal(&mut content, 0x215, b"(unspecified)");
        content[0x211..0x215].copy_from_slice(&self.area_cm2.to_le_bytes());
        content[0x24c..0x250].copy_from_slice(&0.001_f32.to_le_bytes());
        content[0x250..0x252].copy_from_slice(&[2, 1]);
        // One sequence of 52 parameters; the amplitude (mV) follows 36 or 39 bytes later.
        content[0x1845..0x1849].copy_from_slice(&(52_u32 << 16 | 1).to_le_bytes());
        let amplitude = 0x1849 + if self.new_header { 39 } else { 36 };
        content[amplitude..amplitude + 4].copy_from_slice(&14.1_f32.to_le_bytes());
        content
    }

    fn data(&self) -> Vec<u8> {
        let mut content = (self.rows.len() as u32).to_le_bytes().to_vec();
        let count = self.columns.len();
        let records_from = match (self.new_header, self.version) {
            (true, _) => 1007,
            (false, 0) => 100,
            (false, 2) => 405,
            (false, _) => 406,
        };
        if self.new_header {
            content.extend((count as u16).to_le_bytes());
        } else {
            content.push(count as u8);
        }
        for (id, _) in &self.columns {
            if !self.new_header && self.version == 0 {
                content.push(*id as u8);
            } else {
                content.extend(id.to_le_bytes());
            }
        }
        content.resize(records_from, 0);
        self.rows.iter().for_each(|row| self.record(row, &mut content));
        content
    }

    fn record(&self, row: &[f64], content: &mut Vec<u8>) {
        let mut flags_at = None;
        for ((id, stated), value) in self.columns.iter().zip(row) {
            let width = match meaning(*id) {
                Meaning::Flag { mask, .. } => {
                    let at = *flags_at.get_or_insert_with(|| {
                        content.push(0);
                        content.len() - 1
                    });
                    content[at] |= ((*value as u8) << mask.trailing_zeros()) & mask;
                    continue;
                }
                Meaning::Value { width, .. } => width,
                Meaning::Either(either) => stated.unwrap_or(either[0].1),
                Meaning::Unknown => stated.unwrap(),
            };
            match width {
                Width::F32 => content.extend((*value as f32).to_le_bytes()),
                Width::F64 => content.extend(value.to_le_bytes()),
                Width::U8 => content.push(*value as u8),
                Width::U16 => content.extend((*value as u16).to_le_bytes()),
                Width::U32 => content.extend((*value as u32).to_le_bytes()),
            }
        }
    }
}

/// 100 Ω + 1 kΩ ∥ 1 µF.
pub(crate) fn impedance(frequency_hz: f64) -> (f64, f64) {
    let wrc = std::f64::consts::TAU * frequency_hz * 1e3 * 1e-6;
    let scale = 1e3 / (1.0 + wrc * wrc);
    (100.0 + scale, -scale * wrc)
}

fn log() -> Vec<u8> {
    let mut content = vec![0; 0x924];
    content[9] = 2;
    content[0xab..0xad].copy_from_slice(&5304_u16.to_le_bytes());
    content[0x249..0x251].copy_from_slice(&44_281.5_f64.to_le_bytes());
    pascal(&mut content, 0x251, b"C:\\synthetic\\cell_C03.mpr");
    pascal(&mut content, 0x3b7, b"11.33");
    pascal(&mut content, 0x3be, b"11.32");
    pascal(&mut content, 0x3c5, b"11.33");
    content[0x3ce] = 27;
    pascal(&mut content, 0x3cf, b"0000");
    content
}

fn pascal(content: &mut [u8], at: usize, text: &[u8]) {
    content[at] = text.len() as u8;
    content[at + 1..=at + text.len()].copy_from_slice(text);
}
