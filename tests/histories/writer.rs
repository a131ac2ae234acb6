//! Somebody who says one thing after the other, as often as it takes, and logs what came of it.
//!
//! A cut post is sent again with its nonce; some are given up, so that the verdict meets rows of unknown fate as well.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::json;

use super::history::{Attempt, Post, Row};
use super::http::request;
use super::site::{Line, Person};
use super::stage::{Stage, chance};

/// How a writer behaves. Chances are in percent.
#[derive(Clone, Debug)]
pub struct Hand {
    /// Of going away in the middle of a request, or before its answer.
    pub cut: u32,
    /// Of not trying again after that.
    pub give_up: u32,
    /// The most posts in a row without a pause.
    pub burst: u32,
    /// The longest pause between bursts.
    pub pause: Duration,
    /// The most posts in all.
    pub most: usize,
}

impl Default for Hand {
    fn default() -> Self {
        Self { cut: 3, give_up: 30, burst: 8, pause: Duration::from_millis(30), most: usize::MAX }
    }
}

/// What people type. Each keeps its ends under the trimming that the protocol does.
const WORDS: [&str; 10] =
    ["hello", "**bold**", "<b>&amp;", "日本語", "e\u{301}", "\"quoted\\\"", "https://example.org/?a=1&b=2", "`code`", "line\nline", "🙂"];

struct Writer {
    stage: Arc<Stage>,
    line: Line,
    dice: StdRng,
    who: Person,
    hand: Hand,
}

/// Writes until told to stop, or until the event takes no more.
pub async fn write(stage: Arc<Stage>, number: u64, who: Person, hand: Hand) -> Vec<Post> {
    let (line, dice) = (stage.line(1_000_000 + number), stage.dice(1_000_000 + number));
    let mut this = Writer { stage, line, dice, who, hand };
    let (mut posts, mut left) = (Vec::new(), 0);
    while !this.stage.is_stopping() && posts.len() < this.hand.most {
        if left == 0 {
            left = this.dice.random_range(1..=this.hand.burst);
            let pause = this.hand.pause.mul_f64(this.dice.random_range(0.0..=1.0));
            this.stage.rest(pause).await;
        }
        left -= 1;
        let post = this.say(format!("{number}-{}", posts.len())).await;
        let over = matches!(post.attempts.last(), Some(Attempt::Status(status)) if matches!(status, 400..=428));
        posts.push(post);
        if over {
            break;
        }
    }
    posts
}

impl Writer {
    async fn say(&mut self, nonce: String) -> Post {
        let (kind, text, typed) = self.text(&nonce);
        let body = json!({"text": typed, "nonce": nonce});
        let request = request("POST", &self.stage.path("messages"), &self.who.token, "", Some(&body));
        let sent = self.stage.now();
        let mut post = Post { who: self.who.id.clone(), nonce, text, kind, sent, acknowledged: None, attempts: Vec::new() };
        while !self.stage.is_over() {
            let attempt = self.attempt(&request).await;
            post.attempts.push(attempt.clone());
            match attempt {
                Attempt::Row { .. } => {
                    post.acknowledged = Some(self.stage.now());
                    self.stage.count_one();
                    // Once in a while again, although all is well: the same row has to come back.
                    if chance(&mut self.dice, self.hand.cut) {
                        let again = self.attempt(&request).await;
                        post.attempts.push(again);
                    }
                    return post;
                }
                Attempt::Lost { cut: true } if chance(&mut self.dice, self.hand.give_up) => return post,
                Attempt::Lost { .. } | Attempt::Status(429 | 503) => self.line.pause().await,
                Attempt::Status(_) => return post,
            }
        }
        post
    }

    async fn attempt(&mut self, request: &[u8]) -> Attempt {
        let Ok((address, mut connection)) = self.line.open(false).await else { return Attempt::Lost { cut: false } };
        if chance(&mut self.dice, self.hand.cut) {
            // In the head, in the body, or after the last byte: then the post will be done, and nobody is told.
            let whole = self.dice.random_bool(0.5);
            let end = if whole { request.len() } else { self.dice.random_range(1..request.len()) };
            // Whether it went out is just what nobody is to know.
            let _ = connection.send(&request[..end]).await;
            return Attempt::Lost { cut: true };
        }
        let Ok(reply) = connection.exchange(request).await else { return Attempt::Lost { cut: false } };
        self.line.keep((address, connection), &reply);
        match reply.status() {
            status @ (200 | 201) => match serde_json::from_slice::<Row>(&reply.body) {
                Ok(row) => Attempt::Row { fresh: status == 201, row: self.stage.share(row) },
                Err(_) => Attempt::Lost { cut: false },
            },
            status => Attempt::Status(status),
        }
    }

    /// Kind and text that the row must have, and what is typed for that.
    fn text(&mut self, nonce: &str) -> (&'static str, String, String) {
        let mut text = nonce.to_owned();
        for _ in 0..self.dice.random_range(1..12) {
            text.push(' ');
            text.push_str(WORDS[self.dice.random_range(0..WORDS.len())]);
        }
        if chance(&mut self.dice, 10) { ("emote", text.clone(), format!("/me {text}")) } else { ("said", text.clone(), text) }
    }
}
