// The steps that mattered as a row of cards, of which only those in sight exist.

import { h, setAttributes, setText } from "./dom";
import { fitness } from "./format";
import { gain, whole, type Lineage } from "./lineage_data";
import { node } from "./svg";

const CARD = 184;
const GAP = 44;
const PITCH = CARD + GAP;
const END = 16;
const LINKS = 30;

interface Card {
  element: HTMLElement;
  number: HTMLElement;
  badge: HTMLElement;
  name: HTMLElement;
  gain: HTMLElement;
  fitness: HTMLElement;
  individuals: HTMLElement;
  gap: HTMLElement;
  position: number;
  version: number;
  chosen: boolean | undefined;
}

let strips = 0;

export class LineageCards {
  readonly element: HTMLElement;
  /** Lines from the cards in sight to where they stand in the chart above. */
  readonly links: SVGElement;
  private readonly strip: HTMLElement;
  private readonly track = h("div", { class: "wb-cards-track" });
  private readonly lines = node("path", { class: "wb-card-links" });
  private readonly line = node("path", { class: "wb-card-link-here" });
  private readonly id = `wb-cards-${++strips}`;
  private readonly cards: Card[] = [];
  private lineage: Lineage | undefined;
  private path: number[] = [];
  private at = 0;
  private width = 0;
  private left = 0;
  private version = 0;

  constructor(
    private readonly go: (position: number) => void,
    private readonly chartX: (position: number) => number,
    signal: AbortSignal,
  ) {
    this.strip = h("div", { class: "wb-cards", role: "listbox", tabindex: 0, "aria-label": "Steps that mattered", "aria-orientation": "horizontal", "data-key": "cards" }, this.track);
    this.links = node("svg", { class: "wb-card-links-room", height: LINKS, "aria-hidden": "true" }, this.lines, this.line);
    this.element = h("div", { class: "wb-cards-room" });
    this.element.append(this.links, this.strip);
    const size = new ResizeObserver(() => this.resize());
    size.observe(this.strip);
    signal.addEventListener("abort", () => size.disconnect());
    this.strip.addEventListener(
      "scroll",
      () => {
        if (!this.strip.clientWidth || Math.abs(this.strip.scrollLeft - this.left) < 1) return;
        this.left = this.strip.scrollLeft;
        this.render();
      },
      { signal, passive: true },
    );
    this.track.addEventListener(
      "click",
      (event) => {
        const card = (event.target as Element).closest<HTMLElement>("[data-position]");
        if (card) this.go(Number(card.dataset.position));
      },
      { signal },
    );
  }

  show(lineage: Lineage, path: number[]): void {
    this.lineage = lineage;
    this.path = path;
    this.version += 1;
    this.track.style.width = `${path.length * PITCH + END}px`;
    this.resize();
  }

  select(position: number): void {
    this.at = position;
    const most = Math.max(0, this.path.length * PITCH + END - this.width);
    const left = Math.round(Math.max(0, Math.min(most, position * PITCH + GAP + CARD / 2 - this.width / 2)));
    if (left !== this.left) {
      this.left = left;
      this.strip.scrollLeft = left;
    }
    this.render();
  }

  resize(): void {
    // A host that takes the view out of the page for a while loses how far it was scrolled.
    if (this.width && !this.strip.clientWidth) return;
    this.width = this.strip.clientWidth || 800;
    setAttributes(this.links, { width: this.width, viewBox: `0 0 ${this.width} ${LINKS}` });
    this.select(this.at);
    this.strip.scrollLeft = this.left;
  }

  private render(): void {
    const { lineage, path, width, left } = this;
    if (!lineage) return;
    const first = Math.max(0, Math.floor(left / PITCH) - 1);
    const last = Math.min(path.length - 1, Math.ceil((left + width) / PITCH));
    const pool = Math.ceil(width / PITCH) + 3;
    // In a larger pool each has another place: one left as it was would stand there twice.
    if (this.cards.length < pool) for (const card of this.cards) card.version = -1;
    while (this.cards.length < pool) this.cards.push(this.make());
    // A card keeps its place in the pool, so that those that stay in sight stay as they are.
    let links = "";
    for (let position = first; position <= last; position++) {
      const card = this.cards[position % this.cards.length]!;
      if (card.position !== position || card.version !== this.version) this.fill(card, lineage, position);
      const chosen = position === this.at;
      if (chosen !== card.chosen) setAttributes(card.element, { "aria-selected": String((card.chosen = chosen)) });
      const x = position * PITCH + GAP + CARD / 2 - left;
      const link = `M${this.chartX(position).toFixed(1)} 0C${this.chartX(position).toFixed(1)} ${LINKS * 0.6} ${x.toFixed(1)} ${LINKS * 0.4} ${x.toFixed(1)} ${LINKS}`;
      if (chosen) setAttributes(this.line, { d: link });
      else if (x > 0 && x < width) links += link;
    }
    setAttributes(this.lines, { d: links || "M0 0" });
    // Others rest where they are, out of sight, unless they are of another lineage.
    for (const { element, version } of this.cards) if (element.hidden !== (version !== this.version)) element.hidden = !element.hidden;
    setAttributes(this.strip, { "aria-activedescendant": path.length > 0 && `${this.id}-${this.at}` });
  }

  private make(): Card {
    const [number, badge, name] = [h("b", {}), h("span", { class: "wb-card-badge" }), h("span", { class: "wb-card-name" })];
    const [won, fit, individuals] = [h("span", { class: "wb-card-gain" }), h("span", {}), h("span", { class: "wb-card-at" })];
    const gap = h("span", { class: "wb-card-gap" });
    const element = h(
      "div",
      { class: "wb-card", role: "option" },
      gap,
      h("span", { class: "wb-card-head" }, number, badge),
      name,
      h("span", { class: "wb-card-numbers" }, won, fit),
      individuals,
    );
    this.track.append(element);
    return { element, number, badge, name, gain: won, fitness: fit, individuals, gap, position: -1, version: -1, chosen: undefined };
  }

  private fill(card: Card, lineage: Lineage, position: number): void {
    const number = this.path[position]!;
    const step = lineage.step(number);
    const before = position > 0 ? lineage.step(this.path[position - 1]!) : undefined;
    const best = lineage.best(number);
    const skipped = lineage.skipped(number);
    card.position = position;
    card.version = this.version;
    card.element.style.transform = `translateX(${position * PITCH + GAP}px)`;
    setAttributes(card.element, {
      id: `${this.id}-${position}`,
      "data-position": position,
      "data-way": !before ? "first" : step.gain < 0 ? "down" : step.gain > 0 ? "up" : "level",
      "data-leap": before !== undefined && isLeap(before.fitness, step.fitness),
      "aria-setsize": this.path.length,
      "aria-posinset": position + 1,
    });
    setText(card.number, String(position + 1));
    setText(card.badge, best?.selected ? "★ winner" : best ? "◆ new best" : "");
    setText(card.name, lineage.mutation(number).name);
    setText(card.gain, before ? `${step.gain < 0 ? "▼" : "▲"} ${gain(step.gain)}` : "");
    setText(card.fitness, fitness(step.fitness));
    setText(card.individuals, `individual ${whole(step.individuals)}`);
    setText(card.gap, skipped > 0 ? whole(skipped) : "");
    setAttributes(card.gap, { title: skipped > 0 && `${whole(skipped)} step${skipped === 1 ? "" : "s"} without effect in between` });
  }
}

/** Whether a step closed at least a tenth of what was missing to 1. */
export function isLeap(before: number, after: number): boolean {
  return after - before >= 0.1 * (1 - before) && after > before;
}
