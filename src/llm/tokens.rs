//! Token counts, made with OpenAI's o200k_base. The vocabularies of other models are not available here,
//! so a margin is added for them.

use crate::llm::Message;
use tiktoken_rs::o200k_base_singleton;

/// Tokens of a message beyond its text: role and separators.
const PER_MESSAGE: usize = 4;

/// Returns the tokens of a text for a model, rather too many than too few.
pub fn count(text: &str, model: &str) -> usize {
    (o200k_base_singleton().count_ordinary(text) * factor(model)).div_ceil(100)
}

/// Returns the tokens of a conversation.
pub fn of_messages(messages: &[Message], model: &str) -> usize {
    messages.iter().map(|message| count(message.content(), model) + PER_MESSAGE).sum()
}

/// Returns the tokens in a model's vocabulary per hundred of o200k_base, at most. Vocabularies of 100 to 200
/// thousand tokens, which nearly all models of today have, need up to a quarter more for logs, JSON and Chinese;
/// those of 32 thousand need many more for Chinese.
fn factor(model: &str) -> usize {
    let model = model.to_ascii_lowercase();
    let model = model.rsplit('/').next().unwrap_or_default();
    let is = |names: &[&str]| names.iter().any(|name| model.starts_with(name));
    match () {
        () if is(&["gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "gpt-oss", "chatgpt", "o1", "o3", "o4"]) => 100,
        () if is(&[
            "llama2",
            "llama-2",
            "codellama",
            "vicuna",
            "mistral-7b",
            "mixtral",
            "phi-2",
            "phi-3",
        ]) =>
        {
            180
        }
        () => 125,
    }
}
