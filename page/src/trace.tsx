/** One trace: what matters first, a map of the whole, and the waterfall. */
import type { JSX } from "preact";
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Colors } from "./colors";
import { CopyButton, Name, Service, SpanLink } from "./parts";
import { otlpJson, textTree } from "./copy";
import { Details } from "./details";
import { type Findings, findings } from "./findings";
import { clock, count, day, duration, line, percent } from "./format";
import { type Model, type Stretch, type Trace, mainRoot, visibleSpans } from "./model";
import { Minimap } from "./minimap";
import { type Span, attribute, list, valueText } from "./otlp";
import type { Adjust, Go, Route } from "./route";
import { reveal } from "./rows";
import { matcher } from "./search";
import { ROW, Waterfall, clampWindow } from "./waterfall";

interface Props {
  model: Model;
  trace: Trace;
  colors: Colors;
  route: Route;
  go: Go;
  adjust: Adjust;
}

export function TraceView({ model, trace, colors, route, go, adjust }: Props) {
  const found = useMemo(() => findings(trace), [trace]);
  const [collapsed, setCollapsed] = useState<ReadonlySet<Span>>(new Set());
  // A trace that grows is read anew: its spans are other objects with the same ids.
  useLayoutEffect(() => {
    setCollapsed((old) => {
      if (old.size === 0 || [...old].every((span) => trace.spans[span.order] === span)) return old;
      const ids = new Set([...old].map((span) => span.id));
      return new Set(trace.spans.filter((span) => ids.has(span.id)));
    });
  }, [trace]);
  const { q = "", span: spanId, only, path } = route.params;
  const showPath = path !== "0";
  const scroller = useRef<HTMLDivElement>(null);

  const selected = useMemo(() => (spanId ? trace.spans.find((span) => span.id === spanId) : undefined), [trace, spanId]);
  const match = useMemo(() => matcher(q), [q]);
  const matches = useMemo(() => (match ? trace.spans.filter(match) : []), [trace, match]);
  const kept = useMemo(() => {
    if (!match || only !== "1") return undefined;
    const kept = new Set<Span>();
    for (const found of matches) for (let span: Span | undefined = found; span && !kept.has(span); span = span.parent) kept.add(span);
    return kept;
  }, [matches, only]);
  const matched = useMemo(() => (match ? new Set(matches) : undefined), [matches]);
  const rows = useMemo(() => visibleSpans(trace, collapsed, kept && ((span) => kept.has(span))), [trace, collapsed, kept]);

  // The part of the trace that is shown, in nanoseconds from its start.
  const view = useMemo((): Stretch => {
    const from = trace.start + Number(route.params.from ?? 0);
    const to = trace.start + Number(route.params.to ?? trace.end - trace.start);
    return clampWindow(trace, Number.isFinite(from) ? from : trace.start, Number.isFinite(to) ? to : trace.end);
  }, [trace, route.params.from, route.params.to]);
  const setView = useCallback(
    (from: number, to: number) => {
      const [start, end] = clampWindow(trace, from, to);
      const whole = start <= trace.start && end >= trace.end;
      adjust({
        from: whole ? undefined : String(Math.round(start - trace.start)),
        to: whole ? undefined : String(Math.round(end - trace.start)),
      });
    },
    [trace],
  );

  const pending = useRef<Span | undefined>(undefined);
  const select = useCallback(
    (span: Span | undefined, show = true) => {
      if (span && span.traceId !== trace.id) {
        go({ view: "trace", id: span.traceId, params: { span: span.id } });
        return;
      }
      adjust({ span: span?.id });
      if (!span || !show) return;
      // A span that is collapsed away cannot be shown.
      setCollapsed((old) => {
        const next = new Set(old);
        for (let up = span.parent; up; up = up.parent) next.delete(up);
        return next.size === old.size ? old : next;
      });
      pending.current = span;
    },
    [trace],
  );
  // Before the paint, these two: what is pressed as soon as the rows are seen would be undone by them.
  useLayoutEffect(() => {
    if (!pending.current) return;
    reveal(scroller.current, rows.indexOf(pending.current), ROW, true);
    pending.current = undefined;
  });
  // A permalink leads to its span. Once: a trace that grows leaves the reader where they are.
  useLayoutEffect(() => {
    if (selected) reveal(scroller.current, rows.indexOf(selected), ROW, true);
    scroller.current?.focus({ preventScroll: true });
  }, []);

  const toggle = useCallback((span: Span, whole = false) => {
    setCollapsed((old) => {
      const next = new Set(old);
      const closing = !old.has(span);
      const change = (one: Span) => (closing ? one.children.length > 0 && next.add(one) : next.delete(one));
      change(span);
      if (whole) {
        for (const below of trace.spans.slice(span.order + 1, span.order + 1 + span.below)) change(below);
      }
      return next;
    });
  }, [trace]);

  const zoom = (factor: number, at = (view[0] + view[1]) / 2) =>
    setView(at - (at - view[0]) * factor, at + (view[1] - at) * factor);
  const step = (among: Span[], by: 1 | -1) => {
    if (among.length === 0) return;
    const at = selected ? selected.order : -1;
    const next = by > 0 ? among.findIndex((span) => span.order > at) : among.findLastIndex((span) => span.order < at);
    select(among.at(next < 0 ? (by > 0 ? 0 : -1) : next));
  };
  const failures = useMemo(() => [...found.failures].sort((a, b) => a.order - b.order), [found]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tag = (event.target as HTMLElement).tagName;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(tag)) {
      if (event.key === "Escape") (event.target as HTMLElement).blur();
      if (event.key === "Enter" && tag === "INPUT") step(matches, event.shiftKey ? -1 : 1);
      return;
    }
    const inGrid = (event.target as HTMLElement).closest("[role=treegrid]") !== null || tag === "BODY";
    const at = selected ? rows.indexOf(selected) : -1;
    const move = (index: number) => {
      const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
      if (row) {
        adjust({ span: row.id });
        reveal(scroller.current, rows.indexOf(row), ROW);
      }
    };
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW) - 1);
    const width = view[1] - view[0];
    const actions: Record<string, () => void> = {
      "+": () => zoom(0.5),
      "=": () => zoom(0.5),
      "-": () => zoom(2),
      "0": () => setView(trace.start, trace.end),
      z: () => selected && setView(selected.start, selected.end),
      "[": () => setView(view[0] - width / 4, view[1] - width / 4),
      "]": () => setView(view[0] + width / 4, view[1] + width / 4),
      e: () => step(failures, 1),
      E: () => step(failures, -1),
      n: () => step(matches, 1),
      N: () => step(matches, -1),
      c: () => adjust({ path: showPath ? "0" : undefined }),
      Escape: () => (selected ? adjust({ span: undefined }) : go({ view: "traces" })),
    };
    if (inGrid) {
      Object.assign(actions, {
        ArrowDown: () => move(at + 1),
        j: () => move(at + 1),
        ArrowUp: () => move(at - 1),
        k: () => move(at - 1),
        PageDown: () => move(at + page),
        PageUp: () => move(at - page),
        Home: () => move(0),
        End: () => move(rows.length - 1),
        ArrowRight: () => {
          if (!selected) move(0);
          else if (collapsed.has(selected)) toggle(selected);
          else if (selected.children.length > 0) move(at + 1);
        },
        ArrowLeft: () => {
          if (!selected) return;
          if (selected.children.length > 0 && !collapsed.has(selected)) toggle(selected);
          else if (selected.parent) move(rows.indexOf(selected.parent));
        },
        "*": () => selected && toggle(selected, true),
      });
    }
    const action = actions[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  };
  // One listener for as long as the page is open; it sees the latest state.
  const latest = useRef(onKeyDown);
  latest.current = onKeyDown;
  // Before the first paint: a key that is pressed as soon as the page is seen counts.
  useLayoutEffect(() => {
    const listener = (event: KeyboardEvent) => latest.current(event);
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  }, []);

  const root = mainRoot(trace);
  const linked = trace.spans.some((span) => span.linkedFrom.length > 0 || list(span.raw.links).length > 0);
  const measured = trace.spans.some((span) => span.busy !== undefined);
  return (
    <main class="trace-view">
      <header class="trace-head">
        <div class="headline">
          <h1>
            {trace.errors > 0 && <b class="bad-text" title="a span of this trace failed">✗ </b>}
            <Name text={root.name} />
          </h1>
          <span class="actions">
            <CopyButton what={() => textTree(trace)}>Copy as text tree</CopyButton>
            <CopyButton what={() => otlpJson(trace.spans)}>Copy as JSON</CopyButton>
            <button type="button" onClick={() => go({ view: "traces", params: { with: trace.id, q: compareQuery(root, model) } })}>
              Compare with…
            </button>
          </span>
        </div>
        <p class="facts">
          <b>{duration(trace.end - trace.start)}</b>
          {root.end < trace.end && root.end > root.start && (
            <span title="what outlived it makes the trace longer">
              <Name text={root.name} limit={40} /> took {duration(root.end - root.start)}
            </span>
          )}
          <span>{count(trace.spans.length, "span")}</span>
          {trace.errors > 0 && <span class="bad-text">{count(trace.errors, "error")}</span>}
          <span>
            {day(model.base, trace.start)} {clock(model.base, trace.start)}
          </span>
          <code title="trace id">{line(trace.id, 40)}</code>
          {trace.services.slice(0, 12).map((service) => (
            <Service name={service} colors={colors} key={service} />
          ))}
        </p>
        <FirstLook trace={trace} found={found} onOpen={select} onZoom={setView} />
      </header>
      <div class="tools">
        <input
          type="search"
          id="search"
          placeholder="Find in this trace"
          aria-label="Find in this trace"
          value={q}
          onInput={(event) => adjust({ q: event.currentTarget.value })}
        />
        {match && (
          <>
            <span role="status">{count(matches.length, "span")}</span>
            <button type="button" onClick={() => step(matches, -1)} aria-label="Previous match" title="previous match (N)">
              ↑
            </button>
            <button type="button" onClick={() => step(matches, 1)} aria-label="Next match" title="next match (n)">
              ↓
            </button>
            <label class="check">
              <input type="checkbox" checked={only === "1"} onChange={(e) => adjust({ only: e.currentTarget.checked ? "1" : undefined })} />
              hide others
            </label>
          </>
        )}
        {failures.length > 0 && (
          <button type="button" class="bad-text" onClick={() => step(failures, 1)} title="next error (e)">
            Next error
          </button>
        )}
        <span class="grow" />
        <label class="check" title="what the end of the trace waited for (c)">
          <input type="checkbox" checked={showPath} onChange={(e) => adjust({ path: e.currentTarget.checked ? undefined : "0" })} />
          critical path
        </label>
        <button type="button" onClick={() => setCollapsed(new Set())} disabled={collapsed.size === 0}>
          Expand all
        </button>
        <button
          type="button"
          onClick={() => setCollapsed(new Set(trace.spans.filter((span) => span.depth > 0 && span.children.length > 0)))}
        >
          Collapse all
        </button>
        <span class="group" role="group" aria-label="Zoom">
          <button type="button" onClick={() => zoom(2)} aria-label="Zoom out" title="zoom out (−)">
            −
          </button>
          <button type="button" onClick={() => zoom(0.5)} aria-label="Zoom in" title="zoom in (+)">
            +
          </button>
          <button
            type="button"
            onClick={() => setView(trace.start, trace.end)}
            disabled={view[0] <= trace.start && view[1] >= trace.end}
            title="the whole trace (0)"
          >
            Whole
          </button>
        </span>
      </div>
      <Minimap trace={trace} colors={colors} view={view} setView={setView} />
      <div class={`split ${selected ? "with-details" : ""}`}>
        <Waterfall
          trace={trace}
          rows={rows}
          colors={colors}
          view={view}
          setView={setView}
          selected={selected}
          onSelect={(span) => select(span, false)}
          collapsed={collapsed}
          toggle={toggle}
          matched={matched}
          path={showPath ? found.path : undefined}
          scroller={scroller}
        />
        {selected && (
          <Details
            key={selected.index}
            span={selected}
            trace={trace}
            model={model}
            colors={colors}
            found={found}
            onOpen={select}
            onClose={() => adjust({ span: undefined })}
            onZoom={setView}
          />
        )}
      </div>
      <Legend colors={colors} linked={linked} measured={measured} />
    </main>
  );
}

/** The other traces that begin alike are the likely ones to compare with. */
function compareQuery(root: Span, model: Model): string {
  const same = model.traces.filter((trace) => mainRoot(trace).name === root.name).length;
  return same > 1 && !/\s/.test(root.name) ? root.name : "";
}

interface FirstLookProps {
  trace: Trace;
  found: Findings;
  onOpen: (span: Span) => void;
  onZoom: (from: number, to: number) => void;
}

/** The answers to the three questions that a reader has, each of which leads to its place in the waterfall. */
function FirstLook({ trace, found, onOpen, onZoom }: FirstLookProps) {
  const root = mainRoot(trace);
  const whole = root.end - root.start;
  const spent = found.spent.filter((item, i) => i < 3 && (i === 0 || item.time > whole / 20));
  const items: JSX.Element[] = [];
  if (found.failures.length > 0) {
    items.push(
      <section class="look failed" key="failed" aria-label="What failed">
        <h2>What failed</h2>
        <ol>
          {found.failures.slice(0, 3).map((span) => (
            <li key={span.index}>
              <SpanLink span={span} onOpen={onOpen} /> in {line(span.resource.service, 40)}
              {reason(span) && <em>{line(reason(span), 160)}</em>}
              {statement(span) && <code>{line(statement(span), 160)}</code>}
            </li>
          ))}
        </ol>
        {found.failures.length > 3 && <p>and {found.failures.length - 3} more</p>}
      </section>,
    );
  }
  if (found.retries.length > 0) {
    items.push(
      <section class="look" key="again" aria-label="What was tried again">
        <h2>Tried again</h2>
        <ol>
          {found.retries.slice(0, 3).map(({ parent, attempts }) => (
            <li key={attempts[0]!.index}>
              <SpanLink span={parent} onOpen={onOpen} /> tried <SpanLink span={attempts[0]!} onOpen={onOpen} />{" "}
              {attempts.length} times:{" "}
              {attempts.map((span, i) => (
                <button
                  type="button"
                  class={`attempt ${span.error ? "bad-text" : "good-text"}`}
                  onClick={() => onOpen(span)}
                  key={span.index}
                  title={`attempt ${i + 1}: ${span.error ? "failed" : "succeeded"}`}
                  aria-label={`attempt ${i + 1}, ${span.error ? "failed" : "succeeded"}`}
                >
                  {span.error ? "✗" : "✓"}
                </button>
              ))}
              <em>
                {duration(attempts[1]!.start - attempts[0]!.end)} between the first two
              </em>
            </li>
          ))}
        </ol>
      </section>,
    );
  }
  if (spent.length > 0 && trace.spans.length > 1) {
    items.push(
      <section class="look" key="time" aria-label="Where the time went">
        <h2>Where the time went</h2>
        <ol>
          {spent.map(({ span, time, longest, after, before }) => (
            <li key={span.index}>
              <button type="button" class="link" title="show this stretch" onClick={() => {
                onOpen(span);
                const margin = (longest[1] - longest[0]) / 4;
                onZoom(longest[0] - margin, longest[1] + margin);
              }}>
                {duration(time)}
              </button>{" "}
              ({percent(time, whole)}) in <SpanLink span={span} onOpen={onOpen} />
              {span.children.length > 0 && ` itself`}
              {after && before ? (
                <em>
                  waiting {duration(longest[1] - longest[0])} between {line(after.name, 40)} and {line(before.name, 40)}
                </em>
              ) : after ? (
                <em>after {line(after.name, 60)}</em>
              ) : before ? (
                <em>before {line(before.name, 60)}</em>
              ) : null}
            </li>
          ))}
        </ol>
      </section>,
    );
  }
  if (trace.orphans > 0) {
    items.push(
      <section class="look" key="orphans" aria-label="What is missing">
        <h2>Not in this file</h2>
        <p>
          The parent of {trace.orphans === 1 ? "one span" : count(trace.orphans, "span")}: another process has it, or it was lost. “Open
          files” adds the files of other processes.
        </p>
      </section>,
    );
  }
  if (trace.logs.length > 0) {
    items.push(
      <section class="look" key="logs" aria-label="Log records without a span">
        <h2>Log records without a span: {trace.logs.length}</h2>
        <ol>
          {trace.logs.slice(0, 20).map((log, i) => (
            <li key={i}>
              {log.severity} {line(log.body, 200)}
            </li>
          ))}
        </ol>
      </section>,
    );
  }
  return items.length > 0 ? <div class="looks">{items}</div> : null;
}

function reason(span: Span): string {
  const exception = list(span.raw.events).find((event) => event?.name === "exception");
  const message = exception?.attributes?.find((pair) => pair?.key === "exception.message")?.value?.stringValue;
  return span.message || message || "";
}

/** The query of a database span. */
function statement(span: Span): string {
  const query = attribute(span.raw.attributes, "db.query.text") ?? attribute(span.raw.attributes, "db.statement");
  return query === undefined ? "" : valueText(query);
}

function Legend({ colors, linked, measured }: { colors: Colors; linked: boolean; measured: boolean }) {
  return (
    <footer class="legend">
      <span>
        <i class="sample own" /> the span itself
      </span>
      <span>
        <i class="sample" /> its children
      </span>
      <span>
        <i class="sample path" /> critical path
      </span>
      <span>
        <i class="tick event" /> event
      </span>
      <span>
        <i class="tick fault" /> exception
      </span>
      <span>
        <i class="tick log" /> log record
      </span>
      {linked && <span>⇢ ⇠ links</span>}
      {measured && (
        <span>
          <i class="sample busy" /> busy, then idle
        </span>
      )}
      <span class="grow" />
      <span>colour: {colors.by}</span>
      <span>
        <kbd>↑</kbd> <kbd>↓</kbd> <kbd>←</kbd> <kbd>→</kbd> walk · <kbd>e</kbd> next error · <kbd>z</kbd> zoom to span · <kbd>?</kbd> all keys
      </span>
    </footer>
  );
}
