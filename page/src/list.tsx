/** The list of traces, with its filter. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Colors } from "./colors";
import { clock, count, day, duration, readDuration } from "./format";
import { type Model, type Trace, mainRoot } from "./model";
import { Length, Name, Service } from "./parts";
import type { Adjust, Go, Route } from "./route";
import { Rows, useSize } from "./rows";
import { filterTraces } from "./search";

const ROW = 58;

const ORDERS = {
  first: ["first to last", (a: Trace, b: Trace) => a.start - b.start],
  last: ["last to first", (a: Trace, b: Trace) => b.start - a.start],
  longest: ["longest first", (a: Trace, b: Trace) => b.end - b.start - (a.end - a.start)],
  errors: ["most errors first", (a: Trace, b: Trace) => b.errors - a.errors],
  spans: ["most spans first", (a: Trace, b: Trace) => b.spans.length - a.spans.length],
} as const;
type Order = keyof typeof ORDERS;

interface Props {
  model: Model;
  colors: Colors;
  route: Route;
  go: Go;
  adjust: Adjust;
}

export function List({ model, colors, route, go, adjust }: Props) {
  const { q = "", min = "", max = "", errors, service = "", order = "first", with: first } = route.params;
  const settled = useSettled(q, 150);
  const scroller = useRef<HTMLDivElement>(null);
  const minimum = readDuration(min);
  const maximum = readDuration(max);
  const traces = useMemo(() => {
    const filter = { text: settled, min: minimum, max: maximum, errors: errors === "1", service };
    const found = filterTraces(model.traces, filter);
    return found.sort((ORDERS[order as Order] ?? ORDERS.first)[1]);
  }, [model, settled, minimum, maximum, errors, service, order]);
  const longest = useMemo(() => traces.reduce((most, trace) => Math.max(most, trace.end - trace.start), 0), [traces]);
  const failed = traces.reduce((n, trace) => n + Number(trace.errors > 0), 0);
  const partner = first ? model.byId.get(first) : undefined;

  const open = (trace: Trace) => {
    if (first) go({ view: "compare", params: { a: first, b: trace.id } });
    else go({ view: "trace", id: trace.id, params: q ? { q } : {} });
  };
  const filtered = q || min || max || errors || service;

  return (
    <main class="list">
      <form class="filter" role="search" onSubmit={(event) => event.preventDefault()}>
        <input
          type="search"
          id="search"
          class="grow"
          placeholder="Search names, values, errors, ids:  order.id=42  timeout"
          aria-label="Search in all spans"
          value={q}
          onInput={(event) => adjust({ q: event.currentTarget.value })}
        />
        <label>
          from
          <input
            class={`short ${min && minimum === undefined ? "invalid" : ""}`}
            placeholder="0 ms"
            aria-label="Shortest duration"
            aria-invalid={Boolean(min && minimum === undefined)}
            value={min}
            onInput={(event) => adjust({ min: event.currentTarget.value })}
          />
        </label>
        <label>
          to
          <input
            class={`short ${max && maximum === undefined ? "invalid" : ""}`}
            placeholder="2 s"
            aria-label="Longest duration"
            aria-invalid={Boolean(max && maximum === undefined)}
            value={max}
            onInput={(event) => adjust({ max: event.currentTarget.value })}
          />
        </label>
        {model.services.length > 1 && (
          <select aria-label="Service" value={service} onChange={(event) => adjust({ service: event.currentTarget.value })}>
            <option value="">every service</option>
            {model.services.map((name) => (
              <option value={name} key={name}>
                {name.slice(0, 60)}
              </option>
            ))}
          </select>
        )}
        <label class="check">
          <input
            type="checkbox"
            id="only-errors"
            checked={errors === "1"}
            onChange={(event) => adjust({ errors: event.currentTarget.checked ? "1" : undefined })}
          />
          only with errors
        </label>
        <select aria-label="Order" value={order} onChange={(event) => adjust({ order: event.currentTarget.value })}>
          {Object.entries(ORDERS).map(([key, [label]]) => (
            <option value={key} key={key}>
              {label}
            </option>
          ))}
        </select>
      </form>
      {partner && (
        <p class="banner" role="status">
          Choose the trace to compare with <Name text={mainRoot(partner).name} limit={80} />.{" "}
          <button type="button" onClick={() => go({ view: "trace", id: partner.id })}>
            Cancel
          </button>
        </p>
      )}
      {model.traces.length > 2 && <Scatter traces={traces} onOpen={open} />}
      <p class="summary" role="status">
        {filtered ? `${traces.length.toLocaleString("en")} of ${count(model.traces.length, "trace")}` : count(traces.length, "trace")}
        {failed > 0 && (
          <>
            {" · "}
            <span class="bad-text">{failed} with errors</span>
          </>
        )}
        {" · "}
        {count(
          traces.reduce((n, trace) => n + trace.spans.length, 0),
          "span",
        )}
      </p>
      <div class="scroll" ref={scroller}>
        {traces.length === 0 && (
          <p class="empty">
            {model.traces.length > 0
              ? "No trace matches."
              : model.documents.some((document) => document.facts.reason === "live")
                ? "No spans have come yet. Send them to this address as OTLP: OTEL_EXPORTER_OTLP_ENDPOINT=" + location.origin
                : "There are no spans in this file."}{" "}
            {model.traces.length > 0 && (
              <button
                type="button"
                onClick={() => adjust({ q: undefined, min: undefined, max: undefined, errors: undefined, service: undefined })}
              >
                Show all
              </button>
            )}
          </p>
        )}
        <div role="list" aria-label="Traces">
          <Rows
            items={traces}
            height={ROW}
            scroller={scroller}
            row={(trace, index, top) => (
              <div role="listitem" class="place" style={{ top: `${top}px`, height: `${ROW}px` }} key={trace.id}>
                <Row trace={trace} longest={longest} model={model} colors={colors} onOpen={open} index={index} total={traces.length} />
              </div>
            )}
          />
        </div>
      </div>
    </main>
  );
}

interface RowProps {
  trace: Trace;
  longest: number;
  model: Model;
  colors: Colors;
  index: number;
  total: number;
  onOpen: (trace: Trace) => void;
}

function Row({ trace, longest, model, colors, onOpen }: RowProps) {
  const root = mainRoot(trace);
  const shown = trace.services.slice(0, 5);
  return (
    <button type="button" class={`trace ${trace.errors ? "failed" : ""}`} data-trace-id={trace.id} onClick={() => onOpen(trace)}>
      <span class="title">
        <span class="first">
          {trace.errors > 0 ? (
            <b class="mark bad-text" title="a span of this trace failed">
              ✗
            </b>
          ) : (
            <b class="mark" aria-hidden="true">
              ·
            </b>
          )}
          <Name text={root.name} />
        </span>
        <span class="second">
          {shown.map((service) => (
            <Service name={service} colors={colors} key={service} />
          ))}
          {trace.services.length > shown.length && <span>and {trace.services.length - shown.length} more</span>}
          <code>{trace.id.slice(0, 8)}</code>
        </span>
      </span>
      <span class="numbers">
        <span>{count(trace.spans.length, "span")}</span>
        {trace.errors > 0 && <span class="bad-text">{count(trace.errors, "error")}</span>}
      </span>
      <Length ns={trace.end - trace.start} of={longest} bad={trace.errors > 0} />
      <time title={day(model.base, trace.start)}>{clock(model.base, trace.start)}</time>
    </button>
  );
}

/** When traces started and how long they took. The list below says the same, so screen readers skip it. */
function Scatter({ traces, onOpen }: { traces: Trace[]; onOpen: (trace: Trace) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width] = useSize(box);
  const [near, setNear] = useState<Trace>();
  const height = 84;
  const place = useMemo(() => {
    let from = Infinity;
    let to = -Infinity;
    let least = Infinity;
    let most = 1;
    for (const trace of traces) {
      from = Math.min(from, trace.start);
      to = Math.max(to, trace.start);
      least = Math.min(least, Math.max(1, trace.end - trace.start));
      most = Math.max(most, trace.end - trace.start);
    }
    const low = Math.log(least * 0.8);
    const high = Math.log(most * 1.25);
    return (trace: Trace): [number, number] => [
      12 + ((width - 24) * (trace.start - from)) / Math.max(1, to - from),
      height - 10 - ((height - 20) * (Math.log(Math.max(1, trace.end - trace.start)) - low)) / Math.max(0.1, high - low),
    ];
  }, [traces, width]);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || width === 0) return;
    const ratio = devicePixelRatio || 1;
    element.width = width * ratio;
    element.height = height * ratio;
    context.scale(ratio, ratio);
    const style = getComputedStyle(element);
    const draw = (failed: boolean) => {
      context.fillStyle = style.getPropertyValue(failed ? "--bad" : "--accent");
      context.globalAlpha = failed ? 0.9 : traces.length > 2000 ? 0.25 : 0.55;
      for (const trace of traces) {
        if (trace.errors > 0 !== failed) continue;
        const [x, y] = place(trace);
        context.beginPath();
        context.arc(x, y, traces.length > 2000 ? 2 : 4, 0, 7);
        context.fill();
      }
    };
    draw(false);
    draw(true);
  });
  const nearest = (event: MouseEvent) => {
    const bounds = box.current!.getBoundingClientRect();
    let best: Trace | undefined;
    let least = 400;
    for (const trace of traces) {
      const [x, y] = place(trace);
      const distance = (x - event.clientX + bounds.left) ** 2 + (y - event.clientY + bounds.top) ** 2;
      if (distance < least) [best, least] = [trace, distance];
    }
    return best;
  };
  return (
    <div
      class="scatter"
      aria-hidden="true"
      ref={box}
      onMouseMove={(event) => setNear(nearest(event))}
      onMouseLeave={() => setNear(undefined)}
      onClick={(event) => {
        const trace = nearest(event);
        if (trace) onOpen(trace);
      }}
      title={near && `${mainRoot(near).name.slice(0, 80)}, ${duration(near.end - near.start)}`}
      style={{ cursor: near ? "pointer" : "default" }}
    >
      <canvas ref={canvas} style={{ width: `${width}px`, height: `${height}px` }} />
      <span class="y">duration ↑ (log)</span>
      <span class="x">start →</span>
    </div>
  );
}

function useSettled<T>(value: T, delay: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delay);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
