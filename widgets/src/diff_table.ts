// Two programs line by line, side by side or one below the other.

import { changeOf, inWords, isEffective, moves, NAMES, SIGNS, ways, type DiffFunction, type DiffRow, type Move } from "./diff_rows";
import { h, setAttributes, setText } from "./dom";
import { DrawnRow } from "./drawn_row";
import { InSight } from "./in_sight";
import { reused } from "./reuse";
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
  empty: HTMLElement;
  rows: DiffRow[];
  drawn: DrawnRow[];
  arrows: { move: Move; element: HTMLElement }[];
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
  private readonly reach: () => void;
  private readonly sight: InSight;
  private sections: Section[] = [];
  private layout: Layout = "side";
  private scope: Scope = "all";
  private narrow = false;
  private carriers: HTMLElement[] = [];
  private lit: string | undefined;
  private told = "";

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
    this.sight = new InSight(signal);
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
    this.unmarkCarriers(); // rows are used again for other lines
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
    if (!this.heads.firstChild) this.heads.append(h("span", { class: "wb-diff-head-left" }), h("span", { class: "wb-diff-head-right" }));
    [...this.heads.children].forEach((head, i) => setText(head, titles[i]!));
    this.updateLegend(diff);
    this.sections = diff.functions.map((one) => this.section(one, this.sections.find(({ name }) => name === one.name)));
    arrange(this.body, this.sections.map(({ element }) => element));
    this.sight.wait();
    const stops = this.markStops();
    setText(this.count, stops === 0 ? "No changes" : `${stops} change${stops === 1 ? "" : "s"}`);
    for (const button of this.tools.querySelectorAll(".wb-diff-step")) setAttributes(button, { "aria-disabled": stops === 0 && "true" });
    this.applyScope();
  }

  /** Mark the lines of one program that carry a concept: "Learn-3", counted from 1. */
  markCarriers(side: "left" | "right", lines: ReadonlySet<string>): void {
    this.unmarkCarriers();
    for (const { name, rows, drawn } of this.sections) {
      rows.forEach((row, i) => {
        const line = side === "left" ? row.left_line : row.right_line;
        const shown = side === "left" ? row.left : row.right;
        if (shown !== null && lines.has(`${name}-${line}`)) this.carriers.push(drawn[i]!.element);
      });
    }
    for (const row of this.carriers) row.classList.add("wb-carries");
  }

  private unmarkCarriers(): void {
    for (const row of this.carriers) row.classList.remove("wb-carries");
    this.carriers = [];
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
    const lines = rows.map((row, i) => inWords(row, down[i]!));
    const section = before ?? emptySection(name);
    for (const gap of section.list.querySelectorAll(".wb-diff-gap")) gap.remove();
    const kept = reused(section.drawn.map(({ words }) => words!), lines);
    const drawn = lines.map((words, i) => {
      const row = section.drawn[kept[i]!] ?? new DrawnRow(words);
      this.sight.show(row, words);
      return row;
    });
    arrange(section.list, drawn.map(({ element }) => element));
    if (section.empty.hidden !== rows.length > 0) section.empty.hidden = rows.length > 0;
    for (const { element } of section.arrows) element.remove();
    const arrows = moves(rows, down).map((move) => ({ move, element: arrow(move) }));
    section.element.append(...arrows.map(({ element }) => element));
    // What once was a grid stays one, and the gutter stays wide: a replay would lay out all anew.
    if (arrows.length > 0) section.element.classList.add("wb-diff-moved");
    return { ...section, rows, drawn, arrows };
  }

  /** Where the keyboard stops: at what changed the effective code, else at all that differs. */
  private markStops(): number {
    const all = this.sections.flatMap(({ rows, drawn }) => rows.map((row, i) => [row, drawn[i]!.element] as const));
    const some = all.some(([row]) => row.matters);
    let count = 0;
    let moved = 0;
    for (const [row, item] of all) {
      const stop = some ? row.matters : row.kind !== "same";
      if (stop !== (item.dataset.stop !== undefined)) setAttributes(item, { "data-stop": stop });
      const reachable = stop || row.kind === "moved";
      if (reachable !== item.hasAttribute("tabindex")) setAttributes(item, { tabindex: reachable ? -1 : null });
      if (item.className !== "wb-diff-row") item.className = "wb-diff-row";
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
    const told = [...counts].join();
    if (functions.some(({ rows }) => rows.some((row) => row.kind === "moved"))) this.element.classList.add("wb-diff-moves");
    this.legend.hidden = counts.size === 0;
    if (told === this.told) return;
    this.told = told;
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
  }

  private lay(): void {
    this.element.dataset.layout = this.narrow ? "inline" : this.layout;
    setAttributes(this.element, { "data-narrow": this.narrow });
    this.layouts.hidden = this.narrow;
  }

  private applyScope(): void {
    for (const section of this.sections) {
      for (const gap of section.list.querySelectorAll(".wb-diff-gap")) gap.remove();
      const { rows, drawn } = section;
      for (const { element } of drawn) if (element.hidden) element.hidden = false;
      if (this.scope === "changes") this.leaveOut(section, rows);
      placeArrows(section);
    }
    this.reach();
  }

  private leaveOut(section: Section, rows: DiffRow[]): void {
    const differs = rows.map((row) => row.kind !== "same" || row.matters);
    // One line around each change, to see where it stands.
    const kept = rows.map((_, i) => differs[i] || differs[i - 1] || differs[i + 1]);
    for (let i = 0; i < rows.length; i += 1) {
      let end = i;
      while (end < rows.length && !kept[end]) end += 1;
      if (end - i > 1) addGap(section, i, end);
      i = end;
    }
  }
}

function addGap(section: Section, start: number, end: number): void {
  const left = section.drawn.slice(start, end).map(({ element }) => element);
  const button = h("button", { type: "button", class: "wb-diff-open" });
  const set = (open: boolean) => {
    for (const item of left) item.hidden = !open;
    setAttributes(button, { "aria-expanded": String(open) });
    setText(button, open ? `▾ ${left.length} unchanged lines` : `▸ ${left.length} unchanged lines`);
  };
  set(false);
  button.addEventListener("click", () => {
    set(button.getAttribute("aria-expanded") === "false");
    placeArrows(section);
  });
  left[0]!.before(h("li", { class: "wb-diff-gap" }, button));
}

function emptySection(name: string): Section {
  const list = h("ol", { class: "wb-diff-rows" });
  const empty = h("p", { class: "wb-note" }, "Empty in both");
  const head = h("h4", {}, h("span", { class: "wb-function-name" }, name));
  const element = h("div", { class: "wb-diff-function", role: "group", "aria-label": name }, head, list, empty);
  return { name, element, list, empty, rows: [], drawn: [], arrows: [] };
}

function arrow({ pair, down, matters }: Move): HTMLElement {
  return h("div", { class: "wb-diff-arrow", "aria-hidden": "true", "data-pair": pair, "data-way": down ? "down" : "up", "data-matters": matters }, h("i", {}));
}

/** Draw arrows between the lines of the grid: the head is its first, and what is in sight follows. */
function placeArrows({ list, drawn, arrows }: Section): void {
  if (arrows.length === 0) return;
  const lines = new Map<Element, number>();
  for (const item of list.children) if (!(item as HTMLElement).hidden) lines.set(item, lines.size + 2);
  for (const { move, element } of arrows) {
    const [from, to] = [move.from, move.to].map((row) => lines.get(drawn[row]!.element));
    setAttributes(element, { style: `grid-row: ${from} / ${to}; --lane: ${move.lane}` });
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
