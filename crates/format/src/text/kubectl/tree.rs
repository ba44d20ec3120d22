//! A description as a tree: `Key:  value` lines, what is indented below them, and rows of tables. Must not know any key.

/// Most levels of indentation.
const MAX_DEPTH: usize = 12;

/// A line with what is indented below it.
#[derive(Debug, Default)]
pub(crate) struct Node<'t> {
    /// The line, trimmed.
    pub(crate) text: &'t str,
    /// The text before the colon; empty if the line is no pair.
    pub(crate) key: &'t str,
    /// The text after the colon, or the line.
    pub(crate) value: &'t str,
    pub(crate) below: Vec<Node<'t>>,
}

impl<'t> Node<'t> {
    fn of(line: &'t str) -> Self {
        let text = line.trim();
        let ends =
            text.find(": ").or_else(|| text.find(":\t")).or_else(|| text.strip_suffix(':').map(str::len));
        let (key, value) = ends
            .map_or(("", text), |at| (text.get(..at).unwrap_or(""), text.get(at + 1..).unwrap_or("").trim()));
        Self { text, key, value, below: Vec::new() }
    }

    /// Returns its own value and the lines below it, except placeholders.
    pub(crate) fn values(&self) -> impl Iterator<Item = &'t str> {
        let all = std::iter::once(self.value).chain(self.below.iter().map(|node| node.text));
        all.filter(|text| !super::cell::is_none(text))
    }

    /// Returns what is below it under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'t>> {
        get(&self.below, key)
    }
}

/// Returns the node of a key.
pub(crate) fn get<'n, 't>(nodes: &'n [Node<'t>], key: &str) -> Option<&'n Node<'t>> {
    nodes.iter().find(|node| node.key == key)
}

/// Returns the value of a key, unless it is a placeholder.
pub(crate) fn value<'t>(nodes: &[Node<'t>], key: &str) -> Option<&'t str> {
    get(nodes, key).map(|node| node.value).filter(|value| !super::cell::is_none(value))
}

/// Reads a description.
pub(crate) fn parse(text: &str) -> Vec<Node<'_>> {
    let mut root: Vec<Node<'_>> = Vec::new();
    // the columns of the nodes that are open, and the nodes
    let mut open: Vec<(usize, Node<'_>)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let indent = line.len() - line.trim_start().len();
        while open.last().is_some_and(|(column, _)| *column >= indent) || open.len() >= MAX_DEPTH {
            close(&mut open, &mut root);
        }
        open.push((indent, Node::of(line)));
    }
    while !open.is_empty() {
        close(&mut open, &mut root);
    }
    root
}

fn close<'t>(open: &mut Vec<(usize, Node<'t>)>, root: &mut Vec<Node<'t>>) {
    let Some((_, node)) = open.pop() else { return };
    match open.last_mut() {
        Some((_, parent)) => parent.below.push(node),
        None => root.push(node),
    }
}

/// Splits a row of a table at its tabs and runs of blanks.
pub(crate) fn row(text: &str) -> Vec<&str> {
    text.split("  ")
        .flat_map(|part| part.split('\t'))
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

/// Returns the rows of a table whose header and rule are among the nodes: each as names and values.
pub(crate) fn table<'t>(nodes: &[Node<'t>]) -> Vec<Vec<(&'t str, &'t str)>> {
    let Some((header, rows)) = nodes.split_first() else { return Vec::new() };
    let names = row(header.text);
    let is_rule = |node: &&Node<'_>| node.text.starts_with("--");
    let cells = |node: &Node<'t>| names.iter().copied().zip(row(node.text)).collect();
    rows.iter().filter(|node| !is_rule(node)).map(cells).collect()
}
