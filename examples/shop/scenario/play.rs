//! Runs the scenarios one after the other.

use shop::setting;

use crate::Failed;
use crate::customer::{Answer, Customer};
use crate::expected;
use crate::misfortunes::{Misfortunes, SLOW_MS};
use crate::processes::Process;
use crate::receiver::Receiver;
use crate::report::Scenario;

pub(crate) struct Play {
    receiver: Receiver,
    /// The scenarios that were run.
    pub(crate) scenarios: Vec<Scenario>,
}

impl Play {
    pub(crate) fn new(receiver: Receiver) -> Self {
        Play {
            receiver,
            scenarios: Vec::new(),
        }
    }

    /// Waits until all spans of a scenario have arrived.
    async fn scene(&mut self, scenario: Scenario) -> Result<(), Failed> {
        let is_complete = scenario.has_arrived_at(&self.receiver).await;
        self.scenarios.push(scenario);
        if is_complete {
            Ok(())
        } else {
            Err("the play was broken off: these were not the spans to wait for".into())
        }
    }

    /// Starts the shop, runs all scenarios, and stops the shop.
    pub(crate) async fn all(&mut self) -> Result<(), Failed> {
        let orders = Process::start("orders", &[]).await?;
        let url = format!("http://{}", orders.address);
        let gateway = Process::start("gateway", &[("ORDERS_URL", &url)]).await?;
        let customer = Customer::of(&gateway.address)?;

        let worker = self.batch(&customer).await?;
        let misfortunes = Misfortunes::prepare(&setting("DATABASE_URL")?).await?;
        for (name, product, quantity, status, expected) in [
            ("success", "teapot", 3, 201, expected::SUCCESS),
            ("out of stock", "teapot", 99, 409, expected::OUT_OF_STOCK),
            ("retry", "samovar", 1, 201, expected::RETRY),
            ("tried again", "vase", 1, 201, expected::TRIED_AGAIN),
            ("dead letter", "anvil", 1, 201, expected::DEAD_LETTER),
        ] {
            let answer = customer.order(product, quantity).await?;
            self.scene(answer.expect(status, name, expected)?).await?;
        }
        self.slow(&customer).await?;
        self.hung_up(&customer, &misfortunes).await?;
        self.poison(&customer).await?;
        self.killed(worker, &customer, &misfortunes).await?;

        gateway.stop().await?;
        orders.stop().await
    }

    /// No worker runs yet: the messages wait, so that the auditor gets them as one batch.
    async fn batch(&mut self, customer: &Customer) -> Result<Process, Failed> {
        let answer = customer.order_many(&["teapot", "teapot", "teapot"]).await?;
        let worker = Process::start("worker", &[]).await?;
        self.scene(answer.expect(201, "batch", expected::BATCH)?)
            .await?;
        Ok(worker)
    }

    async fn slow(&mut self, customer: &Customer) -> Result<(), Failed> {
        let answer = customer.order("piano", 1).await?;
        let slow = answer.expect(201, "slow", expected::SUCCESS)?;
        self.scene(slow.in_which("INSERT orders", SLOW_MS)).await
    }

    /// The customer hangs up while the database waits for a lock.
    async fn hung_up(
        &mut self,
        customer: &Customer,
        misfortunes: &Misfortunes,
    ) -> Result<(), Failed> {
        let mut lock = misfortunes.take_the_lock().await?;
        let enough = lock.wait_for_somebody();
        let trace = customer.order_until("harp", enough).await?;
        let hung_up = Scenario::of("hung up", trace, expected::HUNG_UP);
        // The lock is released only after the last process has noticed the cancellation.
        self.scene(hung_up).await?;
        Ok(lock.release().await?)
    }

    async fn poison(&mut self, customer: &Customer) -> Result<(), Failed> {
        let trace = customer.send_garbage(&setting("AMQP_URL")?).await?;
        let poison = Scenario::of("poisoned message", trace, expected::POISON);
        self.scene(poison).await
    }

    /// The worker is killed while it packs a parcel, and another one is started.
    async fn killed(
        &mut self,
        worker: Process,
        customer: &Customer,
        misfortunes: &Misfortunes,
    ) -> Result<(), Failed> {
        let answer = self
            .kill_while_packing(worker, customer, misfortunes)
            .await?;
        // This worker exports once an hour, so its spans arrive only because it exports them when
        // it stops.
        let an_hour = [("OTEL_BSP_SCHEDULE_DELAY", "3600000")];
        let worker = Process::start("worker", &an_hour).await?;
        misfortunes.wait_for_parcel("egg").await?;
        worker.stop().await?;
        self.scene(answer.expect(201, "killed worker", expected::KILLED)?)
            .await
    }

    async fn kill_while_packing(
        &self,
        worker: Process,
        customer: &Customer,
        misfortunes: &Misfortunes,
    ) -> Result<Answer, Failed> {
        let mut lock = misfortunes.take_the_lock().await?;
        let answer = customer.order("egg", 12).await?;
        let packing = lock.wait_for_somebody().await?;
        // The spans that the worker has ended must have been exported, as no other process has
        // them.
        let before = Scenario::of("before", answer.trace.clone(), expected::BEFORE_THE_KILL);
        before.has_arrived_at(&self.receiver).await;

        worker.kill().await?;
        lock.clear_up_after(packing).await?;
        lock.release().await?;
        Ok(answer)
    }
}
