/** What the page shows is in the part of its address behind `#`, so that an address can be sent to somebody. */
import { useCallback, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface Route {
  view: "traces" | "trace" | "names" | "compare";
  /** Of the trace, where `view` is `trace`. */
  id: string;
  params: Readonly<Record<string, string>>;
}

export type Go = (to: Partial<Route> & { view: Route["view"] }) => void;
/** Changes parameters without a step in the browser's history; `undefined` takes one out. */
export type Adjust = (params: Record<string, string | undefined>) => void;

export function readRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view = "", id = ""] = path.split("/");
  const params: Record<string, string> = Object.create(null);
  for (const [key, value] of new URLSearchParams(query)) params[key] = value;
  const known = view === "trace" || view === "names" || view === "compare";
  return { view: known ? view : "traces", id: known ? safeDecode(id) : "", params };
}

export function writeRoute(route: Route): string {
  const query = new URLSearchParams(route.params).toString();
  const id = route.id ? `/${encodeURIComponent(route.id)}` : "";
  return `#/${route.view}${id}${query ? `?${query}` : ""}`;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function useRoute(): [Route, Go, Adjust] {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  const latest = useRef(route);
  const timer = useRef<number | undefined>(undefined);

  const set = useCallback((next: Route) => {
    latest.current = next;
    setRoute(next);
  }, []);
  const flush = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = undefined;
    const hash = writeRoute(latest.current);
    if (hash !== location.hash) history.replaceState(null, "", hash);
  }, []);

  useLayoutEffect(() => {
    const onChange = () => {
      if (location.hash !== writeRoute(latest.current)) set(readRoute(location.hash));
    };
    addEventListener("hashchange", onChange);
    return () => removeEventListener("hashchange", onChange);
  }, []);

  const go = useCallback<Go>((to) => {
    if (timer.current !== undefined) flush();
    set({ id: "", params: {}, ...to });
    location.hash = writeRoute(latest.current);
  }, []);
  const adjust = useCallback<Adjust>((changes) => {
    const params: Record<string, string> = Object.create(null);
    for (const [key, value] of Object.entries({ ...latest.current.params, ...changes })) {
      if (value !== undefined && value !== "") params[key] = value;
    }
    set({ ...latest.current, params });
    // Browsers refuse hundreds of changes in a few seconds, which a drag would make.
    clearTimeout(timer.current);
    timer.current = setTimeout(flush, 150) as unknown as number;
  }, []);
  return [route, go, adjust];
}
