// The page in Firefox: opened from disk, with rows, filters, keys and both themes. Everything else is tested in Chromium.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "puppeteer-core";
import { type Made, hostile, many, pageWith, shop } from "./samples";
import { DEADLINE, sees } from "./sees";

const here = new URL(".", import.meta.url);
const { page: build } = await import(new URL("../build.mjs", here).href);
const { launch } = await import(new URL("../test/firefox.mjs", here).href);

const folder = mkdtempSync(join(tmpdir(), "traced-firefox-"));
let template: string;
/** One for each theme of the system: Firefox takes it when it starts. */
const browsers: Record<string, Browser> = {};

before(async () => {
  template = await build();
  for (const [theme, number] of [["dark", 0], ["light", 1]] as const) {
    browsers[theme] = await launch({ "layout.css.prefers-color-scheme.content-override": number });
  }
});
after(async () => {
  for (const browser of Object.values(browsers)) await browser.close();
  rmSync(folder, { recursive: true });
});

/** Opens a file, runs the test, and sees that nothing was requested, and nothing was said on the console. */
async function opened(made: unknown, hash: string, look: (page: Page) => Promise<void>, theme = "light") {
  const path = join(folder, `page-${Math.random().toString(36).slice(2)}.html`);
  writeFileSync(path, pageWith(template, made));
  const page = await browsers[theme]!.newPage();
  page.setDefaultTimeout(DEADLINE);
  page.setDefaultNavigationTimeout(DEADLINE);
  await page.setViewport({ width: 1440, height: 860 });
  const said: string[] = [];
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("request", (request) => request.url().startsWith("http") && said.push(`request: ${request.url()}`));
  await page.goto(`file://${path}${hash}`);
  await look(page);
  assert.deepEqual(said, []);
  await page.close();
}

const spansOf = (made: Made): any[] => made.resourceSpans.flatMap((r: any) => r.scopeSpans.flatMap((s: any) => s.spans));
const broken = (made: Made) => spansOf(made).find((span) => span.attributes.some((a: any) => a.value.stringValue === "55P03"));
/** The text of the first such element, if there is one now. */
const text = (page: Page, selector: string) => page.evaluate((selector) => document.querySelector(selector)?.textContent ?? "", selector);
const count = (page: Page, selector: string) => page.evaluate((selector) => document.querySelectorAll(selector).length, selector);

/** The ids of all rows, sorted: the list draws only those in sight, so it is scrolled through. */
async function allIds(page: Page): Promise<string[]> {
  const ids = new Set<string>();
  for (let top = 0; ; top += 300) {
    const bottom = await page.$eval("[role=treegrid]", (grid, top) => {
      grid.scrollTop = top;
      return grid.scrollHeight - grid.clientHeight;
    }, top);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const shown = await page.$$eval("[role=treegrid] [data-span-id]", (rows) => rows.map((row) => row.getAttribute("data-span-id")!));
    for (const id of shown) ids.add(id);
    if (top >= bottom) return [...ids].sort();
  }
}

test("every span of the trace has its row, and a click shows its attributes", async () => {
  const made = shop();
  const { traceId } = broken(made);
  await opened(made, `#/trace/${traceId}`, async (page) => {
    const expected = spansOf(made).filter((span) => span.traceId === traceId).map((span) => span.spanId);
    assert.ok(expected.length > 5);
    await sees(() => allIds(page), expected.sort());
    await page.$eval("[role=treegrid]", (grid) => void (grid.scrollTop = 0));
    await page.locator(`[data-span-id="${broken(made).spanId}"]`).click();
    await sees(() => text(page, "aside"), /db\.query\.textUPDATE products/);
  });
});

test("the list is filtered by the keyboard", async () => {
  await opened(shop(), "", async (page) => {
    await page.waitForSelector("[data-trace-id]");
    await page.keyboard.press("/");
    await page.keyboard.type("55P03 timeout");
    await sees(() => text(page, ".summary"), /^1 of 17 traces/);
    await sees(() => count(page, "[data-trace-id]"), 1);
  });
});

test("dark and light follow the system, and the choice stays", async () => {
  const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  for (const [theme, expected] of [["dark", "rgb(18, 21, 26)"], ["light", "rgb(255, 255, 255)"]] as const) {
    await opened(shop(), "", (page) => sees(() => background(page), expected), theme);
  }
  await opened(shop(), "", async (page) => {
    await sees(() => background(page), "rgb(255, 255, 255)");
    await page.keyboard.press("t");
    await sees(() => background(page), "rgb(18, 21, 26)");
    await page.reload();
    await sees(() => background(page), "rgb(18, 21, 26)");
  });
});

test("hostile names run nothing, and the last of 10,000 spans is a key away", async () => {
  await opened(hostile(), "", async (page) => {
    await page.waitForSelector("[data-trace-id]");
    assert.equal(await page.evaluate(() => "hacked" in globalThis), false);
  });
  await opened(many(10_000, true), "", async (page) => {
    await page.waitForSelector("[data-span-id]");
    await page.keyboard.press("End");
    await page.waitForSelector('[aria-rowindex="10000"]');
    assert.ok((await count(page, "[data-span-id]")) <= 60);
  });
});
