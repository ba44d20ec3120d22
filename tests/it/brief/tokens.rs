//! Token counts for models whose vocabularies are not at hand.

use headwater::llm::tokens::count;

#[test]
fn only_small_vocabularies_are_counted_much_larger() {
    let text = "10:12:03 支付服务连接超时 {\"pod\":\"pay-api-0\",\"cost_ms\":2003}\n".repeat(50);
    let per_hundred = |model| count(&text, model) * 100 / count(&text, "gpt-4o");
    for model in ["qwen-max", "Qwen/Qwen3-32B", "deepseek-chat", "a-model-of-tomorrow"] {
        assert!((115..=130).contains(&per_hundred(model)), "{model}: {}", per_hundred(model));
    }
    assert!(per_hundred("llama-2-7b-chat") > 150);
}
