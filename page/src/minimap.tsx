/** The whole trace in a strip; a drag over it chooses what the waterfall shows. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Colors } from "./colors";
import { COLORS } from "./colors";
import type { Stretch, Trace } from "./model";
import { useSize } from "./rows";

interface Props {
  trace: Trace;
  colors: Colors;
  view: Stretch;
  setView: (from: number, to: number) => void;
}

export function Minimap({ trace, colors, view, setView }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, height] = useSize(box);
  const [theme, setTheme] = useState(0);
  const [drag, setDrag] = useState<{ kind: "select" | "move" | "left" | "right"; at: number; view: Stretch }>();

  useEffect(() => {
    const changed = () => setTheme((n) => n + 1);
    addEventListener("themechange", changed);
    return () => removeEventListener("themechange", changed);
  }, []);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || width === 0) return;
    const ratio = devicePixelRatio || 1;
    element.width = width * ratio;
    element.height = height * ratio;
    context.scale(ratio, ratio);
    const style = getComputedStyle(element);
    const palette = Array.from({ length: COLORS }, (_, i) => style.getPropertyValue(`--c${i}`));
    const bad = style.getPropertyValue("--bad");
    const step = (height - 6) / trace.spans.length;
    const thick = Math.max(1, Math.min(5, step * 0.7));
    const scale = width / Math.max(1, trace.end - trace.start);
    const failed: number[] = [];
    trace.spans.forEach((span, i) => {
      if (span.error) failed.push(i);
      context.fillStyle = palette[colors.of(span)]!;
      context.fillRect((span.start - trace.start) * scale, 3 + i * step, Math.max(1, (span.end - span.start) * scale), thick);
    });
    // On top, and thick enough to be seen among ten thousand.
    context.fillStyle = bad;
    for (const i of failed) {
      const span = trace.spans[i]!;
      context.fillRect((span.start - trace.start) * scale, 3 + i * step, Math.max(2, (span.end - span.start) * scale), Math.max(2, thick));
    }
  }, [trace, width, height, theme]);

  const whole = Math.max(1, trace.end - trace.start);
  const left = (100 * (view[0] - trace.start)) / whole;
  const right = (100 * (view[1] - trace.start)) / whole;
  const at = (event: PointerEvent) => {
    const bounds = box.current!.getBoundingClientRect();
    return trace.start + Math.max(0, Math.min(1, (event.clientX - bounds.left) / bounds.width)) * whole;
  };
  const zoomed = left > 0.01 || right < 99.99;
  return (
    <div
      class="minimap"
      ref={box}
      role="img"
      aria-label={zoomed ? "The whole trace; a part of it is shown below" : "The whole trace"}
      title="drag to zoom, drag the window to move it, double click for all"
      onPointerDown={(event) => {
        const time = at(event);
        const near = (edge: number) => Math.abs(time - edge) < (6 * whole) / Math.max(1, width);
        const kind = !zoomed
          ? "select"
          : near(view[0])
            ? "left"
            : near(view[1])
              ? "right"
              : time > view[0] && time < view[1]
                ? "move"
                : "select";
        box.current!.setPointerCapture(event.pointerId);
        setDrag({ kind, at: time, view });
      }}
      onPointerMove={(event) => {
        if (!drag) return;
        const time = at(event);
        const by = time - drag.at;
        if (drag.kind === "move") setView(drag.view[0] + by, drag.view[1] + by);
        else if (drag.kind === "left") setView(Math.min(time, drag.view[1]), drag.view[1]);
        else if (drag.kind === "right") setView(drag.view[0], Math.max(time, drag.view[0]));
        else if (Math.abs(by) > whole / 200) setView(Math.min(time, drag.at), Math.max(time, drag.at));
      }}
      onPointerUp={() => setDrag(undefined)}
      onDblClick={() => setView(trace.start, trace.end)}
    >
      <canvas ref={canvas} style={{ width: `${width}px`, height: `${height}px` }} />
      {zoomed && (
        <>
          <i class="shade" style={{ left: "0", width: `${left}%` }} />
          <i class="shade" style={{ left: `${right}%`, right: "0" }} />
          <i class="window" style={{ left: `${left}%`, width: `${Math.max(0.2, right - left)}%` }} />
        </>
      )}
    </div>
  );
}
