// Browser half of workbench.widgets.ConvergenceTable.

import { Channel } from "./channel";
import { CopyNote } from "./copying";
import { h, keepKeys, setText } from "./dom";
import { IntervalChart, type IntervalRow } from "./interval_chart";
import type { RenderContext } from "./model";
import { followTheme } from "./theme";

/** How many have it, of how many, the share, and the ends of its interval. */
type Share = [count: number, of: number, share: number, low: number, high: number];

interface Item {
  name: string;
  runs: Share;
  control: Share;
  odds: number | "inf" | null;
  p: number;
  adjusted: number;
}

const LEVEL = 0.05;

function render({ model, el, signal }: RenderContext): void {
  const channel = new Channel(model, ["convergence"], signal);
  const title = h("h3", { class: "wb-title" });
  const facts = h("span", { class: "wb-facts" });
  const copied = new CopyNote(signal);
  const copy = h("button", { type: "button", class: "wb-button", title: "Copy the table in LaTeX", "data-key": "copy" }, "LaTeX");
  const legend = h("ul", { class: "wb-legend", "aria-label": "Legend" });
  const chart = new IntervalChart("Shares of runs", undefined, signal);
  const note = h("p", { class: "wb-note" });
  const table = h("div", { class: "wb-interval-table", tabindex: 0, role: "region", "aria-label": "Counts, odds and p values" });
  const root = h(
    "div",
    { class: "wb wb-convergence", role: "region", "aria-label": "Convergence over runs" },
    h("div", { class: "wb-head" }, title, facts, copied.element, copy),
    h("div", { class: "wb-convergence-body" }, h("div", {}, legend, chart.element, note), table),
  );
  let shown: unknown;
  copy.addEventListener("click", () => void copied.copy(String(channel.part("convergence").latex ?? "")), { signal });
  keepKeys(root, signal);
  el.replaceChildren(root);

  const update = () => {
    const part = channel.part("convergence");
    if (!part.items || part.revision === shown) return;
    shown = part.revision;
    const items = part.items as Item[];
    const titles = part.titles as [string, string];
    setText(title, String(part.title));
    const [first] = items;
    setText(facts, first ? `${first.runs[1]} run${first.runs[1] === 1 ? "" : "s"} against ${first.control[1]} of the control` : "");
    copy.hidden = legend.hidden = chart.element.hidden = table.hidden = items.length === 0;
    legend.replaceChildren(
      h("li", {}, h("i", { class: "wb-interval-key wb-interval-dot wb-interval-main", "data-clear": true, "aria-hidden": "true" }), titles[0]),
      h("li", {}, h("i", { class: "wb-interval-key wb-interval-dot wb-interval-control", "aria-hidden": "true" }), titles[1]),
    );
    chart.show(
      items.map((item) => row(item, titles)),
      { title: "Share of runs that have it", from: 0, to: 1, end: "p (Holm)", label: (value) => `${Math.round(100 * value)}\u202f%` },
    );
    setText(
      note,
      items.length === 0
        ? "Nothing was found in any run."
        : "Lines: Wilson's 95 % intervals. p: Fisher's exact test, two-sided, corrected for all rows by Holm's method; * below 0.05.",
    );
    fill(table, items, titles);
  };
  channel.onchange = update;
  followTheme(root, signal, () => {});
  update();
  void channel.attach();
}

function row({ name, runs, control, adjusted }: Item, titles: [string, string]): IntervalRow {
  const mark = ([, , value, low, high]: Share, kind: "main" | "control") => ({ value, low, high, kind });
  return {
    key: name,
    name,
    marks: [mark(runs, "main"), mark(control, "control")],
    end: probability(adjusted),
    says: `${name}: ${titles[0]} ${words(runs)}; ${titles[1]} ${words(control)}; p after Holm's correction ${probability(adjusted)}.`,
  };
}

function words([count, of, , low, high]: Share): string {
  return `${count} of ${of} (95 % interval ${Math.round(100 * low)} to ${Math.round(100 * high)} %)`;
}

function fill(table: HTMLElement, items: Item[], titles: [string, string]): void {
  const cells = (tag: "th" | "td", texts: string[]) =>
    h("tr", {}, ...texts.map((text) => h(tag, tag === "th" ? { scope: "col" } : {}, text)));
  const count = ([some, of]: Share) => `${some}/${of}`;
  table.replaceChildren(
    h(
      "table",
      {},
      h("thead", {}, cells("th", ["Motif", ...titles, "Odds ratio", "p", "p (Holm)"])),
      h("tbody", {}, ...items.map((item) => cells("td", [item.name, count(item.runs), count(item.control), odds(item.odds), probability(item.p, ""), probability(item.adjusted)]))),
    ),
  );
}

function odds(value: Item["odds"]): string {
  if (value === null) return "–";
  return value === "inf" ? "∞" : String(Number(value.toPrecision(3)));
}

/** Two digits, "< 0.001" below that; a star where it is clear. */
export function probability(value: number, star = "*"): string {
  const text = value < 0.001 ? "< 0.001" : String(Number(value.toPrecision(2)));
  return value < LEVEL ? `${text}${star && ` ${star}`}` : text;
}

export default { render };
