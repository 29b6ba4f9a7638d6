//! The JSON of a PalmSens session, as far as it holds data: typed, so that a large file is not held as a tree.
//!
//! The case of the keys depends on the version of the core library (5.7 writes `datavalues`, 5.9 and later
//! `DataValues`). Other keys are ignored. A session that was cut off is closed after its last
//! whole value.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A session: what PSTrace had open when it saved.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Session {
    #[serde(rename = "coreversion", alias = "CoreVersion", alias = "coreVersion", deserialize_with = "or_default")]
    pub core_version: String,
    #[serde(rename = "measurements", alias = "Measurements", deserialize_with = "or_default")]
    pub measurements: Vec<Recorded>,
}

/// One run of a method.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Recorded {
    #[serde(rename = "title", alias = "Title", deserialize_with = "or_default")]
    pub title: String,
    /// Ticks of 100 ns since 0001-01-01, local time.
    #[serde(rename = "timestamp", alias = "TimeStamp", alias = "timeStamp", deserialize_with = "or_default")]
    pub timestamp: i64,
    #[serde(rename = "deviceserial", alias = "DeviceSerial", alias = "deviceSerial", deserialize_with = "or_default")]
    pub serial: String,
    #[serde(rename = "devicefw", alias = "DeviceFW", alias = "deviceFW", deserialize_with = "or_default")]
    pub firmware: String,
    #[serde(rename = "method", alias = "Method", deserialize_with = "or_default")]
    pub method: String,
    #[serde(rename = "dataset", alias = "DataSet", alias = "dataSet", deserialize_with = "or_default")]
    pub data: DataSet,
    #[serde(rename = "curves", alias = "Curves", deserialize_with = "or_default")]
    pub curves: Vec<Curve>,
    #[serde(rename = "eisdatalist", alias = "EISDataList", alias = "eisDataList", deserialize_with = "or_default")]
    pub spectra: Vec<Spectrum>,
}

/// Arrays that belong together.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DataSet {
    #[serde(rename = "values", alias = "Values", deserialize_with = "or_default")]
    pub arrays: Vec<Array>,
}

/// A curve that PSTrace plots: two arrays.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Curve {
    #[serde(rename = "title", alias = "Title", deserialize_with = "or_default")]
    pub title: String,
    #[serde(rename = "xaxisdataarray", alias = "XAxisDataArray", deserialize_with = "or_default")]
    pub x: Array,
    #[serde(rename = "yaxisdataarray", alias = "YAxisDataArray", deserialize_with = "or_default")]
    pub y: Array,
}

/// The impedance of one channel: one spectrum, or several one after the other, in one data set or each nested with its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Spectrum {
    #[serde(rename = "title", alias = "Title", deserialize_with = "or_default")]
    pub title: String,
    #[serde(rename = "dataset", alias = "DataSet", alias = "dataSet", deserialize_with = "or_default")]
    pub data: DataSet,
    #[serde(rename = "subscans", alias = "SubScans", alias = "subScans", deserialize_with = "or_default")]
    pub sub_scans: Vec<Spectrum>,
}

/// One quantity.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Array {
    /// The measured quantity, as a number of PalmSens's `DataArrayType`; none where the session does not state it.
    #[serde(rename = "arraytype", alias = "ArrayType", alias = "arrayType")]
    pub kind: Option<i64>,
    #[serde(rename = "description", alias = "Description", deserialize_with = "or_default")]
    pub description: String,
    #[serde(rename = "unit", alias = "Unit", deserialize_with = "or_default")]
    pub unit: Unit,
    #[serde(rename = "datavalues", alias = "DataValues", alias = "dataValues", deserialize_with = "or_default")]
    pub values: DataValues,
}

/// The unit of an array. Its type identifies it, its symbol does not: `MicroAmpere` has the symbol `A`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Unit {
    #[serde(rename = "type", alias = "Type", deserialize_with = "or_default")]
    pub name: String,
    #[serde(rename = "s", alias = "S", deserialize_with = "or_default")]
    pub symbol: String,
    #[serde(rename = "q", alias = "Q", deserialize_with = "or_default")]
    pub quantity: String,
}

/// The values of an array; ranges and states have the same number, or none.
#[derive(Debug, Default, Clone)]
pub(super) struct DataValues {
    pub values: Vec<f64>,
    /// Codes of the current range.
    pub ranges: Vec<f64>,
    /// 0 fine, 1 overload, 2 underload, −1 not known.
    pub states: Vec<f64>,
}

/// A missing value and `null` alike are the default.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

impl<'de> Deserialize<'de> for DataValues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values;
        impl<'de> Visitor<'de> for Values {
            type Value = DataValues;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of values")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<DataValues, A::Error> {
                let mut values = DataValues::default();
                while let Some(datum) = list.next_element::<Datum>()? {
                    let before = values.values.len();
                    values.values.push(datum.value);
                    for (all, one) in [(&mut values.ranges, datum.range), (&mut values.states, datum.state)] {
                        // The first value that has one decides; later gaps are NaN.
                        if let Some(one) = one {
                            all.resize(before, f64::NAN);
                            all.push(one);
                        } else if !all.is_empty() {
                            all.push(f64::NAN);
                        }
                    }
                }
                Ok(values)
            }
        }
        deserializer.deserialize_seq(Values)
    }
}

/// One value: an object with the value as `V`, or the number itself.
struct Datum {
    value: f64,
    range: Option<f64>,
    state: Option<f64>,
}

impl<'de> Deserialize<'de> for Datum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One;
        impl<'de> Visitor<'de> for One {
            type Value = Datum;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Datum, A::Error> {
                let mut datum = Datum { value: f64::NAN, range: None, state: None };
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    match key.as_ref() {
                        "V" | "v" => datum.value = map.next_value::<Number>()?.0,
                        "C" | "c" => datum.range = Some(map.next_value::<Number>()?.0),
                        "S" | "s" => datum.state = Some(map.next_value::<Number>()?.0),
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(datum)
            }

            fn visit_f64<E>(self, value: f64) -> Result<Datum, E> {
                Ok(Datum { value, range: None, state: None })
            }

            fn visit_i64<E>(self, value: i64) -> Result<Datum, E> {
                Ok(Datum { value: value as f64, range: None, state: None })
            }

            fn visit_u64<E>(self, value: u64) -> Result<Datum, E> {
                Ok(Datum { value: value as f64, range: None, state: None })
            }

            fn visit_str<E>(self, value: &str) -> Result<Datum, E> {
                Ok(Datum { value: value.parse().unwrap_or(f64::NAN), range: None, state: None })
            }

            fn visit_unit<E>(self) -> Result<Datum, E> {
                Ok(Datum { value: f64::NAN, range: None, state: None })
            }
        }
        deserializer.deserialize_any(One)
    }
}

/// A number; .NET writes those that are not finite as words.
struct Number(f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Datum::deserialize(deserializer)?.value))
    }
}

/// Parses a session; for one that was cut off returns what is whole, and `true`.
///
/// # Errors
///
/// What is wrong, where even that is not a session.
pub(super) fn parse(text: &str) -> Result<(Session, bool), serde_json::Error> {
    // There is a byte order mark at the end too.
    let text = text.trim_end_matches(['\u{feff}', '\0']).trim_end();
    match serde_json::from_str(text) {
        Ok(session) => Ok((session, false)),
        Err(error) if error.is_eof() => Ok((serde_json::from_str(&closed(text))?, true)),
        Err(error) => Err(error),
    }
}

/// A text of JSON that ends too early, cut after its last closing bracket, with the brackets that are open there closed.
fn closed(text: &str) -> String {
    let mut open: Vec<u8> = Vec::new();
    let (mut end, mut depth) = (0, 0);
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => {
                while let Some((_, byte)) = bytes.next() {
                    match byte {
                        b'\\' => drop(bytes.next()),
                        b'"' => break,
                        _ => {}
                    }
                }
            }
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' => {
                open.pop();
                (end, depth) = (at + 1, open.len());
            }
            _ => {}
        }
    }
    // After the last closing bracket brackets were only opened, so the first `depth` are those that were open there.
    let mut whole = text.get(..end).unwrap_or_default().to_owned();
    whole.extend(open.get(..depth).unwrap_or_default().iter().rev().map(|byte| char::from(*byte)));
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_whatever_the_case_of_the_keys() {
        for text in [
            r#"{"measurements":[{"title":"a","dataset":{"values":[{"arraytype":1,"datavalues":[{"v":0.5,"s":1},{"v":"NaN"}]}]}}]}"#,
            r#"{"Measurements":[{"Title":"a","DataSet":{"Values":[{"ArrayType":1,"DataValues":[{"V":0.5,"S":1},{"V":null}]}]}}]}"#,
        ] {
            let (session, is_cut) = parse(&format!("{text}\u{feff}")).unwrap();
            let array = &session.measurements[0].data.arrays[0];
            assert_eq!((array.kind, array.values.values[0], is_cut), (Some(1), 0.5, false));
            assert!(array.values.values[1].is_nan() && array.values.states[1].is_nan());
            assert_eq!(array.values.ranges, [] as [f64; 0]);
        }
    }

    #[test]
    fn a_truncated_session_is_closed_after_its_last_whole_value() {
        assert_eq!(closed(r#"{"a":[{"v":1},{"v":2},{"v":"#), r#"{"a":[{"v":1},{"v":2}]}"#);
        assert_eq!(closed(r#"{"a":"[{\"","b":[1],"c":{"d"#), r#"{"a":"[{\"","b":[1]}"#);
        assert_eq!(closed("{"), "");
        let cut = r#"{"measurements":[{"dataset":{"values":[{"datavalues":[{"v":1},{"v":2},{"v"#;
        let (session, is_cut) = parse(cut).unwrap();
        assert_eq!((session.measurements[0].data.arrays[0].values.values.as_slice(), is_cut), (&[1.0, 2.0][..], true));
    }
}
