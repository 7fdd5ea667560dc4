// Estimates with their intervals, a row each: a dot, a line from end to end, an axis above.

import { h, setAttributes } from "./dom";
import { rove } from "./rove";
import { linearScale, type Scale } from "./scales";

export interface Mark {
  value: number;
  /** Ends of the interval; null where there is none. */
  low: number | null;
  high: number | null;
  /** "main": filled if clear, hollow if not; "control": a ring. */
  kind: "main" | "control";
  clear?: boolean;
}

export interface IntervalRow {
  key: string;
  name: string;
  marks: Mark[];
  /** Instead of marks: why there are none. */
  note?: string;
  /** What stands at the end of the row. */
  end: string;
  /** The row in words. */
  says: string;
}

export interface Axis {
  title: string;
  /** Ends of the axis; where not given, they follow from the rows. */
  from?: number;
  to?: number;
  end: string;
  label: (value: number) => string;
}

const ROOM = 0.06;
const TICKS = 5;

export class IntervalChart {
  readonly element: HTMLElement;
  private readonly axis = h("div", { class: "wb-interval-axis", "aria-hidden": "true" });
  private readonly list: HTMLElement;
  private readonly reach: () => void;

  /** With `choose`, rows are buttons that call it with their key. */
  constructor(
    label: string,
    private readonly choose: ((key: string) => void) | undefined,
    signal: AbortSignal,
  ) {
    this.list = h("ol", { class: "wb-interval-rows", "aria-label": label });
    this.element = h("div", { class: "wb-intervals" }, this.axis, this.list);
    this.reach = rove(this.list, ".wb-interval-row", signal);
    this.list.addEventListener(
      "click",
      (event) => {
        const key = (event.target as Element).closest<HTMLElement>("button.wb-interval-row")?.dataset.row;
        if (key !== undefined) this.choose?.(key);
      },
      { signal },
    );
  }

  show(rows: IntervalRow[], axis: Axis): void {
    const focused = this.list.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.row : undefined;
    const scale = scaleOf(rows, axis);
    this.axis.replaceChildren(
      h("span", { class: "wb-interval-title" }, axis.title),
      h("div", { class: "wb-interval-ticks" }, ...scale.ticks.map(({ value, label }) => h("span", { style: at(scale, value) }, label))),
      h("span", { class: "wb-interval-end" }, axis.end),
    );
    const grid = scale.ticks.map(({ value }) => h("i", { class: value === 0 ? "wb-interval-zero" : "wb-interval-grid", style: at(scale, value) }));
    this.list.replaceChildren(...rows.map((row) => h("li", {}, this.row(row, scale, grid))));
    this.reach();
    if (focused !== undefined) this.list.querySelector<HTMLElement>(`[data-row="${focused}"]`)?.focus();
  }

  /** Mark the row that was chosen. */
  mark(key: string | undefined): void {
    for (const row of this.list.querySelectorAll<HTMLElement>("button.wb-interval-row")) {
      setAttributes(row, { "aria-pressed": String(row.dataset.row === key) });
    }
  }

  private row(row: IntervalRow, scale: Scale, grid: HTMLElement[]): HTMLElement {
    const content = [
      h("span", { class: "wb-hidden" }, row.says),
      h("span", { class: "wb-interval-name", "aria-hidden": "true" }, row.name),
      h(
        "span",
        { class: "wb-interval-track", "aria-hidden": "true" },
        ...(row.note ? [h("span", { class: "wb-interval-note" }, row.note)] : grid.map((one) => one.cloneNode())),
        ...row.marks.flatMap((mark) => drawn(mark, scale)),
      ),
      h("span", { class: "wb-interval-value", "aria-hidden": "true" }, row.end),
    ];
    const attributes = { class: "wb-interval-row", "data-row": row.key, tabindex: -1, title: row.says };
    if (!this.choose || row.marks.length === 0) return h("div", attributes, ...content);
    return h("button", { ...attributes, type: "button", "aria-pressed": "false", "data-key": `row-${row.key}` }, ...content);
  }
}

function drawn({ value, low, high, kind, clear }: Mark, scale: Scale): HTMLElement[] {
  const parts = [];
  if (low !== null && high !== null) {
    const [from, to] = [inside(scale.place(low)), inside(scale.place(high))];
    parts.push(h("i", { class: `wb-interval-line wb-interval-${kind}`, style: `left:${percent(from)};width:${percent(to - from)}` }));
  }
  parts.push(h("i", { class: `wb-interval-dot wb-interval-${kind}`, "data-clear": clear !== false, style: `left:${percent(inside(scale.place(value)))}` }));
  return parts;
}

/** An axis that holds all rows, and 0. */
export function scaleOf(rows: IntervalRow[], { from, to, label }: Axis): Scale {
  const values = rows.flatMap(({ marks }) => marks.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value])).filter(Number.isFinite);
  const lowest = from ?? Math.min(0, ...values);
  const highest = to ?? Math.max(0, ...values);
  const span = highest - lowest || 1;
  return linearScale(from ?? lowest - ROOM * span, to ?? highest + ROOM * span, TICKS, (value) => label(Math.abs(value) < 1e-9 * span ? 0 : value));
}

function inside(place: number): number {
  return Math.min(1, Math.max(0, place));
}

function at(scale: Scale, value: number): string {
  return `left:${percent(scale.place(value))}`;
}

function percent(place: number): string {
  return `${(100 * place).toFixed(2)}%`;
}
