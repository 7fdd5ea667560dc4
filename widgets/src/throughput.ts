// How fast a search runs, what it saves, and how each population stands.

import type { Channel } from "./channel";
import { h, setAttributes, setText } from "./dom";
import { duration, fitness, percent, short } from "./format";
import { niceStep } from "./scales";
import { threadLanes, type ThreadsPart } from "./thread_lanes";
import type { Table } from "./table";
import { ValueTable } from "./value_table";

const PACE_MS = 1000;
const BINS = 60;
const [HEIGHT, LEFT, TOP, BOTTOM, RIGHT] = [110, 52, 18, 32, 16];

interface Population {
  individuals: number;
  best: number | null;
  median: number | null;
  failing: number | null;
}

export class Throughput {
  readonly element: HTMLDetailsElement;
  private readonly summary = h("span", { class: "wb-settings-summary" });
  private readonly line = h("div", { class: "wb-sparkline" });
  private readonly values: ValueTable;
  private readonly lanes = h("div", { class: "wb-lanes" });
  private readonly shares = h("dl", { class: "wb-shares" });
  private readonly table = h("div", { class: "wb-populations" });
  private drawn = 0;
  private waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly channel: Channel,
    signal: AbortSignal,
  ) {
    this.values = new ValueTable("Individuals per second", "throughput-table", ["Running time (s)", "Individuals/s"], signal);
    this.element = h(
      "details",
      { class: "wb-details wb-throughput" },
      h("summary", { "data-key": "throughput" }, h("span", { class: "wb-settings-title" }, "Throughput"), this.summary),
      h("div", { class: "wb-details-body" }, this.line, this.values.element, this.lanes, this.shares, this.table),
    );
    this.element.addEventListener("toggle", () => this.fill(), { signal });
    // Drawn in pixels, so drawn again when there is more or less room.
    const size = new ResizeObserver(() => {
      if (this.line.clientWidth !== this.drawn) requestAnimationFrame(() => this.fill());
    });
    size.observe(this.line);
    signal.addEventListener("abort", () => {
      size.disconnect();
      clearTimeout(this.waiting);
    });
  }

  update(): void {
    const counters = this.channel.part("counters");
    const known = Number(counters.individuals ?? 0) > 0;
    setText(
      this.summary,
      known
        ? `${short(counters.rate)} individuals/s · ${percent(counters.cache_hits, counters.individuals)} cache hits`
        : "Speed, cache hits and populations, once a search runs",
    );
    if (!this.element.open) return;
    this.waiting ??= setTimeout(() => {
      this.waiting = undefined;
      this.fill();
    }, PACE_MS);
  }

  private fill(): void {
    if (!this.element.open) return;
    const part = this.channel.part("throughput");
    this.drawn = this.line.clientWidth;
    const points = rates(this.channel.table);
    this.line.replaceChildren(sparkline(points, this.drawn || 600));
    this.values.show(points.map(({ seconds, rate }) => [seconds.toFixed(1), short(rate)]));
    this.lanes.replaceChildren(...threadLanes(this.channel.part("threads") as unknown as ThreadsPart, this.drawn || 600));
    this.fillShares(part);
    this.fillTable((part.populations ?? []) as Population[], Number(part.of ?? 1));
  }

  private fillShares(part: Record<string, any>): void {
    const counters = this.channel.part("counters");
    const all = Number(counters.individuals ?? 0);
    const rows: [string, string, unknown, boolean][] = [
      ["Cache hits", "Individuals that do the same as one seen before", counters.cache_hits, part.cache !== false],
      ["Stopped at the hurdle", "Individuals whose early validation was too poor to go on", counters.hurdle_stops, part.hurdle === true],
      ["Over budget", "Individuals that cost too much and got fitness 0", counters.over_budget, part.budget === true],
      ["Evaluated in full", "Individuals that were run on all tasks", counters.evaluations, true],
    ];
    this.shares.replaceChildren(
      ...rows.map(([name, help, count, used]) =>
        h(
          "div",
          { title: help },
          h("dt", {}, name),
          h("dd", {}, used ? `${percent(Number(count ?? 0), all)} ` : "off ", h("small", {}, used ? short(Number(count ?? 0)) : "")),
        ),
      ),
    );
  }

  private fillTable(populations: Population[], of: number): void {
    const head = ["Population", "Individuals", "Best fitness", "Median fitness", "At fitness 0"];
    const row = ({ individuals, best, median, failing }: Population, i: number) =>
      h(
        "tr",
        {},
        ...[String(i + 1), short(individuals), fitness(best), fitness(median), failing === null ? "–" : percent(failing, 1)].map((text) =>
          h("td", { class: "wb-numeric" }, text),
        ),
      );
    this.table.replaceChildren(
      h(
        "table",
        { class: "wb-plain-table", "aria-label": "Populations" },
        h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { scope: "col", class: "wb-numeric" }, text)))),
        h("tbody", {}, ...populations.map(row)),
      ),
    );
    if (of > populations.length) this.table.append(h("p", { class: "wb-note" }, `The first ${populations.length} of ${of} populations.`));
  }
}

export interface Rate {
  seconds: number;
  rate: number;
}

/** Individuals per second over equal spans of the running time. */
export function rates(table: Table): Rate[] {
  const last = table.length - 1;
  const [individuals, seconds] = [table.column("individuals"), table.column("seconds")];
  const end = last >= 0 ? seconds(last) : 0;
  if (!(end > 0)) return [];
  const found: Rate[] = [];
  let [from, made] = [0, 0];
  for (let row = 0; row <= last; row++) {
    const now = seconds(row);
    if (now - from < end / BINS && row < last) continue;
    if (now > from) found.push({ seconds: now, rate: (individuals(row) - made) / (now - from) });
    [from, made] = [now, individuals(row)];
  }
  return found;
}

function sparkline(points: Rate[], width: number): SVGElement | HTMLElement {
  if (points.length === 0) return h("p", { class: "wb-note" }, "Individuals per second are drawn here once a search runs.");
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  const most = Math.max(...points.map(({ rate }) => rate));
  const end = points.at(-1)!.seconds;
  const step = niceStep(most, 2);
  const top = Math.max(step, Math.ceil(most / step - 1e-9) * step);
  const x = (seconds: number) => LEFT + (seconds / end) * (width - LEFT - RIGHT);
  const y = (rate: number) => TOP + (1 - rate / top) * (HEIGHT - TOP - BOTTOM);
  const now = points.at(-1)!.rate;
  setAttributes(svg, {
    width,
    height: HEIGHT,
    role: "img",
    "aria-label": `Individuals per second over ${duration(end)} of running time: at most ${short(most)}, lately ${short(now)}`,
  });
  const add = (name: string, attributes: Record<string, string | number>, text = "") => {
    const element = document.createElementNS(ns, name);
    setAttributes(element, attributes);
    element.textContent = text;
    svg.append(element);
  };
  for (let value = 0; value <= top * 1.001; value += step) {
    add("line", { class: "wb-spark-grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) });
    add("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, short(value));
  }
  const path = points.map(({ seconds, rate }) => `${x(seconds).toFixed(1)},${y(rate).toFixed(1)}`);
  add("polyline", { class: "wb-spark-line", points: [`${x(0)},${path[0]!.split(",")[1]}`, ...path].join(" ") });
  add("text", { class: "wb-spark-title", x: 0, y: 10 }, "Individuals/s");
  add("text", { x: LEFT, y: HEIGHT - 18, "text-anchor": "middle" }, "0:00");
  add("text", { x: width - RIGHT, y: HEIGHT - 18, "text-anchor": "end" }, duration(end));
  add("text", { class: "wb-spark-title", x: (LEFT + width - RIGHT) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, "Running time (min:s)");
  return svg;
}
