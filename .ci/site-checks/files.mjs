// The files of a site, and its links as they stand in the markup: without a browser, so that all pages can be looked at.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'", "#x2F": "/", "#x2f": "/" };

const unescape = (text) => text.replace(/&(#?\w+);/g, (whole, name) => ENTITIES[name] ?? whole);

/** Paths of all pages below the root of a site, sorted. */
export function pages(root) {
  const all = readdirSync(root, { recursive: true, withFileTypes: true });
  const names = all.filter((entry) => entry.isFile() && entry.name.endsWith(".html"));
  return names.map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/")).sort();
}

/** Pages by what they are: those of a folder are one kind; at the root, `attack-splunk` is one of `attack`. */
export function kinds(paths) {
  const kinds = new Map();
  for (const path of paths) {
    const folder = dirname(path);
    const kind = folder === "." ? path.replace(/(-.*)?\.html$/, "") : `${folder.replaceAll("/", "-")}-one`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), path]);
  }
  return kinds;
}

/** So many of a list, evenly spread. */
export function sample(list, count) {
  const step = Math.max(1, list.length / count);
  return [...new Set(Array.from({ length: Math.min(count, list.length) }, (_, at) => list[Math.floor(at * step)]))];
}

/** Problems of links and the paths of pages that no link leads to. */
export function links(root, paths) {
  const problems = [];
  const anchors = new Map();
  const targets = new Map();
  for (const path of paths) {
    const html = readFileSync(join(root, path), "utf8");
    anchors.set(path, new Set(Array.from(html.matchAll(/\sid="([^"]*)"/g), (match) => unescape(match[1]))));
    const found = html.matchAll(/<(a|link|script|option|search|img)\b[^>]*?\s(?:href|src|data-source|data-values)="([^"]*)"/g);
    targets.set(path, Array.from(found, (match) => ({ name: match[1], address: unescape(match[2]) })));
  }
  const reached = new Set(["index.html"]);
  for (const [path, own] of targets) {
    for (const { name, address } of own) {
      if (/^https?:\/\//i.test(address) && name === "a") continue;
      // A short query is saved from its link.
      if (address.startsWith("data:text/plain;charset=utf-8,") && name === "a") continue;
      if (/^[a-z][a-z0-9+.-]*:|^\/|^\\/i.test(address)) {
        problems.push(`${path}: <${name}> leads to ${address}`);
        continue;
      }
      const [file, fragment] = address.split("#", 2);
      const target = file === "" ? path : normalize(join(dirname(path), decodeURIComponent(file))).split(sep).join("/");
      if (target.startsWith("..") || !existsSync(join(root, target))) problems.push(`${path}: there is no ${address}`);
      // The fragment of the index is a search.
      else if (fragment && !fragment.includes("=") && anchors.has(target) && !anchors.get(target).has(decodeURIComponent(fragment))) {
        problems.push(`${path}: there is no anchor ${address}`);
      }
    }
  }
  const open = ["index.html"];
  while (open.length > 0) {
    const path = open.pop();
    for (const { name, address } of targets.get(path) ?? []) {
      if (name !== "a" || /^[a-z][a-z0-9+.-]*:/i.test(address)) continue;
      const file = address.split("#", 1)[0];
      const target = file === "" ? path : normalize(join(dirname(path), decodeURIComponent(file))).split(sep).join("/");
      if (!reached.has(target)) {
        reached.add(target);
        open.push(target);
      }
    }
  }
  return [...problems, ...paths.filter((path) => !reached.has(path)).map((path) => `${path}: no way leads there without scripts`)];
}
