//! tokio-util's trackers, maps and pinned pools.

use tokio::runtime::Handle;
use tokio::task::LocalSet;
use tokio_util::task::{JoinMap, LocalPoolHandle, TaskTracker};

use crate::support::sites;

sites! {
    task_tracker(4) {
        let tracker = TaskTracker::new();
        tracker.spawn(child());
        tracker.spawn_on(async { child().await }, &Handle::current());
        tracker.spawn_blocking(child_here);
        tokio::spawn(tracker.track_future(child())).await.unwrap();
        tracker.close();
        tracker.wait().await;
    }
    join_map(4) {
        let mut map = JoinMap::new();
        map.spawn(1, child());
        map.spawn("two".len(), async { child().await });
        map.spawn_blocking(2, child_here);
        map.spawn_on(4, child(), &Handle::current());
        while let Some((_, done)) = map.join_next().await { done.unwrap(); }
    }
    join_map_by_path(3) {
        let mut map = JoinMap::new();
        JoinMap::spawn(&mut map, 1, child());
        JoinMap::spawn_on(&mut map, 2, async { child().await }, &Handle::current());
        JoinMap::<u8, ()>::spawn_blocking(&mut map, 3, child_here);
        while let Some((_, done)) = map.join_next().await { done.unwrap(); }
    }
    join_map_local(2) {
        let local = LocalSet::new();
        let mut map = JoinMap::new();
        map.spawn_local_on("a", child(), &local);
        local.run_until(async { map.spawn_local("b", child()); while map.join_next().await.is_some() {} }).await;
    }
    local_pool(5) {
        let pool = LocalPoolHandle::new(1);
        pool.spawn_pinned(|| async { child().await }).await.unwrap();
        pool.spawn_pinned(|| child()).await.unwrap();
        pool.spawn_pinned(child).await.unwrap();
        pool.spawn_pinned(move || { let unit = std::rc::Rc::new(1); async move { let _ = unit; child().await } }).await.unwrap();
        pool.spawn_pinned_by_idx(|| child(), 0).await.unwrap();
    }
}
