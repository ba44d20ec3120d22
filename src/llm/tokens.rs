//! How long a text is to a model, counted with OpenAI's o200k_base. Other vocabularies are not at
//! hand: a margin stands in for them.

use crate::llm::Turn;
use tiktoken_rs::o200k_base_singleton;

/// Tokens of a message beyond its text: role and separators.
const PER_TURN: usize = 4;

/// Returns the tokens of a text for that model, rather too many than too few.
pub fn count(text: &str, model: &str) -> usize {
    (o200k_base_singleton().count_ordinary(text) * factor(model)).div_ceil(100)
}

/// Returns the tokens of a conversation.
pub fn of_turns(turns: &[Turn], model: &str) -> usize {
    turns.iter().map(|turn| count(turn.content(), model) + PER_TURN).sum()
}

/// Returns how many tokens of a model's vocabulary a hundred of o200k_base may come to. Those with a
/// vocabulary of 100–200 thousand cut logs, JSON and Chinese within a quarter of it; smaller ones,
/// such as Llama 2's, cut Chinese much finer.
fn factor(model: &str) -> usize {
    let model = model.to_ascii_lowercase();
    let model = model.rsplit('/').next().unwrap_or_default();
    let is = |names: &[&str]| names.iter().any(|name| model.starts_with(name));
    match () {
        () if is(&["gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "gpt-oss", "chatgpt", "o1", "o3", "o4"]) => 100,
        () if is(&["qwen", "qwq", "deepseek", "glm", "gpt-4", "llama3", "llama-3", "kimi", "moonshot"]) => {
            125
        }
        () => 180,
    }
}
