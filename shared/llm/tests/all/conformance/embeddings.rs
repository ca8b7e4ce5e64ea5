//! Vectors over every wire that makes them.

use std::sync::Arc;

use domain::Usd;
use llm::{
    Category, Certainty, Control, EmbedRequest, Embeddings, Endpoint, Error, Gateway, GeminiApi,
    OpenAi, StaticToken, Task, Vertex,
};

use super::super::models::{FakeModels, Reply, Script};
use super::super::support::{clock, usd};
use super::fixture::{hurried, long};

const EVERY: [&str; 6] = [
    "vertex/text-embedding-005",
    "vertex/gemini-embedding-001",
    "vertex/gemini-embedding-2",
    "gemini-api/gemini-embedding-001",
    "gemini-api/gemini-embedding-2",
    "own/nomic/embed",
];

const TEXTS: [&str; 3] = [
    "handloom sarees from Jaipur",
    "GST on software services",
    "silk sarees, handloom, Jaipur",
];

struct World {
    fake: FakeModels,
    gateway: Gateway,
}

impl World {
    async fn of(replies: impl IntoIterator<Item = Reply>) -> Self {
        let script = Script {
            embeddings: replies.into_iter().collect(),
            ..Script::auto()
        };
        let fake = FakeModels::start(script).await;
        let url = fake.base_url();
        let token = Arc::new(StaticToken::new("t"));
        let line = format!("own={url}/v1;embedding=nomic/embed:768");
        let own = Endpoint::parse_list(&line).unwrap().remove(0);
        let gateway = Gateway::builder(clock())
            .provider(Arc::new(Vertex::new("p", Some(&url), token).unwrap()))
            .provider(Arc::new(GeminiApi::new("k", Some(&url)).unwrap()))
            .provider(Arc::new(OpenAi::endpoint(&own).unwrap()))
            .endpoint(own);
        Self {
            fake,
            gateway: gateway.build(),
        }
    }

    async fn embed(&self, model: &str, texts: &[&str]) -> Result<Embeddings, Error> {
        let request = EmbedRequest {
            model,
            texts,
            task: Task::Query,
            dimensions: None,
        };
        self.gateway.embed_as(&request, &long()).await
    }
}

fn near(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

#[tokio::test]
async fn every_text_has_its_vector_in_its_place() {
    for model in EVERY {
        let world = World::of([]).await;
        let made = world.embed(model, &TEXTS).await.unwrap();
        let [sarees, tax, silk] = &made.vectors[..] else {
            panic!("{model}: {} vectors", made.vectors.len());
        };
        assert!(near(sarees, silk) > near(sarees, tax) + 0.2, "{model}");
        for vector in &made.vectors {
            assert_eq!(vector.len(), 768, "{model}");
            assert!(
                (near(vector, vector) - 1.0).abs() < 1e-4,
                "{model}: unit length"
            );
        }
        let (provider, id) = model.split_once('/').unwrap();
        assert_eq!((made.provider, made.model.as_str()), (provider, id));
        assert_eq!(made.usage.certainty, Certainty::Reported);
    }
}

/// 7 + 6 + 8 tokens, each request rounded up to a micro-dollar.
#[tokio::test]
async fn the_cost_is_that_of_the_tokens_read() {
    for (model, requests, cost) in [
        // 2.1
        (EVERY[0], 1, "0.000003"),
        // 1.05, 0.9 and 1.2
        (EVERY[1], 3, "0.000005"),
        // 1.4, 1.2 and 1.6
        (EVERY[2], 3, "0.000006"),
        // 3.15
        (EVERY[3], 1, "0.000004"),
        // 4.2
        (EVERY[4], 1, "0.000005"),
        (EVERY[5], 1, "0"),
    ] {
        let world = World::of([]).await;
        let made = world.embed(model, &TEXTS).await.unwrap();
        assert_eq!((made.usage.input, made.cost), (21, usd(cost)), "{model}");
        assert_eq!(world.fake.requests().len(), requests, "{model}");
        assert_eq!(made.attempts.len(), requests, "{model}");
    }
}

#[tokio::test]
async fn a_failed_request_is_tried_again() {
    for model in EVERY {
        let limited = Reply::RateLimited { retry_after: 5 };
        let world = World::of([limited, Reply::ServerError]).await;
        let made = hurried(world.embed(model, &TEXTS[..1])).await.unwrap();
        assert_eq!((made.vectors.len(), made.attempts.len()), (1, 3), "{model}");
    }
}

#[tokio::test]
async fn a_text_too_long_is_refused_and_not_cut() {
    let long = "word ".repeat(10_000);
    for model in &EVERY[..5] {
        let world = World::of([]).await;
        let error = world.embed(model, &[&long]).await.unwrap_err();
        assert_eq!(error.category, Category::InvalidRequest, "{model}: {error}");
        assert_eq!(error.spent.cost, Usd::ZERO);
    }
}

/// Vectors of two models don't compare: only the same model's other door is asked.
#[tokio::test]
async fn another_door_is_asked_and_never_another_model() {
    let world = World::of([Reply::refused(403)]).await;
    let made = world
        .embed("gemini-embedding-001", &TEXTS[..1])
        .await
        .unwrap();
    assert_eq!(made.provider, "gemini-api");
    let world = World::of([Reply::refused(403), Reply::refused(403)]).await;
    let failed = world.embed("gemini-embedding-001", &TEXTS[..1]).await;
    assert_eq!(failed.unwrap_err().category, Category::Provider);
    assert_eq!(world.fake.requests().len(), 2);
}

#[tokio::test]
async fn a_stalled_request_ends_at_the_deadline() {
    let world = World::of([Reply::Stall]).await;
    let control = Control::within(std::time::Duration::from_secs(30));
    let work = world.gateway.embed(&TEXTS, EVERY[0], &control);
    let error = hurried(work).await.unwrap_err();
    assert_eq!(error.category, Category::Deadline);
    super::fixture::soon(world.fake.abandoned(1)).await;
}
