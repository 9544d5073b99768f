// Looks at sites: `node check.mjs BROWSER SHOTS KIND=FOLDER…`, where KIND is `own`, `corpus` or `hostile`.
// Prints what was seen, and every problem; ends with 1 if there is any. What there is no time for within SITE_SECONDS is
// named.

import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as behaviour from "./behaviour.mjs";
import { address, barriers, open, start } from "./browser.mjs";
import * as files from "./files.mjs";
import { inert } from "./hostile.mjs";
import { invalid } from "./markup.mjs";

/** The page starts with no more bytes than this, compressed. */
const START_LIMIT = 500_000;
/** No page has more bytes. */
const PAGE_LIMIT = 200_000;

/** What rules of a site look for. */
const QUERIES = { own: ["\\wscript.exe", "powershell"], corpus: ["\\tscon.exe", "-enc", "1131f6aa"] };

const [executable, shots, ...sites] = process.argv.slice(2);
const problems = [];
const report = (text) => console.log(`  ${text}`);

const end = performance.now() + 1000 * Number(process.env.SITE_SECONDS ?? 240);

async function timed(name, work) {
  if (performance.now() > end) {
    report(`not checked: ${name}: there is no time left`);
    return;
  }
  const [began, before] = [performance.now(), problems.length];
  try {
    await work();
  } catch (error) {
    problems.push(`${name}: ${error.stack?.split("\n").slice(0, 4).join(" | ") ?? error}`);
  }
  report(`${name}: ${problems.length === before ? "ok" : `${problems.length - before} problems`}, ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

/** Kinds of pages, until there is no time left. */
function* inTime(ones) {
  for (const [kind, path] of ones) {
    if (performance.now() > end) report(`not checked: ${kind}: there is no time left`);
    else yield [kind, path];
  }
}

/** What a browser loads for the index before anything is searched. */
function startSize(root) {
  const html = readFileSync(join(root, "index.html"));
  const text = html.toString("utf8");
  const parts = Array.from(text.matchAll(/<(?:script|link)\b[^>]*?\s(?:src|href)="([^"]+)"/g), (match) => readFileSync(join(root, match[1])));
  return [html, ...parts].reduce((sum, bytes) => sum + gzipSync(bytes, { level: 9 }).length, 0);
}

/** Every kind of page in both themes: barriers, width on a small screen, and a picture. */
async function looks(browser, root, kinds, site) {
  const ones = [...kinds].map(([kind, paths]) => [kind, paths[Math.floor(paths.length / 2)]]);
  for (const scheme of ["light", "dark"]) {
    const page = await open(browser, problems, { colorScheme: scheme });
    for (const [kind, path] of inTime(ones)) {
      await page.goto(address(root, path));
      problems.push(...(await barriers(page, `${site}/${path}`, scheme)));
      await page.screenshot({ path: join(shots, `${site}-${kind}-${scheme}.png`) });
    }
    await page.context().close();
  }
  const small = await open(browser, problems, { viewport: { width: 320, height: 640 } });
  for (const [kind, path] of inTime(ones)) {
    await small.goto(address(root, path));
    const width = await small.evaluate(() => document.documentElement.scrollWidth);
    if (width > 320) problems.push(`${path}: ${width} px wide on a screen of 320`);
    await small.screenshot({ path: join(shots, `${site}-${kind}-small.png`) });
  }
  await small.context().close();
}

async function check(browser, site, root) {
  const paths = files.pages(root);
  const kinds = files.kinds(paths);
  const rules = kinds.get("r-one") ?? [];
  console.log(`${site}: ${paths.length} pages, of them ${rules.length} of rules`);
  const largest = paths.map((path) => [statSync(join(root, path)).size, path]).sort(([a], [b]) => b - a)[0];
  report(`largest page ${largest.join(" B, ")}; the index starts with ${startSize(root)} B, compressed`);
  if (largest[0] > PAGE_LIMIT) problems.push(`${largest[1]}: ${largest[0]} bytes`);
  if (startSize(root) > START_LIMIT) problems.push(`index.html: starts with ${startSize(root)} bytes`);
  await timed("links", () => { problems.push(...files.links(root, paths)); });
  await timed("markup", async () => {
    const ones = [...kinds.values()].map((own) => own[0]);
    problems.push(...(await invalid(root, [...new Set([...ones, ...files.sample(paths, 50)])])));
  });
  if (site === "hostile") {
    await timed("hostile texts are inert", () => inert(browser, root, paths, problems));
    await timed("copies", async () => report(`${await behaviour.copies(browser, root, rules, problems)} copied`));
    return;
  }
  const one = rules[Math.floor(rules.length / 2)];
  await timed("searches", () => behaviour.searches(browser, root, QUERIES[site], problems, report));
  await timed("facets and downloads", () => behaviour.facets(browser, root, "windows", problems));
  await timed("matrix", async () => report(`${await behaviour.matrix(browser, root, problems)} cells lead somewhere`));
  await timed("copies", async () => report(`${await behaviour.copies(browser, root, files.sample(rules, 3), problems)} copied`));
  await timed("tabs, themes, printing", () => behaviour.page(browser, root, one, problems));
  await timed("without storage", () => behaviour.withoutStorage(browser, root, one, problems));
  await timed("looks", () => looks(browser, root, kinds, site));
}

mkdirSync(shots, { recursive: true });
const browser = await start(executable);
for (const argument of sites) {
  const [site, root] = argument.split("=", 2);
  await check(browser, site, root);
}
await browser.close();
// The same on many pages is shown three times.
const alike = new Map();
for (const problem of problems) {
  const kind = problem.replace(/^[^ ]*: /, "");
  alike.set(kind, [...(alike.get(kind) ?? []), problem]);
}
for (const own of alike.values()) {
  for (const problem of own.slice(0, 3)) console.log(`problem: ${problem}`);
  if (own.length > 3) console.log(`problem: ${own.length - 3} more like this`);
}
process.exitCode = problems.length ? 1 : 0;
