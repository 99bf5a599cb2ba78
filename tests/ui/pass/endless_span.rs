//! Loops that end, and endless ones that are in no span.
#![deny(warnings)]

use std::sync::mpsc::Receiver;

use traced::traced;

async fn step() -> Option<u8> {
    Some(1)
}

#[traced]
async fn until_there_is_none() {
    while let Some(_step) = step().await {}
}

#[traced]
async fn left_by_break() -> u8 {
    'outer: loop {
        loop {
            if let Some(step) = step().await {
                break 'outer step;
            }
        }
    }
}

#[traced]
async fn left_by_return() {
    loop {
        if step().await.is_none() {
            return;
        }
    }
}

/// It copies until the connection is closed.
#[traced]
async fn left_by_a_question_mark() -> Option<()> {
    loop {
        step().await?;
    }
}

#[traced]
async fn left_in_a_macro() {
    loop {
        tokio::select! {
            _step = step() => return,
            () = std::future::pending() => {}
        }
    }
}

#[traced]
fn left_by_a_panic(jobs: Receiver<u8>) -> ! {
    loop {
        if jobs.recv().is_err() {
            panic!("no more jobs");
        }
    }
}

#[traced]
fn left_by_the_process(jobs: Receiver<u8>) -> ! {
    loop {
        if jobs.recv().is_err() {
            std::process::exit(0);
        }
    }
}

/// What it calls may panic or end the process.
#[traced]
fn waits_for_nothing() {
    let mut steps = 0_u8;
    loop {
        steps = steps.checked_add(1).unwrap();
    }
}

/// The loop is somebody else's: it is spawned.
#[traced]
async fn starts_a_worker() {
    tokio::spawn(async {
        loop {
            step().await;
        }
    });
}

struct Server;

#[traced]
impl Server {
    #[traced(skip)]
    async fn run(&self) {
        loop {
            self.turn().await;
        }
    }

    #[traced(root)]
    async fn turn(&self) {
        step().await;
    }
}

#[traced(current)]
async fn without_a_span() {
    loop {
        step().await;
    }
}

#[traced(allow(endless_span))]
async fn allowed() {
    loop {
        step().await;
    }
}

fn main() {
    drop((until_there_is_none(), left_by_break(), left_by_return()));
    drop((left_by_a_question_mark(), left_in_a_macro()));
    drop((starts_a_worker(), Server.run(), without_a_span(), allowed()));
    let _ = (left_by_a_panic, left_by_the_process, waits_for_nothing);
}
