// Makes of the list of a site one of an earlier build, in which something of everything was otherwise:
// `node earlier.mjs SITE FILE`.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [site, file] = process.argv.slice(2);
const list = JSON.parse(readFileSync(join(site, "catalog.json"), "utf8"));

/** What happened to a rule since, by its number. */
const SINCE = [
  (rule) => Object.assign(rule, { logic: "canonical-1:other", logsource: { product: "another", category: null, service: null } }),
  (rule) => Object.assign(rule, { text: "other", level: "critical", metadata: { ...rule.metadata, tags: "other", detection: "other" } }),
  (rule) => Object.assign(rule, { source: `elsewhere/${rule.source}` }),
  (rule) => {
    for (const target of Object.keys(rule.verification)) rule.verification[target] = rule.verification[target] === "proved" ? "differs" : "proved";
  },
  // It was not there.
  (rule) => { rule.page = ""; },
];

const [first] = list.rules;
const gone = { ...first, id: "00000000-0000-4000-8000-000000000000", page: "r/gone.html", source: `gone/${first.source}`, text: "gone" };
list.rules.forEach((rule, at) => SINCE[at]?.(rule));
list.rules = [...list.rules.filter((rule) => rule.page), gone];
writeFileSync(file, JSON.stringify(list));
