// What scripts of a site do, tried as a reader does.

import { readFileSync } from "node:fs";
import { address, open } from "./browser.mjs";

/** A search may take so long, in milliseconds. */
const LIMIT = 50;

const count = (page) => page.locator("#count").textContent();

async function searched(page, query) {
  await page.fill("#q", "");
  await page.fill("#q", query);
  await page.waitForFunction(() => !document.getElementById("count").textContent.includes("being loaded"));
  return { count: await count(page), rows: await page.locator("#rows tr").allInnerTexts() };
}

/** Searches find something that rules look for, quickly. */
export async function searches(browser, root, queries, problems, report) {
  const page = await open(browser, problems);
  await page.goto(address(root, "index.html"));
  for (const query of queries) {
    await searched(page, query);
    await page.evaluate(() => performance.clearMeasures());
    for (let round = 0; round < 5; round += 1) await searched(page, query);
    const { count: found, rows } = await searched(page, query);
    const times = await page.evaluate(() => performance.getEntriesByName("search").map((entry) => entry.duration));
    times.sort((a, b) => a - b);
    const median = times[Math.floor(times.length / 2)];
    report(`search ${JSON.stringify(query)}: ${found}; ${median.toFixed(1)} ms, at most ${times.at(-1).toFixed(1)} ms`);
    if (!rows.length) problems.push(`search ${query}: nothing is found`);
    if (!rows.some((row) => row.toLowerCase().includes(query.toLowerCase()))) problems.push(`search ${query}: no row shows where`);
    if (!(median < LIMIT)) problems.push(`search ${query}: ${median} ms`);
  }
  const none = await searched(page, "\u0000no rule has this");
  if (none.rows.length) problems.push("search: something is found that no rule has");
  await page.context().close();
}

/** What is chosen stands in the address, and comes back with it. */
export async function facets(browser, root, query, problems) {
  const page = await open(browser, problems);
  const expect = (holds, what) => holds || problems.push(`facets: ${what}`);
  await page.goto(address(root, "index.html"));
  await searched(page, query);
  const before = await count(page);
  const details = page.locator("#facets details").first();
  await details.locator("summary").click();
  const boxes = details.locator("li:not([hidden]) input");
  const label = await details.locator("li:not([hidden]) .num").first().textContent();
  await boxes.first().check();
  const chosen = await count(page);
  expect(/#q=.*&level=/.test(page.url()), `the address is ${page.url()}`);
  expect(chosen.startsWith(`${label} of `), `the count of the facet is ${label}, found are ${chosen}`);
  await page.reload();
  await page.waitForFunction((text) => document.getElementById("count").textContent === text, chosen).catch(() => {});
  expect((await count(page)) === chosen, `after reloading ${await count(page)} instead of ${chosen}`);
  expect(await page.locator("#facets input:checked").count() === 1, "the choice is lost by reloading");
  await page.goBack();
  await page.waitForFunction((text) => document.getElementById("count").textContent === text, before).catch(() => {});
  expect((await count(page)) === before, `going back shows ${await count(page)} instead of ${before}`);
  await page.locator("#clear").click();
  expect(/^([\d,]+) of \1 rules$/.test(await count(page)), `cleared, it shows ${await count(page)}`);
  for (const sort of ["title", "modified", "own", "level"]) await page.locator("#sort").selectOption(sort);
  expect(page.url().endsWith("#sort=level"), `the address of an order is ${page.url()}`);
  await downloads(page, expect);
  await page.context().close();
}

async function downloads(page, expect) {
  const text = async (button) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator(button).click()]);
    return readFileSync(await download.path(), "utf8");
  };
  const number = Number((await count(page)).split(" ")[0].replaceAll(",", ""));
  const ids = (await text("#save-ids")).trim().split("\n");
  expect(ids.length === number, `${ids.length} ids of ${number} rules`);
  const list = JSON.parse(await text("#save-json"));
  expect(list.length === number && list.every((rule) => typeof rule.title === "string"), `JSON of ${list.length} rules`);
  const targets = await page.locator("#target option").allTextContents();
  for (const target of targets.slice(0, 2)) {
    await page.locator("#target").selectOption(target);
    const queries = JSON.parse(await text("#save-queries"));
    expect(queries.length === number && queries.some((rule) => rule.queries.length > 0), `queries of ${target}: ${queries.length}`);
  }
}

/** Buttons copy what `data-copy` says, or what is shown; each is announced. */
export async function copies(browser, root, paths, problems) {
  let tried = 0;
  for (const path of paths) {
    const page = await open(browser, problems);
    await page.goto(address(root, path));
    const elements = page.locator("[data-copy]");
    const total = await elements.count();
    for (let at = 0; at < total && at < 12; at += 1) {
      const element = elements.nth(at);
      const button = page.locator(`[data-try="${at}"]`);
      const expected = await element.evaluate((own, number) => {
        const nearby = own.closest(".code")?.querySelector("button.copy") ?? (own.closest("bdi") ?? own).nextElementSibling;
        nearby?.setAttribute("data-try", number);
        return own.dataset.copy || own.textContent;
      }, String(at));
      if (!(await button.isVisible())) continue;
      await button.click();
      await page.waitForFunction(() => document.getElementById("live").textContent !== "", null, { timeout: 2000 })
        .catch(() => problems.push(`${path}: copying is not announced`));
      const got = await page.evaluate(() => navigator.clipboard.readText());
      // Windows alone has other ends of lines on its clipboard.
      if (got.replaceAll("\r\n", "\n") !== expected.replaceAll("\r\n", "\n")) problems.push(`${path}: copied ${JSON.stringify(got.slice(0, 200))}, not ${JSON.stringify(expected.slice(0, 200))}`);
      tried += 1;
      await page.evaluate(() => { document.getElementById("live").textContent = ""; });
    }
    await page.context().close();
  }
  if (!tried) problems.push("no button copies anything");
  return tried;
}

/** Tabs show one query at a time, by the keyboard too; themes stay; printing opens what is closed. */
export async function page(browser, root, path, problems) {
  const opened = await open(browser, problems);
  const expect = (holds, what) => holds || problems.push(`${path}: ${what}`);
  await opened.goto(address(root, path));
  const tabs = opened.locator("[data-tabs]").first().locator('[role="tab"]');
  if ((await tabs.count()) > 1) {
    const panels = opened.locator("[data-tabs]").first().locator('[role="tabpanel"]:visible');
    expect((await panels.count()) === 1, "several panels are open");
    const first = await panels.first().getAttribute("id");
    await tabs.first().focus();
    await opened.keyboard.press("ArrowRight");
    expect((await panels.count()) === 1 && (await panels.first().getAttribute("id")) !== first, "an arrow key opens no other panel");
  }
  const theme = () => opened.evaluate(() => document.documentElement.dataset.theme);
  for (const name of ["dark", "light"]) {
    await opened.locator(`.theme input[value="${name}"]`).check({ force: true });
    expect((await theme()) === name, `the theme is not ${name}`);
    await opened.reload();
    expect((await theme()) === name, `the theme ${name} is lost by reloading`);
  }
  await opened.locator('.theme input[value="auto"]').check({ force: true });
  expect((await theme()) === undefined, "the theme is not the one of the system");
  const closed = () => opened.locator("details:not([open])").count();
  const before = await closed();
  await opened.evaluate(() => dispatchEvent(new Event("beforeprint")));
  expect((await closed()) === 0, "printed with closed sections");
  await opened.evaluate(() => dispatchEvent(new Event("afterprint")));
  expect((await closed()) === before, "what was opened for printing stays open");
  await opened.context().close();
}

/** Where nothing may be kept, a theme can be chosen for the page. */
export async function withoutStorage(browser, root, path, problems) {
  const opened = await open(browser, problems);
  await opened.addInitScript(() => {
    Object.defineProperty(globalThis, "localStorage", { get() { throw new DOMException("denied", "SecurityError"); } });
  });
  await opened.goto(address(root, path));
  await opened.locator('.theme input[value="dark"]').check({ force: true });
  if ((await opened.evaluate(() => document.documentElement.dataset.theme)) !== "dark") problems.push(`${path}: no theme without storage`);
  await opened.context().close();
}

/** Cells of the matrix lead to their techniques. */
export async function matrix(browser, root, problems) {
  const opened = await open(browser, problems);
  await opened.goto(address(root, "attack.html"));
  const cells = opened.locator(".matrix a.cell");
  const total = await cells.count();
  if (!total) problems.push("attack.html: the matrix leads nowhere");
  for (const at of [0, Math.floor(total / 2), total - 1].filter((own, place, all) => own >= 0 && all.indexOf(own) === place)) {
    await opened.goto(address(root, "attack.html"));
    const id = (await cells.nth(at).innerText()).match(/T\d{4}/)?.[0];
    await cells.nth(at).click();
    const [text, heading] = [await opened.locator("main").innerText(), await opened.locator("h1").innerText()];
    if (!id || !text.includes(id)) problems.push(`attack.html: the cell ${id} leads to “${heading}”`);
  }
  await opened.context().close();
  return total;
}
