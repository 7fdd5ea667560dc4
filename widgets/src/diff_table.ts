// Two programs line by line, side by side or one below the other.

import { arrows, changeOf, DiffRows, gridRow, isEffective, NAMES, SIGNS, ways, type DiffFunction, type DiffRow } from "./diff_rows";
import { h, setAttributes, setText } from "./dom";
import { rove } from "./rove";
import { segmented } from "./segmented";

export type { DiffFunction, DiffKind, DiffRow } from "./diff_rows";

export interface DiffParts {
  verdict: { kind: "identical" | "dead" | "equivalent" | "changed"; text: string; share: number };
  functions: DiffFunction[];
}

type Layout = "side" | "inline";
type Scope = "all" | "changes";

interface Section {
  name: string;
  element: HTMLElement;
  list: HTMLElement;
  rows: DiffRow[];
  items: HTMLElement[];
}

const ROW = ".wb-diff-row[data-stop]";
const SYMBOLS = { identical: "=", dead: "○", equivalent: "=", changed: "≠" };
/** Narrower than this there is no room for two programs beside each other. */
const SIDE_BY_SIDE_PX = 560;

export class DiffTable {
  readonly element: HTMLElement;
  private readonly verdict = h("p", { class: "wb-diff-verdict", role: "status" });
  private readonly legend = h("ul", { class: "wb-diff-legend", "aria-label": "What differs" });
  private readonly heads = h("div", { class: "wb-diff-heads" });
  private readonly body = h("div", { class: "wb-diff-body" });
  private readonly count = h("span", { class: "wb-diff-count" });
  private readonly tools: HTMLElement;
  private readonly layouts: HTMLElement;
  private readonly rows = new DiffRows();
  private readonly reach: () => void;
  private sections: Section[] = [];
  private layout: Layout = "side";
  private scope: Scope = "all";
  private narrow = false;
  private lit: string | undefined;

  constructor(signal: AbortSignal) {
    this.layouts = segmented(
      "Layout of the difference",
      [
        { value: "side", label: "Side by side" },
        { value: "inline", label: "Inline", help: "One below the other" },
      ],
      this.layout,
      (value) => {
        this.layout = value;
        this.lay();
      },
      signal,
    );
    const scopes = segmented(
      "Lines",
      [
        { value: "all", label: "All lines" },
        { value: "changes", label: "Only what changed" },
      ],
      this.scope,
      (value) => {
        this.scope = value;
        this.applyScope();
      },
      signal,
    );
    const step = (key: string, text: string, label: string, way: 1 | -1) => {
      const button = h("button", { type: "button", class: "wb-button wb-diff-step", "data-key": key, title: label, "aria-label": label }, text);
      button.addEventListener("click", () => this.move(way), { signal });
      return button;
    };
    const steps = h(
      "div",
      { class: "wb-diff-steps", role: "group", "aria-label": "Changes" },
      this.count,
      step("change-before", "↑", "Previous change (K)", -1),
      step("change-after", "↓", "Next change (J)", 1),
    );
    this.tools = h("div", { class: "wb-diff-tools" }, this.layouts, scopes, steps);
    this.element = h("div", { class: "wb-diff", "data-layout": this.layout }, this.verdict, this.legend, this.tools, this.heads, this.body);
    this.reach = rove(this.body, ROW, signal);
    this.listen(signal);
    const size = new ResizeObserver(([entry]) => {
      const width = entry?.contentRect.width ?? 0;
      if (width === 0 || this.narrow === width < SIDE_BY_SIDE_PX) return;
      this.narrow = !this.narrow;
      this.lay();
    });
    size.observe(this.element);
    signal.addEventListener("abort", () => size.disconnect());
    this.show(undefined);
  }

  show(diff: DiffParts | undefined, titles: [string, string] = ["Before", "After"]): void {
    const hidden = diff === undefined;
    this.legend.hidden = this.tools.hidden = this.heads.hidden = hidden;
    this.lit = undefined;
    if (hidden) {
      this.sections = [];
      this.verdict.replaceChildren();
      this.body.replaceChildren(h("p", { class: "wb-note" }, "What differs between two programs is shown here, line by line."));
      return;
    }
    const { kind, text } = diff.verdict;
    this.element.dataset.verdict = kind;
    if (this.verdict.textContent !== SYMBOLS[kind] + text) {
      this.verdict.replaceChildren(h("span", { class: "wb-diff-symbol", "aria-hidden": "true" }, SYMBOLS[kind]), text);
    }
    this.heads.replaceChildren(h("span", { class: "wb-diff-head-left" }, titles[0]), h("span", { class: "wb-diff-head-right" }, titles[1]));
    this.updateLegend(diff);
    for (const gap of this.body.querySelectorAll(".wb-diff-gap")) gap.remove();
    this.sections = diff.functions.map((one, i) => this.section(one, this.sections[i]));
    this.rows.turn();
    arrange(this.body, this.sections.map(({ element }) => element));
    const stops = this.markStops();
    setText(this.count, stops === 0 ? "No changes" : `${stops} change${stops === 1 ? "" : "s"}`);
    for (const button of this.tools.querySelectorAll(".wb-diff-step")) setAttributes(button, { "aria-disabled": stops === 0 && "true" });
    this.applyScope();
  }

  /** Mark the lines of one program that carry a concept: "Learn-3", counted from 1. */
  markCarriers(side: "left" | "right", lines: ReadonlySet<string>): void {
    for (const { name, rows, items } of this.sections) {
      rows.forEach((row, i) => {
        const line = side === "left" ? row.left_line : row.right_line;
        const shown = side === "left" ? row.left : row.right;
        items[i]!.classList.toggle("wb-carries", shown !== null && lines.has(`${name}-${line}`));
      });
    }
  }

  /** Go to the next change, or back to the one before. */
  move(way: 1 | -1): void {
    const stops = [...this.body.querySelectorAll<HTMLElement>(ROW)];
    const at = stops.findIndex((stop) => stop.contains(document.activeElement));
    const here = at < 0 ? stops.findIndex((stop) => stop.classList.contains("wb-diff-here")) : at;
    const to = stops[here < 0 ? (way > 0 ? 0 : stops.length - 1) : here + way];
    to?.focus();
  }

  private listen(signal: AbortSignal): void {
    const on = (target: HTMLElement, name: string, action: (event: Event) => void) => target.addEventListener(name, action, { signal });
    const row = (event: Event) => (event.target as Element).closest<HTMLElement>(".wb-diff-row, .wb-diff-arrow");
    on(this.element, "keydown", (event) => {
      const { key, ctrlKey, metaKey, altKey } = event as KeyboardEvent;
      if (ctrlKey || metaKey || altKey) return;
      if (key === "j" || key === "k") this.move(key === "j" ? 1 : -1);
      else if (key === "Enter" && (event.target as Element).matches(ROW)) this.jump(row(event));
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    on(this.body, "pointerover", (event) => this.light(row(event)?.dataset.pair));
    on(this.body, "pointerleave", () => this.light(undefined));
    on(this.body, "focusin", (event) => {
      for (const one of this.body.querySelectorAll(".wb-diff-here")) one.classList.remove("wb-diff-here");
      const here = row(event);
      here?.classList.add("wb-diff-here");
      this.light(here?.dataset.pair);
    });
    on(this.body, "click", (event) => {
      const target = event.target as Element;
      if (target.closest(".wb-diff-jump")) this.jump(row(event));
    });
  }

  /** From one place of a moved line to the other. */
  private jump(from: HTMLElement | null): void {
    if (!from?.dataset.pair) return;
    const pair = [...from.parentElement!.querySelectorAll<HTMLElement>(`[data-pair="${from.dataset.pair}"]`)];
    const to = pair.find((one) => one !== from && one.matches(".wb-diff-row"));
    if (!to) return;
    if (to.tabIndex < 0 && to.dataset.stop === undefined) to.tabIndex = -1;
    to.focus();
  }

  private light(pair: string | undefined): void {
    if (pair === this.lit) return;
    this.lit = pair;
    for (const one of this.body.querySelectorAll<HTMLElement>("[data-pair]")) {
      one.classList.toggle("wb-diff-lit", one.dataset.pair === pair);
    }
  }

  private section({ name, rows }: DiffFunction, before: Section | undefined): Section {
    const down = ways(rows);
    const items = rows.map((row, i) => {
      const item = this.rows.take(row, down[i]!);
      const place = String(gridRow(i));
      if (item.style.gridRow !== place) item.style.gridRow = place;
      return item;
    });
    const same = before?.name === name;
    const list = same ? before.list : h("ol", { class: "wb-diff-rows" });
    const element = same
      ? before.element
      : h("div", { class: "wb-diff-function", role: "group", "aria-label": name }, h("h4", {}, h("span", { class: "wb-function-name" }, name)), list);
    arrange(list, items);
    const rest = rows.length === 0 ? [h("p", { class: "wb-note" }, "Empty in both")] : arrows(rows, down);
    arrange(element, [element.firstElementChild as HTMLElement, list, ...rest]);
    return { name, element, list, rows, items };
  }

  /** Where the keyboard stops: at what changed the effective code, else at all that differs. */
  private markStops(): number {
    const all = this.sections.flatMap(({ rows, items }) => rows.map((row, i) => [row, items[i]!] as const));
    const some = all.some(([row]) => row.matters);
    let count = 0;
    let moved = 0;
    for (const [row, item] of all) {
      const stop = some ? row.matters : row.kind !== "same";
      if (stop !== (item.dataset.stop !== undefined)) setAttributes(item, { "data-stop": stop });
      setAttributes(item, { tabindex: stop || row.kind === "moved" ? -1 : null });
      item.classList.remove("wb-diff-here", "wb-diff-lit");
      count += Number(stop);
      moved += Number(stop && row.kind === "moved");
    }
    return count - moved / 2;
  }

  private updateLegend({ functions }: DiffParts): void {
    const counts = new Map<string, number>();
    for (const row of functions.flatMap(({ rows }) => rows)) {
      const change = changeOf(row);
      if (change === "same" || (change === "moved" && row.left === null)) continue;
      const told = isEffective(row) ? change : "dead";
      counts.set(told, (counts.get(told) ?? 0) + 1);
      if (change === "moved" && row.rewired) counts.set("rewired", (counts.get("rewired") ?? 0) + 1);
    }
    const entries = NAMES.filter(([change]) => counts.has(change)).map(([change, text]) =>
      h(
        "li",
        { "data-change": change },
        h("span", { class: "wb-diff-sign", "aria-hidden": "true" }, SIGNS[change]),
        counts.get(change) === 1 ? `1 ${text}` : `${counts.get(change)} ${text.replace(/^reads/, "read")}`,
      ),
    );
    const dead = counts.get("dead");
    if (dead) entries.push(h("li", {}, `${dead} dead line${dead === 1 ? "" : "s"} differ${dead === 1 ? "s" : ""}`));
    this.legend.replaceChildren(...entries);
    this.legend.hidden = entries.length === 0;
    this.element.classList.toggle("wb-diff-moves", counts.has("moved") || functions.some(({ rows }) => rows.some((row) => row.kind === "moved")));
  }

  private lay(): void {
    this.element.dataset.layout = this.narrow ? "inline" : this.layout;
    setAttributes(this.element, { "data-narrow": this.narrow });
    this.layouts.hidden = this.narrow;
  }

  private applyScope(): void {
    for (const section of this.sections) {
      for (const gap of section.list.querySelectorAll(".wb-diff-gap")) gap.remove();
      const { rows, items } = section;
      for (const item of items) if (item.hidden) item.hidden = false;
      if (this.scope === "all") continue;
      const differs = rows.map((row) => row.kind !== "same" || row.matters);
      // One line around each change, to see where it stands.
      const kept = rows.map((_, i) => differs[i] || differs[i - 1] || differs[i + 1]);
      for (let i = 0; i < rows.length; i += 1) {
        let end = i;
        while (end < rows.length && !kept[end]) end += 1;
        if (end - i > 1) this.addGap(section, i, end);
        i = end;
      }
    }
    this.reach();
  }

  private addGap({ items }: Section, start: number, end: number): void {
    const hidden = items.slice(start, end);
    const button = h("button", { type: "button", class: "wb-diff-open" });
    const set = (open: boolean) => {
      for (const item of hidden) item.hidden = !open;
      setAttributes(button, { "aria-expanded": String(open) });
      setText(button, open ? `▾ ${hidden.length} unchanged lines` : `▸ ${hidden.length} unchanged lines`);
    };
    set(false);
    button.addEventListener("click", () => set(button.getAttribute("aria-expanded") === "false"));
    const gap = h("li", { class: "wb-diff-gap", style: `grid-row: ${gridRow(start) - 1}` }, button);
    items[start]!.before(gap);
  }
}

/** Make these the children, and leave in place what is there already: it need not be drawn again. */
function arrange(parent: HTMLElement, wanted: HTMLElement[]): void {
  const set = new Set<Element>(wanted);
  for (const child of [...parent.children]) if (!set.has(child)) child.remove();
  let at = parent.firstElementChild;
  for (const child of wanted) {
    if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
  }
}
