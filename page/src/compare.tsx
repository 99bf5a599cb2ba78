/** Two traces, or the statistics of two files, beside each other. */
import { useMemo, useRef } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { Colors } from "./colors";
import { count, duration } from "./format";
import { type Model, type Trace, mainRoot } from "./model";
import { Name, Service } from "./parts";
import type { Go, Route } from "./route";
import { Rows } from "./rows";
import { type Pair, compareRows, compareTraces, statistics } from "./stats";
import type { Span } from "./otlp";

const ROW = 30;

interface Props {
  model: Model;
  colors: Colors;
  route: Route;
  go: Go;
  openFiles: () => void;
}

export function Compare(props: Props) {
  const { model, route, go, openFiles } = props;
  // A file may hold a trace whose id is empty, which nobody has chosen.
  const chosen = (id: string | undefined) => (id ? model.byId.get(id) : undefined);
  const a = chosen(route.params.a);
  const b = chosen(route.params.b);
  if (a && b) return <Traces {...props} a={a} b={b} />;
  if (model.documents.length > 1) return <Files {...props} />;
  return (
    <main class="compare prose">
      <h1>Compare</h1>
      <p>
        <b>Two traces:</b> open one, then “Compare with…”, and choose the other.{" "}
        <button type="button" onClick={() => go({ view: "traces" })}>
          To the traces
        </button>
      </p>
      <p>
        <b>Two files,</b> of yesterday and of today, say: open the second one here. It stays on this machine.{" "}
        <button type="button" onClick={openFiles}>
          Open files
        </button>
      </p>
    </main>
  );
}

function Traces({ a, b, colors, go }: Props & { a: Trace; b: Trace }) {
  const scroller = useRef<HTMLDivElement>(null);
  const pairs = useMemo(() => compareTraces(a, b), [a, b]);
  const longest = Math.max(a.end - a.start, b.end - b.start);
  const onlyA = pairs.filter((pair) => !pair.b).length;
  const onlyB = pairs.filter((pair) => !pair.a).length;
  const failedNow = pairs.filter((pair) => pair.b?.error && !pair.a?.error).length;
  const title = (trace: Trace, side: string) => (
    <button type="button" class="side" onClick={() => go({ view: "trace", id: trace.id })} title="open this trace">
      <b class={`letter ${side}`}>{side.toUpperCase()}</b> <Name text={mainRoot(trace).name} limit={80} />
      <span>
        {duration(trace.end - trace.start)} · {count(trace.spans.length, "span")}
        {trace.errors > 0 && <span class="bad-text"> · {count(trace.errors, "error")}</span>}
      </span>
    </button>
  );
  return (
    <main class="compare">
      <header class="sides">
        {title(a, "a")}
        <button type="button" onClick={() => go({ view: "compare", params: { a: b.id, b: a.id } })} aria-label="Exchange A and B">
          ⇄
        </button>
        {title(b, "b")}
        <p class="summary" role="status">
          <Delta from={a.end - a.start} to={b.end - b.start} /> · {onlyA} only in A · {onlyB} only in B
          {failedNow > 0 && <span class="bad-text"> · {failedNow} failed only in B</span>}
        </p>
      </header>
      <div class="scroll" ref={scroller} tabIndex={0} role="table" aria-label="The spans of both traces" aria-rowcount={pairs.length + 1}>
        <div role="row" class="pair head">
          <span role="columnheader">Span</span>
          <span role="columnheader" class="number">
            A
          </span>
          <span role="columnheader" class="number">
            B
          </span>
          <span role="columnheader" class="number">
            Difference
          </span>
          <span role="columnheader">When, in A and in B</span>
        </div>
        <Rows
          items={pairs}
          height={ROW}
          scroller={scroller}
          row={(pair, index, top) => (
            <PairRow pair={pair} key={index} top={top} a={a} b={b} longest={longest} colors={colors} go={go} />
          )}
        />
      </div>
    </main>
  );
}

interface PairProps {
  pair: Pair;
  top: number;
  a: Trace;
  b: Trace;
  longest: number;
  colors: Colors;
  go: Go;
}

function PairRow({ pair, top, a, b, longest, colors, go }: PairProps) {
  const one = (pair.a ?? pair.b)!;
  const side = pair.a && pair.b ? "both" : pair.a ? "only-a" : "only-b";
  const failed = pair.b?.error && !pair.a?.error;
  const bar = (span: Span | undefined, trace: Trace, kind: string) =>
    span && (
      <i
        class={`bar ${kind} ${span.error ? "failed" : ""}`}
        style={{
          left: `${(100 * (span.start - trace.start)) / longest}%`,
          width: `${(100 * (span.end - span.start)) / longest}%`,
        }}
      />
    );
  const open = (span: Span) => go({ view: "trace", id: span.traceId, params: { span: span.id } });
  const time = (span: Span | undefined) =>
    span ? (
      <button type="button" class={`link ${span.error ? "bad-text" : ""}`} onClick={() => open(span)} title="show this span">
        {span.error && "✗ "}
        {duration(span.end - span.start)}
      </button>
    ) : (
      <span class="quiet">—</span>
    );
  return (
    <div role="row" class={`pair ${side} c${colors.of(one)}`} style={{ top: `${top}px` }} data-span-id={one.id}>
      <span role="cell" class="cell-name" style={{ paddingLeft: `${6 + Math.min(pair.depth, 24) * 14}px` }}>
        <i class="dot" aria-hidden="true" />
        <Name text={one.name} limit={120} />
        {side !== "both" && <span class="badge">{side === "only-a" ? "only in A" : "only in B"}</span>}
        {failed && <span class="badge bad">failed only in B</span>}
      </span>
      <span role="cell" class="number">
        {time(pair.a)}
      </span>
      <span role="cell" class="number">
        {time(pair.b)}
      </span>
      <span role="cell" class="number">
        {pair.a && pair.b && <Delta from={pair.a.end - pair.a.start} to={pair.b.end - pair.b.start} />}
      </span>
      <span role="cell" class="bars" aria-label="">
        {bar(pair.a, a, "a")}
        {bar(pair.b, b, "b")}
      </span>
    </div>
  );
}

/** How much longer or shorter; what is less than a twentieth is noise and stays quiet. */
function Delta({ from, to }: { from: number; to: number }) {
  const by = to - from;
  const ratio = from > 0 ? by / from : 0;
  const kind = Math.abs(ratio) < 0.05 ? "quiet" : by > 0 ? "slower" : "faster";
  const factor = from > 0 && to > 2 * from ? ` (× ${(to / from).toFixed(1)})` : from > 0 ? ` (${by >= 0 ? "+" : "−"}${Math.abs(Math.round(ratio * 100))} %)` : "";
  if (by === 0) return <span class="delta quiet">the same</span>;
  return (
    <span class={`delta ${kind}`}>
      {by > 0 ? "+" : ""}
      {duration(by)}
      {factor}
    </span>
  );
}

function Files({ model, route, go, colors }: Props) {
  const index = (key: string, otherwise: number) => {
    const n = Number(route.params[key] ?? otherwise);
    return Number.isInteger(n) && n >= 0 && n < model.documents.length ? n : otherwise;
  };
  const a = index("fa", 0);
  const b = index("fb", 1);
  const pairs = useMemo(() => {
    const of = (file: number) => statistics(model.spans.filter((span) => span.resource.file === file));
    const pairs = compareRows(of(a), of(b));
    const change = ({ a, b }: (typeof pairs)[number]) => Math.abs((b?.p50 ?? 0) - (a?.p50 ?? 0));
    return pairs.sort((x, y) => change(y) - change(x));
  }, [model, a, b]);
  const choice = (key: string, chosen: number, label: string): ComponentChildren => (
    <label>
      <b class={`letter ${label.toLowerCase()}`}>{label}</b>{" "}
      <select
        value={String(chosen)}
        aria-label={`File ${label}`}
        onChange={(event) => go({ view: "compare", params: { fa: String(a), fb: String(b), [key]: event.currentTarget.value } })}
      >
        {model.documents.map((document, i) => (
          <option value={String(i)} key={i}>
            {document.name.slice(0, 80)}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <main class="compare names">
      <div class="filter">
        {choice("fa", a, "A")} {choice("fb", b, "B")}
        <span role="status">{count(pairs.length, "name")}, the greatest change of p50 first</span>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="Statistics of both files">
        <table class="statistics">
          <thead>
            <tr>
              <th scope="col">Name</th>
              {["Count A", "Count B", "Errors A", "Errors B", "p50 A", "p50 B", "Change", "p95 A", "p95 B"].map((label) => (
                <th scope="col" class="number" key={label}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {pairs.slice(0, 2000).map(({ key, a, b }) => {
              const one = (a ?? b)!;
              return (
                <tr key={key} class={`c${colors.of(one.slowest)}`}>
                  <th scope="row">
                    <i class="dot" aria-hidden="true" />
                    <Name text={one.name} />
                    {model.services.length > 1 && <Service name={one.service} colors={colors} />}
                    {!b && <span class="badge">only in A</span>}
                    {!a && <span class="badge">only in B</span>}
                  </th>
                  <td class="number">{a?.count ?? "—"}</td>
                  <td class="number">{b?.count ?? "—"}</td>
                  <td class={`number ${a?.errors ? "bad-text" : "quiet"}`}>{a?.errors ?? "—"}</td>
                  <td class={`number ${b?.errors ? "bad-text" : "quiet"}`}>{b?.errors ?? "—"}</td>
                  <td class="number">{a ? duration(a.p50) : "—"}</td>
                  <td class="number">{b ? duration(b.p50) : "—"}</td>
                  <td class="number">{a && b && <Delta from={a.p50} to={b.p50} />}</td>
                  <td class="number">{a ? duration(a.p95) : "—"}</td>
                  <td class="number">{b ? duration(b.p95) : "—"}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </main>
  );
}
