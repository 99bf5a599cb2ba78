/** Numbers, times and foreign text as people read them. */

/** Three significant digits, as the terminal's trees have them. */
export function duration(ns: number): string {
  const sign = ns < 0 ? "−" : "";
  const n = Math.abs(ns);
  if (n < 1000) return `${sign}${Math.round(n)} ns`;
  if (n < 999_500) return `${sign}${significant(n / 1e3)} µs`;
  if (n < 999_500_000) return `${sign}${significant(n / 1e6)} ms`;
  if (n < 60e9) return `${sign}${significant(n / 1e9)} s`;
  const seconds = Math.round(n / 1e9);
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${sign}${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** `1.5ms`, `200us`, `2 s`, `40` (milliseconds) in nanoseconds; `undefined` for anything else. */
export function readDuration(input: string): number | undefined {
  const match = /^\s*([\d.]+)\s*(ns|us|µs|μs|ms|s|m|min)?\s*$/.exec(input);
  if (!match) return undefined;
  const units: Record<string, number> = { ns: 1, us: 1e3, "µs": 1e3, "μs": 1e3, ms: 1e6, s: 1e9, m: 60e9, min: 60e9 };
  const value = Number(match[1]) * units[match[2] ?? "ms"]!;
  return Number.isFinite(value) ? value : undefined;
}

export function percent(part: number, whole: number): string {
  if (whole <= 0) return "0 %";
  const value = (100 * part) / whole;
  return value > 0 && value < 1 ? "< 1 %" : `${Math.round(value)} %`;
}

export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** The time of day, to the millisecond, in the reader's own time zone. */
export function clock(base: number, ns: number): string {
  const date = new Date(base * 1000 + ns / 1e6);
  const two = (n: number) => String(n).padStart(2, "0");
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${time}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

export function day(base: number, ns: number): string {
  const date = new Date(base * 1000 + ns / 1e6);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleDateString("en-CA");
}

// Control characters, those that change the direction of text, and those that take no space: a name made of them
// would look like another name, or reorder the line around it.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Foreign text with everything in it visible; at most `limit` characters. */
export function visible(foreign: string, limit = 300): string {
  const cut = foreign.length > limit ? `${foreign.slice(0, limit)}…` : foreign;
  return cut.replace(HIDDEN, (hidden) => {
    const code = hidden.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

/** The same on one line. */
export function line(foreign: string, limit = 300): string {
  const cut = foreign.length > limit ? `${foreign.slice(0, limit)}…` : foreign;
  return visible(cut.replace(/\s+/g, " "), limit + 1) || "(no name)";
}
