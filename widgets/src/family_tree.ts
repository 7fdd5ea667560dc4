// The recorded bests of a run and who descends from whom; a click goes to one.

import { h, setAttributes } from "./dom";
import { fitness, short } from "./format";
import { whole, type Best, type Lineage } from "./lineage_data";
import { rove } from "./rove";
import { node, label as text } from "./svg";

const LEFT = 20;
const RIGHT = 24;
const TOP = 20;
const LANE = 24;
const BOTTOM = 40;
const CLOSEST = 12;
const WIDEST = 64;

export class FamilyTree {
  readonly element: HTMLElement;
  private readonly svg = node("svg", { class: "wb-tree", role: "group", "aria-label": "Family tree of the recorded bests" });
  private readonly ring = node("circle", { class: "wb-tree-here", r: 9.5, visibility: "hidden" });
  private readonly places = new Map<number, [number, number]>();
  private readonly reach: () => void;
  private lineage: Lineage | undefined;
  private path: number[] = [];
  private position = 0;
  private width = 0;

  constructor(go: (step: number) => void, signal: AbortSignal) {
    this.element = h("div", { class: "wb-tree-room" });
    this.element.append(this.svg);
    this.reach = rove(this.element, "[data-step]", signal);
    const size = new ResizeObserver(() => {
      if (Math.round(this.element.clientWidth) !== this.width) this.draw();
    });
    size.observe(this.element);
    signal.addEventListener("abort", () => size.disconnect());
    const choose = (event: Event) => {
      const step = (event.target as Element).closest<SVGElement>("[data-step]")?.dataset.step;
      if (step !== undefined) go(Number(step));
      return step !== undefined;
    };
    this.element.addEventListener("click", choose, { signal });
    this.element.addEventListener(
      "keydown",
      (event) => {
        if ((event.key !== "Enter" && event.key !== " ") || !choose(event)) return;
        event.preventDefault();
        event.stopPropagation();
      },
      { signal },
    );
  }

  show(lineage: Lineage): void {
    this.lineage = lineage;
    this.draw();
  }

  /** Ring the newest best on the way to a step: the last one at or before it. */
  select(path: number[], position: number): void {
    this.path = path;
    this.position = position;
    this.mark();
  }

  private mark(): void {
    const { lineage, path, position } = this;
    if (!lineage) return;
    let best: Best | undefined;
    for (let i = position; i >= 0 && !best; i--) best = lineage.best(path[i]!);
    const place = best && this.places.get(best.event);
    setAttributes(this.ring, place ? { cx: place[0], cy: place[1], visibility: null } : { visibility: "hidden" });
  }

  private draw(): void {
    const { lineage } = this;
    this.width = Math.round(this.element.clientWidth);
    const bests = lineage?.part.bests ?? [];
    this.element.hidden = bests.length === 0;
    if (!lineage || bests.length === 0) return;
    const room = (this.width || 700) - LEFT - RIGHT;
    const pitch = Math.max(CLOSEST, Math.min(WIDEST, room / Math.max(1, bests.length - 1)));
    const width = Math.max(this.width || 700, LEFT + RIGHT + pitch * (bests.length - 1));
    const lanes = Math.max(...bests.map((best) => best.lane));
    const height = TOP + lanes * LANE + BOTTOM;
    this.places.clear();
    for (const best of bests) this.places.set(best.event, [LEFT + best.column * pitch, TOP + best.lane * LANE]);
    setAttributes(this.svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    this.svg.replaceChildren(...this.axis(bests, pitch, height), ...this.edges(bests), this.ring, ...bests.map((best) => this.knot(best)));
    this.mark();
    this.reach();
  }

  private axis(bests: Best[], pitch: number, height: number): Node[] {
    const every = Math.max(1, Math.ceil(64 / pitch));
    const parts: Node[] = bests
      .filter((best) => best.column % every === 0)
      .map((best) => text(LEFT + best.column * pitch, height - 22, "middle", short(best.individuals), "wb-chart-tick"));
    parts.push(text(LEFT - 10, height - 5, "start", "Individuals at each new best, in the order in which they were found", "wb-chart-title"));
    return parts;
  }

  private edges(bests: Best[]): Node[] {
    const events = new Map(bests.map((best) => [best.event, best]));
    const draw = (main: boolean) =>
      bests
        .filter((best) => best.parent !== null && events.has(best.parent) && (best.main && events.get(best.parent)!.main) === main)
        .map((best) => {
          const [[x, y], [fromX, fromY]] = [this.places.get(best.event)!, this.places.get(best.parent!)!];
          if (y === fromY) return `M${fromX} ${fromY}H${x}`;
          const turn = Math.min(x - fromX, 14);
          return `M${fromX} ${fromY}C${fromX + turn * 0.7} ${fromY} ${fromX + turn * 0.3} ${y} ${fromX + turn} ${y}H${x}`;
        })
        .join("");
    return [node("path", { class: "wb-tree-edge", d: draw(false) || "M0 0" }), node("path", { class: "wb-tree-edge wb-tree-main", d: draw(true) || "M0 0" })];
  }

  private knot(best: Best): Node {
    const [x, y] = this.places.get(best.event)!;
    const line = best.main ? "on the main line" : "on a side branch";
    const label = `${best.selected ? "The winner" : "A new best"} ${line}: fitness ${fitness(best.fitness)} at individual ${whole(best.individuals)}`;
    const shape = best.selected
      ? node("path", { d: "M0-7.5L2.2-2.4L7.5-2.2L3.4 1.2L4.8 6.6L0 3.6L-4.8 6.6L-3.4 1.2L-7.5-2.2L-2.2-2.4z" })
      : node("circle", { r: best.main ? 4.5 : 4 });
    const knot = node("g", { class: "wb-tree-knot", transform: `translate(${x} ${y})` }, node("circle", { class: "wb-tree-reach", r: 11 }), shape);
    const title = node("title", {});
    title.textContent = label;
    knot.prepend(title);
    setAttributes(knot, {
      "data-kind": best.selected ? "winner" : best.main ? "main" : "side",
      "data-step": best.step,
      "data-row": best.lane,
      role: best.step !== null && "button",
      "aria-label": label,
    });
    return knot;
  }
}
