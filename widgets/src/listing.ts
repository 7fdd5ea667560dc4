// Programs as the field writes them: three functions, line numbers, dead code marked.

import { h } from "./dom";

export interface ListingRow {
  text: string;
  live: boolean;
}

export interface ListingFunction {
  name: string;
  rows: ListingRow[];
}

const MEANING: Record<string, string> = {
  Setup: "once, before the first example",
  Predict: "for each example; s1 is the prediction",
  Learn: "after each training example; s0 is its label",
};

const TOKENS =
  /([svm]\d+)|((?<=[=(,[]\s?)-?\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+|\b(?:nan|inf)\b)|([A-Za-z_]\w*)|(\s+)|(.)/gi;

/** Colour one instruction: memories, numbers, function names. */
export function highlight(text: string): Node[] {
  return [...text.matchAll(TOKENS)].map(([whole, memory, number, word]) => {
    const kind = memory
      ? `wb-memory wb-memory-${memory[0]!.toLowerCase()}`
      : number
        ? "wb-number"
        : word
          ? "wb-word"
          : "";
    if (number && whole.length > 8) return longNumber(whole, kind);
    return kind ? h("span", { class: kind }, whole) : document.createTextNode(whole);
  });
}

/** Five digits are enough to read; the exact constant stands in the tooltip. */
function longNumber(text: string, kind: string): Node {
  const rounded = String(Number(Number(text).toPrecision(5)));
  return h("span", { class: `${kind} wb-rounded`, title: text }, rounded);
}

export function listing(functions: ListingFunction[], showDead: boolean): HTMLElement {
  return h("div", { class: "wb-functions" }, ...functions.map((f) => oneFunction(f, showDead)));
}

function oneFunction({ name, rows }: ListingFunction, showDead: boolean): HTMLElement {
  const shown = rows.map((row, i) => ({ ...row, number: i + 1 })).filter((r) => showDead || r.live);
  const dead = rows.filter((row) => !row.live).length;
  return functionBlock(
    name,
    shown.map((row) => codeRow(name, row.text, row.number, row.live)),
    dead > 0 && !showDead ? `${dead} dead hidden` : "",
    rows.length === 0 ? "empty" : "nothing that matters",
  );
}

function functionBlock(
  name: string,
  rows: HTMLElement[],
  note: string,
  emptyNote: string,
): HTMLElement {
  return h(
    "section",
    { class: `wb-function wb-function-${name.toLowerCase()}`, "aria-label": name },
    h(
      "h4",
      {},
      h("span", { class: "wb-function-name" }, name),
      h("small", {}, MEANING[name] ?? ""),
    ),
    rows.length > 0 && h("ol", { class: "wb-code" }, ...rows),
    rows.length === 0 && note === "" && h("p", { class: "wb-note" }, emptyNote),
    note !== "" && h("p", { class: "wb-note" }, note),
  );
}

/** Mark the lines that carry a concept: "Learn-3", counted from 1. */
export function markCarriers(root: HTMLElement, lines: ReadonlySet<string>): void {
  for (const row of root.querySelectorAll<HTMLElement>("[data-line]")) {
    row.classList.toggle("wb-carries", lines.has(row.dataset.line ?? ""));
  }
}

function codeRow(name: string, text: string, number: number, live: boolean): HTMLElement {
  return h(
    "li",
    { class: live ? "wb-line" : "wb-line wb-dead", "data-line": `${name}-${number}` },
    h("span", { class: "wb-line-number", "aria-hidden": "true" }, String(number)),
    h("code", {}, ...highlight(text)),
    !live &&
      h("span", { class: "wb-tag", title: "It cannot change any prediction." }, "dead"),
  );
}
