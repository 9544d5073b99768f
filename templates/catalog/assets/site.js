// @ts-check
/**
 * What every page has from a script, and works without: the theme, buttons that copy, tabs, and printing with all sections
 * open. `base.html` says which elements this relies on.
 */
"use strict";

(() => {
  /** @typedef {"auto" | "light" | "dark"} Theme */

  const KEY = "verisigma-theme";

  /** What was chosen here before. Browsers that keep nothing for a page of `file:`, or at all, throw. @returns {Theme} */
  function keptTheme() {
    try {
      const kept = localStorage.getItem(KEY);
      return kept === "light" || kept === "dark" ? kept : "auto";
    } catch {
      return "auto";
    }
  }

  /** @param {Theme} theme */
  function keepTheme(theme) {
    try {
      if (theme === "auto") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, theme);
    } catch {
      // Then it holds for this page.
    }
  }

  /** @param {Theme} theme */
  function setTheme(theme) {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }

  function themeSwitch() {
    for (const fieldset of /** @type {NodeListOf<HTMLFieldSetElement>} */ (document.querySelectorAll("fieldset.theme"))) {
      for (const input of fieldset.querySelectorAll("input")) {
        input.checked = input.value === keptTheme();
        input.addEventListener("change", () => {
          const theme = /** @type {Theme} */ (input.value);
          setTheme(theme);
          keepTheme(theme);
        });
      }
      fieldset.hidden = false;
    }
  }

  /** Says it to those who do not see it. The same text twice is no change: so it is empty in between. @param {string} text */
  function announce(text) {
    const live = document.getElementById("live");
    if (!live) return;
    live.textContent = "";
    setTimeout(() => { live.textContent = text; }, 50);
  }

  /** The text as its author wrote it, not as it is shown. @param {HTMLElement} element */
  const trueText = (element) => element.dataset.copy || element.textContent || "";

  /** Pages of `file:` are no secure context everywhere: there the old way still works. @param {string} text */
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "away";
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  }

  /** @param {HTMLElement} element */
  function copyButton(element) {
    const block = element.closest(".code");
    const own = block?.querySelector("button.copy");
    const button = own ?? document.createElement("button");
    if (!own) {
      const [label] = (element.closest("[aria-label]")?.getAttribute("aria-label") ?? element.textContent ?? "").split("\n");
      button.setAttribute("type", "button");
      button.setAttribute("aria-label", `Copy: ${label.length > 60 ? `${label.slice(0, 60)}…` : label}`);
      button.className = block ? "copy" : "copy small";
      button.textContent = "Copy";
      if (block) block.append(button);
      else (element.closest("bdi") ?? element).after(button);
    }
    button.removeAttribute("hidden");
    button.addEventListener("click", async () => {
      const done = await copy(trueText(element));
      announce(done ? "Copied." : "It cannot be copied here.");
      const label = button.textContent;
      if (label === "Copied") return;
      button.textContent = done ? "Copied" : "Not copied";
      /** @type {HTMLElement} */ (button).focus();
      setTimeout(() => { button.textContent = label; }, 1500);
    });
  }

  /** Anchors become tabs, each with its section; arrow keys go from one to the next. @param {HTMLElement} group */
  function tabs(group) {
    const nav = group.querySelector(".tabs");
    const anchors = /** @type {HTMLAnchorElement[]} */ ([...(nav?.querySelectorAll("a[href^='#']") ?? [])]);
    const pairs = anchors.flatMap((tab) => {
      const panel = document.getElementById(tab.hash.slice(1));
      return panel && group.contains(panel) ? [{ tab, panel }] : [];
    });
    if (!nav || pairs.length < 2) return;
    nav.setAttribute("role", "tablist");
    // Between a list of tabs and its tabs, nothing else may stand.
    for (const between of nav.querySelectorAll("ul, li")) between.setAttribute("role", "presentation");
    /** @param {number} chosen */
    const open = (chosen) => pairs.forEach(({ tab, panel }, at) => {
      tab.setAttribute("aria-selected", String(at === chosen));
      tab.tabIndex = at === chosen ? 0 : -1;
      panel.hidden = at !== chosen;
    });
    const fromAddress = () => {
      const target = document.getElementById(location.hash.slice(1));
      const at = target ? pairs.findIndex(({ panel }) => panel.contains(target)) : -1;
      if (at >= 0) open(at);
      return at >= 0;
    };
    pairs.forEach(({ tab, panel }, at) => {
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", panel.id);
      tab.id ||= `tab-${panel.id}`;
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      tab.addEventListener("click", (event) => {
        event.preventDefault();
        open(at);
        history.replaceState(null, "", tab.hash);
      });
      tab.addEventListener("keydown", (event) => {
        /** @type {Record<string, number>} */
        const ways = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 };
        const to = event.key === " " ? at : ways[event.key];
        const next = to === undefined ? undefined : pairs.at(to % pairs.length);
        if (!next) return;
        event.preventDefault();
        next.tab.click();
        next.tab.focus();
      });
    });
    if (!fromAddress()) open(0);
    addEventListener("hashchange", fromAddress);
  }

  /** Paper has nothing to click on. What was closed is closed again afterwards. */
  function printing() {
    /** @type {HTMLDetailsElement[]} */
    let opened = [];
    addEventListener("beforeprint", () => {
      opened = [...document.querySelectorAll("details")].filter((details) => !details.open);
      for (const details of opened) details.open = true;
    });
    addEventListener("afterprint", () => {
      for (const details of opened) details.open = false;
      opened = [];
    });
  }

  setTheme(keptTheme());
  document.addEventListener("DOMContentLoaded", () => {
    themeSwitch();
    for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-copy]"))) copyButton(element);
    for (const group of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-tabs]"))) tabs(group);
    printing();
  });
})();
