// @ts-check
/**
 * The search of the index page: plain substrings over what the data files hold, and facets. Everything is computed on the
 * reader's machine, and the site works from a disk: data come as scripts, because pages of `file:` may fetch nothing.
 *
 * What is chosen stands in the fragment of the address, so that a search can be kept, sent and gone back to:
 * `#q=tscon&level=high&technique=T1563.002&backend.splunk=refused&sort=modified&values=no`. Values of one facet are
 * alternatives; facets hold together. Texts of rules are other people's: they become text nodes, never markup.
 */
"use strict";

(() => {
  /** @typedef {{page: string, title: string, description: string, id: string, level: string, status: string,
   *    logsource: number, date: string, modified: string, tactics: number[], techniques: number[], events: number[],
   *    outcomes: string, excludes: number, own: number, tags: string, author: string}} Rule */
  /** @typedef {{columns: string[], targets: string[], outcomes: string[], logsources: string[][], tactics: string[][],
   *    techniques: string[][], events: [string, number, string][], rules: any[][]}} Data */
  /** @typedef {{key: string, label: string, input: HTMLInputElement, count: HTMLElement, item: HTMLElement}} Choice */
  /** @typedef {{key: string, choices: Choice[], of: number[][], chosen: Set<number>, counts: number[], box: HTMLDetailsElement,
   *    summary: HTMLElement}} Facet */
  /** @typedef {{at: number, rank: number}} Hit */

  /** So many rows are shown at once. */
  const STEP = 100;
  const LEVELS = ["critical", "high", "medium", "low", "informational", ""];
  const STATUSES = ["stable", "test", "experimental", "deprecated", "unsupported", ""];

  /** @type {{rules: Data, values?: string[], queries?: any}} */
  const loaded = /** @type {any} */ (self).verisigma;
  const data = loaded.rules;
  /** Sorted by title; so the position is the order of titles. A page without a path has the name of the rule's id. @type {Rule[]} */
  const rules = data.rules.map((row) => {
    const rule = /** @type {any} */ (Object.fromEntries(data.columns.map((name, at) => [name, row[at]])));
    return { ...rule, page: rule.page || `r/${rule.id}.html` };
  });

  /** @param {string} id @returns {any} */
  const byId = (id) => document.getElementById(id);
  const finder = byId("search"), box = byId("q"), inside = byId("values"), order = byId("sort"), body = byId("rows");

  /** @param {string} name @param {Record<string, string>} attributes @param {...(Node | string)} children */
  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  /** What is shown for characters that cannot be seen, and for blanks at the ends, as on the pages. @param {string} text */
  function visible(text) {
    const unseen = /((?! )[\p{Cc}\p{Cf}\p{Z}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2423\u3164\ufe00-\ufe0f\uffa0\u{e0100}-\u{e01ef}]|^ +| +$)/u;
    const plain = new Map([["\n", "\\n"], ["\r", "\\r"], ["\t", "\\t"]]);
    const escape = (/** @type {string} */ part) =>
      part[0] === " " ? "␣".repeat(part.length) : plain.get(part) ?? `\\u{${Number(part.codePointAt(0)).toString(16)}}`;
    const parts = text.split(unseen).map((part, at) => (at % 2 ? element("span", { class: "esc" }, escape(part)) : part));
    return element("bdi", {}, ...parts);
  }

  // What is searched: titles, what rules say of themselves, and, once they are here, the values that they look for.

  /** @param {Rule} rule */
  function ownWords(rule) {
    const { techniques, events, logsources } = data;
    const names = [...rule.techniques.map((at) => techniques[at]), ...rule.events.map((at) => events[at]), logsources[rule.logsource]];
    const tags = [...rule.tactics.map((at) => data.tactics[at][1].replaceAll(" ", "-")), ...rule.techniques.map((at) => techniques[at][0])];
    const texts = [rule.title, rule.description, rule.id, rule.tags, rule.author, ...names.map((name) => name.join(" ")),
      ...tags.map((tag) => `attack.${tag}`)];
    return texts.join("\n").toLowerCase();
  }
  const titles = rules.map((rule) => rule.title.toLowerCase());
  const words = rules.map(ownWords);
  /** @type {string[] | undefined} */
  let values;

  /** The words of a search; quotes keep blanks. @param {string} query */
  const terms = (query) => Array.from(query.matchAll(/"([^"]+)"|\S+/g), (match) => (match[1] ?? match[0]).toLowerCase());

  /** 0: all in the title; 1: with what the rule says of itself; 2: with its values; -1: not found. @param {number} at @param {string[]} wanted */
  function rank(at, wanted) {
    if (wanted.every((word) => titles[at].includes(word))) return 0;
    if (wanted.every((word) => words[at].includes(word))) return 1;
    const all = state.values ? values : undefined;
    return all && wanted.every((word) => all[at].includes(word) || words[at].includes(word)) ? 2 : -1;
  }

  /** The values in which words were found that the rule does not say elsewhere. @param {number} at @param {string[]} wanted */
  function found(at, wanted) {
    const all = loaded.values ?? [];
    const missing = wanted.filter((word) => !words[at].includes(word));
    const fields = all[at].split("\x1e").map((field) => field.split("\x1f"));
    const first = missing.flatMap((word) => {
      for (const [field, ...own] of fields) {
        const value = own.find((text) => text.toLowerCase().includes(word));
        if (value !== undefined) return [[field, value]];
      }
      return [];
    });
    return first.map(([field, value]) => {
      const short = value.length > 160 ? `${value.slice(0, 160)}…` : value;
      return element("span", { class: "found" }, field ? `${field}: ` : "", element("code", {}, visible(short)));
    });
  }

  // Facets

  /** @type {Facet[]} */
  const facets = [];
  /** What the address asks for and no facet has: name and value. @type {[string, string][]} */
  let unknown = [];

  /** @param {string} key @param {string} heading @param {(rule: Rule) => string[]} of @param {(key: string) => string} label
   *  @param {string[]} [fixed] their order; without it, those with most rules come first */
  function facet(key, heading, of, label, fixed) {
    /** @type {Map<string, number>} */
    const totals = new Map();
    const keys = rules.map((rule) => [...new Set(of(rule))]);
    for (const own of keys) for (const one of own) totals.set(one, (totals.get(one) ?? 0) + 1);
    const compare = (/** @type {string} */ a, /** @type {string} */ b) =>
      fixed ? fixed.indexOf(a) - fixed.indexOf(b) : Number(totals.get(b)) - Number(totals.get(a)) || (a < b ? -1 : 1);
    const sorted = [...totals.keys()].sort(compare);
    const positions = new Map(sorted.map((own, at) => [own, at]));
    const summary = element("summary", {}, heading);
    const choices = sorted.map((own) => choice(own, label(own)));
    const list = element("ul", {}, ...choices.map((own) => own.item));
    const details = element("details", {}, summary, element("fieldset", {}, element("legend", { class: "away" }, heading), list));
    byId("facets").append(details);
    facets.push({ key, choices, of: keys.map((own) => own.map((one) => Number(positions.get(one)))), chosen: new Set(),
      counts: [], box: /** @type {HTMLDetailsElement} */ (details), summary });
  }

  /** @param {string} key @param {string} label @returns {Choice} */
  function choice(key, label) {
    const input = /** @type {HTMLInputElement} */ (element("input", { type: "checkbox" }));
    const count = element("span", { class: "num" });
    const item = element("li", {}, element("label", {}, input, element("span", {}, visible(label)), count));
    input.addEventListener("change", () => {
      for (const own of facets) own.chosen = new Set(own.choices.flatMap((one, at) => (one.input.checked ? [at] : [])));
      remember("push");
      show();
    });
    return { key, label, input, count, item };
  }

  function facetsOfRules() {
    const plain = (/** @type {string} */ key) => key || "(none)";
    const named = (/** @type {any[][]} */ table) => {
      const labels = new Map(table.map((name) => [name[0], name.join(" ")]));
      return (/** @type {string} */ key) => labels.get(key) ?? key;
    };
    // The technique to which a sub-technique belongs stands for it too; its name is the first part of the other's.
    const whole = (/** @type {string[]} */ [id, name]) => [id.split(".")[0], id.includes(".") ? name.split(": ")[0] : name];
    const techniques = [...data.techniques.map(whole), ...data.techniques];
    const event = (/** @type {number} */ at) => `${data.events[at][0]}:${data.events[at][1]}`;
    facet("level", "Level", (rule) => [rule.level], plain, LEVELS);
    facet("status", "Status", (rule) => [rule.status], plain, STATUSES);
    facet("product", "Product", (rule) => [data.logsources[rule.logsource][0]], plain);
    const short = (/** @type {string} */ key) => key.split("/").filter(Boolean).join(" / ");
    const names = data.logsources.map((parts) => short(parts.join("/")));
    // Where two have the same words, it is said what each part is.
    const logsource = (/** @type {string} */ key) => {
      const [product, category, service] = key.split("/");
      const whole = [product, category && `category ${category}`, service && `service ${service}`];
      return names.filter((name) => name === short(key)).length > 1 ? whole.filter(Boolean).join(", ") : short(key);
    };
    facet("logsource", "Log source", (rule) => [data.logsources[rule.logsource].join("/")], logsource);
    facet("tactic", "Tactic", (rule) => rule.tactics.map((at) => data.tactics[at][0]), named(data.tactics), data.tactics.map((name) => name[0]));
    facet("technique", "Technique", (rule) => rule.techniques.flatMap((at) => [data.techniques[at][0], whole(data.techniques[at])[0]]), named(techniques));
    facet("event", "Event", (rule) => rule.events.map(event), named(data.events.map((name, at) => [event(at), name[2]])));
    facet("excludes", "Exclusions", (rule) => [rule.excludes ? "yes" : "no"], (key) => (key === "yes" ? "has exclusions" : "has none"), ["yes", "no"]);
    data.targets.forEach((target, at) => {
      const outcome = (/** @type {Rule} */ rule) => data.outcomes[Number(rule.outcomes[at])];
      facet(`backend.${target}`, `On ${target}`, (rule) => (outcome(rule) ? [outcome(rule)] : []), (key) => key, data.outcomes);
    });
  }

  // State

  const state = { query: "", values: true, sort: "best", shown: STEP };

  function recall() {
    const fragment = location.hash.slice(1);
    // The anchor of a heading, or of the content, is no search.
    if (fragment && !fragment.includes("=")) return;
    const kept = new URLSearchParams(fragment);
    state.query = kept.get("q") ?? "";
    state.values = kept.get("values") !== "no";
    state.sort = [...order.options].some((option) => option.value === kept.get("sort")) ? String(kept.get("sort")) : "best";
    const known = new Map(facets.map((own) => [own.key, new Set(own.choices.map((one) => one.key))]));
    const others = ["q", "values", "sort"];
    unknown = [...kept].filter(([key, value]) => !others.includes(key) && !known.get(key)?.has(value));
    for (const own of facets) {
      const chosen = new Set(kept.getAll(own.key));
      own.chosen = new Set(own.choices.flatMap((one, at) => (chosen.has(one.key) ? [at] : [])));
      own.choices.forEach((one, at) => { one.input.checked = own.chosen.has(at); });
      if (own.chosen.size) own.box.open = true;
    }
    if (box.value !== state.query) box.value = state.query;
    inside.checked = state.values;
    order.value = state.sort;
  }

  /** Typing changes the entry of the history; a choice makes a new one. @param {"push" | "replace"} how */
  function remember(how) {
    unknown = [];
    const kept = new URLSearchParams();
    if (state.query) kept.set("q", state.query);
    for (const own of facets) for (const at of own.chosen) kept.append(own.key, own.choices[at].key);
    if (state.sort !== "best") kept.set("sort", state.sort);
    if (!state.values) kept.set("values", "no");
    const address = `#${kept}`;
    if (how === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }

  // The search itself

  /** Rules that hold, and for each facet how many there would be with another of its values. @param {string[]} wanted */
  function search(wanted) {
    /** @type {Hit[]} */
    const hits = [];
    for (const own of facets) own.counts = own.choices.map(() => 0);
    for (let at = 0; at < rules.length; at += 1) {
      const missed = facets.filter((own) => own.chosen.size && !own.of[at].some((one) => own.chosen.has(one)));
      if (missed.length > 1) continue;
      const place = wanted.length ? rank(at, wanted) : 0;
      if (place < 0) continue;
      if (!missed.length) hits.push({ at, rank: place });
      for (const own of missed.length ? missed : facets) for (const one of own.of[at]) own.counts[one] += 1;
    }
    return hits.sort(compare);
  }

  const severity = rules.map((rule) => LEVELS.indexOf(rule.level));
  const changed = rules.map((rule) => rule.modified || rule.date);

  /** @param {Hit} a @param {Hit} b */
  function compare(a, b) {
    const later = changed[a.at] < changed[b.at] ? 1 : changed[a.at] > changed[b.at] ? -1 : 0;
    switch (state.sort) {
      case "title": return a.at - b.at;
      case "level": return severity[a.at] - severity[b.at] || a.at - b.at;
      case "modified": return later || a.at - b.at;
      case "own": return rules[b.at].own - rules[a.at].own || a.at - b.at;
      default: return a.rank - b.rank || severity[a.at] - severity[b.at] || a.at - b.at;
    }
  }

  /** @type {Hit[]} */
  let hits = [];

  function show() {
    const start = performance.now();
    const wanted = terms(state.query);
    const waits = wanted.length > 0 && state.values && !values;
    if (waits) load(finder.dataset.values).then(haveValues, () => { byId("count").textContent = "The values cannot be loaded."; });
    hits = search(wanted);
    state.shown = STEP;
    body.replaceChildren(...hits.slice(0, STEP).map((hit) => row(hit, wanted)));
    byId("more").hidden = hits.length <= STEP;
    byId("count").textContent = counted(waits);
    byId("clear").hidden = !state.query && !unknown.length && facets.every((own) => !own.chosen.size);
    showUnknown();
    for (const own of facets) showCounts(own);
    performance.measure("search", { start });
  }

  function haveValues() {
    if (values || !loaded.values) return;
    values = loaded.values.map((text) => text.toLowerCase());
    show();
  }

  /** @param {boolean} waits */
  function counted(waits) {
    const number = (/** @type {number} */ own) => own.toLocaleString("en");
    const byValues = hits.filter((hit) => hit.rank === 2).length;
    const parts = [`${number(hits.length)} of ${number(rules.length)} rules`];
    if (byValues) parts.push(`${number(byValues)} of them by their values`);
    if (waits) parts.push("values are being loaded");
    return parts.join(", ");
  }

  /** What the address asks for and no rule has: nothing was filtered by it. */
  function showUnknown() {
    const place = byId("unknown");
    const named = (/** @type {string} */ key) => facets.find((own) => own.key === key)?.summary.textContent ?? key;
    const parts = unknown.flatMap(([key, value], at) => [at ? ", " : "", `${named(key)} `, element("code", {}, visible(value))]);
    place.hidden = !unknown.length;
    if (!unknown.length) return place.replaceChildren();
    const button = element("button", { type: "button" }, "Leave it out");
    button.addEventListener("click", () => { remember("push"); show(); box.focus(); });
    place.replaceChildren(unknown.length > 1 ? "No such values: " : "No such value: ", ...parts, `. ${unknown.length > 1 ? "They are" : "It is"} not searched for. `, button);
  }

  /** @param {Facet} own */
  function showCounts(own) {
    own.choices.forEach((one, at) => {
      one.count.textContent = String(own.counts[at]);
      one.item.hidden = own.counts[at] === 0 && !own.chosen.has(at);
    });
    own.summary.dataset.chosen = own.chosen.size ? String(own.chosen.size) : "";
  }

  /** @param {Hit} hit @param {string[]} wanted */
  function row(hit, wanted) {
    const rule = rules[hit.at];
    const link = element("a", { href: rule.page }, visible(rule.title));
    const level = element("span", { class: `level level-${LEVELS.includes(rule.level) && rule.level ? rule.level : "none"}` }, rule.level || "none");
    const source = data.logsources[rule.logsource].filter(Boolean).join(" / ");
    return element("tr", {},
      element("td", {}, link, ...(hit.rank === 2 ? found(hit.at, wanted) : [])),
      element("td", {}, level),
      element("td", {}, visible(source)),
      element("td", {}, queries(rule)),
      element("td", { class: "number" }, String(rule.own)),
      element("td", { class: "nowrap" }, changed[hit.at]));
  }

  /** How many of its queries have which outcome. @param {Rule} rule */
  function queries(rule) {
    const counts = data.outcomes.map((word, at) => [[...rule.outcomes].filter((own) => own === String(at)).length, word]);
    return counts.filter(([count]) => count).map((pair) => pair.join(" ")).join(", ");
  }

  /** @type {Map<string, Promise<void>>} */
  const loads = new Map();

  /** @param {string} source @returns {Promise<void>} */
  function load(source) {
    const known = loads.get(source);
    if (known) return known;
    const promise = /** @type {Promise<void>} */ (new Promise((resolve, reject) => {
      const script = /** @type {HTMLScriptElement} */ (element("script", { src: source }));
      script.addEventListener("load", () => resolve());
      script.addEventListener("error", () => reject(new Error(source)));
      document.head.append(script);
    }));
    loads.set(source, promise);
    return promise;
  }

  // Downloads: of what the search found, made here

  /** @param {string} name @param {string} type @param {string} text */
  function save(name, type, text) {
    const address = URL.createObjectURL(new Blob([text], { type }));
    element("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  /** @param {Rule} rule */
  function described(rule) {
    const { page, title, id, level, status, date, modified, author } = rule;
    const [product, category, service] = data.logsources[rule.logsource];
    const outcomes = data.targets.map((target, at) => [target, data.outcomes[Number(rule.outcomes[at])] ?? null]);
    return { id, title, level, status, date, modified, author, page, logsource: { product, category, service },
      tactics: rule.tactics.map((at) => data.tactics[at][0]), techniques: rule.techniques.map((at) => data.techniques[at][0]),
      events: rule.events.map((at) => ({ provider: data.events[at][0], event_id: data.events[at][1] })),
      outcomes: Object.fromEntries(outcomes) };
  }

  const json = (/** @type {unknown} */ value) => `${JSON.stringify(value, null, 1)}\n`;

  function saveQueries() {
    const [option] = byId("target").selectedOptions;
    const wanted = hits.map((hit) => hit.at);
    // Each file sets the same variable: what was loaded before is taken from the option.
    load(option.dataset.source).then(() => {
      option.queries ??= loaded.queries;
      const list = wanted.map((at) => ({ id: rules[at].id, title: rules[at].title, queries: option.queries[at] }));
      save(`queries-${option.value}.json`, "application/json", json(list));
    });
  }

  // Wiring

  const typed = () => {
    state.query = box.value;
    remember("replace");
    show();
  };
  const chosen = () => {
    state.values = inside.checked;
    state.sort = order.value;
    remember("push");
    show();
  };
  box.addEventListener("input", typed);
  inside.addEventListener("change", chosen);
  order.addEventListener("change", chosen);
  byId("clear").addEventListener("click", () => { history.pushState(null, "", "#"); recall(); show(); box.focus(); });
  byId("more").addEventListener("click", () => {
    const next = hits.slice(state.shown, state.shown + STEP).map((hit) => row(hit, terms(state.query)));
    state.shown += STEP;
    body.append(...next);
    byId("more").hidden = hits.length <= state.shown;
    next[0]?.querySelector("a")?.focus();
  });
  byId("save-ids").addEventListener("click", () => save("rules.txt", "text/plain", hits.map(({ at }) => `${rules[at].id || rules[at].page}\n`).join("")));
  byId("save-json").addEventListener("click", () => save("rules.json", "application/json", json(hits.map(({ at }) => described(rules[at])))));
  byId("save-queries").addEventListener("click", saveQueries);
  addEventListener("hashchange", () => { recall(); show(); });

  facetsOfRules();
  recall();
  byId("finder").hidden = false;
  show();
})();
