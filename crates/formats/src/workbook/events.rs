//! Reads the XML of a workbook's member tag by tag while it is unpacked: only the current tag or text is held.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesEnd, BytesStart};

use crate::text::excerpt;
use crate::xml::character;

/// Longest tag, and longest text between two tags, in bytes. A cell holds at most 32,767 characters.
const LONGEST: usize = 1 << 20;
/// Deepest nesting of elements.
const DEEPEST: usize = 64;

/// The next part of the XML.
pub(super) enum Event<'e> {
    Start(BytesStart<'e>),
    /// An element without contents.
    Empty(BytesStart<'e>),
    /// A text, or a part of one.
    Text(Cow<'e, str>),
    End(BytesEnd<'e>),
    /// A comment or declaration.
    Other,
}

impl Event<'_> {
    /// Whether an element of this name starts here.
    pub(super) fn starts(&self, name: &str) -> bool {
        matches!(self, Self::Start(tag) if tag.local_name().as_ref() == name)
    }

    /// Whether an element of this name ends here.
    pub(super) fn ends(&self, name: &str) -> bool {
        match self {
            Self::End(tag) => tag.local_name().as_ref() == name,
            Self::Empty(tag) => tag.local_name().as_ref() == name,
            _ => false,
        }
    }
}

/// The value of an attribute; names are without their namespaces.
pub(super) fn attribute<'t>(tag: &'t BytesStart<'_>, name: &str) -> Option<Cow<'t, str>> {
    let mut attributes = tag.attributes();
    let found = attributes.with_checks(false).flatten().find(|attribute| attribute.key.local_name().as_ref() == name);
    found.map(|attribute| attribute.value)
}

/// Reads XML from bytes that are being unpacked.
pub(super) struct Events<R> {
    reader: Reader<Limited<BufReader<R>>>,
    buffer: Vec<u8>,
    depth: usize,
}

impl<R: Read> Events<R> {
    pub(super) fn new(bytes: R) -> Self {
        let reader = Reader::from_reader(Limited { inner: BufReader::new(bytes), left: LONGEST });
        Self { reader, buffer: Vec::new(), depth: 0 }
    }

    /// The next event.
    ///
    /// # Errors
    ///
    /// Place and cause, where the XML is damaged or ends: callers stop at the end tag that they wait for.
    pub(super) fn next(&mut self) -> Result<Event<'_>, String> {
        use quick_xml::events::Event as Xml;
        self.buffer.clear();
        let start = self.reader.buffer_position();
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => return Err(format!("byte {start} of its XML: {}", excerpt(&error.to_string(), 200))),
        };
        if matches!(event, Xml::Start(_) | Xml::Empty(_) | Xml::End(_)) {
            self.reader.get_mut().left = LONGEST;
        }
        match event {
            Xml::Start(tag) => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err(format!("byte {start} of its XML: elements more than {DEEPEST} deep"));
                }
                Ok(Event::Start(tag))
            }
            Xml::Empty(tag) => Ok(Event::Empty(tag)),
            Xml::End(tag) => {
                self.depth = self.depth.saturating_sub(1);
                Ok(Event::End(tag))
            }
            Xml::Text(text) => Ok(Event::Text(text.xml10_content())),
            Xml::CData(text) => Ok(Event::Text(text.xml10_content())),
            Xml::GeneralRef(reference) => match character(&reference) {
                Some(character) => Ok(Event::Text(Cow::Owned(character.to_string()))),
                None => Err(format!("byte {start} of its XML: the unknown entity `&{};`", excerpt(&reference, 40))),
            },
            Xml::Eof => Err(format!("byte {start} of its XML: the XML ends")),
            Xml::Comment(_) | Xml::Decl(_) | Xml::PI(_) | Xml::DocType(_) => Ok(Event::Other),
        }
    }

    /// Unpacks what is left, so that the checksum of the whole member is compared.
    ///
    /// # Errors
    ///
    /// Why the member is not what was packed.
    pub(super) fn finish(self) -> Result<(), String> {
        let mut rest = self.reader.into_inner().inner;
        std::io::copy(&mut rest, &mut std::io::sink()).map(|_| ()).map_err(|error| error.to_string())
    }
}

/// Bytes of which `left` may be read until the limit is raised.
struct Limited<R> {
    inner: R,
    left: usize,
}

impl<R: BufRead> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let available = self.fill_buf()?;
        let taken = available.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&available[..taken]);
        self.consume(taken);
        Ok(taken)
    }
}

impl<R: BufRead> BufRead for Limited<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.left == 0 {
            return Err(std::io::Error::other(format!("a tag or text of more than {LONGEST} bytes")));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
        self.inner.consume(bytes);
    }
}

/// Collects the text of a cell or of a shared text: all of `<v>` and `<t>`, which may be in several runs of different
/// fonts, without what describes the pronunciation (`<rPh>`).
#[derive(Default)]
pub(super) struct Collector {
    text: String,
    /// Whether there was a `<v>` or `<t>`.
    pub has_value: bool,
    is_open: bool,
    is_phonetic: bool,
}

impl Collector {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        (self.has_value, self.is_open, self.is_phonetic) = (false, false, false);
    }

    pub(super) fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Text(text) if self.is_open => self.text.push_str(text),
            Event::Start(tag) => match tag.local_name().as_ref() {
                "rPh" => self.is_phonetic = true,
                "v" | "t" if !self.is_phonetic => (self.is_open, self.has_value) = (true, true),
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "rPh" => self.is_phonetic = false,
                "v" | "t" => self.is_open = false,
                _ => {}
            },
            _ => {}
        }
    }

    /// Bytes collected so far.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// The value as stored, without blanks around it.
    pub(super) fn value(&self) -> &str {
        self.text.trim()
    }

    /// The text without blanks around it, escapes such as `_x000D_` decoded.
    pub(super) fn decoded(&self) -> Cow<'_, str> {
        let text = self.value();
        if !text.contains("_x") {
            return Cow::Borrowed(text);
        }
        let mut decoded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("_x") {
            decoded.push_str(&rest[..at]);
            let code = rest.get(at + 2..at + 6).filter(|_| rest.as_bytes().get(at + 6) == Some(&b'_'));
            match code.and_then(|code| char::from_u32(u32::from_str_radix(code, 16).ok()?)) {
                Some(character) => {
                    decoded.push(character);
                    rest = &rest[at + 7..];
                }
                None => {
                    decoded.push_str("_x");
                    rest = &rest[at + 2..];
                }
            }
        }
        decoded.push_str(rest);
        Cow::Owned(decoded.trim().to_owned())
    }
}
