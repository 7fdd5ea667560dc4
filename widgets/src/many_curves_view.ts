// The curves of the selected runs with what is chosen of them, legend, table and files.

import type { Channel } from "./channel";
import { h, setAttributes, setText } from "./dom";
import { short } from "./format";
import { swatch } from "./line_styles";
import { ManyCurves } from "./many_curves";
import { middle, rowAt, unpackLines } from "./many_lines";
import { segmented } from "./segmented";

interface Option {
  value: string;
  label: string;
}

const TABLE_ROWS = 11;
const TABLE_LINES = 12;
const ZOOM_MS = 90;

export class ManyCurvesView {
  readonly element: HTMLElement;
  readonly curves: ManyCurves;
  private readonly legend = h("ul", { class: "wb-lines", "aria-label": "Lines; press to hide or show" });
  private readonly measure: HTMLSelectElement;
  private readonly axis: HTMLSelectElement;
  private readonly group: HTMLSelectElement;
  private readonly whole: HTMLButtonElement;
  private readonly axes: HTMLElement;
  private readonly note = h("p", { class: "wb-note wb-lines-note", role: "status" });
  private readonly table: HTMLDetailsElement;
  private readonly tableBody = h("div", { class: "wb-scroll-x" });
  private readonly files: HTMLElement;
  private revision: unknown;
  private asked: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly channel: Channel,
    view: string,
    private readonly signal: AbortSignal,
  ) {
    this.curves = new ManyCurves(() => this.askSoon(), signal);
    this.measure = this.select("measure", "What is drawn");
    this.axis = this.select("x", "What the horizontal axis counts");
    this.group = this.select("group", "What runs are grouped by");
    this.whole = this.button("All", "zoom-all", "All: show the whole axis (0)", () => this.curves.showAll());
    const zooms = h(
      "div",
      { class: "wb-zooms", role: "group", "aria-label": "Zoom" },
      this.button("−", "zoom-out", "Zoom out (−)", () => this.curves.zoom(2)),
      this.button("+", "zoom-in", "Zoom in (+); or drag across the curves", () => this.curves.zoom(0.5)),
      this.whole,
    );
    this.axes = segmented(
      "Fitness axis",
      [
        { value: "linear", label: "0 – 1", help: "Linear fitness axis" },
        { value: "nines", label: "Near 1", help: "Spread what is close to 1: −log₁₀(1 − fitness)" },
      ],
      "linear",
      (value) => {
        this.curves.yAxis = value as "linear" | "nines";
        this.curves.redraw();
      },
      signal,
    );
    this.files = h(
      "div",
      { class: "wb-files", role: "group", "aria-label": "Save the curves" },
      ...(["CSV", "Parquet", "SVG", "PNG"] as const).map((name) => [name, name.toLowerCase()] as const).map(([name, form]) =>
        this.button(name, `export-${form}`, `Save as ${name}`, () =>
          channel.send("export", { form, near_one: this.curves.yAxis === "nines", view }),
        ),
      ),
    );
    this.table = h("details", { class: "wb-curve-table" }, h("summary", { "data-key": "curves-table" }, "Curves as a table"), this.tableBody);
    this.table.addEventListener("toggle", () => this.fillTable(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.timer));
    this.listenToLegend();
    this.element = h(
      "section",
      { class: "wb-curve-section wb-many-section", "aria-label": "Curves of the selected runs" },
      h("div", { class: "wb-bar" }, h("h4", {}, "Curves"), this.axes, zooms, this.files),
      h("div", { class: "wb-bar wb-choices" }, labelled("Draw", this.measure), labelled("against", this.axis), labelled("grouped by", this.group)),
      this.legend,
      this.curves.element,
      this.note,
      this.table,
    );
  }

  update(): void {
    const part = this.channel.part("curves");
    const live = this.channel.link !== "none";
    for (const control of [this.measure, this.axis, this.group]) control.disabled = !live;
    this.files.hidden = !live;
    if (part.revision === this.revision) return;
    this.revision = part.revision;
    fill(this.measure, part.measures as Option[], String(part.measure));
    fill(this.axis, part.axes as Option[], String(part.x));
    fill(this.group, part.groups as Option[], String(part.group));
    this.axes.hidden = part.fitness === false;
    const { curves } = this;
    curves.shown = {
      lines: unpackLines(part),
      fitness: part.fitness !== false,
      stepped: part.stepped !== false,
      x: String(part.x ?? "individuals"),
      xTitle: String(part.xTitle ?? ""),
      yTitle: String(part.yTitle ?? ""),
    };
    curves.span = (part.span ?? [0, 1]) as [number, number];
    const window = (part.window ?? curves.span) as [number, number];
    // While the reader zooms on, what was asked for before must not pull back.
    if (this.timer === undefined && (this.asked === undefined || this.asked === String(window))) {
      curves.window = window;
      this.asked = undefined;
    }
    curves.emptyText = emptyText(part, this.channel.part("table"));
    this.whole.setAttribute("aria-disabled", String(!curves.zoomedIn));
    this.fillLegend();
    setText(this.note, noteText(part));
    this.fillTable();
    setAttributes(curves.element.firstElementChild!, { "aria-label": curves.describe() });
    curves.redraw();
  }

  /** Ask for the detail that a zoom can show, once the reader rests. */
  private askSoon(): void {
    this.whole.setAttribute("aria-disabled", String(!this.curves.zoomedIn));
    if (this.channel.link === "none") return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      const window = this.curves.zoomedIn ? this.curves.window : null;
      this.asked = String(window ?? this.curves.span);
      this.channel.send("zoom", { window, columns: this.curves.width });
    }, ZOOM_MS);
  }

  private listenToLegend(): void {
    const keyOf = (event: Event) => (event.target as Element).closest<HTMLElement>("button")?.dataset.line;
    const light = (event: Event) => {
      const key = event.type === "pointerover" || event.type === "focusin" ? keyOf(event) : undefined;
      if (key === this.curves.highlighted) return;
      this.curves.highlighted = key;
      this.curves.redraw();
    };
    for (const type of ["pointerover", "pointerleave", "focusin", "focusout"]) {
      this.legend.addEventListener(type, light, { signal: this.signal });
    }
    this.legend.addEventListener(
      "click",
      (event) => {
        const key = keyOf(event);
        if (key === undefined) return;
        const { hidden } = this.curves;
        if (!hidden.delete(key)) hidden.add(key);
        this.fillLegend();
        this.curves.redraw();
      },
      { signal: this.signal },
    );
  }

  private fillLegend(): void {
    const { shown, hidden } = this.curves;
    const focus = (document.activeElement as HTMLElement | null)?.dataset?.line;
    this.legend.replaceChildren(
      ...shown.lines.map((line) =>
        h(
          "li",
          {},
          h(
            "button",
            { type: "button", "data-line": line.key, "data-key": `line-${line.key}`, "aria-pressed": String(!hidden.has(line.key)), title: hidden.has(line.key) ? "Show" : "Hide" },
            swatch(line.slot),
            h("span", {}, line.label),
            line.y.length > 1 && h("span", { class: "wb-note" }, `${line.members} ${line.members === 1 ? "run" : "runs"}`),
          ),
        ),
      ),
      ...(shown.lines.some((line) => line.y.length > 1)
        ? [h("li", { class: "wb-note" }, "line: median; bands: 25–75 % and 5–95 % of the runs")]
        : []),
    );
    if (focus !== undefined) this.legend.querySelector<HTMLElement>(`[data-line="${CSS.escape(focus)}"]`)?.focus();
  }

  private fillTable(): void {
    if (!this.table.open) return;
    const { curves } = this;
    const lines = curves.visible().slice(0, TABLE_LINES);
    const [low, high] = curves.window;
    const places = Array.from({ length: TABLE_ROWS }, (_, i) => low + ((high - low) * i) / (TABLE_ROWS - 1));
    const row = (tag: "th" | "td", cells: string[]) =>
      h("tr", {}, ...cells.map((cell, i) => h(i === 0 ? "th" : tag, tag === "th" ? { scope: "col" } : i === 0 ? { scope: "row" } : {}, cell)));
    this.tableBody.replaceChildren(
      h(
        "table",
        {},
        h("caption", { class: "wb-hidden" }, `${curves.shown.yTitle} against ${curves.shown.xTitle}`),
        h("thead", {}, row("th", [curves.shown.xTitle, ...lines.map((line) => line.label)])),
        h(
          "tbody",
          {},
          ...places.map((x) =>
            row("td", [
              curves.xText(x),
              ...lines.map((line) => {
                const at = rowAt(line, x);
                return at < 0 ? "–" : curves.value(middle(line)[at]!);
              }),
            ]),
          ),
        ),
      ),
    );
  }

  private select(name: string, label: string): HTMLSelectElement {
    const select = h("select", { "aria-label": label, "data-key": `choose-${name}` });
    select.addEventListener("keydown", (event) => event.stopPropagation(), { signal: this.signal });
    select.addEventListener("change", () => this.channel.send("choose", { [name]: select.value }), { signal: this.signal });
    return select;
  }

  private button(text: string, key: string, title: string, action: () => void): HTMLButtonElement {
    const button = h("button", { type: "button", class: "wb-button wb-small", "data-key": key, title, "aria-label": title }, text);
    button.addEventListener("click", action, { signal: this.signal });
    return button;
  }
}

function labelled(text: string, control: HTMLElement): HTMLElement {
  return h("label", { class: "wb-axis" }, `${text} `, control);
}

function fill(select: HTMLSelectElement, options: Option[] | undefined, chosen: string): void {
  const text = JSON.stringify(options ?? []);
  if (select.dataset.options !== text) {
    select.dataset.options = text;
    select.replaceChildren(...(options ?? []).map(({ value, label }) => h("option", { value }, label)));
  }
  select.value = chosen;
}

function emptyText(part: Record<string, unknown>, table: Record<string, unknown>): string {
  const silent = (part.silent ?? []) as string[];
  if (Number(part.missing ?? 0) > 0) return "Reading the curves …";
  if (silent.length > 0) return "The selected runs have no points on these axes yet.";
  return Number(table.all ?? 0) > 0 ? "Select runs in the table, and their curves appear here." : "Curves appear here once there is a run.";
}

function noteText(part: Record<string, unknown>): string {
  const [points, missing] = [Number(part.points ?? 0), Number(part.missing ?? 0)];
  if (missing > 0) return `Reading: ${short(points - missing)} of ${short(points)} points.`;
  const silent = (part.silent ?? []) as string[];
  const lines = (part.lines ?? []) as unknown[];
  return silent.length > 0 && lines.length > 0 ? `Nothing to draw yet of: ${silent.join(", ")}.` : "";
}
