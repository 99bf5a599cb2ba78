import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, BrowserContextOptions, CDPSession, Locator, Page } from "playwright-core";
import { HOSTILE, type Made, Maker, hostile, many, pageWith, shop } from "./samples";
import { DEADLINE, sees } from "./sees";

// The page as it is built from the source of today; and how Chromium is started.
const here = new URL(".", import.meta.url);
const { page: build } = await import(new URL("../build.mjs", here).href);
const { launch, slowed } = await import(new URL("../test/chromium.mjs", here).href);
const axe = readFileSync(createRequire(here).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;
let template: string;
const folder = mkdtempSync(join(tmpdir(), "traced-page-"));

before(async () => {
  template = await build();
  browser = await launch();
});
after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

function written(name: string, made: unknown): string {
  const path = join(folder, `${name}.html`);
  writeFileSync(path, pageWith(template, made));
  return path;
}

/** Opens a file, runs the test, and sees that nothing was requested, and nothing was said on the console. */
async function opened(made: unknown, hash: string, look: (page: Page) => Promise<void>, options: BrowserContextOptions = {}) {
  const path = written(`page-${Math.random().toString(36).slice(2)}`, made);
  const context = await browser.newContext({ viewport: { width: 1440, height: 860 }, ...options });
  context.setDefaultTimeout(DEADLINE);
  await context.addInitScript(() => {
    (globalThis as any).copied = [];
    navigator.clipboard.writeText = async (text) => void (globalThis as any).copied.push(text);
  });
  const page: Page = await slowed(await context.newPage());
  const said: string[] = [];
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`file://${path}`) && !url.startsWith("data:image/svg+xml")) said.push(`request: ${url}`);
  });
  await page.goto(`file://${path}${hash}`);
  await look(page);
  assert.deepEqual(said, []);
  await context.close();
}

const spansOf = (made: Made): any[] => made.resourceSpans.flatMap((r: any) => r.scopeSpans.flatMap((s: any) => s.spans));
const rows = (page: Page) => page.locator("[role=treegrid] [data-span-id]");
const names = (page: Page) => page.locator("[role=treegrid] [data-span-id] .name").allTextContents();
/** What is there now; `textContent` would wait for an element. */
const text = async (locator: Locator) => (await locator.allTextContents()).join(" | ");
const selected = (page: Page) => text(page.locator("[role=treegrid] [aria-selected=true] .name"));
const hash = (page: Page) => page.evaluate(() => location.hash);
const summary = (page: Page) => text(page.locator(".summary"));

/** The ids of all rows, sorted: the list draws only those in sight, so it is scrolled through. */
async function allIds(page: Page): Promise<string[]> {
  const ids = new Set<string>();
  for (let top = 0; ; top += 300) {
    const bottom = await page.locator("[role=treegrid]").evaluate((grid, top) => {
      grid.scrollTop = top;
      return grid.scrollHeight - grid.clientHeight;
    }, top);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    for (const id of await rows(page).evaluateAll((rows) => rows.map((row) => row.getAttribute("data-span-id")!))) ids.add(id);
    if (top >= bottom) return [...ids].sort();
  }
}

/** The broken order of the shop. */
const broken = (made: Made) => spansOf(made).find((span) => span.attributes.some((a: any) => a.value.stringValue === "55P03"));

test("every span of every trace has its row", async () => {
  const made = shop();
  const traces = new Map<string, string[]>();
  for (const span of spansOf(made)) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span.spanId]);
  await opened(made, "", async (page) => {
    await sees(() => summary(page), `${traces.size} traces · 3 with errors · ${spansOf(made).length} spans`);
    for (const [trace, spans] of traces) {
      await page.evaluate((trace) => (location.hash = `#/trace/${trace}`), trace);
      await sees(() => allIds(page), [...spans].sort());
    }
  });
});

for (const path of (process.env.TRACED_PAGES ?? "").split(":").filter(Boolean)) {
  test(`every span of a program's page has its row: ${path}`, async () => {
    const content = readFileSync(path, "utf8");
    const made = JSON.parse(content.split('id="traced-data">').at(-1)!.split("<")[0]!) as Made;
    const traces = new Map<string, any[]>();
    for (const span of spansOf(made)) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
    assert.ok(traces.size > 0);
    await opened(made, "", async (page) => {
      for (const [trace, spans] of traces) {
        await page.evaluate((trace) => (location.hash = `#/trace/${trace}`), trace);
        await sees(() => allIds(page), spans.map((span) => span.spanId).sort());
      }
    });
    // As the program wrote it: the same page, and no request.
    const page: Page = await slowed(await browser.newPage());
    page.setDefaultTimeout(DEADLINE);
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("request", (request) => request.url().startsWith("http") && said.push(request.url()));
    await page.goto(`file://${path}`);
    await page.locator("[data-trace-id], [data-span-id]").first().waitFor();
    assert.deepEqual(said, []);
    await page.close();
  });
}

test("a newcomer finds the failed statement in two clicks", async () => {
  await opened(shop(), "", async (page) => {
    await page.locator("[data-trace-id].failed").first().click();
    const failed = page.getByRole("region", { name: "What failed" });
    await sees(() => text(failed), /UPDATE products in orders.*lock timeout.*UPDATE products SET stock/);
    const again = page.getByRole("region", { name: "What was tried again" });
    await sees(() => text(again), /POST \/orders tried shop.v1.Orders\/Place 2 times: ✗✓50\.3 ms between/);
    const time = page.getByRole("region", { name: "Where the time went" });
    await sees(() => text(time), /51\.\d ms \(84 %\) in POST \/orders itself.*waiting 50\.3 ms between/);
    await failed.getByRole("button", { name: "UPDATE products" }).click();
    const details = page.getByRole("complementary");
    await sees(() => text(details), /sqlx::Error.*caused by canceling statement.*caused by 55P03 lock_not_available/);
    await sees(() => text(details), /db\.query\.textUPDATE products SET stock/);
    await time.getByRole("button").first().click();
    await sees(() => selected(page), "POST /orders");
    await sees(() => hash(page), /from=/);
  });
});

test("hostile names and values neither run nor break anything", async () => {
  const made = hostile();
  await opened(made, "", async (page) => {
    await page.locator("[data-trace-id]").filter({ hasText: "script" }).first().click();
    await rows(page).first().waitFor();
    await sees(async () => (await allIds(page)).length, HOSTILE.length + 2);
    for (const id of await allIds(page)) {
      await page.evaluate((id) => {
        history.replaceState(null, "", location.hash.replace(/\?.*/, ""));
        location.hash = `${location.hash}?span=${id}`;
      }, id);
      const shown = () =>
        page.locator("aside .attributes tr").evaluateAll((lines) => {
          const line = lines.find((line) => line.children[0]!.textContent === "span id");
          return line?.children[1]!.textContent;
        });
      await sees(shown, id);
    }
    const searched = () => page.locator("#search").evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value).join());
    const views: [view: string, shown: () => Promise<string>, expected: RegExp][] = [
      ["names", () => text(page.locator("main.names [role=status]")), /^\d+ names$/],
      ["compare", () => text(page.locator("main.compare h1")), /^Compare$/],
      ["traces?q=__proto__", searched, /^__proto__$/],
      ["traces?q=%3Cscript", searched, /^<script$/],
    ];
    for (const [view, shown, expected] of views) {
      await page.evaluate((view) => (location.hash = `#/${view}`), view);
      await sees(shown, expected);
    }
    await sees(() => summary(page), /^1 of /);
    assert.equal(await page.evaluate(() => (globalThis as any).hacked), undefined);
    assert.equal(await page.locator("#app script, #app img, #app iframe").count(), 0);
    assert.ok((await page.content()).length > 1_000_000);
  });
});

test("the policy of the page forbids scripts and requests that are not its own", async () => {
  const path = written("policy", shop());
  const page: Page = await slowed(await browser.newPage());
  page.setDefaultTimeout(DEADLINE);
  await page.goto(`file://${path}`);
  await page.evaluate(async () => {
    const seen: string[] = ((globalThis as any).seen = []);
    document.addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
    const script = document.createElement("script");
    try {
      script.textContent = "globalThis.hacked = 1";
      document.body.append(script);
    } catch {
      seen.push("trusted types");
    }
    await fetch("https://example.invalid/").catch(() => {});
    const image = new Image();
    image.src = "https://example.invalid/x.png";
    document.body.append(image);
  });
  const violated = () => page.evaluate(() => [...new Set((globalThis as any).seen as string[])].sort());
  await sees(violated, ["connect-src", "img-src", "require-trusted-types-for", "trusted types"]);
  assert.equal(await page.evaluate(() => (globalThis as any).hacked), undefined);
  await page.close();
});

test("the list is searched, filtered and sorted", async () => {
  await opened(shop(), "", async (page) => {
    const found = (expected: RegExp) => sees(() => summary(page), expected);
    const shortest = page.getByLabel("Shortest duration");
    const invalid = () => shortest.getAttribute("aria-invalid");
    await found(/^17 traces/);
    await page.keyboard.press("/");
    await page.keyboard.type("55P03 timeout");
    await found(/^1 of 17 traces/);
    await page.getByRole("searchbox").fill("");
    await found(/^17 traces/);
    await page.getByLabel("only with errors").check();
    await found(/^3 of 17 traces/);
    await shortest.fill("80ms");
    await found(/^1 of 17 traces/);
    await sees(invalid, "false");
    await shortest.fill("80 parsecs");
    await sees(invalid, "true");
    await found(/^3 of 17 traces/);
    await shortest.fill("");
    await sees(invalid, "false");
    await page.getByLabel("Service").selectOption("worker");
    await found(/^1 of 17 traces/);
    await page.getByLabel("Service").selectOption("");
    await found(/^3 of 17 traces/);
    await page.getByLabel("only with errors").uncheck();
    await found(/^17 traces/);
    const first = () => text(page.locator("[data-trace-id] .length").first());
    assert.doesNotMatch(await first(), /89\.1 ms/);
    await page.getByLabel("Order").selectOption("longest");
    await sees(first, /89\.1 ms/);
    await page.getByRole("searchbox").fill("nothing of the kind");
    await found(/^0 of 17 traces/);
    await page.getByRole("button", { name: "Show all" }).click();
    await found(/^17 traces/);
  });
});

test("spans collapse and expand by mouse", async () => {
  const made = shop();
  await opened(made, `#/trace/${broken(made).traceId}`, async (page) => {
    const all = spansOf(made).filter((span) => span.traceId === broken(made).traceId).length;
    const drawn = () => rows(page).count();
    await sees(drawn, all);
    const attempt = rows(page).filter({ hasText: "shop.v1.Orders/Place" }).first();
    await attempt.getByRole("button", { name: /Collapse/ }).click();
    await sees(drawn, all - 2);
    await sees(() => attempt.getAttribute("aria-expanded"), "false");
    await page.getByRole("button", { name: "Collapse all" }).click();
    await sees(() => names(page), ["order", "POST"]);
    await page.getByRole("button", { name: "Next error" }).click();
    await sees(() => selected(page), "UPDATE products");
    assert.ok((await drawn()) < all);
    await page.getByRole("button", { name: "Expand all" }).click();
    await sees(drawn, all);
    await sees(() => selected(page), "UPDATE products");
  });
});

test("the keyboard does what the mouse does", async () => {
  const made = shop();
  await opened(made, `#/trace/${broken(made).traceId}`, async (page) => {
    await rows(page).first().waitFor();
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const all = spansOf(made).filter((span) => span.traceId === broken(made).traceId).length;
    const drawn = () => rows(page).count();
    const at = (name: string) => sees(() => selected(page), name);
    await sees(drawn, all);
    await press("ArrowDown", "ArrowDown", "j");
    await at("POST /orders");
    await press("ArrowLeft");
    await sees(drawn, 3);
    await press("ArrowRight", "ArrowRight");
    await sees(drawn, all);
    await at("shop.v1.Orders/Place");
    await press("ArrowLeft", "ArrowLeft");
    await at("POST /orders");
    await press("e");
    await at("UPDATE products");
    await press("z");
    await sees(() => hash(page), /from=/);
    await press("0");
    await sees(() => hash(page), /^((?!from=).)*$/);
    await press("Home", "End");
    await at("UPDATE orders");
    await press("/");
    await page.keyboard.type("INSERT");
    await press("Enter");
    await at("INSERT orders");
    await press("Escape", "n");
    await at("INSERT parcels");
    const active = () => page.evaluate(() => {
      const id = document.querySelector("[role=treegrid]")!.getAttribute("aria-activedescendant");
      return document.getElementById(id!)?.querySelector(".name")!.textContent;
    });
    await sees(active, "INSERT parcels");
    await press("?");
    await page.getByRole("dialog").waitFor();
    await press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await at("INSERT parcels");
    await press("Escape");
    await page.getByRole("complementary").waitFor({ state: "detached" });
    await press("Escape");
    await page.locator("[data-trace-id]").first().waitFor();
  });
});

// What is pressed before the browser has drawn anything, fired an event or run a timer is pressed in the page's own task here:
// between two keys that are sent to the browser, it might have done all of that.

test("a key right after a click counts, though the click's change of the address is told later", async () => {
  const made = shop();
  await opened(made, "#/traces", async (page) => {
    await page.evaluate(async (id) => {
      const told = new Promise((done) => addEventListener("hashchange", () => setTimeout(done), { once: true }));
      document.querySelector<HTMLElement>(`[data-trace-id="${id}"]`)!.click();
      for (let i = 0; i < 50; i++) await Promise.resolve();
      document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
      await told;
    }, broken(made).traceId);
    await sees(() => selected(page), "order");
    await sees(() => hash(page), /^#\/trace\/.*span=/);
  });
});

test("the rows have the focus as soon as they are there, and do not take it back", async () => {
  const made = shop();
  await opened(made, "#/traces", async (page) => {
    const focus = await page.evaluate(async (id) => {
      document.querySelector<HTMLElement>(`[data-trace-id="${id}"]`)!.click();
      for (let i = 0; i < 50; i++) await Promise.resolve();
      const first = document.activeElement?.getAttribute("role");
      document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true }));
      // Until all is done that is left to be done after a frame.
      for (let i = 0; i < 3; i++) await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return [first, document.activeElement?.id];
    }, broken(made).traceId);
    assert.deepEqual(focus, ["treegrid", "search"]);
  });
});

test("a step in the history is not undone by a change that was still to be written into the address", async () => {
  const made = shop();
  await opened(made, `#/trace/${broken(made).traceId}`, async (page) => {
    await rows(page).first().waitFor();
    await page.evaluate(() => {
      const later = window.setTimeout;
      const due: (() => void)[] = [];
      window.setTimeout = ((run: () => void, ms: number) => (ms === 150 ? due.push(run) : later(run, ms))) as typeof setTimeout;
      document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
      window.setTimeout = later;
      if (due.length !== 1) throw new Error(`${due.length} changes are to be written`);
      location.hash = "#/names";
      due[0]!();
    });
    await page.getByRole("region", { name: "Statistics by name" }).waitFor();
    assert.equal(await hash(page), "#/names");
  });
});

test("the help takes the keys that follow it, and none after it is closed", async () => {
  const made = shop();
  const failed = broken(made);
  await opened(made, `#/trace/${failed.traceId}?span=${failed.spanId}`, async (page) => {
    const details = page.getByRole("complementary");
    await details.waitFor();
    const open = await page.evaluate(async () => {
      document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true }));
      for (let i = 0; i < 50; i++) await Promise.resolve();
      return document.querySelector("dialog")?.open;
    });
    assert.equal(open, true);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await selected(page), "UPDATE products");
    // Where nothing had the focus before, a dialog that is closed gives it back to nothing, and would keep it.
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await page.evaluate(async () => {
      [...document.querySelectorAll<HTMLElement>("dialog button")].find((button) => button.textContent === "Close")!.click();
      for (let i = 0; i < 50; i++) await Promise.resolve();
      document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    });
    await details.waitFor({ state: "detached" });
  });
});

test("links are followed in both directions", async () => {
  await opened(shop(), "", async (page) => {
    await page.locator("[data-trace-id]").filter({ hasText: "process audit" }).first().click();
    await rows(page).filter({ hasText: "process audit" }).click();
    const details = page.getByRole("complementary");
    await sees(() => text(details), /not in this file/);
    await details.getByRole("button", { name: "send audit" }).nth(1).click();
    await page.locator("h1", { hasText: "order" }).waitFor();
    await sees(() => selected(page), "send audit");
    await details.locator("details", { hasText: "Linked from" }).getByRole("button").first().click();
    await page.locator("h1", { hasText: "process audit" }).waitFor();
    await sees(() => selected(page), "process audit");
    await page.goBack();
    await page.locator("h1", { hasText: "order" }).waitFor();
    await sees(() => selected(page), "send audit");
  });
});

test("log records, events, resource and statistics are there", async () => {
  const made = shop();
  await opened(made, `#/trace/${broken(made).traceId}`, async (page) => {
    await rows(page).filter({ hasText: "POST /orders" }).click();
    const details = page.getByRole("complementary");
    await sees(() => text(details), /Events.*retry.*attempt2.*Log records.*WARN.*trying again in 50 ms/);
    const resource = details.locator("details", { has: page.locator("summary", { hasText: "Resource" }) });
    await resource.locator("summary").click();
    await resource.getByText("service.version").waitFor();
    await sees(() => text(resource), /service\.version1\.4\.2/);
    await page.getByRole("button", { name: "Statistics" }).click();
    const row = page.getByRole("row").filter({ hasText: "UPDATE products" });
    await sees(() => text(row), /UPDATE products.*2.*1 \(50 %\)/);
    await page.getByRole("button", { name: "All traces" }).click();
    await sees(() => text(row), /UPDATE products.*15.*1 \(7 %\)/);
    const longest = page.getByRole("columnheader", { name: "Max" });
    await sees(() => longest.getAttribute("aria-sort"), "none");
    await longest.getByRole("button").click();
    await sees(() => longest.getAttribute("aria-sort"), "descending");
    await row.getByTitle("show the longest").click();
    await sees(() => selected(page), "UPDATE products");
  });
});

test("two traces are compared", async () => {
  await opened(shop(), "", async (page) => {
    await page.locator("[data-trace-id]").first().click();
    await page.getByRole("button", { name: "Compare with…" }).click();
    await page.locator("[data-trace-id].failed").first().click();
    const table = page.getByRole("table", { name: "The spans of both traces" });
    await table.waitFor();
    await sees(() => summary(page), /\+53\.1 ms.*0 only in A · 3 only in B · 3 failed only in B/);
    const root = table.getByRole("row").filter({ hasText: "POST /orders" });
    await sees(() => text(root), /7\.00 ms60\.3 ms\+53\.3 ms \(× 8\.6\)/);
    await page.getByRole("button", { name: "Exchange A and B" }).click();
    await sees(() => summary(page), /−53\.1 ms.*3 only in A · 0 only in B/);
  });
});

test("two files are compared, and the files of two processes become one trace", async () => {
  const [here, there] = [new Maker(), new Maker(500)];
  const trace = here.traceId();
  const root = here.span(trace, "", "request", { service: "gateway", at: 0, ms: 10 });
  there.span(trace, root, "handle", { service: "orders", at: 2, ms: 3 });
  const second = written("second", there.made());
  const third = join(folder, "third.jsonl");
  const again = new Maker(900);
  again.span(again.traceId(), "", "request", { service: "gateway", at: 100, ms: 30 });
  writeFileSync(third, `${JSON.stringify(again.made())}\n`);
  await opened(here.made(), "", async (page) => {
    await page.locator("h1", { hasText: "request" }).waitFor();
    await page.locator("input[type=file]").setInputFiles([second, third]);
    await sees(() => names(page), ["request", "handle"]);
    await page.getByRole("button", { name: "Compare", exact: true }).click();
    await page.getByLabel("File B").selectOption({ label: "third.jsonl" });
    const row = page.getByRole("row").filter({ hasText: "request" });
    await sees(() => text(row), /10\.0 ms30\.0 ms\+20\.0 ms \(× 3\.0\)/);
  });
});

test("a permalink shows the same again", async () => {
  const made = shop();
  let link = "";
  await opened(made, `#/trace/${broken(made).traceId}`, async (page) => {
    await page.getByRole("button", { name: "Next error" }).click();
    await page.getByRole("button", { name: "Zoom to span" }).click();
    await page.getByLabel("Find in this trace").fill("lock");
    await sees(() => hash(page), /(?=.*span=)(?=.*from=)(?=.*to=)(?=.*q=lock)/);
    link = await hash(page);
  });
  await opened(made, link, async (page) => {
    await sees(() => selected(page), "UPDATE products");
    await sees(() => page.getByLabel("Find in this trace").inputValue(), "lock");
    await sees(() => page.getByRole("button", { name: "Whole" }).isEnabled(), true);
  });
  await opened(made, "#/trace/unknown", async (page) => {
    await page.getByRole("alert").waitFor();
  });
});

test("the map and the wheel zoom", async () => {
  const made = shop();
  await opened(made, `#/trace/${broken(made).traceId}`, async (page) => {
    const box = (await page.locator(".minimap").boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.6, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.8, box.y + 20, { steps: 5 });
    await page.mouse.up();
    await sees(() => hash(page), /from=/);
    /** How much of the map is shown below. */
    const part = async () => (await page.locator(".window").evaluateAll(([w]) => w?.getBoundingClientRect().width ?? 0)) / box.width;
    await sees(async () => Math.abs((await part()) - 0.2) < 0.02, true);
    const bars = (await rows(page).first().locator(".cell-bar").boundingBox())!;
    await page.mouse.move(bars.x + bars.width / 2, bars.y + 5);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -300);
    await page.keyboard.up("Control");
    await sees(async () => (await part()) > 0 && (await part()) < 0.14, true);
    await page.locator(".minimap").dblclick();
    await sees(part, 0);
  });
});

test("a trace is copied as text and as JSON", async () => {
  const made = shop();
  await opened(made, `#/trace/${broken(made).traceId}`, async (page) => {
    // A button says so for a second and a half: who looks now and then may miss it.
    await page.evaluate(() => {
      const said: Set<Element> = ((globalThis as any).said = new Set<Element>());
      const look = () => document.querySelectorAll("button").forEach((button) => button.textContent === "Copied ✓" && said.add(button));
      new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await page.getByRole("button", { name: "Copy as text tree" }).click();
    await sees(() => page.evaluate(() => (globalThis as any).said.size), 1);
    await page.getByRole("button", { name: "Copy as JSON" }).click();
    await sees(() => page.evaluate(() => (globalThis as any).said.size), 2);
    const [tree, json] = await page.evaluate(() => (globalThis as any).copied);
    assert.match(tree, /└─ POST client {2}61\.1 ms\n {3}└─ POST \/orders server/);
    assert.match(tree, /UPDATE products client ✗ canceling statement due to lock timeout {2}1\.40 ms/);
    assert.equal(spansOf(JSON.parse(json)).length, 16);
  });
});

test("what the writer says of the file is shown", async () => {
  const make = new Maker();
  const trace = make.traceId();
  const root = make.span(trace, "", "request", { at: 0, ms: 10 });
  make.span(trace, root, "still at it", { at: 3, ms: 0, open: true });
  const made = { ...make.made(), traced: { reason: "panic", message: "attempt to divide by zero", dropped: 12 } };
  await opened(made, "", async (page) => {
    await sees(() => text(page.getByRole("note")), /There was a panic: attempt to divide by zero.*12 older spans left out.*1 span had not ended/);
    await sees(() => text(rows(page).nth(1)), /running/);
  });
});

test("a page without data says so", async () => {
  await opened("", "", async (page) => {
    await page.getByText("There are no spans in this file.").waitFor();
  });
});

test("dark and light follow the system until somebody chooses", async () => {
  const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  for (const [colorScheme, expected] of [["dark", "rgb(18, 21, 26)"], ["light", "rgb(255, 255, 255)"]] as const) {
    await opened(shop(), "", (page) => sees(() => background(page), expected), { colorScheme });
  }
  await opened(shop(), "", async (page) => {
    await sees(() => background(page), "rgb(255, 255, 255)");
    await page.keyboard.press("t");
    await sees(() => background(page), "rgb(18, 21, 26)");
    await page.reload();
    await sees(() => background(page), "rgb(18, 21, 26)");
  }, { colorScheme: "light" });
});

test("contrast, roles and names pass the checker, in both themes", async () => {
  const made = shop();
  const failed = broken(made);
  const other = spansOf(made)[0];
  const views = [
    "#/traces",
    `#/trace/${failed.traceId}`,
    `#/trace/${failed.traceId}?span=${failed.spanId}`,
    `#/trace/${failed.traceId}?q=orders`,
    "#/names",
    "#/compare",
    `#/compare?a=${other.traceId}&b=${failed.traceId}`,
  ];
  for (const colorScheme of ["light", "dark"] as const) {
    for (const view of views) {
      await opened(made, view, async (page) => {
        await page.locator("main").waitFor();
        await page.evaluate(axe);
        const violations = await page.evaluate(async () => {
          const result = await (globalThis as any).axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], rules: { "page-has-heading-one": { enabled: false } } });
          return result.violations.map((v: any) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n: any) => `${n.html.slice(0, 160)} ${n.failureSummary}`).join(" | ")}`);
        });
        assert.deepEqual(violations, [], `${colorScheme} ${view}`);
      }, { colorScheme });
    }
  }
});

/** Milliseconds of processor time that the page's main thread took: what else the machine does is not in it. */
async function busy(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return 1000 * metrics.find((metric) => metric.name === "TaskDuration")!.value;
}

async function measured(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return session;
}

/** Prints what was measured. How fast this machine is decides no test, unless TRACED_TIMINGS=1 asks for it. */
function figure(what: string, milliseconds: number, most: number) {
  console.log(`# ${what}: ${milliseconds.toFixed(1)} ms, of ${most} that are asked for on a quiet machine`);
  if (process.env.TRACED_TIMINGS === "1") assert.ok(milliseconds < most, `${what}: ${milliseconds} ms`);
}

test("10,000 spans scroll: each row is drawn once, when it comes into sight", async () => {
  await opened(many(10_000, true), "", async (page) => {
    await rows(page).first().waitFor();
    const session = await measured(page);
    const before = await busy(session);
    const seen = await page.locator("[role=treegrid]").evaluate(async (grid) => {
      const row = (index: number) => grid.querySelector(`[aria-rowindex="${index}"]`);
      const drawn = () => [...grid.querySelectorAll("[aria-rowindex]")].map((row) => Number(row.getAttribute("aria-rowindex")));
      const height = row(1)!.getBoundingClientRect().height;
      const inSight = Math.ceil(grid.clientHeight / height);
      const times = new Map(drawn().map((index) => [index, 1]));
      const observer = new MutationObserver((records) => {
        for (const { addedNodes } of records) {
          for (const node of addedNodes) {
            const index = node instanceof Element && Number(node.getAttribute("aria-rowindex"));
            if (index) times.set(index, (times.get(index) ?? 0) + 1);
          }
        }
      });
      observer.observe(grid, { subtree: true, childList: true });
      let frames = 0;
      let most = 0;
      const gaps: number[] = [];
      const last = grid.scrollHeight - grid.clientHeight;
      for (let top = 0; top < last + last / 120; top += last / 120) {
        grid.scrollTop = top;
        // The first frame tells the list of it, the second one is there to be seen.
        for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
        frames += 1;
        most = Math.max(most, drawn().length);
        const first = Math.floor(grid.scrollTop / height) + 1;
        for (let index = first; index < Math.min(first + inSight, 10_001); index++) if (!row(index)) gaps.push(index);
      }
      const again = [...times].filter(([, n]) => n !== 1).map(([index]) => index);
      return { frames, rows: times.size, gaps, again, beyond: most - inSight };
    });
    const each = ((await busy(session)) - before) / seen.frames;
    assert.deepEqual([seen.gaps, seen.again], [[], []], "rows in sight that are not drawn, and rows that were drawn again");
    assert.ok(seen.beyond <= 20, `${seen.beyond} rows are drawn beyond those in sight`);
    assert.ok(seen.rows > 20 * seen.frames, `${seen.rows} rows in ${seen.frames} frames`);
    figure("10,000 spans, a frame", each, 20);
  });
});

for (const oneTrace of [true, false]) {
  test(`100,000 spans ${oneTrace ? "in one trace" : "in 10,000 traces"} open with the rows in sight, each drawn once`, async () => {
    const path = written(`many-${oneTrace}`, many(100_000, oneTrace));
    const page: Page = await slowed(await browser.newPage());
    page.setDefaultTimeout(10 * DEADLINE);
    // A first file, so that the process which shows the second one is there to be measured.
    await page.goto(`file://${written("small", "")}`);
    // From here on, rows are counted as they come into the document.
    await page.addInitScript(() => {
      const added: Record<string, number> = ((globalThis as any).added = {});
      new MutationObserver((records) => {
        for (const { addedNodes } of records) {
          for (const node of addedNodes) {
            if (!(node instanceof Element)) continue;
            for (const row of [node, ...node.querySelectorAll("*")]) {
              const id = row.getAttribute("data-span-id") ?? row.getAttribute("data-trace-id");
              if (id) added[id] = (added[id] ?? 0) + 1;
            }
          }
        }
      }).observe(document, { subtree: true, childList: true });
    });
    const session = await measured(page);
    const before = await busy(session);
    await page.goto(`file://${path}`);
    const drawn = page.locator("[data-span-id], [data-trace-id]");
    await drawn.first().waitFor();
    figure(`100,000 spans, ${oneTrace ? "one trace" : "10,000 traces"}`, (await busy(session)) - before, 5000);
    const added = Object.values(await page.evaluate(() => (globalThis as any).added as Record<string, number>));
    assert.ok(added.length >= 10 && added.length <= 60, `${added.length} rows were drawn`);
    assert.deepEqual(added.filter((times) => times !== 1), []);
    assert.ok((await page.locator("*").count()) < 3000);
    if (oneTrace) {
      await page.keyboard.press("End");
      await page.locator('[aria-rowindex="100000"]').waitFor();
      assert.ok((await drawn.count()) <= 60);
    }
    await page.close();
  });
}
