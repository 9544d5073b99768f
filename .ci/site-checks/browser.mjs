// Pages in a browser, from the disk, as their readers open them.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// It is asked for pages of the disk alone: it need not look for news.
const ARGUMENTS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** A browser; within a container that runs as root, it has no sandbox of its own. */
export async function start(executable) {
  const args = process.getuid?.() === 0 ? [...ARGUMENTS, "--no-sandbox"] : ARGUMENTS;
  return chromium.launch({ executablePath: executable, args });
}

export const address = (root, path) => `${pathToFileURL(join(root, path.split("#")[0]))}${path.includes("#") ? `#${path.split("#")[1]}` : ""}`;

/** A page that writes down what must not happen: errors, dialogs, requests that leave the disk. */
export async function open(browser, problems, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1000 }, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]).catch(() => {});
  const page = await context.newPage();
  const add = (what) => problems.push(`${page.url().replace(/^.*\/(?=[^/]*\/[^/]*$)/, "")}: ${what}`);
  page.on("pageerror", (error) => add(`error: ${error.message}`));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && add(`console: ${message.text()}`));
  page.on("dialog", (dialog) => {
    add(`dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  page.on("request", (request) => /^(file|blob|data):/.test(request.url()) || add(`request: ${request.url()}`));
  return page;
}

/** Barriers that axe calls serious or critical. */
export async function barriers(page, path, scheme) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const rules = { "color-contrast-enhanced": { enabled: false } };
    const result = await globalThis.axe.run(document, { resultTypes: ["violations"], preload: false, rules });
    return result.violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, count: nodes.length, first: nodes[0]?.target.join(" "), summary: nodes[0]?.failureSummary }));
  });
  const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return bad.map((own) => `${path} (${scheme}): ${own.id} (${own.impact}), ${own.count} times, first ${own.first}: ${own.summary?.split("\n")[1]?.trim() ?? own.help}`);
}
