//! Tests with small synthetic workbooks.
#![expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

/// A zip archive with these members.
fn archive(members: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A workbook of sheets with these names and rows; numbers become cells with numbers, other texts are shared.
pub(crate) fn workbook(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let mut texts = String::new();
    let mut n_texts = 0;
    let mut members = Vec::new();
    for (name, rows) in sheets {
        let mut data = String::new();
        for (number, row) in rows.iter().enumerate() {
            data.push_str(&format!("<row r=\"{}\">", number + 1));
            for (at, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                let reference = format!("{}{}", char::from(b'A' + at as u8), number + 1);
                if cell.parse::<f64>().is_ok() {
                    data.push_str(&format!("<c r=\"{reference}\"><v>{cell}</v></c>"));
                } else {
                    data.push_str(&format!("<c r=\"{reference}\" t=\"s\"><v>{n_texts}</v></c>"));
                    texts.push_str(&format!("<si><t>{cell}</t></si>"));
                    n_texts += 1;
                }
            }
            data.push_str("</row>");
        }
        members.push((*name, format!("<worksheet><sheetData>{data}</sheetData></worksheet>")));
    }
    let sheets: Vec<(&str, &str)> = members.iter().map(|(name, sheet)| (*name, sheet.as_str())).collect();
    of_parts("", &sheets, &format!("<sst>{texts}</sst>"))
}

/// A workbook with these properties, sheets and shared texts, as XML.
fn of_parts(properties: &str, sheets: &[(&str, &str)], texts: &str) -> Vec<u8> {
    let (mut list, mut relations) = (String::new(), String::new());
    let names: Vec<String> = (1..=sheets.len()).map(|number| format!("worksheets/sheet{number}.xml")).collect();
    for ((number, (name, _)), member) in (1..).zip(sheets).zip(&names) {
        list.push_str(&format!("<sheet name=\"{name}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>"));
        relations.push_str(&format!("<Relationship Id=\"rId{number}\" Target=\"{member}\"/>"));
    }
    let list = format!("<workbook>{properties}<sheets>{list}</sheets></workbook>");
    let relations = format!("<Relationships>{relations}</Relationships>");
    let names: Vec<String> = names.iter().map(|name| format!("xl/{name}")).collect();
    let mut members = vec![("xl/workbook.xml", list.as_str()), ("xl/_rels/workbook.xml.rels", &relations)];
    members.extend(names.iter().zip(sheets).map(|(name, (_, sheet))| (name.as_str(), *sheet)));
    members.push(("xl/sharedStrings.xml", texts));
    archive(&members)
}

/// A workbook of one sheet with these rows, as XML, and these shared texts.
fn of_rows(rows: &str, texts: &str) -> Vec<u8> {
    of_parts("", &[("s", &format!("<worksheet><sheetData>{rows}</sheetData></worksheet>"))], texts)
}

/// All rows of the first sheet, and its damage.
fn rows(file: &[u8]) -> (Vec<Row>, Option<String>) {
    let workbook = Workbook::open(file).unwrap();
    let mut rows = Vec::new();
    let damage = workbook.rows(&workbook.sheets[0], |row| {
        rows.push(row.clone());
        Ok(())
    });
    (rows, damage.unwrap())
}

fn row(number: u64, cells: &[(u32, Cell)]) -> Row {
    Row { number, cells: cells.to_vec() }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.into())
}

fn refusal(file: &[u8]) -> String {
    Workbook::open(file).err().unwrap().to_string()
}

#[test]
fn cells_keep_their_places_in_sparse_rows() {
    let file = workbook(&[("a", &[&["eV", "", "Counts / s"], &[], &["530.5", "", "7"]])]);
    let expected = [
        row(1, &[(0, text("eV")), (2, text("Counts / s"))]),
        row(3, &[(0, Cell::Number(530.5)), (2, Cell::Number(7.0))]),
    ];
    assert_eq!(rows(&file), (expected.to_vec(), None));
    assert_eq!(expected[1].cell(2), Some(&Cell::Number(7.0)));
    assert_eq!(expected[1].cell(1), None);
    assert_eq!(Workbook::open(&file).unwrap().sheets[0].head, expected);
}

#[test]
fn rows_and_cells_without_references_follow_the_ones_before() {
    let file = of_rows(
        "<row r=\"3\"><c r=\"C3\"><v>1</v></c><c><v>2</v></c><c/><c><v>3</v></c></row><row/><row><c><v>4</v></c></row>
         <row><c r=\"XFD6\"><v>6</v></c><c r=\"A6\"><v>5</v></c></row>",
        "<sst/>",
    );
    let number = |column, value| (column, Cell::Number(value));
    let expected = [
        row(3, &[number(2, 1.0), number(3, 2.0), number(5, 3.0)]),
        row(5, &[number(0, 4.0)]),
        row(6, &[number(0, 5.0), number(16_383, 6.0)]),
    ];
    assert_eq!(rows(&file), (expected.to_vec(), None));
}

#[test]
fn every_type_of_cell_is_read() {
    let file = of_rows(
        "<row><c><v>1.5E-3</v></c><c t=\"n\"><v> 2 </v></c><c t=\"s\"><v>0</v></c><c t=\"inlineStr\"><is><t> a&amp;&#181; </t></is></c>\
         <c t=\"str\"><f>\"x\"</f><v>formula</v></c><c t=\"b\"><v>1</v></c><c t=\"b\"><v>0</v></c><c t=\"e\"><v>#N/A</v></c>\
         <c t=\"d\"><v>2026-03-01T00:00:00</v></c><c><f>A1</f></c><c t=\"s\"><v>1</v></c><c><v>1,5</v></c><c><v>NaN</v></c>\
         <c><f>A1</f><v>7</v></c></row>",
        "<sst><si><t>shared</t></si><si><t> </t></si></sst>",
    );
    let expected = [
        (0, Cell::Number(1.5e-3)),
        (1, Cell::Number(2.0)),
        (2, text("shared")),
        (3, text("a&µ")),
        (4, text("formula")),
        (5, Cell::Flag(true)),
        (6, Cell::Flag(false)),
        (7, Cell::Error("#N/A".into())),
        (8, text("2026-03-01T00:00:00")),
        (11, Cell::Error("1,5".into())),
        (12, Cell::Error("NaN".into())),
        (13, Cell::Number(7.0)),
    ];
    assert_eq!(rows(&file), (vec![row(1, &expected)], None));
    assert_eq!(expected[5].1.words(), "TRUE");
}

#[test]
fn runs_of_a_text_are_joined_and_its_pronunciation_is_left_out() {
    let rich = "<r><rPr><b/></rPr><t>Z</t></r><r><t xml:space=\"preserve\"> (Ω)</t></r><rPh sb=\"0\" eb=\"1\"><t>zetto</t></rPh>";
    let file = of_rows(
        &format!("<row><c t=\"s\"><v>0</v></c><c t=\"inlineStr\"><is>{rich}</is></c><c t=\"s\"><v>1</v></c></row>"),
        &format!("<sst><si>{rich}<phoneticPr fontId=\"1\"/></si><si><t>a_x000D_\nb_x00B5_ _xyz_</t></si></sst>"),
    );
    let expected = [(0, text("Z (Ω)")), (1, text("Z (Ω)")), (2, text("a\r\nbµ _xyz_"))];
    assert_eq!(rows(&file), (vec![row(1, &expected)], None));
}

#[test]
fn sheets_are_in_the_order_of_the_list_whatever_their_members_are_called() {
    let sheet = |value: u32| format!("<worksheet><sheetData><row><c><v>{value}</v></c></row></sheetData></worksheet>");
    let list = "<workbook><sheets><sheet name=\"first\" r:id=\"b\"/><sheet name=\"hidden\" state=\"hidden\" r:id=\"a\"/>\
                <sheet name=\"chart\" r:id=\"c\"/><sheet name=\"again\" r:id=\"a\"/></sheets></workbook>";
    let relations = "<Relationships><Relationship Id=\"a\" Target=\"worksheets/sheet1.xml\"/>\
                     <Relationship Id=\"c\" Type=\"http://x/relationships/chartsheet\" Target=\"chartsheets/sheet1.xml\"/>\
                     <Relationship Id=\"b\" Type=\"http://x/relationships/worksheet\" Target=\"/xl/worksheets/Sheet7.xml\"/></Relationships>";
    let file = archive(&[
        ("xl/worksheets/sheet1.xml", &sheet(1)),
        ("xl/worksheets/sheet7.xml", &sheet(7)),
        ("xl/workbook.xml", list),
        ("xl/_rels/workbook.xml.rels", relations),
    ]);
    let workbook = Workbook::open(&file).unwrap();
    let found: Vec<_> = workbook.sheets.iter().map(|sheet| (sheet.name.as_str(), &sheet.head[0].cells[0].1)).collect();
    assert_eq!(found, [("first", &Cell::Number(7.0)), ("hidden", &Cell::Number(1.0))]);
    let unnamed = list.replace("r:id=\"b\"", "r:id=\"z\"");
    let file = archive(&[("xl/workbook.xml", &unnamed), ("xl/_rels/workbook.xml.rels", relations)]);
    assert_eq!(refusal(&file), "byte 0: expected the member of sheet `first`, found none");
}

#[test]
fn dates_count_from_1904_where_the_workbook_states_it() {
    let sheet = [("s", "<worksheet><sheetData/></worksheet>")];
    let offset = |properties| Workbook::open(&of_parts(properties, &sheet, "<sst/>")).unwrap().date_offset_d;
    assert_eq!(offset("<workbookPr date1904=\"1\"/>"), 1462.0);
    assert_eq!(offset("<workbookPr date1904=\"true\"/>"), 1462.0);
    assert_eq!(offset("<workbookPr date1904=\"0\"/>"), 0.0);
    assert_eq!(offset(""), 0.0);
}

#[test]
fn a_damaged_sheet_gives_the_rows_before_with_place_and_cause() {
    let start = "<worksheet><sheetData><row r=\"1\"><c><v>1</v></c></row><row r=\"4\"><c><v>2</v></c></row>";
    let first = [row(1, &[(0, Cell::Number(1.0))]), row(4, &[(0, Cell::Number(2.0))])];
    for (rest, at, cause) in [
        ("", 0, "the XML ends"),
        ("<row r=\"5\"><c><v>3", 18, "the XML ends"),
        ("<row r=\"5\"><c><v>3</c></row>", 18, "ill-formed document: expected `</v>`, but `</c>` was found"),
        ("<row r=\"5\"><c><v>&x;", 17, "the unknown entity `&x;`"),
    ] {
        let file = of_parts("", &[("s", &format!("{start}{rest}"))], "<sst/>");
        let at = start.len() + at;
        let damage = format!("sheet `s` is damaged after row 4: byte {at} of its XML: {cause}");
        assert_eq!(rows(&file), (first.to_vec(), Some(damage)), "{rest}");
    }
    let wide = format!("{start}<row r=\"5\"><c r=\"XFE5\"><v>3</v></c></row>");
    let damage = "sheet `s` is damaged after row 4: row 5 has more than 16384 columns".to_owned();
    assert_eq!(rows(&of_parts("", &[("s", &wide)], "<sst/>")), (first.to_vec(), Some(damage)));
    let file = of_parts("", &[("s", "<worksheet><sheetData><row><c")], "<sst/>");
    let damage = "sheet `s` is damaged before its first row: byte 27 of its XML: syntax error: tag not closed: `>` not found before end of input";
    assert_eq!(rows(&file), (Vec::new(), Some(damage.to_owned())));
    assert_eq!(Workbook::open(&file).unwrap().sheets[0].head_damage.as_deref(), Some(damage));
}

#[test]
fn a_sheet_whose_compressed_bytes_are_damaged_gives_the_rows_before() {
    let cells: String = (0..20_000_u64)
        .map(|n| format!("<row r=\"{}\"><c><v>{}</v></c></row>", n + 1, n.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
        .collect();
    let mut file = of_rows(&cells, "<sst/>");
    let sheet = memchr::memmem::find(&file, b"xl/worksheets/sheet1.xml").unwrap();
    let end = memchr::memmem::find(&file, b"xl/sharedStrings.xml").unwrap();
    let middle = sheet + (end - sheet) / 2;
    file[middle..middle + 400].fill(0xFF);
    let (found, damage) = rows(&file);
    assert!(found.len() > 5_000 && found.len() < 15_000, "{} rows", found.len());
    let last = found[found.len() - 1].number;
    let damage = damage.unwrap();
    assert!(damage.starts_with(&format!("sheet `s` is damaged after row {last}: byte ")), "{damage}");
}

#[test]
fn a_sheet_with_a_wrong_checksum_is_refused() {
    let mut file = of_rows("<row><c><v>1</v></c></row>", "<sst/>");
    let directory = memchr::memmem::find_iter(&file, b"PK\x01\x02").nth(2).unwrap();
    file[directory + 16] ^= 1;
    let workbook = Workbook::open(&file);
    assert_eq!(
        workbook.err().unwrap().to_string(),
        "byte 0: expected the whole member of a sheet, found Invalid checksum"
    );
}

#[test]
fn a_sheet_that_is_not_in_the_archive_is_reported() {
    let list = "<workbook><sheets><sheet name=\"s\" r:id=\"a\"/></sheets></workbook>";
    let relations = "<Relationships><Relationship Id=\"a\" Target=\"worksheets/sheet1.xml\"/></Relationships>";
    let file = archive(&[("xl/workbook.xml", list), ("xl/_rels/workbook.xml.rels", relations)]);
    let (found, damage) = rows(&file);
    assert_eq!(found, []);
    assert!(damage.unwrap().starts_with("sheet `s` is missing: byte 0: expected a member `xl/worksheets/sheet1.xml`"));
}

#[test]
fn texts_after_damage_are_missing_with_a_warning() {
    let rows_of = "<row><c t=\"s\"><v>0</v></c><c><v>1</v></c></row><row><c t=\"s\"><v>1</v></c><c><v>2</v></c></row>";
    let expected = [
        row(1, &[(0, text("a")), (1, Cell::Number(1.0))]),
        row(2, &[(0, Cell::Error("shared text 1".into())), (1, Cell::Number(2.0))]),
    ];
    let damage = "sheet `s` refers to 1 shared text that cannot be read: `xl/sharedStrings.xml` is damaged: byte 30 of its XML: the XML ends";
    assert_eq!(rows(&of_rows(rows_of, "<sst><si><t>a</t></si><si><t>b")), (expected.to_vec(), Some(damage.to_owned())));
    let damage = "sheet `s` refers to 1 shared text that cannot be read: not in the workbook";
    assert_eq!(rows(&of_rows(rows_of, "<sst><si><t>a</t></si></sst>")), (expected.to_vec(), Some(damage.to_owned())));
}

#[test]
fn a_list_of_sheets_that_is_cut_off_is_refused() {
    let relations = ("xl/_rels/workbook.xml.rels", "<Relationships/>");
    let file = archive(&[("xl/workbook.xml", "<workbook><sheets><sheet name=\"s\""), relations]);
    assert!(refusal(&file).starts_with("byte 0: expected the whole of `xl/workbook.xml`, found the XML breaks off"));
    let file = archive(&[("xl/workbook.xml", "<workbook/>"), relations]);
    assert_eq!(refusal(&file), "byte 0: expected a workbook with a sheet, found none");
}

#[test]
fn workbooks_that_are_too_large_are_refused() {
    let sheet = "<worksheet><sheetData/></worksheet>";
    let sheets: Vec<(&str, &str)> = vec![("s", sheet); MOST_SHEETS + 1];
    assert_eq!(refusal(&of_parts("", &sheets, "<sst/>")), "byte 0: expected at most 1000 sheets, found more");
    let texts = |most| Texts::read(&b"<sst><si/><si><t>a</t></si></sst>"[..], "m", most);
    assert_eq!(texts(2).unwrap().texts.len(), 2);
    let expected = "byte 0: expected at most 1 shared texts of 67108864 bytes in all, found more";
    assert_eq!(texts(1).unwrap_err().to_string(), expected);
    let cells = format!("<sheetData><row>{}</row></sheetData>", "<c><v>1</v></c>".repeat(10));
    let read = |most| read_rows(cells.as_bytes(), &Texts::default(), most, |_| Ok(ControlFlow::Continue(())));
    assert_eq!(read(10), Ok(None));
    assert_eq!(read(9).unwrap_err().to_string(), "byte 0: expected a sheet of at most 9 cells, found more");
    let long = format!("<sheetData><row><c t=\"inlineStr\"><is><t>{}", "a".repeat((1 << 20) + 1));
    let damage = read_rows(long.as_bytes(), &Texts::default(), 10, |_| Ok(ControlFlow::Continue(()))).unwrap().unwrap();
    assert!(damage.ends_with("a tag or text of more than 1048576 bytes"), "{damage}");
}

#[test]
fn references_are_letters_of_columns() {
    let columns = ["A1", "Z9", "AB12", "xfd1", "7", "", "ZZZZZZZZZZ1"].map(sheet::column_of);
    assert_eq!(columns[..6], [Some(0), Some(25), Some(27), Some(16_383), None, None]);
    assert!(columns[6].is_some_and(|column| column >= MOST_COLUMNS));
}
