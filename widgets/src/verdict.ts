// What a model says of the example it is shown: before it has seen the label, and after.

import { h, setAttributes, setText } from "./dom";

export class Verdict {
  readonly element: HTMLElement;
  private readonly rows = h("div", { class: "wb-verdict-rows" });
  private readonly words = h("p", { class: "wb-note wb-verdict-words" });
  private made = -1;

  constructor() {
    this.element = h(
      "section",
      { class: "wb-verdict", "aria-label": "What it says of this example" },
      h("h4", {}, "What it says of this example"),
      h("p", { class: "wb-note" }, h("i", { class: "wb-before-key", "aria-hidden": "true" }), "before its label  ", h("i", { class: "wb-after-key", "aria-hidden": "true" }), "after this step"),
      this.rows,
      this.words,
    );
  }

  update(before: Float32Array, after: Float32Array, truth: number | undefined, shown: number | undefined, letters: string[]): void {
    if (this.made !== letters.length) {
      this.made = letters.length;
      this.rows.replaceChildren(
        ...letters.map((name) =>
          h(
            "div",
            { class: "wb-verdict-row" },
            h("b", {}, name),
            h("span", { class: "wb-verdict-bars", "aria-hidden": "true" }, h("i", { class: "wb-bar-before" }), h("i", { class: "wb-bar-after" })),
            h("span", { class: "wb-verdict-numbers" }),
            h("em", {}),
          ),
        ),
      );
    }
    [...this.rows.children].forEach((row, i) => {
      const [a, b] = [before[i], after[i]];
      (row.querySelector(".wb-bar-before") as HTMLElement).style.width = `${100 * (a ?? 0)}%`;
      (row.querySelector(".wb-bar-after") as HTMLElement).style.width = `${100 * (b ?? 0)}%`;
      setText(row.querySelector(".wb-verdict-numbers")!, a === undefined ? "–" : `${percent(a)} → ${percent(b!)}`);
      const marks = [i === truth && "true", i === shown && shown !== truth && "shown"].filter(Boolean).join(", ");
      setText(row.querySelector("em")!, marks);
      setAttributes(row, { "data-true": i === truth && "true" });
    });
    setText(this.words, this.told(before, after, truth));
  }

  private told(before: Float32Array, after: Float32Array, truth: number | undefined): string {
    if (truth === undefined || before.length === 0) return "Go to an example to see what its step teaches.";
    const [a, b] = [before[truth]!, after[truth]!];
    const way = b > a + 0.005 ? "rises" : b < a - 0.005 ? "falls" : "stays";
    return way === "stays" ? `Its true label stays at ${percent(b)}.` : `Its true label ${way} from ${percent(a)} to ${percent(b)} by this one step.`;
  }
}

export function percent(value: number): string {
  return `${Math.round(100 * value)}\u202f%`;
}
