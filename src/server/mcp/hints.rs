//! The next step of an error in words of an MCP client, which has tools and no shell. The API words its hints for
//! the command line.

/// Commands, and the tools that do the same. The longest come first.
const TOOLS: [(&str, &str); 11] = [
    ("headwater analyze --date D", "`analyze_logs` with `date`"),
    ("headwater analyze --date", "`analyze_logs` with `date` ="),
    ("headwater rules list", "`list_rules`"),
    ("headwater rules test", "`test_rules`"),
    ("headwater rules check", "`list_rules`"),
    ("headwater runs show last", "`run_status` with `id` = last"),
    ("headwater runs list", "`run_status`"),
    ("headwater lake status", "`describe_tables`"),
    ("headwater run --date D", "`run_day` with `date`"),
    ("headwater sql", "`query_logs` with `sql` ="),
    ("headwater run", "`run_day`"),
];

/// Returns a hint with tools instead of commands. What no tool does is said to be for the operator.
pub fn in_tools(hint: &str) -> String {
    let mut text = String::new();
    let mut is_for_operator = false;
    for (at, part) in hint.split('`').enumerate() {
        // every second part is quoted
        if at % 2 == 0 {
            text.push_str(part);
        } else if let Some(tool) = tool(part) {
            text.push_str(&tool);
        } else {
            is_for_operator |= part.starts_with("headwater ");
            text.push_str(&format!("`{part}`"));
        }
    }
    if is_for_operator { format!("for the operator: {text}") } else { text }
}

/// Returns the tool that does what a command does, with its argument.
fn tool(command: &str) -> Option<String> {
    let (rest, tool) = TOOLS.iter().find_map(|(of, tool)| Some((command.strip_prefix(of)?, tool)))?;
    let argument = rest.trim().trim_matches('"');
    match argument {
        "" => Some((*tool).to_owned()),
        _ if rest.starts_with(' ') => Some(format!("{tool} `{argument}`")),
        _ => None,
    }
}
