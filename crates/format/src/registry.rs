//! The list of all formats, and the order in which they are tried. To add a format in code, write its
//! file in `envelope/` or `leaf/`, declare it in that folder's `mod.rs`, and add one line here; a text
//! layout is a file of `formats/` and needs no line. Nothing else names a format to have it tried,
//! listed and tested with its sample.

use crate::contract::{Clock, Format, Part, Role};
use crate::layout::{Layout, LayoutError, LayoutSet};
use crate::{envelope, leaf};
use include_dir::{Dir, include_dir};
use redact::WordFinder;
use std::sync::LazyLock;

/// Envelopes written in code, in the order they are tried.
static ENVELOPES: &[&dyn Format] = &[
    &envelope::cri::Cri,
    &envelope::docker::Docker,
    &envelope::otlp::Otlp,
    &envelope::cloudwatch::CloudWatch,
    &envelope::gcp::Gcp,
    &envelope::encoded::Encoded,
    &envelope::csv::Csv,
    &envelope::kubectl_output::KubectlOutput,
    &envelope::transcript::Transcript,
    &envelope::watch::Watch,
    &envelope::lists::Lists,
    &envelope::shipper::Shipper,
    &envelope::pairs::Pairs,
];

/// The prefix that may stand before any line, tried after the layouts of prefixes.
static LAST_ENVELOPE: &[&dyn Format] = &[&envelope::kubectl_time::KubectlTime];

/// Formats that no layout can be mistaken for, tried before the layouts.
static EXACT: &[&dyn Format] = &[
    &leaf::audit::Audit,
    &leaf::event::Event,
    &leaf::object::Object,
    &leaf::json_app::JsonApp,
    &leaf::klog::Klog,
    &leaf::nginx_access::NginxAccess,
    &leaf::nginx_error::NginxError,
];

/// Families that read almost any line with a time or with pairs, tried after the layouts.
static GENERAL: &[&dyn Format] = &[&leaf::logback::Logback, &leaf::logfmt::Logfmt];

/// The layouts that are shipped.
static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../formats");

/// Every format, and how a line finds its own.
pub struct Registry {
    formats: Vec<&'static dyn Format>,
    layouts: Vec<&'static Layout>,
    /// Indexes of the envelopes in code.
    envelopes: Vec<usize>,
    /// The same by the first byte of a line.
    by_first: Vec<Vec<usize>>,
    last_envelope: Vec<usize>,
    exact: Vec<usize>,
    general: Vec<usize>,
    prefixes: LayoutSet,
    lines: LayoutSet,
    /// The words of all formats.
    words: Box<WordFinder>,
}

static DEFAULT: LazyLock<Registry> = LazyLock::new(|| Registry::with(Vec::new()).0);

impl Registry {
    /// Returns the shipped formats.
    pub fn shipped() -> &'static Self {
        &DEFAULT
    }

    /// Returns the shipped formats and `own` layouts, which are tried before the shipped ones; and the errors of
    /// shipped layouts, of which there are none in a release. Layouts live as long as the program.
    pub fn with(own: Vec<Layout>) -> (Self, Vec<LayoutError>) {
        let mut errors = Vec::new();
        let mut shipped = Vec::new();
        for file in SHIPPED.files().filter(|file| file.path().extension().is_some_and(|ext| ext == "toml")) {
            let path = file.path().display().to_string();
            let name =
                file.path().file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
            match Layout::shipped(&name, &format!("formats/{path}"), file.contents_utf8().unwrap_or("")) {
                Ok(layout) => shipped.push(layout),
                Err(found) => errors.extend(found),
            }
        }
        // an own layout replaces the shipped one of its name
        shipped.retain(|layout| own.iter().all(|other| other.name() != layout.name()));
        let mut all = own;
        all.sort_by_key(|layout| layout.file().rank);
        shipped.sort_by(|a, b| (a.file().rank, a.name()).cmp(&(b.file().rank, b.name())));
        all.extend(shipped);
        let layouts: Vec<&'static Layout> =
            all.into_iter().map(|layout| &*Box::leak(Box::new(layout))).collect();
        (Self::of(layouts), errors)
    }

    fn of(layouts: Vec<&'static Layout>) -> Self {
        let mut formats: Vec<&'static dyn Format> = Vec::new();
        let mut add = |group: &[&'static dyn Format]| {
            let begin = formats.len();
            formats.extend(group);
            (begin..formats.len()).collect::<Vec<usize>>()
        };
        let (envelopes, last_envelope) = (add(ENVELOPES), add(LAST_ENVELOPE));
        let (exact, general) = (add(EXACT), add(GENERAL));
        let begin = formats.len();
        formats.extend(layouts.iter().map(|layout| *layout as &dyn Format));
        let of_role = |is_envelope: bool| {
            let indexed = layouts.iter().enumerate().map(|(at, layout)| (begin + at, *layout));
            let chosen = indexed.filter(|(_, layout)| (layout.role() == Role::Envelope) == is_envelope);
            LayoutSet::of(chosen)
        };
        let (prefixes, lines) = (of_role(true), of_role(false));
        let words = Box::new(words_of(&formats));
        let begin_with = |byte: u8| {
            let begins = |index: &&usize| {
                formats.get(**index).is_some_and(|format| format.first_bytes().contains(&byte))
            };
            envelopes.iter().filter(begins).copied().collect()
        };
        let by_first = (0..=u8::MAX).map(begin_with).collect();
        Self { by_first, formats, layouts, envelopes, last_envelope, exact, general, prefixes, lines, words }
    }

    /// Returns every format, those in code first.
    pub fn formats(&self) -> &[&'static dyn Format] {
        &self.formats
    }

    /// Returns the layouts in the order they are tried.
    pub fn layouts(&self) -> &[&'static Layout] {
        &self.layouts
    }

    /// Returns the layout at an index of the list; `None` for a format in code.
    pub(crate) fn layout(&self, index: Option<usize>) -> Option<&'static Layout> {
        let at = index?.checked_sub(self.formats.len() - self.layouts.len())?;
        self.layouts.get(at).copied()
    }

    /// Returns the format at an index of the list.
    pub(crate) fn at(&self, index: Option<usize>) -> Option<&'static dyn Format> {
        self.formats.get(index?).copied()
    }

    /// Returns the indexes of the envelopes in code whose lines begin with that byte.
    pub(crate) fn envelopes_of(&self, first: u8) -> &[usize] {
        self.by_first.get(usize::from(first)).map_or(&[], Vec::as_slice)
    }

    /// Returns true for a JSON line with none of the formats' words: only formats without words can read it.
    pub(crate) fn is_unmarked(&self, line: &str) -> bool {
        line.starts_with('{') && self.words.find(line.as_bytes(), 0).is_none()
    }

    /// Returns the envelope whose prefix a line begins with: a layout, or the kubelet's time.
    pub(crate) fn prefix_of(&self, line: &str) -> Option<usize> {
        let fits = |index: &usize| self.at(Some(*index)).is_some_and(|format| format.begins(line));
        self.prefixes.first_fit(line).or_else(|| self.last_envelope.iter().copied().find(fits))
    }

    /// Returns the format that reads a line by itself, an envelope first.
    pub fn format_of(&self, line: &str) -> Option<&'static dyn Format> {
        let unwraps = |index: &usize| {
            self.at(Some(*index)).is_some_and(|format| {
                let mut is_application = false;
                let mut see =
                    |part: Part<'_>| is_application |= matches!(part, Part::Line(line) if line.only_if_known && !self.is_known(&line.payload));
                format.begins(line)
                    && format.unwrap_all(line.as_bytes(), &Clock::UTC, &mut see)
                    && !is_application
            })
        };
        let envelope = || self.envelopes.iter().copied().find(unwraps).or_else(|| self.prefix_of(line));
        let outer = if leaf::event::Event.begins(line) || leaf::object::Object.begins(line) {
            None
        } else {
            envelope()
        };
        self.at(outer.or_else(|| self.leaf_of(line, None, false)))
    }

    /// Returns true if a payload is in a known format.
    pub(crate) fn is_known(&self, payload: &[u8]) -> bool {
        std::str::from_utf8(payload).is_ok_and(|text| {
            let text = text.lines().next().unwrap_or("").trim_end();
            self.leaf_of(text, None, false).is_some() || self.prefix_of(text).is_some()
        })
    }

    /// Returns the format of which `line` begins a record, preferring the stream's last one. `is_unmarked` is the
    /// result of [`Registry::is_unmarked`] for the line, or false.
    pub(crate) fn leaf_of(&self, line: &str, last: Option<usize>, is_unmarked: bool) -> Option<usize> {
        let fits = |index: &usize| {
            self.at(Some(*index))
                .is_some_and(|format| (!is_unmarked || format.words().is_empty()) && format.begins(line))
        };
        // a format of single lines is never preferred: audit events and Kubernetes events are JSON too
        let is_sticky =
            |index: &usize| self.at(Some(*index)).is_some_and(|format| format.role() == Role::Lines);
        let last = last.filter(is_sticky);
        // nor is one that reads almost any line preferred to a layout, which knows what the line is
        let (general, last) = (last.filter(|index| self.general.contains(index)), last);
        last.filter(|index| general.is_none() && fits(index))
            .or_else(|| self.exact.iter().copied().find(fits))
            .or_else(|| self.lines.first_fit(line))
            .or_else(|| general.filter(fits))
            .or_else(|| self.general.iter().copied().find(fits))
    }
}

/// Returns a finder of the words of formats; a word that contains another one needs no search.
fn words_of(formats: &[&'static dyn Format]) -> WordFinder {
    let mut words: Vec<&'static str> = formats.iter().flat_map(|format| format.words()).copied().collect();
    words.sort_unstable();
    words.dedup();
    let is_needed = |word: &&str| !words.iter().any(|other| other != word && word.contains(other));
    WordFinder::of(words.iter().copied().filter(is_needed).collect())
}
