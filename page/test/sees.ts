/** What a page shows comes after the click or the key that asks for it, on a slow machine long after. */
import assert from "node:assert/strict";

/** Milliseconds. Only what never comes takes as long. */
export const DEADLINE = 60_000;

/**
 * Reads again and again until what is read is what is expected, or matches it; at the deadline it fails with what was read
 * last. `read` itself must not wait for an element: what it throws is a reason to read again.
 */
export async function sees<T>(read: () => T | Promise<T>, expected: NoInfer<T> | RegExp): Promise<void> {
  const end = performance.now() + DEADLINE;
  for (;;) {
    try {
      const value = await read();
      if (expected instanceof RegExp) assert.match(value as string, expected);
      else assert.deepEqual(value, expected);
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await new Promise((done) => setTimeout(done, 20));
  }
}
