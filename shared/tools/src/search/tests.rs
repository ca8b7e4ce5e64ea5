//! Engines in this process, on a clock that leaps: what depends on time alone.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex};

use domain::{Clock, Ids};
use tokio::time::Instant;
use uuid::Uuid;

use super::*;

/// What it does when it is asked.
#[derive(Clone, Copy)]
enum Does {
    Find(&'static str),
    Fail,
    Hang,
}

struct Scripted {
    name: EngineName,
    turns: Arc<Mutex<VecDeque<Does>>>,
}

/// An engine that does these things in order, and what it has left to do.
fn scripted(name: EngineName, turns: impl IntoIterator<Item = Does>) -> (Slot, Script) {
    let turns: Script = Arc::new(Mutex::new(turns.into_iter().collect()));
    let engine = Scripted {
        name,
        turns: turns.clone(),
    };
    (Slot::ready(Box::new(engine)), turns)
}

type Script = Arc<Mutex<VecDeque<Does>>>;

#[async_trait]
impl Engine for Scripted {
    fn name(&self) -> EngineName {
        self.name
    }

    fn cost(&self) -> Usd {
        Usd::ZERO
    }

    async fn search(&self, _: &Ask) -> Result<Vec<Hit>, Failure> {
        let does = self.turns.lock().unwrap().pop_front();
        match does.expect("it was not to be asked again") {
            Does::Find(url) => Ok(Hit::clean("Silk", url, "").into_iter().collect()),
            Does::Fail => Err(Failure::Unreachable),
            Does::Hang => pending().await,
        }
    }
}

struct Still(Mutex<DateTime<Utc>>);

impl Clock for Still {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

impl Ids for Still {
    fn uuid(&self) -> Uuid {
        Uuid::nil()
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

struct Stage {
    tool: WebSearch,
    clock: Arc<Still>,
    context: ToolContext,
}

impl Stage {
    fn of(engines: Vec<Slot>) -> Self {
        let start = "2026-10-01T06:00:00Z".parse().unwrap();
        let clock = Arc::new(Still(Mutex::new(start)));
        let context = ToolContext {
            workspace_id: domain::WorkspaceId(Uuid::nil()),
            actor_user_id: None,
            agent_id: None,
            execution_id: None,
            step: None,
            correlation_id: None,
            seams: Seams {
                clock: clock.clone(),
                ids: clock.clone(),
            },
        };
        Self {
            tool: WebSearch::over(engines),
            clock,
            context,
        }
    }

    fn pass(&self, seconds: i64) {
        *self.clock.0.lock().unwrap() += TimeDelta::seconds(seconds);
    }

    async fn ask(&self, query: &str) -> Result<Value, ToolError> {
        let args = json!({ "query": query });
        self.tool.call(&self.context, args).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_engine_is_left_after_its_time_and_the_others_are_kept() {
    let (slow, _) = scripted(EngineName::Brave, [Does::Hang]);
    let (quick, _) = scripted(
        EngineName::DuckDuckGo,
        [Does::Find("https://silk.example/")],
    );
    let stage = Stage::of(vec![slow, quick]);
    let before = Instant::now();
    let answer = stage.ask("silk").await.unwrap();
    assert_eq!(before.elapsed(), ENGINE_TIMEOUT);
    assert_eq!(answer["results"][0]["url"], "https://silk.example/");
    assert_eq!(
        answer["engines"],
        json!([
            { "name": "brave", "ok": false, "error": "did not answer within 6s" },
            { "name": "duckduckgo", "ok": true },
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn engines_are_asked_at_once() {
    let (one, _) = scripted(EngineName::Brave, [Does::Hang]);
    let (other, _) = scripted(EngineName::DuckDuckGo, [Does::Hang]);
    let stage = Stage::of(vec![one, other]);
    let before = Instant::now();
    let error = stage.ask("silk").await.unwrap_err();
    assert_eq!(before.elapsed(), ENGINE_TIMEOUT, "not twice as long");
    assert_eq!((error.code, error.retryable), ("search.unavailable", true));
    assert_eq!(
        error.message,
        "no search engine answered; brave: did not answer within 6s; duckduckgo: did not answer within 6s"
    );
}

#[tokio::test]
async fn five_failures_in_a_row_rest_an_engine_for_a_minute_and_one_probe_decides() {
    let found = Does::Find("https://silk.example/");
    let (poor, left) = scripted(EngineName::Brave, [Does::Fail; 6]);
    let (good, _) = scripted(EngineName::DuckDuckGo, [found; 20]);
    let stage = Stage::of(vec![poor, good]);
    let mut questions = (0..).map(|number| format!("silk {number}"));
    let mut brave = async || {
        let answer = stage.ask(&questions.next().unwrap()).await.unwrap();
        answer["engines"][0]["error"].as_str().map(str::to_owned)
    };
    let unreachable = Some("could not be reached".to_owned());
    let resting = Some("failed again and again, and rests for a minute".to_owned());
    for _ in 0..5 {
        assert_eq!(brave().await, unreachable);
    }
    assert_eq!(brave().await, resting);
    assert_eq!(left.lock().unwrap().len(), 1, "it was not asked");
    stage.pass(59);
    assert_eq!(brave().await, resting);
    stage.pass(1);
    assert_eq!(brave().await, unreachable, "the probe");
    assert_eq!(brave().await, resting, "for another minute");
    stage.pass(60);
    left.lock().unwrap().extend([found; 2]);
    assert_eq!(brave().await, None);
    assert_eq!(brave().await, None, "it is back");
}

#[tokio::test]
async fn an_answer_is_kept_for_an_hour() {
    let found = ["https://a.example/", "https://b.example/"].map(Does::Find);
    let (engine, left) = scripted(EngineName::Brave, found);
    let stage = Stage::of(vec![engine]);
    let first = stage.ask("Silk  sarees").await.unwrap();
    stage.pass(3_599);
    assert_eq!(stage.ask(" silk SAREES ").await.unwrap(), first);
    assert_eq!(left.lock().unwrap().len(), 1);
    stage.pass(1);
    let second = stage.ask("silk sarees").await.unwrap();
    assert_eq!(second["results"][0]["url"], "https://b.example/");
}

#[tokio::test]
async fn an_answer_that_an_engine_is_missing_from_is_kept_for_a_minute() {
    let (poor, _) = scripted(
        EngineName::Google,
        [Does::Fail, Does::Find("https://b.example/")],
    );
    let (good, left) = scripted(EngineName::Brave, [Does::Find("https://a.example/"); 2]);
    let stage = Stage::of(vec![poor, good]);
    let first = stage.ask("silk").await.unwrap();
    stage.pass(59);
    assert_eq!(stage.ask("silk").await.unwrap(), first);
    stage.pass(1);
    let second = stage.ask("silk").await.unwrap();
    assert_eq!(
        second["engines"][0],
        json!({ "name": "google", "ok": true })
    );
    assert!(left.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_failure_of_all_is_not_kept() {
    let (engine, _) = scripted(
        EngineName::Brave,
        [Does::Fail, Does::Find("https://a.example/")],
    );
    let stage = Stage::of(vec![engine]);
    assert_eq!(
        stage.ask("silk").await.unwrap_err().code,
        "search.unavailable"
    );
    assert!(stage.ask("silk").await.is_ok());
}

#[tokio::test]
async fn an_operator_makes_another_question() {
    let found = Does::Find("https://a.example/");
    let (engine, left) = scripted(EngineName::Brave, [found; 2]);
    let stage = Stage::of(vec![engine]);
    stage.ask("silk OR cotton").await.unwrap();
    stage.ask("silk or cotton").await.unwrap();
    assert!(left.lock().unwrap().is_empty(), "both were asked");
}
