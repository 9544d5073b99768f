// Whether pages are valid HTML.

import { HtmlValidate } from "html-validate";
import { join } from "node:path";

const validator = new HtmlValidate({
  extends: ["html-validate:recommended"],
  rules: {
    // How markup is written is no matter of validity.
    "no-trailing-whitespace": "off",
    "attribute-boolean-style": "off",
    "void-style": "off",
    "doctype-style": "off",
    "attribute-empty-style": "off",
    // Lists and groups may have names.
    "aria-label-misuse": ["error", { allowAnyNamable: true }],
    "valid-id": ["error", { relaxed: true }],
    "no-inline-style": "error",
    // Titles of rules are as long as their authors made them.
    "long-title": "off",
    // A grid of cells with a list in each is no table.
    "prefer-native-element": "off",
  },
});

/** Problems of some pages. */
export async function invalid(root, paths) {
  const problems = [];
  for (const path of paths) {
    const report = await validator.validateFile(join(root, path));
    for (const result of report.results) {
      for (const own of result.messages.slice(0, 5)) problems.push(`${path}:${own.line}:${own.column}: ${own.ruleId}: ${own.message}`);
    }
  }
  return problems;
}
