//! An object as its entries: itself, or the files of the archives in it. Removes compression and
//! archives layer by layer, and decodes UTF-16, until a text is left. Must not know how a text is
//! framed.

use crate::framing::archive::{self, Archive, archive_of};
use crate::framing::codec::{Compression, compression_of, skippable_bytes, unpacked};
use crate::framing::frame::{EmitFrame, Frame};
use crate::framing::limits::{Budget, Limits, damaged, is_over};
use crate::framing::utf16::{Utf8, order_of};
use crate::framing::window::Window;
use crate::framing::{Framing, frames_within};
use std::io::{self, Read};
use std::rc::Rc;

/// Characters of a path in a message.
const MAX_LABEL_CHARS: usize = 200;

/// One text of an object.
pub struct Entry<'e, 'w> {
    /// Its path within the archives of the object; `None` if the object is no archive.
    pub path: Option<&'e str>,
    text: &'e mut Window<'w>,
    limits: &'e Limits,
    /// The last line of the entries before.
    last_line: &'e mut u64,
}

impl Entry<'_, '_> {
    /// Emits each frame in order; returns how the text was framed. The lines of all entries of an
    /// object are numbered as if they were one text. Fails on binary content.
    pub fn frames(&mut self, emit: EmitFrame<'_>) -> io::Result<Framing> {
        if self.path.is_none() {
            return frames_within(self.text, self.limits, emit);
        }
        let before = *self.last_line;
        frames_within(self.text, self.limits, &mut |frame| {
            let line = before + frame.line;
            *self.last_line = line.max(*self.last_line);
            emit(Frame { line, ..frame });
        })
    }
}

/// Receives the entries of an object one at a time.
pub type EachEntry<'e> = &'e mut dyn FnMut(Entry<'_, '_>) -> io::Result<()>;

/// Passes each entry of an object to `each`. An entry of an archive that cannot be read costs itself
/// alone; the error then names the first. Fails on a compression that is not supported, damage, and
/// content beyond the limits.
pub fn entries(input: impl Read, limits: &Limits, each: EachEntry<'_>) -> io::Result<()> {
    let budget = Rc::new(Budget::new(*limits));
    let mut walk = Walk { budget, last_line: 0, read: 0, unread: 0, first: None, each };
    walk.stream(Window::new(input), "", 0)?;
    let Some(first) = walk.first else { return Ok(()) };
    let (unread, all) = (walk.unread, walk.read + walk.unread);
    Err(damaged(format!("{unread} of {all} entries could not be read: {first}")))
}

/// Returns the decompressed stream of `input`, in UTF-8. Fails for archives and for compressions that
/// are not supported.
pub fn decompress<'a>(input: impl Read + 'a) -> io::Result<(Compression, Box<dyn io::BufRead + 'a>)> {
    let budget = Rc::new(Budget::new(Limits::default()));
    let opened = open(Window::new(input), 0, &budget)?;
    match opened.archive {
        Some(_) => Err(damaged("the object is an archive, not a text")),
        None => Ok((opened.compression, Box::new(text_of(opened.inner)?))),
    }
}

/// The state while the entries of an object pass.
struct Walk<'e> {
    budget: Rc<Budget>,
    last_line: u64,
    read: u64,
    unread: u64,
    /// The first entry that could not be read, and why.
    first: Option<String>,
    each: EachEntry<'e>,
}

impl Walk<'_> {
    /// Reads a stream within `depth` layers; `path` is empty for the object itself.
    fn stream(&mut self, input: Window<'_>, path: &str, depth: usize) -> io::Result<()> {
        let budget = Rc::clone(&self.budget);
        let Opened { mut inner, archive, depth, .. } = open(input, depth, &budget)?;
        if let Some(archive) = archive {
            return archive::entries(archive, &mut inner, &budget, &mut |name, content| {
                let name = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
                self.entry(&name, content, depth)
            });
        }
        let path = Some(path).filter(|path| !path.is_empty());
        let mut text = text_of(inner)?;
        (self.each)(Entry { path, text: &mut text, limits: &budget.limits, last_line: &mut self.last_line })
    }

    /// Reads an entry; returns true if it could be read. Fails if the whole object is over a limit.
    fn entry(&mut self, path: &str, content: io::Result<Window<'_>>, depth: usize) -> io::Result<bool> {
        if is_no_content(path) {
            return Ok(false);
        }
        match content.and_then(|content| self.stream(content, path, depth)) {
            Ok(()) => self.read += 1,
            Err(error) if is_over(&error) => return Err(error),
            Err(error) => {
                self.unread += 1;
                self.first.get_or_insert_with(|| format!("`{}`: {error}", label(path)));
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Returns a path for a message: short, without control characters.
fn label(path: &str) -> String {
    path.chars().filter(|c| !c.is_control()).take(MAX_LABEL_CHARS).collect()
}

/// Returns true for folders, and for the files that macOS adds for attributes.
fn is_no_content(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.is_empty() || name.starts_with("._")
}

/// A stream without its layers of compression.
struct Opened<'a> {
    inner: Window<'a>,
    /// The archive that it is.
    archive: Option<Archive>,
    /// The outermost compression.
    compression: Compression,
    /// Layers around it, the archive included.
    depth: usize,
}

/// Removes layers of compression.
fn open<'a>(mut input: Window<'a>, depth: usize, budget: &Rc<Budget>) -> io::Result<Opened<'a>> {
    let mut depth = depth;
    let mut outermost = Compression::None;
    loop {
        let head = input.peek(archive::HEAD_BYTES)?;
        if let Some(bytes) = skippable_bytes(head) {
            input.skip(bytes)?;
            continue;
        }
        let archive = archive_of(head);
        let compression = if archive.is_some() { Compression::None } else { compression_of(head)? };
        if archive.is_none() && compression == Compression::None {
            return Ok(Opened { inner: input, archive, compression: outermost, depth });
        }
        depth += 1;
        budget.check_depth(depth)?;
        if depth == 1 {
            input.count_for(budget);
        }
        if archive.is_some() {
            return Ok(Opened { inner: input, archive, compression: outermost, depth });
        }
        if outermost == Compression::None {
            outermost = compression;
        }
        input = Window::new(unpacked(compression, input, budget)?);
    }
}

/// Returns a text in UTF-8.
fn text_of(mut input: Window<'_>) -> io::Result<Window<'_>> {
    let order = order_of(input.peek(archive::HEAD_BYTES)?);
    Ok(match order {
        Some(order) => Window::new(Utf8::new(input, order)),
        None => input,
    })
}
