// The concepts that a program has found, as chips; a click lights up the lines that carry one.

import { h, setAttributes, setText } from "./dom";
import { formula } from "./mathml";
import { rove } from "./rove";

export interface Effect {
  difference: number;
  /** NaN is sent as null: one task gives no interval. */
  low: number | null;
  high: number | null;
  pairs: number;
}

export interface Concept {
  name: string;
  certainty: number;
  math: string;
  meaning: string;
  helps: string;
  source: string;
  why: string;
  /** "Learn-3", counted from 1. */
  lines: string[];
  /** What the fitness loses without it, where that was measured. */
  effect?: Effect;
  /** Between two programs: which of them has it; the lines are that one's. */
  change?: "gained" | "lost" | "";
}

export interface ConceptPart {
  state?: "done" | "failed";
  version?: number;
  message?: string;
  items?: Concept[];
}

const SURE = 0.5;

export class ConceptChips {
  readonly element: HTMLElement;
  private readonly list = h("ul", { class: "wb-concept-list", "aria-label": "Concepts in this program", hidden: true });
  private readonly note = h("span", { class: "wb-note wb-concept-note", "aria-live": "polite" });
  private readonly more = h("button", { type: "button", class: "wb-button wb-small wb-concept-more", "data-key": "concept-more", "aria-expanded": "false" });
  private readonly tip = h("div", { class: "wb-concept-tip", hidden: true });
  private readonly detail = h("div", { class: "wb-concept-detail", role: "group", hidden: true });
  private readonly reach: () => void;
  private items: Concept[] = [];
  private pinned: string | undefined;
  private wanted: string | undefined;
  private shown = "";

  /** `light` takes the lines to light up, and the concept; neither at the end. */
  constructor(
    private readonly light: (lines: ReadonlySet<string>, item?: Concept) => void,
    signal: AbortSignal,
  ) {
    this.element = h(
      "section",
      { class: "wb-concepts", "aria-label": "Concepts" },
      h(
        "div",
        { class: "wb-concept-strip" },
        h("span", { class: "wb-concept-title", "aria-hidden": "true" }, "Concepts"),
        this.list,
        this.note,
        this.more,
        this.tip,
      ),
      this.detail,
    );
    this.reach = rove(this.list, ".wb-concept", signal);
    const size = new ResizeObserver(() => this.count());
    size.observe(this.list);
    signal.addEventListener("abort", () => size.disconnect());
    this.listen(signal);
  }

  /** Show what belongs to this version of the program; what belongs to another waits. */
  show(part: ConceptPart, version: number, link: string): void {
    const fresh = part.version === version;
    const shown = `${fresh} ${version} ${link} ${fresh && (part as { revision?: number }).revision}`;
    if (shown === this.shown) return;
    this.shown = shown;
    setAttributes(this.element, { "aria-busy": !fresh && "true" });
    if (!fresh) {
      // Chips of the program before stay for the moment, so that nothing jumps.
      this.light(new Set());
      for (const chip of this.list.querySelectorAll("button")) setAttributes(chip, { "aria-disabled": "true" });
      if (this.items.length === 0) setText(this.note, link === "none" ? "not named yet; run the cell to know them" : "being named …");
      this.detail.hidden = this.tip.hidden = true;
      return;
    }
    const focused = (document.activeElement as HTMLElement | null)?.dataset?.concept;
    const held = this.list.contains(document.activeElement);
    this.items = part.items ?? [];
    this.list.replaceChildren(...this.items.map((item) => h("li", {}, this.chip(item))));
    this.list.hidden = this.items.length === 0;
    setText(
      this.note,
      part.state === "failed" ? `could not be named: ${part.message ?? ""}` : this.items.length === 0 ? "no known concept found" : "",
    );
    this.reach();
    this.count();
    if (held) this.list.querySelector<HTMLElement>(`[data-concept="${focused}"]`)?.focus();
    const wanted = this.wanted ?? this.pinned;
    this.wanted = undefined;
    this.pin(this.find(wanted)?.name);
  }

  /** Light up a concept now, or when the concepts of the program are known. */
  choose(name: string | undefined): void {
    if (this.element.getAttribute("aria-busy") !== "true" && (name === undefined || this.find(name))) this.pin(name);
    else this.wanted = name;
  }

  private find(name: string | undefined): Concept | undefined {
    return this.items.find((item) => item.name === name);
  }

  private listen(signal: AbortSignal): void {
    const on = (name: string, action: (event: Event) => void) => this.element.addEventListener(name, action, { signal });
    const concept = (event: Event) => (event.target as Element).closest<HTMLElement>(".wb-concept");
    on("pointerover", (event) => {
      if (!(event.target as Element).closest(".wb-concept-tip")) this.showTip(concept(event));
    });
    on("pointerleave", () => this.showTip(null));
    on("focusin", (event) => this.showTip(concept(event)));
    on("focusout", () => this.showTip(null));
    this.more.addEventListener("click", () => this.open(this.more.getAttribute("aria-expanded") !== "true"), { signal });
    on("click", (event) => {
      const chip = concept(event);
      if (!chip || chip.getAttribute("aria-disabled") === "true") return;
      this.pin(chip.dataset.concept === this.pinned ? undefined : chip.dataset.concept);
      this.showTip(null);
    });
    this.element.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Escape" || (this.pinned === undefined && this.tip.hidden)) return;
        if (this.tip.hidden) this.pin(undefined);
        this.showTip(null);
        event.preventDefault();
        event.stopPropagation();
      },
      { signal },
    );
  }

  private open(open: boolean): void {
    this.list.classList.toggle("wb-concepts-all", open);
    setAttributes(this.more, { "aria-expanded": String(open) });
    this.count();
  }

  /** Chips stand in one row, whose height is there before they are; tell how many follow. */
  private count(): void {
    const chips = [...this.list.children] as HTMLElement[];
    const below = chips.filter((chip) => chip.offsetTop > chips[0]!.offsetTop).length;
    const open = this.more.getAttribute("aria-expanded") === "true";
    this.more.classList.toggle("wb-unseen", below === 0 && !open);
    setText(this.more, open ? "Fewer" : `${below} more`);
    setAttributes(this.more, { "aria-label": open ? "Fewer concepts" : `${below} more concepts` });
  }

  private chip(item: Concept): HTMLElement {
    return h(
      "button",
      {
        type: "button",
        class: item.certainty < SURE ? "wb-concept wb-concept-unsure" : "wb-concept",
        "data-concept": item.name,
        "data-key": `concept-${item.name}`,
        "aria-pressed": "false",
        "data-change": item.change,
      },
      item.change && h("b", { class: "wb-concept-sign" }, item.change === "gained" ? "+" : "−", h("span", { class: "wb-hidden" }, ` ${item.change}`), " "),
      item.name,
      " ",
      h("small", {}, sure(item)),
    );
  }

  private showTip(chip: HTMLElement | null): void {
    const item = this.find(chip?.dataset.concept);
    const hidden = !item || item.name === this.pinned || chip?.getAttribute("aria-disabled") === "true";
    this.tip.hidden = hidden;
    if (hidden) return;
    this.tip.replaceChildren(
      math(item),
      h("p", {}, h("b", {}, `${item.name}, ${sure(item)} certain: `), `${item.meaning}.`),
      h("p", { class: "wb-note" }, "A click lights up its lines."),
    );
    this.tip.style.left = "0";
    // Under its chip, but not beyond the edge.
    const room = this.element.clientWidth - this.tip.offsetWidth;
    const [at, strip] = [chip!.getBoundingClientRect(), this.tip.parentElement!.getBoundingClientRect()];
    this.tip.style.left = `${Math.max(0, Math.min(at.left - strip.left, room))}px`;
    this.tip.style.top = `${at.bottom - strip.top + 3}px`;
  }

  private pin(name: string | undefined): void {
    this.pinned = name;
    for (const chip of this.list.querySelectorAll<HTMLElement>(".wb-concept")) {
      setAttributes(chip, { "aria-pressed": String(chip.dataset.concept === name) });
      if (chip.dataset.concept === name) this.list.scrollTop = chip.parentElement!.offsetTop - (this.list.firstElementChild as HTMLElement).offsetTop;
    }
    const item = this.find(name);
    this.light(new Set(item?.lines), item);
    this.detail.hidden = !item;
    if (!item) return;
    setAttributes(this.detail, { "aria-label": item.name });
    const close = h("button", { type: "button", class: "wb-button wb-small", "data-key": "concept-close", "aria-label": "Close the concept" }, "Close");
    close.addEventListener("click", () => {
      this.list.querySelector<HTMLElement>(`[data-concept="${item.name}"]`)?.focus();
      this.pin(undefined);
    });
    const facts: [string, string][] = [
      ["What it is", sentence(item.meaning)],
      ["Why it helps", sentence(item.helps)],
      ["Here", `${sentence(item.why)}${item.lines.length ? ` Carried by ${where(item.lines)}.` : ""}`],
      ["Without it", item.effect ? effectWords(item.effect) : ""],
      ["Read on", item.source],
    ];
    this.detail.replaceChildren(
      h("div", { class: "wb-concept-head" }, h("b", {}, sentence(item.name, "")), math(item), h("span", { class: "wb-note" }, `${sure(item)} certain`), close),
      h("dl", {}, ...facts.filter(([, text]) => text).flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])),
    );
  }
}

function math(item: Concept): HTMLElement {
  const box = h("span", { class: "wb-concept-math" });
  box.append(formula(item.math) ?? "");
  return box;
}

function sure({ certainty }: Concept): string {
  // Nothing below 1 is rounded up to it.
  return `${Math.floor(100 * certainty + 1e-9)}\u202f%`;
}

/** A formula or a name such as v1 at the beginning keeps its letter. */
function sentence(text: string, end = "."): string {
  return text && text.replace(/^[a-z](?=[a-z '-])/, (letter) => letter.toUpperCase()) + end;
}

/** "Predict 1 and Learn 2, 3". */
export function where(lines: string[]): string {
  const groups = new Map<string, string[]>();
  for (const line of lines) {
    const [name = "", number = ""] = line.split("-");
    groups.set(name, [...(groups.get(name) ?? []), number]);
  }
  const texts = [...groups].map(([name, numbers]) => `${name} ${numbers.join(", ")}`);
  return texts.length > 1 ? `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}` : (texts[0] ?? "");
}

/** "The fitness falls by 0.12 (95 % interval 0.1 to 0.14, 20 fresh tasks)". */
export function effectWords({ difference, low, high, pairs }: Effect): string {
  const number = (value: number) => String(Number(value.toPrecision(2))).replace("-", "−");
  const tasks = `${pairs} fresh task${pairs === 1 ? "" : "s"}`;
  const interval = low === null || high === null ? tasks : `95 % interval ${number(low)} to ${number(high)}, ${tasks}`;
  if (low !== null && high !== null && low <= 0 && high >= 0) return `No clear change of the fitness: it loses ${number(difference)} (${interval}).`;
  const [way, size] = difference < 0 ? ["rises", -difference] : ["falls", difference];
  return `The fitness ${way} by ${number(size)} (${interval}).`;
}
