//! tokio, in every spelling.

use tokio::runtime::{Builder, Handle};
use tokio::task::{self, JoinSet, LocalSet};

use crate::support::sites;

sites! {
    full_path(1) { tokio::spawn(child()).await.unwrap(); }
    rooted_path(1) { ::tokio::spawn(child()).await.unwrap(); }
    module(1) { task::spawn(child()).await.unwrap(); }
    renamed_module(1) { use tokio::task as jobs; jobs::spawn(child()).await.unwrap(); }
    used_name(1) { use tokio::spawn; spawn(child()).await.unwrap(); }
    turbofish(1) { tokio::spawn::<_>(child()).await.unwrap(); }
    spawn_blocking(2) {
        task::spawn_blocking(child_here).await.unwrap();
        tokio::task::spawn_blocking(|| child_here()).await.unwrap();
    }
    block_in_place_is_left_alone(1) {
        if Handle::current().runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread {
            task::block_in_place(child_here);
        } else {
            child_here();
        }
    }
    join_set(4) {
        let mut set = JoinSet::new();
        set.spawn(child());
        set.spawn(async { child().await });
        set.spawn_blocking(child_here);
        set.spawn_on(child(), &Handle::current());
        while let Some(done) = set.join_next().await { done.unwrap(); }
    }
    local_set(2) {
        let local = LocalSet::new();
        local.spawn_local(child());
        local.run_until(async { task::spawn_local(child()).await.unwrap() }).await;
        local.await;
    }
    join_set_of_an_iterator(8) {
        let units = [1, 2].into_iter().map(|_| child());
        let mut set = units.collect::<JoinSet<_>>();
        while let Some(done) = set.join_next().await { done.unwrap(); }
        let mut set = (0..2).map(|_| child()).collect::<tokio::task::JoinSet<()>>();
        while let Some(done) = set.join_next().await { done.unwrap(); }
        let mut set = JoinSet::from_iter((0..2).map(|_| child()));
        while let Some(done) = set.join_next().await { done.unwrap(); }
        let mut set = tokio::task::JoinSet::from_iter(vec![child(), child()]);
        while let Some(done) = set.join_next().await { done.unwrap(); }
    }
    join_set_of_a_written_type(10) {
        let units = || [child(), child()];
        let mut set = JoinSet::<()>::from_iter(units());
        while let Some(done) = set.join_next().await { done.unwrap(); }
        let mut set = <tokio::task::JoinSet<()>>::from_iter(units());
        while let Some(done) = set.join_next().await { done.unwrap(); }
        let mut set = <JoinSet<_> as FromIterator<_>>::from_iter(units());
        while let Some(done) = set.join_next().await { done.unwrap(); }
        let mut set: JoinSet<()> = units().into_iter().collect();
        while let Some(done) = set.join_next().await { done.unwrap(); }
        let count = 1; let mut set: task::JoinSet<_> = (0..=count).map(|_| child()).collect();
        while let Some(done) = set.join_next().await { done.unwrap(); }
    }
    join_set_local(2) {
        let local = LocalSet::new();
        let mut set = JoinSet::new();
        set.spawn_local_on(child(), &local);
        local.run_until(async { set.spawn_local(child()); while set.join_next().await.is_some() {} }).await;
    }
    handle(3) {
        let handle = Handle::current();
        handle.spawn(child()).await.unwrap();
        handle.spawn_blocking(move || child_here()).await.unwrap();
        Handle::current().spawn(async { child().await }).await.unwrap();
    }
    runtime(2) {
        std::thread::spawn(|| {
            let runtime = Builder::new_current_thread().build().unwrap();
            let task = runtime.spawn(child());
            runtime.block_on(task).unwrap();
            let job = runtime.spawn_blocking(child_here);
            runtime.block_on(job).unwrap();
        }).join().unwrap();
    }
    in_join(2) {
        let (one, two) = tokio::join!(tokio::spawn(child()), tokio::spawn(async { child().await }));
        one.unwrap();
        two.unwrap();
    }
    in_try_join(2) {
        tokio::try_join!(tokio::spawn(child()), tokio::spawn(child())).unwrap();
    }
    in_select(1) {
        tokio::select! {
            done = tokio::spawn(child()) => done.unwrap(),
            () = std::future::pending() => {}
        }
    }
}
