/** A list that draws only the rows that can be seen. */
import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";

// Rows above and below the visible ones, so that a quick scroll meets no gap.
const MARGIN = 8;

interface Props<T> {
  items: readonly T[];
  height: number;
  scroller: RefObject<HTMLDivElement | null>;
  /** Draws the row at `index`, whose upper edge is at `top`. */
  row: (item: T, index: number, top: number) => ComponentChildren;
}

export function Rows<T>({ items, height, scroller, row }: Props<T>): JSX.Element {
  const [range, setRange] = useState<[number, number]>([0, 40]);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const look = () => {
      const first = Math.max(0, Math.floor(element.scrollTop / height) - MARGIN);
      const last = Math.ceil((element.scrollTop + element.clientHeight) / height) + MARGIN;
      setRange((old) => (old[0] === first && old[1] === last ? old : [first, last]));
    };
    look();
    element.addEventListener("scroll", look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      observer.disconnect();
    };
  }, [height]);
  // Fewer rows than before may leave the range behind the end.
  const first = Math.min(range[0], Math.max(0, items.length - 1));
  const shown = items.slice(first, Math.max(range[1], first + 1));
  return (
    <div class="rows" role="presentation" style={{ height: `${items.length * height}px` }}>
      {shown.map((item, i) => row(item, first + i, (first + i) * height))}
    </div>
  );
}

/** Scrolls as little as is needed to show row `index`. */
export function reveal(element: HTMLElement | null, index: number, height: number, center = false) {
  if (!element || index < 0) return;
  const top = index * height;
  const seen = element.clientHeight;
  if (center && (top < element.scrollTop || top + height > element.scrollTop + seen)) {
    element.scrollTop = top - seen / 2;
  } else if (top < element.scrollTop) element.scrollTop = top;
  else if (top + height > element.scrollTop + seen) element.scrollTop = top + height - seen;
}

/** The size of an element, kept up to date. */
export function useSize(ref: RefObject<HTMLElement | null>): [number, number] {
  const [size, setSize] = useState<[number, number]>([0, 0]);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const look = () => setSize([element.clientWidth, element.clientHeight]);
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return size;
}
