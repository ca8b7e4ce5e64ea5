//! The models the real services have, and what each is strict about. Retired ones are not listed:
//! they answer 404, as they do in life. Read on 2026-11-20 from LiteLLM's price map, Google's
//! lifecycle page and the providers' SDKs.

/// Gemini 2.5 and older are gone, so is 3.6 Flash.
const GEMINI: &[&str] = &[
    "gemini-3.1-flash-lite",
    "gemini-3.1-pro-preview",
    "gemini-3.5-flash",
    "gemini-3.5-flash-lite",
    "gemini-3.7-flash",
    "gemini-3.8-flash",
    "gemini-4-argon",
];

const CLAUDE: &[&str] = &[
    "claude-fable-5-1",
    "claude-haiku-5-5",
    "claude-opus-5-5",
    "claude-sonnet-4-6",
    "claude-sonnet-5-5",
];

const OPENAI: &[&str] = &[
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-6-luna",
    "gpt-6.1-sol",
    "gpt-6.1-terra",
];

/// An embedding model: its wire's full dimensions and the longest text it reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Embedder {
    pub dimensions: usize,
    pub most_tokens: u64,
    /// Whether a shortened vector still has length one.
    pub unit: bool,
}

pub(super) fn is_gemini(id: &str) -> bool {
    GEMINI.contains(&id)
}

pub(super) fn is_claude(id: &str) -> bool {
    CLAUDE.contains(&id)
}

pub(super) fn is_openai(id: &str) -> bool {
    OPENAI.contains(&id)
}

/// All ids OpenAI's wire lists.
pub(super) fn openai_ids() -> impl Iterator<Item = &'static str> {
    OPENAI
        .iter()
        .chain(&["text-embedding-3-small", "text-embedding-3-large"])
        .copied()
}

/// Ollama's `name:tag` and vLLM's `owner/name`: any such model is there.
pub(super) fn looks_local(id: &str) -> bool {
    id.contains([':', '/'])
}

pub(super) fn embedder(id: &str) -> Option<Embedder> {
    let (dimensions, most_tokens, unit) = match id {
        "text-embedding-005" => (768, 2_048, true),
        "gemini-embedding-001" => (3_072, 2_048, false),
        "gemini-embedding-2" => (3_072, 8_192, false),
        "text-embedding-3-small" => (1_536, 8_191, true),
        "text-embedding-3-large" => (3_072, 8_191, true),
        _ => return None,
    };
    Some(Embedder {
        dimensions,
        most_tokens,
        unit,
    })
}

/// `gemini-3.8-flash` is (3, 8), `claude-sonnet-5-5` (5, 5), `gpt-4o` (4, 0).
pub(super) fn generation(id: &str) -> (u32, u32) {
    let id = id.split('@').next().unwrap_or(id);
    let mut numbers = id
        .split(['-', '.'])
        .filter_map(|part| part.trim_end_matches('o').parse::<u32>().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// Gemini 3 and later are reported to be served from `global` alone; single regions answer 404.
pub(super) fn is_region(location: &str) -> bool {
    location.ends_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_generation() {
        assert_eq!(generation("gemini-3.8-flash"), (3, 8));
        assert_eq!(generation("gemini-4-argon"), (4, 0));
        assert_eq!(generation("claude-sonnet-4-6"), (4, 6));
        assert_eq!(generation("claude-haiku-4-5@20251001"), (4, 5));
        assert_eq!(generation("gpt-4o-mini"), (4, 0));
        assert_eq!(generation("gpt-6.1-terra"), (6, 1));
    }

    #[test]
    fn retired_models_are_gone() {
        assert!(!is_gemini("gemini-2.5-pro") && !is_gemini("gemini-3.6-flash"));
        assert!(!is_claude("claude-haiku-4-5") && is_claude("claude-haiku-5-5"));
        assert!(is_region("asia-south1") && !is_region("global") && !is_region("eu"));
    }
}
