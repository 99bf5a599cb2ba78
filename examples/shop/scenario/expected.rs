//! The expected traces of every scenario: the tree of the request, then the trees that link to it.
//!
//! A line has the service, the span, its kind, `✗` for an error, the status of the protocol, events
//! in parentheses, and linked spans after `->`.

pub(crate) const BATCH: &str = "
customer order
  customer POST client 201
    gateway POST /orders/batch server 201
      gateway shop.v1.Orders/Place client OK
        orders shop.v1.Orders/Place server OK
          orders BEGIN client
          orders UPDATE products client
          orders INSERT orders client
          orders COMMIT client
          orders send orders.placed producer
            worker process orders.placed consumer
              worker INSERT parcels client
          orders send audit producer
          orders confirm
            orders UPDATE orders client
      gateway shop.v1.Orders/Place client OK
        orders shop.v1.Orders/Place server OK
          orders BEGIN client
          orders UPDATE products client
          orders INSERT orders client
          orders COMMIT client
          orders send orders.placed producer
            worker process orders.placed consumer
              worker INSERT parcels client
          orders send audit producer
          orders confirm
            orders UPDATE orders client
      gateway shop.v1.Orders/Place client OK
        orders shop.v1.Orders/Place server OK
          orders BEGIN client
          orders UPDATE products client
          orders INSERT orders client
          orders COMMIT client
          orders send orders.placed producer
            worker process orders.placed consumer
              worker INSERT parcels client
          orders send audit producer
          orders confirm
            orders UPDATE orders client
worker process audit consumer -> 3 × send audit
  worker INSERT audit SELECT client
";

pub(crate) const SUCCESS: &str = "
customer order
  customer POST client 201
    gateway POST /orders server 201
      gateway shop.v1.Orders/Place client OK
        orders shop.v1.Orders/Place server OK
          orders BEGIN client
          orders UPDATE products client
          orders INSERT orders client
          orders COMMIT client
          orders send orders.placed producer
            worker process orders.placed consumer
              worker INSERT parcels client
          orders send audit producer
          orders confirm
            orders UPDATE orders client
worker process audit consumer -> send audit
  worker INSERT audit SELECT client
";

/// A refused order: for the servers it is not an error, for their clients it is.
pub(crate) const OUT_OF_STOCK: &str = "
customer order
  customer POST client ✗ 409
    gateway POST /orders server 409
      gateway shop.v1.Orders/Place client ✗ FAILED_PRECONDITION
        orders shop.v1.Orders/Place server FAILED_PRECONDITION
          orders BEGIN client
          orders UPDATE products client
";

pub(crate) const RETRY: &str = "
customer order
  customer POST client 201
    gateway POST /orders server 201 (retry)
      gateway shop.v1.Orders/Place client ✗ UNAVAILABLE
        orders shop.v1.Orders/Place server ✗ UNAVAILABLE
          orders BEGIN client
          orders UPDATE products client ✗ 55P03
      gateway shop.v1.Orders/Place client OK
        orders shop.v1.Orders/Place server OK
          orders BEGIN client
          orders UPDATE products client
          orders INSERT orders client
          orders COMMIT client
          orders send orders.placed producer
            worker process orders.placed consumer
              worker INSERT parcels client
          orders send audit producer
          orders confirm
            orders UPDATE orders client
worker process audit consumer -> send audit
  worker INSERT audit SELECT client
";

/// Every attempt has the sender's span as its parent and links to the attempts before it.
pub(crate) const TRIED_AGAIN: &str = "
customer order
  customer POST client 201
    gateway POST /orders server 201
      gateway shop.v1.Orders/Place client OK
        orders shop.v1.Orders/Place server OK
          orders BEGIN client
          orders UPDATE products client
          orders INSERT orders client
          orders COMMIT client
          orders send orders.placed producer
            worker process orders.placed consumer ✗
              worker INSERT parcels client ✗ 55P03
              worker send orders.placed producer
            worker process orders.placed consumer ✗ -> process orders.placed
              worker INSERT parcels client ✗ 55P03
              worker send orders.placed producer
            worker process orders.placed consumer -> 2 × process orders.placed
              worker INSERT parcels client
          orders send audit producer
          orders confirm
            orders UPDATE orders client
worker process audit consumer -> send audit
  worker INSERT audit SELECT client
";

pub(crate) const DEAD_LETTER: &str = "
customer order
  customer POST client 201
    gateway POST /orders server 201
      gateway shop.v1.Orders/Place client OK
        orders shop.v1.Orders/Place server OK
          orders BEGIN client
          orders UPDATE products client
          orders INSERT orders client
          orders COMMIT client
          orders send orders.placed producer
            worker process orders.placed consumer ✗
              worker INSERT parcels client ✗ 23514
              worker send orders.dead producer
            worker process orders.dead consumer -> process orders.placed
              worker INSERT dead_letters client
          orders send audit producer
          orders confirm
            orders UPDATE orders client
worker process audit consumer -> send audit
  worker INSERT audit SELECT client
";

/// All work for the customer is cancelled, and the order is rolled back.
pub(crate) const HUNG_UP: &str = "
customer order
  customer POST client cancelled
    gateway POST /orders server cancelled
      gateway shop.v1.Orders/Place client cancelled
        orders shop.v1.Orders/Place server cancelled
          orders BEGIN client
          orders UPDATE products client
          orders INSERT orders client cancelled
";

/// A message that is not an order is moved to another queue as it is, and the next one is
/// processed.
pub(crate) const POISON: &str = "
customer send orders.placed producer
  worker process orders.placed consumer ✗
    worker send orders.dead producer
  worker process orders.dead consumer -> process orders.placed
    worker INSERT dead_letters client
";

/// While the first worker packs, its open span exists in its memory only.
pub(crate) const BEFORE_THE_KILL: &str = "
customer order
  customer POST client 201
    gateway POST /orders server 201
      gateway shop.v1.Orders/Place client OK
        orders shop.v1.Orders/Place server OK
          orders BEGIN client
          orders UPDATE products client
          orders INSERT orders client
          orders COMMIT client
          orders send orders.placed producer
          orders send audit producer
          orders confirm
            orders UPDATE orders client
worker process audit consumer -> send audit
  worker INSERT audit SELECT client
";

/// The spans that the killed worker had open are lost; the other worker's span has the sender as
/// its parent.
pub(crate) const KILLED: &str = "
customer order
  customer POST client 201
    gateway POST /orders server 201
      gateway shop.v1.Orders/Place client OK
        orders shop.v1.Orders/Place server OK
          orders BEGIN client
          orders UPDATE products client
          orders INSERT orders client
          orders COMMIT client
          orders send orders.placed producer
            worker process orders.placed consumer redelivered
              worker INSERT parcels client
          orders send audit producer
          orders confirm
            orders UPDATE orders client
worker process audit consumer -> send audit
  worker INSERT audit SELECT client
";
