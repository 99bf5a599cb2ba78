/** The rows of a trace against time. */
import type { JSX, RefObject } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import type { Colors } from "./colors";
import { duration, line } from "./format";
import { type Stretch, type Trace, outlivesParent, selfStretches } from "./model";
import { type Span, list, nanos } from "./otlp";
import { Badges, Name } from "./parts";
import { Rows } from "./rows";

export const ROW = 28;
const INDENT = 14;
// Deeper spans are not indented further: their names would have no room.
const DEEPEST = 24;
// More marks in one bar than this cannot be told apart.
const MARKS = 60;

interface Props {
  trace: Trace;
  rows: Span[];
  colors: Colors;
  view: Stretch;
  setView: (from: number, to: number) => void;
  selected: Span | undefined;
  onSelect: (span: Span) => void;
  collapsed: ReadonlySet<Span>;
  toggle: (span: Span, whole?: boolean) => void;
  matched: ReadonlySet<Span> | undefined;
  path: Map<Span, Stretch[]> | undefined;
  scroller: RefObject<HTMLDivElement | null>;
}

export function Waterfall(props: Props) {
  const { trace, rows, view, setView, selected, scroller } = props;
  const [names, setNames] = useState(() => Math.round(Math.min(440, innerWidth * 0.34)));
  const box = useRef<HTMLDivElement>(null);
  const ticks = useMemo(() => ticksOf(view, trace.start), [view, trace]);

  const onWheel = (event: WheelEvent) => {
    const lane = box.current!.getBoundingClientRect();
    const width = lane.width - names;
    const at = (event.clientX - lane.left - names) / width;
    const length = view[1] - view[0];
    if ((event.ctrlKey || event.metaKey) && at > 0) {
      event.preventDefault();
      const centre = view[0] + at * length;
      const factor = Math.exp(Math.max(-1, Math.min(1, event.deltaY / 200)));
      setView(centre - (centre - view[0]) * factor, centre + (view[1] - centre) * factor);
    } else {
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        event.preventDefault();
        setView(view[0] + (sideways / width) * length, view[1] + (sideways / width) * length);
      }
    }
  };

  return (
    <div class="waterfall" ref={box} style={{ "--names": `min(${names}px, 60vw)` }} onWheel={onWheel}>
      <Axis view={view} setView={setView} ticks={ticks} start={trace.start} />
      <Divider width={names} setWidth={setNames} />
      <div
        class="scroll"
        ref={scroller}
        tabIndex={0}
        role="treegrid"
        aria-label="Spans"
        aria-rowcount={rows.length}
        aria-activedescendant={selected ? `row-${selected.index}` : undefined}
      >
        <div class="grid" role="presentation" aria-hidden="true" style={{ height: `${rows.length * ROW}px` }}>
          {ticks.map(([at]) => (
            <i key={at} style={{ left: `${at * 100}%` }} />
          ))}
        </div>
        <Rows
          items={rows}
          height={ROW}
          scroller={scroller}
          row={(span, index, top) => (
            <Row key={span.index} span={span} index={index} top={top} props={props} />
          )}
        />
      </div>
    </div>
  );
}

function Row({ span, index, top, props }: { span: Span; index: number; top: number; props: Props }) {
  const { colors, view, selected, onSelect, collapsed, toggle, matched, path } = props;
  const hasChildren = span.children.length > 0;
  const isCollapsed = collapsed.has(span);
  const classes = ["row", `c${colors.of(span)}`];
  if (span === selected) classes.push("selected");
  if (matched) classes.push(matched.has(span) ? "matched" : "dim");
  if (span.error) classes.push("failed");
  return (
    <div
      role="row"
      id={`row-${span.index}`}
      class={classes.join(" ")}
      data-span-id={span.id}
      aria-level={span.depth + 1}
      aria-rowindex={index + 1}
      aria-expanded={hasChildren ? !isCollapsed : undefined}
      aria-selected={span === selected}
      style={{ top: `${top}px` }}
      onClick={() => onSelect(span)}
      onDblClick={() => props.setView(span.start, span.end)}
      title={`${line(span.name, 120)}\n${duration(span.end - span.start)}, of which ${duration(span.self)} in itself`}
    >
      <div role="gridcell" class="cell-name" style={{ paddingLeft: `${4 + Math.min(span.depth, DEEPEST) * INDENT}px` }}>
        {hasChildren ? (
          <button
            type="button"
            class="toggle"
            tabIndex={-1}
            aria-label={`${isCollapsed ? "Expand" : "Collapse"}, ${span.below} below`}
            onClick={(event) => {
              event.stopPropagation();
              toggle(span, event.shiftKey);
            }}
          >
            {isCollapsed ? "▸" : "▾"}
          </button>
        ) : (
          <span class="toggle" />
        )}
        <i class="dot" aria-hidden="true" />
        {span.error && <b class="bad-text">✗</b>}
        <Name text={span.name} limit={160} />
        {isCollapsed && <span class="badge">{span.below} below</span>}
        <Badges span={span} />
      </div>
      <div role="gridcell" class="cell-bar">
        <Bar span={span} view={view} path={path?.get(span)} />
      </div>
    </div>
  );
}

function Bar({ span, view, path }: { span: Span; view: Stretch; path: Stretch[] | undefined }) {
  const [from, to] = view;
  const scale = 100 / (to - from || 1);
  const length = duration(span.end - span.start);
  if (span.end < from || span.start > to) {
    return span.end < from ? <span class="outside">‹ {length}</span> : <span class="outside right">{length} ›</span>;
  }
  const start = Math.max(span.start, from);
  const end = Math.min(span.end, to);
  const left = (start - from) * scale;
  const width = (end - start) * scale;
  const marks: JSX.Element[] = [];
  // A stretch that a neighbour shares the pixel with is no news.
  const visible = (stretches: Stretch[]) =>
    stretches.filter(([a, b]) => b >= from && a <= to && (b - a) * scale > 0.05).slice(0, MARKS);
  const place = (a: number, b: number) => {
    const x = Math.max(a, from);
    return { left: `${(x - from) * scale}%`, width: `${Math.max(0, (Math.min(b, to) - x) * scale)}%` };
  };
  for (const [a, b] of visible(selfStretches(span))) marks.push(<i class="own" key={`o${a}`} style={place(a, b)} />);
  if (span.busy !== undefined && span.idle !== undefined) {
    const share = span.busy / Math.max(1, span.busy + span.idle);
    marks.push(<i class="busy" key="b" style={place(span.start, span.start + (span.end - span.start) * share)} />);
  }
  for (const [a, b] of path ? visible(path) : []) marks.push(<i class="path" key={`p${a}`} style={place(a, b)} />);
  const tick = (at: number | undefined, kind: string, title: string, key: string) => {
    if (at === undefined || at < from || at > to || marks.length > 2 * MARKS) return;
    marks.push(<i class={`tick ${kind}`} key={key} title={title} style={{ left: `${(at - from) * scale}%` }} />);
  };
  const base = baseOf(span);
  list(span.raw.events).forEach((event, i) => {
    const kind = event?.name === "exception" ? "fault" : "event";
    tick(base(event?.timeUnixNano), kind, line(String(event?.name ?? ""), 80), `e${i}`);
  });
  span.logs.forEach((log, i) => tick(log.time, "log", line(log.body, 80), `l${i}`));
  // The duration stands after the bar, or before it where there is no room.
  const labelLeft = left + width > 88;
  const links = `${list(span.raw.links).length > 0 ? " ⇢" : ""}${span.linkedFrom.length > 0 ? " ⇠" : ""}`;
  const classes = ["bar"];
  if (span.error) classes.push("failed");
  if (span.open) classes.push("open");
  if (span.cancelled) classes.push("cancelled");
  return (
    <>
      <i class={classes.join(" ")} style={{ left: `${left}%`, width: `${width}%` }} />
      {marks}
      {outlivesParent(span) && span.parent!.end >= from && span.parent!.end <= to && (
        <i class="parent-end" title="here the parent ended" style={{ left: `${(span.parent!.end - from) * scale}%` }} />
      )}
      <span
        class={`label ${labelLeft ? (left > 12 ? "before" : "inside") : ""}`}
        style={labelLeft ? (left > 12 ? { right: `${100 - left}%` } : { right: "0" }) : { left: `${left + width}%` }}
      >
        {length}
        {links}
      </span>
    </>
  );
}

/** Times of a span's events on the page's scale, by the span's own start. */
export function baseOf(span: Span): (unix: string | number | undefined) => number | undefined {
  const zero = nanos(span.raw.startTimeUnixNano, 0);
  if (zero === undefined) return () => undefined;
  const seconds = Math.floor(zero / 1e9);
  const offset = span.start - nanos(span.raw.startTimeUnixNano, seconds)!;
  return (unix) => {
    const at = nanos(unix, seconds);
    return at === undefined ? undefined : at + offset;
  };
}

type Tick = [at: number, label: string];

function ticksOf([from, to]: Stretch, zero: number): Tick[] {
  const length = to - from;
  const rough = length / 6;
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? power * 10;
  const ticks: Tick[] = [];
  for (let at = Math.ceil((from - zero) / step) * step; at <= to - zero && ticks.length < 20; at += step) {
    ticks.push([(at + zero - from) / length, at === 0 ? "0" : duration(at)]);
  }
  return ticks;
}

/** The scale; a drag over it zooms. */
function Axis({ view, setView, ticks, start }: { view: Stretch; setView: Props["setView"]; ticks: Tick[]; start: number }) {
  const lane = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<Stretch>();
  const at = (event: PointerEvent) => {
    const bounds = lane.current!.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - bounds.left) / bounds.width));
  };
  return (
    <div class="axis" aria-hidden="true">
      <span class="axis-title">Span</span>
      <div
        class="axis-lane"
        ref={lane}
        title="drag to zoom"
        onPointerDown={(event) => {
          lane.current!.setPointerCapture(event.pointerId);
          setDrag([at(event), at(event)]);
        }}
        onPointerMove={(event) => drag && setDrag([drag[0], at(event)])}
        onPointerUp={() => {
          if (drag && Math.abs(drag[1] - drag[0]) > 0.01) {
            const length = view[1] - view[0];
            setView(view[0] + Math.min(...drag) * length, view[0] + Math.max(...drag) * length);
          }
          setDrag(undefined);
        }}
      >
        {ticks.map(([at, label]) => (
          <span class={at > 0.93 ? "last" : ""} key={label} style={{ left: `${at * 100}%` }}>
            {label}
          </span>
        ))}
        {drag && (
          <i class="drag" style={{ left: `${Math.min(...drag) * 100}%`, width: `${Math.abs(drag[1] - drag[0]) * 100}%` }}>
            {duration(Math.abs(drag[1] - drag[0]) * (view[1] - view[0]))}
          </i>
        )}
      </div>
      {view[0] !== start && <span class="axis-note">zoomed</span>}
    </div>
  );
}

function Divider({ width, setWidth }: { width: number; setWidth: (width: number) => void }) {
  const clamp = (value: number) => Math.max(120, Math.min(innerWidth * 0.7, value));
  const from = useRef<[number, number] | undefined>(undefined);
  return (
    <div
      class="divider"
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the names"
      aria-valuenow={Math.round(width)}
      aria-valuemin={120}
      aria-valuemax={Math.round(innerWidth * 0.7)}
      tabIndex={0}
      onKeyDown={(event) => {
        const by = event.key === "ArrowLeft" ? -20 : event.key === "ArrowRight" ? 20 : 0;
        if (by) {
          setWidth(clamp(width + by));
          event.preventDefault();
          event.stopPropagation();
        }
      }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = [event.clientX, width];
      }}
      onPointerMove={(event) => from.current && setWidth(clamp(from.current[1] + event.clientX - from.current[0]))}
      onPointerUp={() => (from.current = undefined)}
    />
  );
}

/** Keeps a window in the trace, as long as it was asked for where there is room, and a few nanoseconds at least. */
export function clampWindow(trace: Trace, from: number, to: number): Stretch {
  const whole = Math.max(1, trace.end - trace.start);
  const length = Math.max(Math.min(whole, 10), Math.min(whole, to - from));
  const start = Math.max(trace.start, Math.min(trace.start + whole - length, from));
  return [start, start + length];
}
