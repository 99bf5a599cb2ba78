//! smol, blocking and async-executor.

use crate::support::sites;

sites! {
    spawn(2) {
        ::smol::spawn(child()).await;
        ::smol::spawn(async { child().await }).await;
    }
    unblock(2) {
        ::smol::unblock(|| child_here()).await;
        blocking::unblock(child_here).await;
    }
    executor(1) {
        let executor = async_executor::Executor::new();
        let task = executor.spawn(child());
        executor.run(task).await;
    }
    local_executor(1) {
        let executor = async_executor::LocalExecutor::new();
        let local = std::rc::Rc::new(1);
        let task = executor.spawn(async { let _ = local; child().await });
        executor.run(task).await;
    }
    global_executor(2) {
        async_global_executor::spawn(child()).await;
        async_global_executor::spawn_blocking(child_here).await;
    }
}
