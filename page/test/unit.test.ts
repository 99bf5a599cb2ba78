import assert from "node:assert/strict";
import { test } from "node:test";
import { otlpJson, textTree } from "../src/copy";
import { chain } from "../src/details";
import { findings } from "../src/findings";
import { duration, line, readDuration, visible } from "../src/format";
import { criticalPath, load, mainRoot, outlivesParent, selfStretches, visibleSpans } from "../src/model";
import { decode, nanos, readDocument, valueText } from "../src/otlp";
import { type Route, readRoute, writeRoute } from "../src/route";
import { type Filter, filterTraces, matcher } from "../src/search";
import { compareTraces, quantile, statistics } from "../src/stats";
import { type Made, Maker, hostile, many, pageWith, shop } from "./samples";
import { Received } from "../src/live";

const read = (made: Made, name = "a") => readDocument(name, JSON.stringify(made));
const model = (made: Made) => load([read(made)]);
const everything: Filter = { text: "", min: undefined, max: undefined, errors: false, service: "" };

/** Spans as `name start-end (children)`, in milliseconds. */
function tree(...spans: [name: string, parent: string, from: number, to: number][]) {
  const make = new Maker();
  const trace = make.traceId();
  const ids = new Map<string, string>();
  for (const [name, parent, at, to] of spans) ids.set(name, make.span(trace, ids.get(parent) ?? "", name, { at, ms: to - at }));
  const made = model(make.made());
  const found = made.traces[0]!;
  return { trace: found, span: (name: string) => found.spans.find((span) => span.name === name)! };
}
const ms = (stretches: [number, number][], zero = 0) => stretches.map(([a, b]) => [(a - zero) / 1e6, (b - zero) / 1e6]);

test("nanoseconds keep their precision", () => {
  assert.equal(nanos("1764345600000000001", 1764345600), 1);
  assert.equal(nanos("1764345599999999999", 1764345600), -1);
  assert.equal(nanos(1_000_000_000, 0), 1e9);
  for (const none of ["0", "", "abc", undefined, "-5"]) assert.equal(nanos(none, 0), undefined);
});

test("values are read as OTLP has them", () => {
  assert.equal(decode({ intValue: "42" }), 42);
  assert.equal(decode({ intValue: "9223372036854775807" }), "9223372036854775807");
  assert.equal(decode({ doubleValue: "NaN" }), "NaN");
  assert.equal(valueText(decode({ arrayValue: { values: [{ stringValue: "a" }, { boolValue: true }] } })), "[a, true]");
  assert.equal(valueText(decode({ kvlistValue: { values: [{ key: "a", value: { intValue: 1 } }] } })), "{a: 1}");
  assert.equal(decode(undefined), null);
});

test("a document is JSON, lines of it, or a page", () => {
  const made = shop();
  const lines = [{ resourceSpans: made.resourceSpans }, { resourceLogs: made.resourceLogs }].map((part) => JSON.stringify(part));
  const whole = load([read(made)]);
  const fromLines = load([readDocument("lines", `${lines.join("\n")}\n`)]);
  assert.equal(fromLines.spans.length, whole.spans.length);
  const ofPage = load([readDocument("page", pageWith(`<!doctype html>
<script>const DATA = '<script type="application/json" id="traced-data">';</script>
<script type="application/json" id="traced-data">{{data}}</script></body>`, made))]);
  assert.equal(ofPage.spans.length, whole.spans.length);
  const half = readDocument("half", `${lines[0]}\n{"resourceSp`);
  assert.equal(load([half]).spans.length, whole.spans.length);
  assert.equal(half.skipped, 1);
});

test("the files of two processes are one trace, and a span that both have is one", () => {
  const [one, two] = [new Maker(), new Maker(1000)];
  const trace = one.traceId();
  const root = one.span(trace, "", "request", { service: "gateway", at: 0, ms: 10 });
  two.span(trace, root, "handle", { service: "orders", at: 2, ms: 3 });
  const alone = load([read(two.made())]);
  assert.equal(alone.traces[0]!.orphans, 1);
  const both = load([read(one.made()), read(two.made(), "b"), read(two.made(), "c")]);
  assert.equal(both.traces.length, 1);
  assert.equal(both.traces[0]!.orphans, 0);
  assert.deepEqual(both.traces[0]!.spans.map((span) => span.name), ["request", "handle"]);
});

test("self time is what no child covers", () => {
  const { trace, span } = tree(["root", "", 0, 10], ["a", "root", 1, 4], ["b", "root", 3, 5], ["late", "root", 8, 14]);
  assert.deepEqual(ms(selfStretches(span("root")), trace.start), [[0, 1], [5, 8]]);
  assert.equal(span("root").self, 4e6);
  assert.ok(outlivesParent(span("late")) && !outlivesParent(span("b")));
});

test("the critical path goes through whatever ended last, and never through what outlives its parent", () => {
  const { trace, span } = tree(
    ["root", "", 0, 10], ["first", "root", 1, 3], ["short", "root", 4, 6], ["long", "root", 4, 9], ["spawned", "root", 5, 20], ["inner", "long", 5, 7],
  );
  const path = criticalPath(span("root"));
  const of = (name: string) => ms(path.get(span(name)) ?? [], trace.start);
  assert.deepEqual(of("root"), [[0, 1], [3, 4], [9, 10]]);
  assert.deepEqual(of("first"), [[1, 3]]);
  assert.deepEqual(of("long"), [[4, 5], [7, 9]]);
  assert.deepEqual(of("inner"), [[5, 7]]);
  assert.deepEqual([of("short"), of("spawned")], [[], []]);
  const total = [...path.values()].flat().reduce((sum, [a, b]) => sum + b - a, 0);
  assert.equal(total, 10e6);
});

test("the shop's broken order says what failed, what was tried again and where the time went", () => {
  const trace = model(shop()).traces.find((trace) => trace.errors === 3 && trace.spans.length > 10)!;
  const found = findings(trace);
  assert.deepEqual(found.failures.map((span) => span.name), ["UPDATE products"]);
  assert.equal(found.retries.length, 1);
  assert.equal(found.retries[0]!.parent.name, "POST /orders");
  assert.deepEqual(found.retries[0]!.attempts.map((span) => span.error), [true, false]);
  const [most] = found.spent;
  assert.equal(most!.span.name, "POST /orders");
  assert.equal(Math.round((most!.longest[1] - most!.longest[0]) / 1e6), 50);
  assert.equal(most!.after!.error, true);
  assert.equal(most!.before!.name, "shop.v1.Orders/Place");
});

test("links are known at both ends, logs at their span", () => {
  const made = model(shop());
  const audit = made.spans.find((span) => span.name === "process audit")!;
  const senders = made.spans.filter((span) => span.linkedFrom.includes(audit));
  assert.equal(senders.length, 2);
  assert.ok(senders.every((span) => span.name === "send audit"));
  const failed = made.spans.find((span) => span.logs.some((log) => log.level === "error"))!;
  assert.equal(failed.name, "shop.v1.Orders/Place");
});

test("panics, cancelled futures and open spans are seen", () => {
  const make = new Maker();
  const trace = make.traceId();
  const root = make.span(trace, "", "root", { at: 0, ms: 5, attributes: { "error.type": "panic", "traced.busy_ns": 7, "traced.idle_ns": 9 }, error: "boom" });
  make.span(trace, root, "dropped", { at: 1, ms: 1, attributes: { "traced.cancelled": true } });
  make.span(trace, root, "open", { at: 2, ms: 0, open: true });
  const [a, b, c] = model(make.made()).traces[0]!.spans;
  assert.deepEqual([a!.panicked, a!.busy, a!.idle], [true, 7, 9]);
  assert.ok(b!.cancelled);
  assert.ok(c!.open);
  assert.equal(c!.end, a!.end);
});

test("circles, missing fields and wrong types stop nothing", () => {
  const made = model(hostile());
  const circle = made.byId.get("circle")!;
  assert.deepEqual(circle.spans.map((span) => span.name).sort(), ["one", "self", "two"]);
  for (const trace of made.traces) {
    assert.equal(new Set(trace.spans).size, trace.spans.length);
    findings(trace);
    textTree(trace);
    JSON.parse(otlpJson(trace.spans));
  }
  statistics(made.spans);
  compareTraces(made.traces[0]!, made.traces[1]!);
  filterTraces(made.traces, { ...everything, text: "a=b" });
});

test("a chain of 20,000 spans overflows no stack", () => {
  const make = new Maker();
  const trace = make.traceId();
  let parent = "";
  for (let i = 0; i < 20_000; i++) parent = make.span(trace, parent, "down", { at: i / 1000, ms: 100 - i / 1000 });
  const made = model(make.made()).traces[0]!;
  assert.equal(made.spans.at(-1)!.depth, 19_999);
  assert.equal(made.spans[0]!.below, 19_999);
  findings(made);
  assert.ok(textTree(made).length < 20_000 * 300);
  assert.equal(compareTraces(made, made).length, 20_000);
});

test("the filter asks for words, attributes, durations, errors and services", () => {
  const { traces } = model(shop());
  const names = (filter: Partial<Filter>) => filterTraces(traces, { ...everything, ...filter }).length;
  assert.equal(names({}), traces.length);
  assert.equal(names({ errors: true }), 3);
  assert.equal(names({ text: "db.response.status_code=55P03" }), 1);
  assert.equal(names({ text: "lock TIMEOUT" }), 1);
  assert.equal(names({ text: "lock nothing-like-it" }), 0);
  assert.equal(names({ service: "customer", errors: true }), 2);
  assert.equal(names({ min: 80e6 }), 1);
  assert.equal(names({ max: 2e6 }), 1);
  assert.equal(matcher("  "), undefined);
});

test("collapsed spans hide what is below them", () => {
  const { trace, span } = tree(["root", "", 0, 9], ["a", "root", 1, 4], ["b", "a", 2, 3], ["c", "root", 5, 6]);
  const shown = (...closed: string[]) => visibleSpans(trace, new Set(closed.map(span))).map((span) => span.name);
  assert.deepEqual(shown(), ["root", "a", "b", "c"]);
  assert.deepEqual(shown("a"), ["root", "a", "c"]);
  assert.deepEqual(shown("root", "a"), ["root"]);
});

test("statistics are of measured durations", () => {
  assert.equal(quantile(Float64Array.of(1, 2, 3, 4), 0.5), 2);
  assert.equal(quantile(Float64Array.of(7), 0.95), 7);
  assert.equal(quantile(new Float64Array(), 0.5), 0);
  const rows = statistics(model(shop()).spans);
  const products = rows.find((row) => row.name === "UPDATE products")!;
  assert.equal(products.errors, 1);
  assert.ok(products.p50 <= products.p95 && products.p95 <= products.max);
});

test("two traces are aligned by name, failed attempts apart", () => {
  const { traces } = model(shop());
  const pairs = compareTraces(traces[0]!, traces[1]!);
  const place = pairs.filter((pair) => (pair.a ?? pair.b)!.name === "shop.v1.Orders/Place" && pair.depth === 3);
  assert.deepEqual(place.map((pair) => [pair.a?.error, pair.b?.error]), [[undefined, true], [false, false]]);
  assert.equal(pairs.filter((pair) => pair.a).length, traces[0]!.spans.length);
  assert.equal(pairs.filter((pair) => pair.b).length, traces[1]!.spans.length);
});

test("as text, a trace is a tree; as JSON, it is what was read", () => {
  const { trace } = tree(["root", "", 0, 9], ["a", "root", 1, 4], ["b", "a", 2, 3], ["c", "root", 5, 6]);
  assert.equal(
    textTree(trace),
    `root · 9.00 ms · 4 spans · ${trace.id}\nroot  9.00 ms\n├─ a  3.00 ms\n│  └─ b  1.00 ms\n└─ c  1.00 ms\n`,
  );
  const again = load([readDocument("again", otlpJson(trace.spans))]);
  assert.deepEqual(again.spans.map((span) => span.raw), trace.spans.map((span) => span.raw));
});

test("foreign text is visible, whatever is in it", () => {
  assert.equal(visible("a\u202Eb\u0000c"), "a⟨U+202E⟩b␀c");
  assert.equal(line("two\n  lines"), "two lines");
  assert.equal(line(""), "(no name)");
  assert.equal(visible("x".repeat(1000), 10), `${"x".repeat(10)}…`);
});

test("durations are written and read", () => {
  const written = [0, 999, 1500, 999_900, 1.4e6, 61.3e6, 2e9, 65e9, 7200e9, -5e6].map(duration);
  assert.deepEqual(written, ["0 ns", "999 ns", "1.50 µs", "1.00 ms", "1.40 ms", "61.3 ms", "2.00 s", "1 min 5 s", "2 h 0 min", "−5.00 ms"]);
  assert.deepEqual(["5", "2s", "1.5 ms", "10us", "1min", "x"].map(readDuration), [5e6, 2e9, 1.5e6, 1e4, 6e10, undefined]);
});

test("addresses are read as they were written", () => {
  const routes: Route[] = [
    { view: "trace", id: "a/b?c#d", params: { q: "x=1 & y", span: "1" } },
    { view: "traces", id: "", params: {} },
  ];
  for (const route of routes) {
    const again = readRoute(writeRoute(route));
    assert.deepEqual({ ...again, params: { ...again.params } }, route);
  }
  assert.equal(readRoute("#/trace/%E0%A4%A").view, "trace");
  assert.equal(readRoute("#/__proto__?__proto__=1").view, "traces");
});

test("causes of an error are apart from its message", () => {
  assert.deepEqual(chain("E: no\nCaused by: money\nCaused by: life", "E", "no"), ["", ["money", "life"]]);
  assert.deepEqual(chain("src/a.rs:3:4", "panic", "no"), ["src/a.rs:3:4", []]);
});

test("100,000 spans are read, and no span is held twice", () => {
  const json = JSON.stringify(many(100_000, true));
  const from = performance.now();
  JSON.parse(json);
  const parsed = performance.now() - from;
  const made = load([readDocument("many", json)]);
  findings(made.traces[0]!);
  const took = performance.now() - from;
  assert.equal(made.spans.length, 100_000);
  assert.equal(new Set(made.traces.flatMap((trace) => trace.spans)).size, 100_000);
  console.log(`# 100,000 spans are read: ${Math.round(took)} ms, of 5000 that are asked for on a quiet machine; JSON alone ${Math.round(parsed)} ms`);
  if (process.env.TRACED_TIMINGS === "1") assert.ok(took < 5000, `${took} ms`);
  assert.equal(mainRoot(made.traces[0]!).below, 99_999);
});

test("what is received is kept as long as the receiver keeps it", () => {
  const part = (name: string) => ({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: "1", spanId: name, name }] }] }] });
  const names = (received: Received) => load(received.documents(false)).spans.map((span) => span.name);
  const received = new Received();
  const answer = { run: "a", first: 0, next: 2, more: false, dropped: 0, names: ["received"] };
  assert.equal(received.query, "after=0&run=");
  assert.equal(received.take({ ...answer, parts: [[0, 0, part("x")], [1, 0, part("y")]] }), true);
  assert.deepEqual(names(received), ["x", "y"]);
  assert.equal(received.query, "after=2&run=a");
  assert.equal(received.take({ ...answer, parts: [] }), false);
  // The oldest gave way to a third.
  assert.equal(received.take({ ...answer, first: 1, next: 3, dropped: 1, parts: [[2, 0, part("z")]] }), true);
  assert.deepEqual(names(received), ["y", "z"]);
  assert.equal(received.documents(false)[0]!.facts.dropped, 1);
  assert.equal(received.documents(true)[0]!.facts.message, "lost");
  // Another process, which has nothing yet.
  assert.equal(received.take({ ...answer, run: "b", next: 0, parts: [] }), true);
  assert.deepEqual(names(received), []);
});
