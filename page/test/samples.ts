/** Made-up traces: a shop whose lock times out, many spans, and whatever is hostile. */

export interface Made {
  resourceSpans: unknown[];
  resourceLogs?: unknown[];
  traced?: unknown;
}

type Attributes = Record<string, string | number | boolean | string[]>;
interface Options {
  service?: string;
  kind?: number;
  at: number;
  ms: number;
  attributes?: Attributes;
  error?: string;
  exception?: { type: string; message: string; causes?: string[] };
  events?: { name: string; at: number; attributes?: Attributes }[];
  links?: { traceId: string; spanId: string }[];
  open?: boolean;
}

const START = 1_764_345_600_000_000_000n;
export const [INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER] = [1, 2, 3, 4, 5];

/** A value of OTLP. */
export function any(value: Attributes[string]): unknown {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(any) } };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

export function attributes(of: Attributes = {}): unknown[] {
  return Object.entries(of).map(([key, value]) => ({ key, value: any(value) }));
}

const unix = (ms: number) => String(START + BigInt(Math.round(ms * 1e6)));

/** Eight digits that look like those of an id; the same in every run. */
function scatter(number: number): string {
  return ((Math.imul(number, 2654435761) ^ 0x5bd1e995) >>> 0).toString(16).padStart(8, "0");
}

export class Maker {
  constructor(private next = 1) {}

  private spans = new Map<string, unknown[]>();
  private logs = new Map<string, unknown[]>();

  traceId(): string {
    return scatter(this.next++) + scatter(this.next * 31) + "a3ce929d0e0e4736";
  }

  span(traceId: string, parent: string, name: string, options: Options): string {
    const number = this.next++;
    const id = scatter(number) + number.toString(16).padStart(8, "0");
    const events = [...(options.events ?? [])];
    if (options.exception) {
      const { type, message, causes = [] } = options.exception;
      const stacktrace = [`${type}: ${message}`, ...causes.map((cause) => `Caused by: ${cause}`)].join("\n");
      events.push({
        name: "exception",
        at: options.at + options.ms - 0.05,
        attributes: { "exception.type": type, "exception.message": message, "exception.stacktrace": stacktrace },
      });
    }
    const span = {
      traceId,
      spanId: id,
      parentSpanId: parent,
      name,
      kind: options.kind ?? INTERNAL,
      startTimeUnixNano: unix(options.at),
      endTimeUnixNano: options.open ? "0" : unix(options.at + options.ms),
      attributes: attributes(options.attributes),
      events: events.map((event) => ({
        timeUnixNano: unix(event.at),
        name: event.name,
        attributes: attributes(event.attributes),
      })),
      links: options.links ?? [],
      status: options.error === undefined ? {} : { code: 2, message: options.error },
    };
    this.into(this.spans, options.service ?? "shop", span);
    return id;
  }

  log(traceId: string, spanId: string, at: number, severity: number, body: string, service = "shop", extra: Attributes = {}) {
    const severityText = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"][Math.floor((severity - 1) / 4)];
    this.into(this.logs, service, {
      timeUnixNano: unix(at),
      severityNumber: severity,
      severityText,
      body: any(body),
      attributes: attributes(extra),
      traceId,
      spanId,
    });
  }

  private into(groups: Map<string, unknown[]>, service: string, item: unknown) {
    const items = groups.get(service);
    if (items) items.push(item);
    else groups.set(service, [item]);
  }

  made(): Made {
    const resource = (service: string) => ({
      attributes: attributes({ "service.name": service, "service.version": "1.4.2", "process.pid": 4711, "host.name": "till-3" }),
    });
    return {
      resourceSpans: [...this.spans].map(([service, spans]) => ({
        resource: resource(service),
        scopeSpans: [{ scope: { name: service, version: "1.4.2" }, spans }],
      })),
      resourceLogs: [...this.logs].map(([service, logRecords]) => ({
        resource: resource(service),
        scopeLogs: [{ scope: { name: service }, logRecords }],
      })),
    };
  }
}

const SQL = {
  take: "UPDATE products SET stock = stock - $1 WHERE name = $2 AND stock >= $1",
  order: "INSERT INTO orders (customer, product, amount) VALUES ($1, $2, $3) RETURNING id",
  confirm: "UPDATE orders SET confirmed = true WHERE id = $1",
};

function statement(text: string, summary: string, extra: Attributes = {}): Attributes {
  return {
    "db.system.name": "postgresql",
    "db.namespace": "shop",
    "db.query.text": text,
    "db.query.summary": summary,
    "server.address": "127.0.0.1",
    "server.port": 5432,
    ...extra,
  };
}

/** The shop: an order, one whose statement waits for a lock in vain and is tried again, one refused, an audit. */
export function shop(): Made {
  const make = new Maker();
  const sent: { traceId: string; spanId: string }[] = [];

  const attempt = (trace: string, caller: string, at: number, slow = 1): void => {
    const client = make.span(trace, caller, "shop.v1.Orders/Place", {
      service: "gateway", kind: CLIENT, at, ms: 6 * slow,
      attributes: { "rpc.system.name": "grpc", "rpc.method": "shop.v1.Orders/Place", "server.port": 50051 },
    });
    const server = make.span(trace, client, "shop.v1.Orders/Place", {
      service: "orders", kind: SERVER, at: at + 0.5, ms: 5 * slow,
      attributes: { "rpc.system.name": "grpc", "rpc.method": "shop.v1.Orders/Place", "order.product": "teapot", "order.amount": 3 },
      events: [{ name: "stock checked", at: at + 1.9 * slow, attributes: { left: 9 } }],
    });
    make.span(trace, server, "UPDATE products", { service: "orders", kind: CLIENT, at: at + 0.7, ms: 1.1 * slow, attributes: statement(SQL.take, "UPDATE products", { "db.response.returned_rows": 1 }) });
    make.span(trace, server, "INSERT orders", { service: "orders", kind: CLIENT, at: at + 0.8 + 1.2 * slow, ms: 0.5, attributes: statement(SQL.order, "INSERT orders") });
    const send = make.span(trace, server, "send orders.placed", {
      service: "orders", kind: PRODUCER, at: at + 1.4 + 1.2 * slow, ms: 1.8,
      attributes: { "messaging.system": "rabbitmq", "messaging.destination.name": "orders.placed" },
    });
    const process = make.span(trace, send, "process orders.placed", {
      service: "worker", kind: CONSUMER, at: at + 9, ms: 2.4,
      attributes: { "messaging.system": "rabbitmq", "messaging.destination.name": "orders.placed", "traced.busy_ns": 400_000, "traced.idle_ns": 2_000_000, "traced.polls": 4, "traced.longest_poll_ns": 210_000 },
    });
    make.span(trace, process, "INSERT parcels", { service: "worker", kind: CLIENT, at: at + 9.4, ms: 1.2, attributes: statement("INSERT INTO parcels (order_id) VALUES ($1)", "INSERT parcels") });
    const audit = make.span(trace, server, "send audit", { service: "orders", kind: PRODUCER, at: at + 3.4 + 1.2 * slow, ms: 0.4, attributes: { "messaging.system": "nats" } });
    sent.push({ traceId: trace, spanId: audit });
    const confirm = make.span(trace, server, "confirm", {
      service: "orders", at: at + 4.9, ms: 30, attributes: { "traced.spawned": true, "order.id": 41, "traced.busy_ns": 1_200_000, "traced.idle_ns": 28_700_000, "traced.polls": 3 },
    });
    make.span(trace, confirm, "UPDATE orders", { service: "orders", kind: CLIENT, at: at + 33, ms: 0.7, attributes: statement(SQL.confirm, "UPDATE orders") });
    make.log(trace, server, at + 0.6, 9, "placing an order", "orders", { product: "teapot" });
    make.log(trace, confirm, at + 34.4, 9, "confirmed", "orders");
  };

  const order = (at: number, slow = 1) => {
    const trace = make.traceId();
    const root = make.span(trace, "", "order", { service: "customer", at, ms: 8.4 + 6 * (slow - 1), attributes: { "customer.id": 7 } });
    const post = make.span(trace, root, "POST", { service: "customer", kind: CLIENT, at: at + 0.2, ms: 8 + 6 * (slow - 1), attributes: { "http.request.method": "POST", "http.response.status_code": 201, "url.full": "http://127.0.0.1:8080/orders" } });
    const server = make.span(trace, post, "POST /orders", { service: "gateway", kind: SERVER, at: at + 0.7, ms: 7 + 6 * (slow - 1), attributes: { "http.route": "/orders", "http.response.status_code": 201 } });
    attempt(trace, server, at + 1.1, slow);
  };
  order(0);

  // PostgreSQL does not get a lock; the gateway waits and asks again.
  {
    const at = 120;
    const trace = make.traceId();
    const root = make.span(trace, "", "order", { service: "customer", at, ms: 61.3, attributes: { "customer.id": 8 } });
    const post = make.span(trace, root, "POST", { service: "customer", kind: CLIENT, at: at + 0.1, ms: 61.1, attributes: { "http.request.method": "POST", "http.response.status_code": 201, "url.full": "http://127.0.0.1:8080/orders" } });
    const server = make.span(trace, post, "POST /orders", {
      service: "gateway", kind: SERVER, at: at + 0.6, ms: 60.3,
      attributes: { "http.route": "/orders", "http.response.status_code": 201 },
      events: [{ name: "retry", at: at + 4.2, attributes: { "retry.after_ms": 50, attempt: 2 } }],
    });
    const client = make.span(trace, server, "shop.v1.Orders/Place", { service: "gateway", kind: CLIENT, at: at + 1, ms: 2.9, error: "UNAVAILABLE: the shop is busy", attributes: { "rpc.system.name": "grpc", "rpc.response.status_code": "UNAVAILABLE", "error.type": "UNAVAILABLE" } });
    const place = make.span(trace, client, "shop.v1.Orders/Place", { service: "orders", kind: SERVER, at: at + 1.6, ms: 1.7, error: "UNAVAILABLE: the shop is busy", attributes: { "rpc.system.name": "grpc", "error.type": "UNAVAILABLE" } });
    make.span(trace, place, "UPDATE products", {
      service: "orders", kind: CLIENT, at: at + 1.8, ms: 1.4, error: "canceling statement due to lock timeout",
      attributes: statement(SQL.take, "UPDATE products", { "db.response.status_code": "55P03", "error.type": "55P03" }),
      exception: { type: "sqlx::Error", message: "error returned from database: canceling statement due to lock timeout", causes: ["canceling statement due to lock timeout", "55P03 lock_not_available"] },
    });
    make.log(trace, place, at + 3.2, 17, "no lock on products: giving up", "orders", { product: "teapot" });
    make.log(trace, server, at + 4.3, 13, "orders is not available, trying again in 50 ms", "gateway");
    attempt(trace, server, at + 54.2);
  }

  // Nothing is left: refused, and a cancelled search beside it.
  {
    const at = 300;
    const trace = make.traceId();
    const root = make.span(trace, "", "order", { service: "customer", at, ms: 3.4, error: "409 Conflict", attributes: { "customer.id": 9, "error.type": "409" } });
    const post = make.span(trace, root, "POST", { service: "customer", kind: CLIENT, at: at + 0.1, ms: 3.1, error: "409 Conflict", attributes: { "http.response.status_code": 409, "error.type": "409" } });
    const server = make.span(trace, post, "POST /orders", { service: "gateway", kind: SERVER, at: at + 0.5, ms: 2.1, attributes: { "http.route": "/orders", "http.response.status_code": 409 } });
    make.span(trace, server, "find_alternatives", { service: "gateway", at: at + 0.7, ms: 1.6, attributes: { "traced.cancelled": true } });
    const client = make.span(trace, server, "shop.v1.Orders/Place", { service: "gateway", kind: CLIENT, at: at + 0.6, ms: 1.9, error: "FAILED_PRECONDITION: only 0 left", attributes: { "error.type": "FAILED_PRECONDITION" } });
    make.span(trace, client, "shop.v1.Orders/Place", { service: "orders", kind: SERVER, at: at + 1.2, ms: 0.7 });
  }

  // A handler divides by zero.
  {
    const at = 400;
    const trace = make.traceId();
    const root = make.span(trace, "", "GET /orders/average", { service: "gateway", kind: SERVER, at, ms: 4, error: "panicked: attempt to divide by zero", attributes: { "error.type": "panic", "http.route": "/orders/average" } });
    make.span(trace, root, "average_order", {
      service: "gateway", at: at + 0.4, ms: 3.2, error: "panicked: attempt to divide by zero",
      attributes: { "error.type": "panic" },
      exception: { type: "panic", message: "attempt to divide by zero", causes: [] },
    });
  }

  // The audit reads in batches: one trace, linked to those who sent.
  {
    const at = 520;
    const trace = make.traceId();
    const root = make.span(trace, "", "process audit", { service: "worker", kind: CONSUMER, at, ms: 1.9, links: [...sent, { traceId: "f".repeat(32), spanId: "f".repeat(16) }], attributes: { "messaging.batch.message_count": 3 } });
    make.span(trace, root, "INSERT audit", { service: "worker", kind: CLIENT, at: at + 0.1, ms: 1.7, attributes: statement("INSERT INTO audit SELECT * FROM unnest($1)", "INSERT audit") });
  }
  for (let i = 0; i < 12; i++) order(600 + i * 37 + (i % 3) * 8, 1 + (i % 5) * 0.4);
  return make.made();
}

/** `count` spans: one trace of them, or many small ones. */
export function many(count: number, oneTrace: boolean): Made {
  const make = new Maker();
  const names = ["load", "parse", "SELECT items", "render", "cache.get", "encode", "send", "verify"];
  let trace = make.traceId();
  let root = make.span(trace, "", "import", { at: 0, ms: count * 0.05 });
  let parents = [root];
  for (let i = 1; i < count; i++) {
    if (!oneTrace && i % 10 === 0) {
      trace = make.traceId();
      root = make.span(trace, "", `job ${i % 7}`, { at: i * 2, ms: 5 + (i % 90) });
      parents = [root];
      continue;
    }
    const parent = parents[(i * 7919) % parents.length]!;
    const base = oneTrace ? i * 0.05 : Math.floor(i / 10) * 20 + (i % 10) * 0.5;
    const failed = i % 997 === 0;
    const id = make.span(trace, parent, names[i % names.length]!, {
      service: ["import", "store", "search"][i % 3],
      at: base,
      ms: 0.02 + ((i * 31) % 100) / 20,
      attributes: { "item.id": i, "item.name": `item ${i}`, "cache.hit": i % 2 === 0 },
      ...(failed ? { error: "item is broken" } : {}),
    });
    if (i % 4 === 0) parents.push(id);
    if (parents.length > 40) parents = [root, ...parents.slice(-20)];
  }
  return make.made();
}

/** Whatever a name, a key or a value may hold; nothing of it may run, reorder the page, or stop it. */
export const HOSTILE = [
  "</script><script>globalThis.hacked=1</script>",
  "<img src=x onerror=globalThis.hacked=1>",
  "<!--<script>",
  "\u0000nul\u0007bell\u001b[31mred",
  "\u202Egnp.exe\u2066isolate",
  "\u2028line\u2029separators\ufeffbom",
  "{{data}}$&$'$`",
  "\ud800 alone",
  "__proto__",
  "constructor",
  "javascript:globalThis.hacked=1",
  "😀 מזל טוב 中文 e\u0301\u0301\u0301\u0301",
  "",
];

export function hostile(): Made {
  const make = new Maker();
  const trace = make.traceId();
  const root = make.span(trace, "", HOSTILE[0]!, { at: 0, ms: 20 });
  HOSTILE.forEach((text, i) => {
    const id = make.span(trace, root, text, {
      service: text || "shop",
      at: i,
      ms: 1,
      error: text,
      attributes: { [text || "empty"]: text, list: [text, text] },
      events: [{ name: text, at: i + 0.5, attributes: { [text]: text } }],
      exception: { type: text, message: text, causes: [text] },
    });
    make.log(trace, id, i, 17, text);
  });
  make.span(trace, root, "x".repeat(1_000_000), { at: 15, ms: 1, attributes: { huge: "y".repeat(1_000_000), ["k".repeat(100_000)]: "long key" } });
  const made = make.made();
  // What no exporter writes, but a file may hold.
  (made.resourceSpans as unknown[]).push(null, { scopeSpans: null }, {
    scopeSpans: [{ spans: [null, 7, {}, { traceId: 5, spanId: null, name: 9, attributes: [null, { key: 3 }], events: [null], links: [null], startTimeUnixNano: "abc" },
      { traceId: "circle", spanId: "1", parentSpanId: "2", name: "one", startTimeUnixNano: "1764345600000000000", endTimeUnixNano: "1764345600000000001" },
      { traceId: "circle", spanId: "2", parentSpanId: "1", name: "two", startTimeUnixNano: "1764345600000000000", endTimeUnixNano: "1764345500000000001" },
      { traceId: "circle", spanId: "3", parentSpanId: "3", name: "self" }] }],
  });
  return made;
}

/** A page with such data, escaped as the writer does. */
export function pageWith(template: string, data: unknown): string {
  const json = JSON.stringify(data).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  // A function, because `$&` in a replacement means something.
  return template.replace("{{data}}", () => json);
}
