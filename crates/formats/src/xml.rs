//! Reads XML as a tree, within bounds: depth, number of elements, and no entities but the five of the standard.
//!
//! A document type declaration is allowed (SPECS writes one), an entity declared in it is not: a few of them can expand
//! to gigabytes. Namespaces are dropped from names, because instruments' programs get them wrong.
//!
//! Source: Extensible Markup Language (XML) 1.0, fifth edition.

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::text::{decode, excerpt};
use crate::{Place, ReadError};

/// Deepest nesting of elements.
const DEEPEST: usize = 64;
/// Most elements in a document: a diffraction pattern with one for every point has some ten thousand.
const MOST_ELEMENTS: usize = 1_000_000;

/// An element.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Node {
    /// Name without its namespace.
    pub name: String,
    /// Names without their namespaces, and values, in order.
    pub attributes: Vec<(String, String)>,
    /// The text directly in it, its parts joined.
    pub text: String,
    /// The elements directly in it, in order.
    pub children: Vec<Node>,
    /// Byte offset of its start in the decoded text.
    pub offset: u64,
}

impl Node {
    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of that name.
    pub(crate) fn children<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The element that `path` leads to, child by child, its names separated by `/`.
    pub(crate) fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |node, name| node.child(name))
    }

    /// The text of the element that `path` leads to, without blanks around it; `None` where it is missing or empty.
    pub(crate) fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path).map(|node| node.text.trim()).filter(|text| !text.is_empty())
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// This element and all below it, in the document's order.
    pub(crate) fn descendants(&self) -> Descendants<'_> {
        Descendants { stack: vec![self] }
    }
}

/// Iterator over an element and all below it, made by [`Node::descendants`].
pub(crate) struct Descendants<'n> {
    stack: Vec<&'n Node>,
}

impl<'n> Iterator for Descendants<'n> {
    type Item = &'n Node;

    fn next(&mut self) -> Option<&'n Node> {
        let node = self.stack.pop()?;
        self.stack.extend(node.children.iter().rev());
        Some(node)
    }
}

/// A document's root, and why the document is incomplete, if so: the elements that were open are closed where it ends.
///
/// # Errors
///
/// [`ReadError::Malformed`] with the byte offset (in the decoded text) where it is not XML, is nested too deeply, has too many
/// elements or declares entities.
pub(crate) fn parse(document: &[u8]) -> Result<(Node, Option<String>), ReadError> {
    let decoded = decode(document);
    let text: &str = &decoded.text;
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut open: Vec<Node> = Vec::new();
    let mut elements = 0;
    loop {
        let offset = reader.buffer_position();
        let malformed = |expected: &str, found: String| ReadError::malformed(Place::Offset(offset), expected, found);
        let event = match reader.read_event() {
            Ok(event) => event,
            // A tag, comment or section that the end of the file cuts.
            Err(quick_xml::Error::Syntax(error)) if !open.is_empty() => {
                let statement = format!("the XML breaks off at byte {}: {error}", reader.error_position());
                return Ok((close_all(open), Some(statement)));
            }
            Err(error) => return Err(malformed("XML", excerpt(&error.to_string(), 200))),
        };
        match event {
            Event::Start(tag) | Event::Empty(tag) if elements == MOST_ELEMENTS => {
                let found = format!("more, from `{}` on", tag.name().as_ref());
                return Err(malformed(&format!("at most {MOST_ELEMENTS} elements"), found));
            }
            Event::Start(tag) => {
                elements += 1;
                if open.len() == DEEPEST {
                    return Err(malformed(&format!("elements at most {DEEPEST} deep"), "deeper ones".to_owned()));
                }
                open.push(element(&tag, offset));
            }
            Event::Empty(tag) => {
                elements += 1;
                let node = element(&tag, offset);
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => return Ok((node, None)),
                }
            }
            Event::End(_) => {
                let Some(node) = open.pop() else {
                    return Err(malformed("a start tag before this end tag", "none".to_owned()));
                };
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => return Ok((node, None)),
                }
            }
            Event::Text(part) => {
                if let Some(node) = open.last_mut() {
                    node.text.push_str(&part.xml10_content());
                }
            }
            Event::CData(part) => {
                if let Some(node) = open.last_mut() {
                    node.text.push_str(&part.xml10_content());
                }
            }
            Event::GeneralRef(reference) => {
                let Some(c) = character(&reference) else {
                    let found = format!("`&{};`", excerpt(reference.as_ref(), 40));
                    return Err(malformed("no entities but those of XML itself", found));
                };
                if let Some(node) = open.last_mut() {
                    node.text.push(c);
                }
            }
            Event::DocType(declaration) => {
                if declaration.contains("<!ENTITY") {
                    return Err(malformed("a document type without entities", "`<!ENTITY`".to_owned()));
                }
            }
            Event::Eof if open.is_empty() => return Err(malformed("an element", "the end of the file".to_owned())),
            Event::Eof => {
                let statement = format!("the XML ends at byte {offset} within `{}`", open[open.len() - 1].name);
                return Ok((close_all(open), Some(statement)));
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

/// The element that a tag begins, without its contents.
fn element(tag: &BytesStart<'_>, offset: u64) -> Node {
    let mut attributes = tag.attributes();
    let attributes = attributes.with_checks(false).flatten().map(|attribute| {
        let value =
            unescape(&attribute.value).map_or_else(|_| attribute.value.to_string(), std::borrow::Cow::into_owned);
        (attribute.key.local_name().as_ref().to_owned(), value)
    });
    Node { name: tag.local_name().as_ref().to_owned(), attributes: attributes.collect(), offset, ..Node::default() }
}

/// The character of a reference such as `&amp;` or `&#181;`.
pub(crate) fn character(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return Some(c);
    }
    match reference.as_ref() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

/// The root of elements of which each holds the next.
fn close_all(open: Vec<Node>) -> Node {
    let whole = open.into_iter().rev().reduce(|child, mut parent| {
        parent.children.push(child);
        parent
    });
    whole.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn names_texts_and_attributes_are_kept_without_namespaces() {
        let text = "<?xml version='1.0'?><!DOCTYPE a [<!ELEMENT a (b)>]><x:a><b x:u='&lt;1'>2&#181;m</b><c/></x:a>";
        let (root, broken) = parse(text.as_bytes()).unwrap();
        assert_eq!((root.name.as_str(), broken), ("a", None));
        assert_eq!(root.text_at("b"), Some("2µm"));
        assert_eq!(root.child("b").unwrap().attribute("u"), Some("<1"));
        assert_eq!(root.descendants().map(|node| node.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn a_truncated_document_gives_what_it_has() {
        for cut in ["<a><b>1</b><c>2", "<a><b>1</b><c", "<a><b>1</b><!-- "] {
            let (root, broken) = parse(cut.as_bytes()).unwrap();
            assert_eq!(root.text_at("b"), Some("1"));
            assert!(broken.is_some(), "{cut}");
        }
    }

    #[test]
    fn entities_depth_and_other_texts_are_refused() {
        assert_eq!(
            refusal("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
            "byte 0: expected a document type without entities, found `<!ENTITY`"
        );
        assert_eq!(refusal("<a>&b;</a>"), "byte 3: expected no entities but those of XML itself, found `&b;`");
        assert_eq!(refusal(&"<a>".repeat(65)), "byte 192: expected elements at most 64 deep, found deeper ones");
        assert_eq!(refusal("1,2,3"), "byte 5: expected an element, found the end of the file");
    }
}
