// A value after each example, as a curve that shows where the reader stands.

import { h, setAttributes, setText } from "./dom";
import { short } from "./format";
import { numeral } from "./numbers";
import { linearScale, wholeStep } from "./scales";
import { rowsOf } from "./step_table";

export interface Watch {
  address: string;
  element: number[] | null;
  every: number;
  low: (number | null)[];
  high: (number | null)[];
  nan: number[];
  infinite: number[];
}

export interface Span {
  visits: number;
  epochs: number;
  train: number;
  valid: number;
}

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 170;
const LEFT = 56;
const RIGHT = 22;
const TOP = 12;
const BOTTOM = 34;

export class WatchCurve {
  readonly element: HTMLElement;
  private readonly title = h("h4", {});
  private readonly svg = document.createElementNS(SVG, "svg");
  private readonly room = h("div", {});
  private readonly said = h("span", { class: "wb-facts", "aria-live": "polite" });
  private readonly tableBody = h("div", {});
  private readonly table = h("details", { class: "wb-curve-table" }, h("summary", { "data-key": "watch-table" }, "Curve as a table"), this.tableBody);
  private watch: Watch | undefined;
  private span: Span = { visits: 1, epochs: 1, train: 1, valid: 0 };
  private visit = -1;
  private width = 0;
  private drawn = "";

  constructor(go: (visit: number) => void, errorButton: HTMLElement, signal: AbortSignal) {
    this.element = h(
      "section",
      { class: "wb-watch", "aria-label": "Watched value" },
      h("div", { class: "wb-bar" }, this.title, this.said, errorButton),
    );
    setAttributes(this.svg, { class: "wb-watch-curve", role: "img", height: HEIGHT });
    this.room.append(this.svg);
    this.element.append(this.room, this.table);
    this.table.addEventListener("toggle", () => this.fillTable(), { signal });
    const size = new ResizeObserver(() => this.draw());
    size.observe(this.room);
    signal.addEventListener("abort", () => size.disconnect());
    const visitAt = (event: MouseEvent) => {
      const x = event.clientX - this.svg.getBoundingClientRect().left;
      const share = (x - LEFT) / Math.max(1, this.width - LEFT - RIGHT);
      return Math.max(0, Math.min(this.span.visits - 1, Math.round(share * (this.span.visits - 1))));
    };
    this.svg.addEventListener("click", (event) => go(visitAt(event)), { signal });
    this.svg.addEventListener("pointermove", (event) => setText(this.said, this.read(visitAt(event))), { signal });
    this.svg.addEventListener("pointerleave", () => setText(this.said, ""), { signal });
  }

  update(watch: Watch, span: Span, visit: number): void {
    this.watch = watch;
    this.span = span;
    this.visit = visit;
    this.draw();
  }

  name(): string {
    const { address, element } = this.watch!;
    if (address === "error") return "Error";
    if (element?.length) return `${address}[${element.join(", ")}]`;
    return address[0] === "s" ? address : `Length of ${address}`;
  }

  /** What was there after an example. */
  private read(visit: number): string {
    return `${this.place(visit)}: ${this.value(visit)}`;
  }

  private value(visit: number): string {
    const { low, high, every, nan, infinite } = this.watch!;
    const i = Math.floor(visit / every);
    const marks = [nan.includes(i) && "NaN", infinite.includes(i) && "∞"].filter(Boolean);
    const range = low[i] === null ? [] : low[i] === high[i] ? [numeral(low[i]!)] : [`${numeral(low[i]!)} to ${numeral(high[i]!)}`];
    return [...range, ...marks].join(", ");
  }

  private place(visit: number): string {
    const { train, valid } = this.span;
    const epoch = Math.floor(visit / (train + valid));
    const within = visit % (train + valid);
    // Training or validation that broke off shifts what comes after it.
    const exact = this.span.visits === this.span.epochs * (train + valid);
    if (!exact) return `example ${visit + 1} of those shown`;
    return within < train
      ? `epoch ${epoch + 1}, training example ${within + 1}`
      : `epoch ${epoch + 1}, validation example ${within - train + 1}`;
  }

  /** Some examples at equal distances, and the first that are not finite. */
  private fillTable(): void {
    if (!this.table.open || !this.watch) return;
    const { low, every, nan, infinite } = this.watch;
    const rows = [...new Set([...rowsOf(low.length), ...nan.slice(0, 1), ...infinite.slice(0, 1)])].sort((a, b) => a - b);
    this.tableBody.replaceChildren(
      h(
        "table",
        {},
        h("caption", { class: "wb-hidden" }, `${this.name()} after examples`),
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "After"), h("th", { scope: "col" }, this.name()))),
        h("tbody", {}, ...rows.map((row) => h("tr", {}, h("th", { scope: "row" }, this.place(row * every)), h("td", {}, this.value(row * every))))),
      ),
    );
  }

  private draw(): void {
    if (!this.watch) return;
    const width = Math.round(this.room.clientWidth) || 600;
    const key = `${width} ${JSON.stringify([this.watch.address, this.watch.element])}`;
    if (key !== this.drawn) {
      this.drawn = key;
      this.width = width;
      setAttributes(this.svg, { width, viewBox: `0 0 ${width} ${HEIGHT}` });
      this.drawCurve();
      this.fillTable();
    }
    this.drawHere();
  }

  private x(visit: number): number {
    return LEFT + (Math.max(0, visit) / Math.max(1, this.span.visits - 1)) * (this.width - LEFT - RIGHT);
  }

  private drawHere(): void {
    this.svg.querySelector(".wb-watch-here")?.remove();
    const x = this.x(this.visit);
    this.svg.append(
      node("g", { class: "wb-watch-here" }, node("path", { d: `M${x} ${TOP - 6}V${HEIGHT - BOTTOM}` }), node("path", { d: `M${x - 5} ${TOP - 10}h10l-5 7z`, class: "wb-watch-flag" })),
    );
  }

  private drawCurve(): void {
    const { low, high, every, nan, infinite } = this.watch!;
    const finite = [...low, ...high].filter((value): value is number => value !== null);
    let [from, to] = [Math.min(0, ...finite), Math.max(0, ...finite)];
    if (to === from) to = from + 1;
    const scale = linearScale(from, to, 5, numeral);
    const bottom = HEIGHT - BOTTOM;
    const y = (value: number) => bottom - scale.place(value) * (bottom - TOP - 8);
    const parts: Node[] = [];
    for (const { value, label } of scale.ticks) {
      parts.push(node("path", { class: "wb-watch-grid", d: `M${LEFT} ${y(value)}H${this.width - RIGHT}` }));
      parts.push(text(LEFT - 7, y(value) + 4, "end", label));
    }
    parts.push(...this.validation(bottom));
    for (const { value, label } of linearScale(1, this.span.visits, Math.max(2, this.width / 130), short, wholeStep).ticks) {
      if (value >= 1) parts.push(text(this.x(value - 1), bottom + 15, "middle", label));
    }
    parts.push(text(LEFT + (this.width - LEFT - RIGHT) / 2, HEIGHT - 3, "middle", "Examples shown, training and validation of all epochs"));
    const point = (value: number, i: number) => `${this.x(i * every).toFixed(1)} ${y(value).toFixed(1)}`;
    let [path, pen] = ["", "M"];
    low.forEach((value, i) => {
      if (value === null) {
        pen = "M";
        return;
      }
      path += `${pen}${point(value, i)}${high[i] === value ? "" : `L${point(high[i]!, i)}`}`;
      pen = "L";
    });
    parts.push(node("path", { class: "wb-watch-line", d: path || "M0 0" }));
    for (const [list, glyph, where] of [[nan, "×", TOP + 2], [infinite, "∞", TOP + 2]] as const) {
      const shown = list.length > 200 ? list.filter((_, i) => i % Math.ceil(list.length / 200) === 0) : list;
      for (const i of shown) parts.push(text(this.x(i * every), where, "middle", glyph, "wb-watch-bad"));
    }
    this.svg.replaceChildren(...parts);
    setText(this.title, this.name());
    const bad = [nan.length && "NaN", infinite.length && "infinities"].filter(Boolean).join(" and ");
    setAttributes(this.svg, {
      "aria-label": `${this.name()} after each of ${this.span.visits} examples: ${finite.length ? `from ${numeral(Math.min(...finite))} to ${numeral(Math.max(...finite))}` : "no finite value"}${bad ? `, with ${bad}` : ""}. A click goes there.`,
    });
  }

  /** Validation stands on a ground of its own. */
  private validation(bottom: number): Node[] {
    const { epochs, train, valid, visits } = this.span;
    if (!valid || visits !== epochs * (train + valid) || epochs > 50) return [];
    return Array.from({ length: epochs }, (_, epoch) => {
      const from = epoch * (train + valid) + train;
      const [left, right] = [this.x(from - 0.5), this.x(from + valid - 0.5)];
      return node(
        "g",
        {},
        node("rect", { class: "wb-watch-valid", x: left, y: TOP, width: Math.max(1, Math.min(right, this.width - RIGHT) - left), height: bottom - TOP }),
        right - left > 66 ? text((left + right) / 2, TOP + 11, "middle", "validation") : node("g", {}),
      );
    });
  }
}

function node(name: string, attributes: Record<string, string | number>, ...children: Node[]): Element {
  const element = document.createElementNS(SVG, name);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

function text(x: number, y: number, anchor: string, content: string, className = "wb-watch-text"): Element {
  const element = node("text", { x, y, "text-anchor": anchor, class: className });
  element.textContent = content;
  return element;
}
