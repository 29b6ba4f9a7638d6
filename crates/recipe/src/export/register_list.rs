//! The register image as text: one `address,value` a line, as any Modbus tool writes it.

use super::error::ImportError;
use crate::program::Program;
use crate::reactor::Reactor;
use crate::register_map::{IMAGE, VERSION, decode, encode};

pub(super) fn write(program: &Program, reactor: &Reactor) -> Result<String, String> {
    let mut text = format!(
        "# Holding registers of recipe {} for reactor {}, register map {VERSION}\naddress,value\n",
        program.recipe_id, program.reactor
    );
    for (place, register) in encode(program, reactor).map_err(|error| error.to_string())?.iter().enumerate() {
        text += &format!("{},0x{register:04X}\n", usize::from(IMAGE) + place);
    }
    Ok(text)
}

pub(super) fn read(text: &str, reactor: &Reactor) -> Result<Program, ImportError> {
    let mut image = Vec::new();
    let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
    for (index, line) in lines.skip(1) {
        let expected = usize::from(IMAGE) + image.len();
        let register = line.split_once(',').and_then(|(address, value)| {
            let value = u16::from_str_radix(value.strip_prefix("0x")?, 16).ok()?;
            (address.parse::<usize>().ok()? == expected).then_some(value)
        });
        let problem = || format!("expected `{expected},0x…`, found `{line}`");
        image.push(register.ok_or_else(|| ImportError::new(format!("line {}", index + 1), problem()))?);
        if image.len() > usize::from(u16::MAX) {
            return Err(ImportError::new(format!("line {}", index + 1), "more registers than there can be"));
        }
    }
    decode(&image, reactor).map_err(|error| {
        ImportError::new(
            format!("register {}", error.register),
            format!("expected {}, found {}", error.expected, error.found),
        )
    })
}
