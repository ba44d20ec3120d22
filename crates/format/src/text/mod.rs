//! Readers of parts of a text that several formats share: times, headers, fields, layouts, stack
//! traces, templates, JSON, CSV. Must not know any one format.

pub(crate) mod age; // ages of kubectl
pub(crate) mod ansi; // codes of terminals
pub(crate) mod control; // control characters as rsyslog writes them
pub(crate) mod csv; // the fields of a CSV record
pub(crate) mod csv_header; // the header row of a CSV, and what its columns mean
pub(crate) mod csv_kind; // CSV without a header row, by the shape of its records
pub(crate) mod dump; // documents on further lines: JSON, YAML, XML, SQL
pub mod exception; // the class of an exception
pub(crate) mod fields; // field names of structured logs → columns
pub(crate) mod gb18030; // lines in GB18030, GBK, GB2312
pub(crate) mod header; // pieces of a line before its message: level, logger, ids
pub(crate) mod http_request; // the request in a record of an access log
pub(crate) mod json; // members and items of JSON that is read once
pub mod json_cursor; // the hot path: JSON in one pass
pub(crate) mod json_mend; // broken JSON, mended
pub(crate) mod json_time; // times in JSON objects and arrays
pub(crate) mod kubectl; // what kubectl prints for people
pub(crate) mod labels; // labels of Prometheus and Loki
pub(crate) mod layout; // those pieces in any order a team configured
pub(crate) mod pairs; // the pairs of logfmt
pub(crate) mod place; // names of a place that hold several
pub(crate) mod private_key; // lines of one private key
pub mod stack; // lines of a stack trace
pub mod template; // a message with its variables masked
pub mod time; // times as logs write them
