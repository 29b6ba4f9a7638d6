//! What the formats that aren't read look like. The first that fits counts, so special ones go before general ones.

/// How a format is recognised.
pub(super) enum Sign {
    /// These bytes at this offset.
    Bytes(usize, &'static [u8]),
    /// Found in the first 4 KiB, decoded.
    Text(&'static str),
    /// Part of the name of an archive's member.
    Member(&'static str),
}

use Sign::{Bytes, Member, Text};

const EXPORT_SPECTRUM: &str = "export the spectrum as text with a header that names frequency, Z' and Z''";
const ONLY_IMPEDANCE: &str = "only impedance spectra are read so far";

/// Sign, title with an article, advice.
pub(super) const SIGNATURES: &[(Sign, &str, &str)] = &[
    // Impedance and electrochemistry.
    (
        Text(r#"(?i)\A\s*\{\s*"type"\s*:\s*"PalmSens\.DataFiles\.SessionFile"#),
        "a PalmSens session (.pssession)",
        "in PSTrace, export the impedance data as CSV",
    ),
    (
        Text(r"\A(?:EC|BT)-LAB SETTING FILE"),
        "an EC-Lab settings file (.mps)",
        "it holds settings and no data: ask for the .mpr beside it or the .mpt exported from that",
    ),
    (Bytes(0, b"\0\0\xFF\xFF\xFF\xFE\0\0"), "a Zahner Thales impedance spectrum (.ism)", EXPORT_SPECTRUM),
    (Bytes(0, b"\0\0\0\0\0\0\0\0\x3F\xF0\0\0\0\0\0\0"), "a Zahner Thales current-voltage curve (.isc)", ONLY_IMPEDANCE),
    (Text(r"(?m)^Corrosion=(?:true|false)\r?\nLevels=(?:true|false)"), "an Ivium data file (.idf)", EXPORT_SPECTRUM),
    (
        Text(r"\AVERSION\d+\.\d+\s*\n\s*\d+\s*\n\s*\d+\s*\n\s*[-+0-9.eE]+\s*\n"),
        "an Eco Chemie FRA file (.dfr)",
        EXPORT_SPECTRUM,
    ),
    (Text(r"\ACORRW ASCII"), "a Scribner CorrWare file", ONLY_IMPEDANCE),
    (
        Text(
            r"\A[A-Z][a-z]+\.? \d+, \d{4}\s+\d+:\d+:\d+\s*\n(?:Cyclic|Linear|Chrono|Differential|Square|Normal|Amperometric|Bulk|Open|Tafel|Multi|Sweep|Staircase|A\.C\. Voltam|IMP|Imp|Impedance)[^\n]*\n(?s:.*)\nInstrument Model:",
        ),
        "a CH Instruments text file of another technique than A.C. impedance",
        ONLY_IMPEDANCE,
    ),
    (
        Text(
            r#"\A"?(?:Index"?[\t;,]"?)?(?:Potential applied|Time|Corrected time|WE\(1\)\.(?:Potential|Current))[^\n]*WE\(1\)\.(?:Current|Potential)[^\n]*\n"#,
        ),
        "a Metrohm Autolab NOVA text file without a frequency",
        ONLY_IMPEDANCE,
    ),
    (Text(r"(?m)^Tester:?\s+Maccor|\AToday's Date\b"), "a Maccor cycling file", ONLY_IMPEDANCE),
    (Text(r"\ADataPoint,Cycle Index,Step Index,Step Type"), "a Neware cycling file (CSV)", ONLY_IMPEDANCE),
    (Member(".ndc"), "a Neware cycling file (.ndax)", ONLY_IMPEDANCE),
    (Text(r"\A(?:NEWARE|neware)"), "a Neware cycling file (.nda)", ONLY_IMPEDANCE),
    (Text(r"\ATest_ID,Test_Time,Step_Time"), "an Arbin cycling file (CSV)", ONLY_IMPEDANCE),
    (Bytes(4, b"Standard Jet DB"), "an Access database (Arbin .res)", ONLY_IMPEDANCE),
    (Text(r"\ARequest Year:,"), "a PEC cycling file (CSV)", ONLY_IMPEDANCE),
    (Text(r"\A# PRIME INSTRUMENT FILE"), "a PRIME cycling file", ONLY_IMPEDANCE),
    // Photoelectron spectra.
    (Text(r"\A\s*VAMAS Surface Chemical Analysis"), "a VAMAS (ISO 14976) photoelectron spectrum", ONLY_IMPEDANCE),
    (Text(r"\ASOFH\s"), "a PHI MultiPak photoelectron spectrum (.spe, .pro)", ONLY_IMPEDANCE),
    (Text(r"\A\s*#? ?Created by:\s+SpecsLab"), "a SPECS photoelectron spectrum (.xy)", ONLY_IMPEDANCE),
    (Text(r"CORBA XML document created by XMLSerializer"), "a SPECS photoelectron spectrum (XML)", ONLY_IMPEDANCE),
    (Text(r"\A\[Info\]\s*\nNumber of Regions="), "a Scienta photoelectron spectrum (text)", ONLY_IMPEDANCE),
    (Text(r"\ACycle \d+:[^\n]*\n\s*Characteristic Energy"), "a CasaXPS text export", ONLY_IMPEDANCE),
    (
        Text(r"(?m)\A[^\n]*\n(?:\s*\n)?Name\tPosition\tFWHM\tRaw Area"),
        "a CasaXPS quantification report",
        ONLY_IMPEDANCE,
    ),
    (Text(r"\A(?:BE|KE)/eV,"), "a photoelectron spectrum (CSV)", ONLY_IMPEDANCE),
    // Diffraction.
    (Bytes(0, b"RAW1.01"), "a Bruker RAW 1.01 diffraction pattern", ONLY_IMPEDANCE),
    (Bytes(0, b"RAW4.00"), "a Bruker RAW 4 diffraction pattern", ONLY_IMPEDANCE),
    (Bytes(0, b"RAW_1.06"), "a STOE RAW diffraction pattern", ONLY_IMPEDANCE),
    (Bytes(0, b"RAW2"), "a Bruker RAW 2 diffraction pattern", ONLY_IMPEDANCE),
    (Bytes(0, b"RAW "), "a Bruker RAW 1 diffraction pattern", ONLY_IMPEDANCE),
    (Member("Experiment0/"), "a Bruker diffraction archive (.brml)", ONLY_IMPEDANCE),
    (Member("Data0/Profile0.txt"), "a Rigaku diffraction archive (.rasx)", ONLY_IMPEDANCE),
    (Text(r"\A\*RAS_DATA_START"), "a Rigaku diffraction pattern (.ras)", ONLY_IMPEDANCE),
    (Text(r"(?m)^_FILEVERSION\s*="), "a Bruker diffraction pattern (.uxd)", ONLY_IMPEDANCE),
    (Text(r"<xrdMeasurements\b"), "a PANalytical diffraction pattern (.xrdml)", ONLY_IMPEDANCE),
    (Text(r"\A\[Measurement conditions\]"), "a PANalytical diffraction pattern (CSV)", ONLY_IMPEDANCE),
    (Text(r"\ASampleIdent,"), "a Philips diffraction pattern (.udf)", ONLY_IMPEDANCE),
    (Text(r"\AV[35]RD"), "a Philips diffraction pattern (.rd)", ONLY_IMPEDANCE),
    (Text(r#"\A'Id: ""#), "a Bruker EVA diffraction pattern (.xy)", ONLY_IMPEDANCE),
    (Text(r"(?m)^data_\S+(?s:.*)^_[a-z]+_"), "a crystallographic information file (.cif)", ONLY_IMPEDANCE),
    (Text(r"\A#-+\r?\n#\$Date"), "a crystallographic information file (.cif)", ONLY_IMPEDANCE),
    // Ellipsometry.
    (Text(r"\A[^\n]*\n(?:VASE|RT)method\["), "a Woollam ellipsometry file", ONLY_IMPEDANCE),
    (Text(r"\A\s*Point #\tZ Align|\A\s*X \(cm\)\tY \(cm\)\tMSE"), "a CompleteEASE map", ONLY_IMPEDANCE),
    (Bytes(0, b">K4\x11{'X'N8[#[?Q<"), "a CompleteEASE file (.SE)", "in CompleteEASE, save the data as text"),
    (Member(".SE"), "a CompleteEASE snapshot (.SEsnap)", "in CompleteEASE, save the data as text"),
    (Text(r"\A#(?:Lambda|ROIidx)\t"), "an Accurion ellipsometry file", ONLY_IMPEDANCE),
    (Text(r"\AFilm_Sense_"), "a Film Sense ellipsometry file", ONLY_IMPEDANCE),
    (Text(r"\A; WAVELENGTH\b"), "a Sentech SpectraRay ellipsometry file", ONLY_IMPEDANCE),
    (Text(r"\A###### File Layer="), "a Sentech SpectraRay layer model", ONLY_IMPEDANCE),
    // Ion beams.
    (Text(r"<idf[\s>]"), "an ion beam data file (IDF or SIMNRA XML)", ONLY_IMPEDANCE),
    (Text(r"\ANDF v\d"), "an NDF result", ONLY_IMPEDANCE),
    (Text(r"\ACount: \d+\r?\nType: (?:ERD|RBS)"), "a Potku cut file", ONLY_IMPEDANCE),
    (Text(r"\A(?:ERD|RBS)\s+[A-Z][a-z]?\s+\d+\s"), "a Potku selection", ONLY_IMPEDANCE),
    // Containers that say nothing about what is in them.
    (Member("xl/workbook.xml"), "a spreadsheet (.xlsx)", "save the sheet of the spectrum as CSV"),
    (
        Bytes(0, b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
        "an old Office document (.xls, .doc)",
        "save the sheet of the spectrum as CSV",
    ),
    (Bytes(0, b"\x89HDF\r\n\x1A\n"), "an HDF5 or NeXus file", ONLY_IMPEDANCE),
    (Bytes(0, b"SQLite format 3\0"), "an SQLite database", ONLY_IMPEDANCE),
    (Bytes(0, b"%PDF-"), "a PDF document", "ask for the data file itself"),
    (Bytes(4098, b"\x55\x55"), "a Princeton Instruments WinSpec file (.spe)", ONLY_IMPEDANCE),
];
