//! The structure of a mail: header blocks, multiparts, bodies without their transfer encoding.
//!
//! Lenient where clients are careless; parts, depth, headers and their bytes are counted before they cost
//! memory. Everything is linear in the size of the mail but the parsing of one header by `mail-parser`,
//! which gets short ones alone.
use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::parsers::MessageStream;
use mail_parser::{Address, ContentType, DateTime, HeaderValue};

use crate::failure::{Outcome, Status, fail};

/// The longest Content-Type or Content-Disposition that is read, and the longest single mailbox.
const MAX_STRUCTURED: usize = 4096;
const MAX_ENCODED_WORDS: usize = 64;
const MAX_CHARSET: usize = 40;
const MAX_BOUNDARY: usize = 200;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Limits {
    pub size: usize,
    pub parts: usize,
    pub depth: usize,
    pub headers: usize,
    pub header_bytes: usize,
}

pub type Pairs = Vec<(String, String)>;

pub struct Part {
    pub parent: u32,
    pub headers: Pairs,
    pub media_type: String,
    pub params: Pairs,
    pub disposition: String,
    pub disposition_params: Pairs,
    pub file_name: String,
    pub body: Vec<u8>,
}

/// The parts in the order of their first bytes; a multipart comes before what is in it.
pub fn read(mail: &[u8], head_alone: bool, limits: Limits) -> Outcome<Vec<Part>> {
    if mail.len() > limits.size {
        return fail(Status::TooLarge, "the mail is too large");
    }
    let mut reader = Reader { limits, headers: 0, header_bytes: 0, parts: vec![] };
    reader.read_part(mail, u32::MAX, 0, "text/plain", head_alone)?;
    Ok(reader.parts)
}

struct Reader {
    limits: Limits,
    headers: usize,
    header_bytes: usize,
    parts: Vec<Part>,
}

impl Reader {
    fn read_part(&mut self, bytes: &[u8], parent: u32, depth: usize, default: &str, head_alone: bool) -> Outcome {
        if self.parts.len() >= self.limits.parts {
            return fail(Status::TooLarge, "the mail has too many parts");
        }
        if depth >= self.limits.depth {
            return fail(Status::TooLarge, "the parts of the mail are nested too deeply");
        }
        let (headers, body) = self.read_head(bytes)?;
        let kind = structured(&headers, "content-type").unwrap_or_default();
        let disposition = structured(&headers, "content-disposition").unwrap_or_default();
        let media_type = if kind.value.contains('/') { kind.value } else { default.to_owned() };
        let file_name = param(&disposition.params, "filename").or_else(|| param(&kind.params, "name")).unwrap_or_default();
        let boundary = param(&kind.params, "boundary").filter(|boundary| !boundary.is_empty() && boundary.len() <= MAX_BOUNDARY);
        let is_multipart = media_type.starts_with("multipart/");
        let index = self.parts.len() as u32;
        // A file is what its sender attached, byte for byte.
        let is_text = media_type.starts_with("text/") && disposition.value != "attachment" && file_name.is_empty();
        let charset = is_text.then(|| param(&kind.params, "charset").unwrap_or_default());
        let decoded = if head_alone || is_multipart { vec![] } else { decode_body(body, &headers, charset) };
        let part_default = if media_type == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        self.parts.push(Part {
            parent,
            headers,
            media_type,
            params: kind.params,
            disposition: disposition.value,
            disposition_params: disposition.params,
            file_name,
            body: decoded,
        });
        if is_multipart && !head_alone {
            if let Some(boundary) = boundary {
                // One more than allowed is enough to be refused.
                let room = self.limits.parts - self.parts.len() + 1;
                for part in split_multipart(body, boundary.as_bytes(), room) {
                    self.read_part(part, index, depth + 1, part_default, false)?;
                }
            }
        }
        Ok(())
    }

    /// The headers at the start, unfolded, and what follows the empty line.
    fn read_head<'a>(&mut self, bytes: &'a [u8]) -> Outcome<(Pairs, &'a [u8])> {
        let mut headers: Pairs = vec![];
        let mut current: Option<(String, Vec<u8>)> = None;
        let mut rest = bytes;
        let finish = |current: &mut Option<(String, Vec<u8>)>, headers: &mut Pairs| {
            if let Some((name, mut value)) = current.take() {
                // What would end a header where it is written again.
                value.iter_mut().filter(|byte| matches!(byte, b'\r' | 0)).for_each(|byte| *byte = b' ');
                headers.push((name, String::from_utf8_lossy(value.trim_ascii()).into_owned()));
            }
        };
        while !rest.is_empty() {
            let (line, after) = split_line(rest);
            if line.is_empty() {
                rest = after;
                break;
            }
            self.header_bytes += line.len();
            if self.header_bytes > self.limits.header_bytes {
                return fail(Status::TooLarge, "the headers of the mail are too large");
            }
            if line[0] == b' ' || line[0] == b'\t' {
                if let Some((_, value)) = &mut current {
                    value.extend_from_slice(line);
                }
            } else if let Some((name, value)) = split_header(line) {
                finish(&mut current, &mut headers);
                self.headers += 1;
                if self.headers > self.limits.headers {
                    return fail(Status::TooLarge, "the mail has too many headers");
                }
                current = Some((name.to_owned(), value.to_vec()));
            } else if headers.is_empty() && current.is_none() && !line.starts_with(b"From ") && !line.starts_with(b">From ") {
                // A text without headers.
                return Ok((headers, rest));
            }
            rest = after;
        }
        finish(&mut current, &mut headers);
        Ok((headers, rest))
    }
}

/// The line without its end, and what follows.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &bytes[bytes.len()..]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

fn split_header(line: &[u8]) -> Option<(&str, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = line[..colon].trim_ascii_end();
    if name.is_empty() || !name.iter().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    Some((std::str::from_utf8(name).ok()?, &line[colon + 1..]))
}

/// What is between the lines of the boundary, `max` pieces at most; the line end before such a line belongs
/// to it.
fn split_multipart<'a>(body: &'a [u8], boundary: &[u8], max: usize) -> Vec<&'a [u8]> {
    let mut parts = vec![];
    let mut start = None;
    let mut at = 0;
    while at < body.len() {
        let (line, rest) = split_line(&body[at..]);
        let next = body.len() - rest.len();
        let mark = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary));
        let (is_mark, is_last) = match mark.map(<[u8]>::trim_ascii_end) {
            Some(b"") => (true, false),
            Some(b"--") => (true, true),
            _ => (false, false),
        };
        if is_mark {
            if let Some(start) = start {
                parts.push(without_line_end(&body[start..at.max(start)]));
            }
            start = (!is_last).then_some(next);
            if is_last || parts.len() >= max {
                return parts;
            }
        }
        at = next;
    }
    // Cut off before its end: what came is shown.
    if let Some(start) = start {
        parts.push(&body[start..]);
    }
    parts
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

fn find<'a>(headers: &'a Pairs, name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn param(params: &Pairs, name: &str) -> Option<String> {
    params.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}

#[derive(Default)]
struct Structured {
    value: String,
    params: Pairs,
}

/// A header of the form of Content-Type.
fn structured(headers: &Pairs, name: &str) -> Option<Structured> {
    let value = find(headers, name)?;
    if value.len() > MAX_STRUCTURED || value.matches("=?").count() > MAX_ENCODED_WORDS {
        return None;
    }
    let line = format!("{value}\n");
    let HeaderValue::ContentType(ContentType { c_type, c_subtype, attributes }) =
        MessageStream::new(line.as_bytes()).parse_content_type()
    else {
        return None;
    };
    let mut value = c_type.to_ascii_lowercase();
    if let Some(subtype) = c_subtype {
        value.push('/');
        value.push_str(&subtype.to_ascii_lowercase());
    }
    let params = attributes.into_iter().flatten().map(|attribute| (attribute.name.to_ascii_lowercase(), attribute.value.into_owned()));
    Some(Structured { value, params: params.collect() })
}

/// Without the transfer encoding; a text also without its charset.
fn decode_body(body: &[u8], headers: &Pairs, charset: Option<String>) -> Vec<u8> {
    let encoding = find(headers, "content-transfer-encoding").unwrap_or_default().to_ascii_lowercase();
    let bytes: Cow<'_, [u8]> = match encoding.as_str() {
        "base64" => decode_base64(body).into(),
        "quoted-printable" => quoted_printable_decode(body).map_or(body.into(), Cow::from),
        _ => body.into(),
    };
    match charset {
        Some(charset) => to_utf8(&bytes, charset.as_bytes()).into_bytes(),
        None => bytes.into_owned(),
    }
}

fn decode_base64(body: &[u8]) -> Vec<u8> {
    if let Some(bytes) = base64_decode(body) {
        return bytes;
    }
    // What can be read: the digits before the first padding.
    let digits = body.iter().copied().take_while(|byte| *byte != b'=');
    let digits: Vec<u8> = digits.filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')).collect();
    base64_decode(&digits[..digits.len() / 4 * 4]).unwrap_or_default()
}

fn to_utf8(bytes: &[u8], charset: &[u8]) -> String {
    let is_plain = charset.is_empty() || charset.eq_ignore_ascii_case(b"utf-8") || charset.eq_ignore_ascii_case(b"us-ascii");
    if !is_plain && charset.len() <= MAX_CHARSET {
        if let Some(decode) = charset_decoder(charset) {
            return decode(bytes);
        }
    }
    String::from_utf8_lossy(bytes).into_owned()
}

/// The encoded words of RFC 2047 in a header's value, decoded.
pub fn decode_words(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    let mut after_word = false;
    while let Some(start) = rest.find("=?") {
        let between = &rest[..start];
        let Some((word, end)) = encoded_word(&rest[start..]) else {
            out.push_str(&rest[..start + 2]);
            rest = &rest[start + 2..];
            after_word = false;
            continue;
        };
        // White space between two words is no part of the text.
        if !after_word || !between.trim().is_empty() {
            out.push_str(between);
        }
        out.push_str(&word);
        rest = &rest[start + end..];
        after_word = true;
    }
    out.push_str(rest);
    out
}

/// `=?charset?B?digits?=` at the start of the text, decoded, and its length.
fn encoded_word(text: &str) -> Option<(String, usize)> {
    // Bounded, so that a text of many beginnings costs no more than its size.
    const MAX_WORD: usize = 1024;
    let bytes = &text.as_bytes()[..text.len().min(MAX_WORD)];
    let mut fields = bytes.get(2..)?.splitn(3, |byte| *byte == b'?');
    let (charset, encoding, tail) = (fields.next()?, fields.next()?, fields.next()?);
    let size = tail.windows(2).position(|pair| pair == b"?=")?;
    let data = &tail[..size];
    if charset.is_empty() || charset.len() > MAX_CHARSET || data.contains(&b' ') && !encoding.eq_ignore_ascii_case(b"q") {
        return None;
    }
    let decoded = match encoding {
        b"B" | b"b" => decode_base64(data),
        b"Q" | b"q" => decode_q(data),
        _ => return None,
    };
    // A language may follow the charset.
    let charset = charset.split(|byte| *byte == b'*').next().unwrap_or_default();
    Some((to_utf8(&decoded, charset), 2 + charset_and_encoding(bytes)? + size + 2))
}

/// The length of `charset?B?` behind the first two bytes.
fn charset_and_encoding(bytes: &[u8]) -> Option<usize> {
    let inner = &bytes[2..];
    let first = inner.iter().position(|byte| *byte == b'?')?;
    let second = inner[first + 1..].iter().position(|byte| *byte == b'?')?;
    Some(first + 1 + second + 1)
}

fn decode_q(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut at = 0;
    while at < data.len() {
        let digits = data.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        let octet = digits.filter(|_| data[at] == b'=').and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match octet {
            Some(octet) => {
                out.push(octet);
                at += 3;
            }
            None => {
                out.push(if data[at] == b'_' { b' ' } else { data[at] });
                at += 1;
            }
        }
    }
    out
}

/// The mailboxes of an address header as (name, address); groups are flattened.
pub fn addresses(value: &str, max: usize) -> Pairs {
    let mut out = vec![];
    for piece in split_addresses(value) {
        if out.len() >= max {
            break;
        }
        if piece.trim().is_empty() || piece.len() > MAX_STRUCTURED || piece.matches("=?").count() > MAX_ENCODED_WORDS {
            continue;
        }
        let line = format!("{}\n", piece.trim());
        let HeaderValue::Address(Address::List(found)) = MessageStream::new(line.as_bytes()).parse_address() else { continue };
        for mailbox in found.into_iter().take(max - out.len()) {
            let text = |part: Option<Cow<'_, str>>| part.unwrap_or_default().replace('\0', "");
            out.push((text(mailbox.name), text(mailbox.address)));
        }
    }
    out
}

/// At commas, and at the colon and semicolon of groups, outside of quotes, comments and angles.
fn split_addresses(value: &str) -> Vec<&str> {
    let mut pieces = vec![];
    let (mut start, mut quoted, mut escaped, mut comments, mut angle) = (0, false, false, 0usize, false);
    for (at, byte) in value.bytes().enumerate() {
        if escaped {
            escaped = false;
            continue;
        }
        match byte {
            b'\\' if quoted || comments > 0 => escaped = true,
            b'"' if comments == 0 => quoted = !quoted,
            b'(' if !quoted => comments += 1,
            b')' if !quoted => comments = comments.saturating_sub(1),
            b'<' if !quoted && comments == 0 => angle = true,
            b'>' if !quoted && comments == 0 => angle = false,
            b',' | b';' if !quoted && comments == 0 && !angle => {
                pieces.push(&value[start..at]);
                start = at + 1;
            }
            // The name of a group.
            b':' if !quoted && comments == 0 && !angle => start = at + 1,
            _ => {}
        }
    }
    pieces.push(&value[start..]);
    pieces
}

/// Seconds since 1970.
pub fn date(value: &str) -> Option<i64> {
    if value.len() > MAX_STRUCTURED {
        return None;
    }
    let date = DateTime::parse_rfc822(&format!("{}\n", value.trim()))?;
    date.is_valid().then(|| date.to_timestamp())
}
