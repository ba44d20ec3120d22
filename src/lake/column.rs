//! One builder for each column of a table, and the cursor that fills them row by row. Knows no files and no
//! catalog.

use arrow::array::{
    ArrayBuilder, ArrayRef, Float64Builder, Int64Builder, ListBuilder, StringArray, StringBuilder,
    StringDictionaryBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::Int32Type;
use model::table::ColumnKind;
use std::sync::Arc;

/// Builds one column.
#[expect(clippy::large_enum_variant, reason = "one for each column of a table")]
pub(super) enum Builder {
    Ts(TimestampMicrosecondBuilder),
    Text(StringBuilder),
    Name(NameBuilder),
    Int(Int64Builder),
    Float(Float64Builder),
    Names(ListBuilder<StringBuilder>),
}

impl Builder {
    /// Returns a builder of a column like one that had that many rows and bytes of texts.
    pub(super) fn like(kind: ColumnKind, rows: usize, bytes: usize) -> Self {
        match kind {
            ColumnKind::Ts => Self::Ts(TimestampMicrosecondBuilder::with_capacity(rows).with_timezone("UTC")),
            ColumnKind::Text => Self::Text(StringBuilder::with_capacity(rows, bytes)),
            _ => Self::of(kind),
        }
    }

    pub(super) fn of(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Ts => Self::Ts(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
            ColumnKind::Text => Self::Text(StringBuilder::new()),
            ColumnKind::Name => Self::Name(NameBuilder::default()),
            ColumnKind::Int => Self::Int(Int64Builder::new()),
            ColumnKind::Float => Self::Float(Float64Builder::new()),
            ColumnKind::Names => Self::Names(ListBuilder::new(StringBuilder::new())),
        }
    }

    pub(super) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Ts(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Name(builder) => builder.finish(),
            Self::Int(builder) => Arc::new(builder.finish()),
            Self::Float(builder) => Arc::new(builder.finish()),
            Self::Names(builder) => Arc::new(builder.finish()),
        }
    }
}

/// Distinct names from which a column is plain if they are more than half of its rows: looking each up costs more
/// than it saves.
const MANY_NAMES: usize = 8192;

/// A column of names: a dictionary while they repeat, plain texts if most differ. Equal names in a row, as of a pod in
/// its own file, are looked up once.
#[derive(Default)]
pub(super) struct NameBuilder {
    names: StringDictionaryBuilder<Int32Type>,
    plain: Option<StringBuilder>,
    /// The last name, if the last value is one.
    last: String,
    is_name: bool,
    /// Number of rows that have the last value and are not in `names` yet.
    run: usize,
}

impl NameBuilder {
    fn append_option(&mut self, value: Option<&str>) {
        if self.run == 0 || self.is_name != value.is_some() || value.is_some_and(|name| name != self.last) {
            self.end_run();
            self.is_name = value.is_some();
            self.last.clear();
            self.last.push_str(value.unwrap_or_default());
        }
        self.run += 1;
    }

    fn end_run(&mut self) {
        let run = std::mem::take(&mut self.run);
        let name = self.is_name.then_some(self.last.as_str());
        if let Some(plain) = &mut self.plain {
            (0..run).for_each(|_| plain.append_option(name));
        } else if let Some(name) = name {
            let key = self.names.append_n(name, run).ok().and_then(|key| usize::try_from(key).ok());
            if key.is_some_and(|key| key >= MANY_NAMES && key * 2 > self.names.len()) {
                let mut plain = StringBuilder::new();
                let names = self.names.finish();
                let names = names.downcast_dict::<StringArray>();
                names.into_iter().flatten().for_each(|name| plain.append_option(name));
                self.plain = Some(plain);
            }
        } else {
            self.names.append_nulls(run);
        }
    }

    fn finish(&mut self) -> ArrayRef {
        self.end_run();
        match &mut self.plain {
            Some(plain) => Arc::new(plain.finish()),
            None => Arc::new(self.names.finish()),
        }
    }
}

/// Writes the columns of one row from left to right.
pub(super) struct Cursor<'b> {
    pub(super) builders: std::slice::IterMut<'b, Builder>,
    pub(super) bytes: usize,
}

impl Cursor<'_> {
    pub(super) fn text(&mut self, value: Option<&str>) {
        self.bytes += value.map_or(4, |text| text.len() + 4);
        match self.builders.next() {
            Some(Builder::Text(builder)) => builder.append_option(value),
            Some(Builder::Name(builder)) => {
                if builder.plain.is_none() {
                    self.bytes -= value.map_or(0, str::len); // stored once, in the dictionary
                }
                builder.append_option(value);
            }
            _ => debug_assert!(false, "the contract has no text here"),
        }
    }

    pub(super) fn ts(&mut self, value: Option<i64>) {
        self.bytes += 8;
        match self.builders.next() {
            Some(Builder::Ts(builder)) => builder.append_option(value),
            _ => debug_assert!(false, "the contract has no time here"),
        }
    }

    pub(super) fn int(&mut self, value: Option<i64>) {
        self.bytes += 8;
        match self.builders.next() {
            Some(Builder::Int(builder)) => builder.append_option(value),
            _ => debug_assert!(false, "the contract has no integer here"),
        }
    }

    pub(super) fn float(&mut self, value: Option<f64>) {
        self.bytes += 8;
        match self.builders.next() {
            Some(Builder::Float(builder)) => builder.append_option(value),
            _ => debug_assert!(false, "the contract has no float here"),
        }
    }

    pub(super) fn names<'t>(&mut self, values: impl Iterator<Item = &'t str>) {
        match self.builders.next() {
            Some(Builder::Names(builder)) => {
                for value in values {
                    self.bytes += value.len() + 4;
                    builder.values().append_value(value);
                }
                builder.append(true);
            }
            _ => debug_assert!(false, "the contract has no list here"),
        }
    }
}
