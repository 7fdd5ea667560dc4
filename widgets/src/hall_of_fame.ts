// The hall of fame: a table of programs to sort, to walk through and to choose from.

import type { Channel } from "./channel";
import { h, setAttributes, setText } from "./dom";
import { fitness, short } from "./format";
import { hallRows, isPicked, pick, pickNext, type FameRow } from "./picks";
import { rove } from "./rove";

interface Column {
  name: "place" | "fitness" | "effective" | "individuals" | "mutation";
  label: string;
  help: string;
  numeric: boolean;
  /** What the first click on the head does. */
  first: "ascending" | "descending";
}

const COLUMNS: Column[] = [
  { name: "place", label: "#", help: "Place by fitness", numeric: true, first: "ascending" },
  { name: "fitness", label: "Fitness", help: "On the search tasks; 1 is perfect", numeric: true, first: "descending" },
  { name: "effective", label: "Effective", help: "Number of instructions that can change a prediction", numeric: true, first: "ascending" },
  { name: "individuals", label: "Individual", help: "Individuals made in its population when it was found", numeric: true, first: "ascending" },
  { name: "mutation", label: "Last mutation", help: "What made it from its parent", numeric: false, first: "ascending" },
];
const EMPTY = "The best programs appear here, each of another form: the fittest, and the fittest of each size.";
const PARETO = "No program with as few effective instructions is fitter";

export class HallOfFame {
  readonly element: HTMLElement;
  private readonly heads = new Map<string, HTMLElement>();
  private readonly body = h("tbody", {});
  private readonly table: HTMLElement;
  private readonly note = h("p", { class: "wb-note" }, EMPTY);
  private readonly reading = h("span", { class: "wb-facts" });
  private readonly reach: () => void;
  private sort: { column: Column; way: 1 | -1 } = { column: COLUMNS[0]!, way: 1 };
  private shown = "";

  constructor(
    private readonly channel: Channel,
    signal: AbortSignal,
  ) {
    const head = (column: Column) => {
      const button = h("button", { type: "button", class: "wb-sort", title: `${column.help}. Sort by it.`, "data-key": `sort-${column.name}` }, column.label);
      button.addEventListener("click", () => this.sortBy(column), { signal });
      const cell = h("th", { scope: "col", class: column.numeric && "wb-numeric" }, button);
      this.heads.set(column.name, cell);
      return cell;
    };
    this.table = h(
      "table",
      { class: "wb-hall-table", role: "grid", "aria-label": "Hall of fame" },
      h("thead", {}, h("tr", {}, ...COLUMNS.map(head))),
      this.body,
    );
    const legend = h(
      "p",
      { class: "wb-note wb-hall-legend" },
      h("span", { class: "wb-tag" }, "Pareto"),
      " no program with as few effective instructions is fitter. Enter shows a program, J and K step through them.",
    );
    this.element = h(
      "section",
      { class: "wb-hall", "aria-label": "Hall of fame" },
      h("div", { class: "wb-bar" }, h("h4", {}, "Hall of fame"), this.reading),
      this.note,
      h("div", { class: "wb-hall-scroll" }, this.table),
      legend,
    );
    this.reach = rove(this.body, "tr", signal);
    const chosen = (event: Event) => (event.target as Element).closest<HTMLElement>("tr")?.dataset.form;
    this.body.addEventListener(
      "click",
      (event) => {
        const form = chosen(event);
        if (form) pick(this.channel, "hall", form);
      },
      { signal },
    );
    this.body.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopPropagation();
        const form = chosen(event);
        if (form) pick(this.channel, "hall", form);
      },
      { signal },
    );
    this.mark();
  }

  update(): void {
    const part = this.channel.part("hall");
    const rows = hallRows(this.channel);
    setText(this.reading, part.waiting ? "reading programs…" : "");
    const picked = this.channel.part("program").pick;
    const shown = `${part.revision} ${this.sort.column.name} ${this.sort.way} ${picked?.kind} ${picked?.key}`;
    if (shown === this.shown) return;
    this.shown = shown;
    this.note.hidden = rows.length > 0;
    this.table.hidden = rows.length === 0;
    (this.element.lastElementChild as HTMLElement).hidden = rows.length === 0;
    const focused = (document.activeElement as HTMLElement | null)?.closest<HTMLElement>(".wb-hall-table tbody tr");
    const form = focused && this.body.contains(focused) ? focused.dataset.form : undefined;
    this.body.replaceChildren(...this.sorted(rows).map(([row, place]) => this.row(row, place)));
    this.reach();
    if (form) this.body.querySelector<HTMLElement>(`[data-form="${form}"]`)?.focus();
  }

  /** Show the program of the next row, as they are sorted, or of the one before. */
  next(way: 1 | -1): void {
    pickNext(this.channel, way, this.sorted(hallRows(this.channel)).map(([row]) => row));
  }

  private sorted(rows: FameRow[]): [FameRow, number][] {
    const { column, way } = this.sort;
    const placed = rows.map((row, i): [FameRow, number] => [row, i + 1]);
    const value = ([row, place]: [FameRow, number]) => (column.name === "place" ? place : row[column.name]);
    return placed.sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      return way * (x < y ? -1 : x > y ? 1 : 0) || a[1] - b[1];
    });
  }

  private row(row: FameRow, place: number): HTMLElement {
    const picked = isPicked(this.channel, "hall", row.form);
    const number = (text: string, title = "") => h("td", { class: "wb-numeric", title: title || null }, text);
    return h(
      "tr",
      { "data-form": row.form, "data-row": place, tabindex: -1, "aria-selected": String(picked), class: picked && "wb-picked" },
      number(picked ? `▸ ${place}` : String(place)),
      number(fitness(row.fitness)),
      h(
        "td",
        { class: "wb-numeric", title: `${row.effective} of ${row.instructions} instructions` },
        row.front && h("span", { class: "wb-tag", title: PARETO }, "Pareto"),
        h("span", { class: "wb-hall-size" }, String(row.effective)),
      ),
      number(short(row.individuals), `${row.individuals}`),
      h("td", {}, row.mutation || "–"),
    );
  }

  private sortBy(column: Column): void {
    const first = column.first === "ascending" ? 1 : -1;
    const way = this.sort.column === column ? (-this.sort.way as 1 | -1) : first;
    this.sort = { column, way };
    this.mark();
    this.update();
  }

  private mark(): void {
    for (const [name, cell] of this.heads) {
      const sorted = name === this.sort.column.name;
      setAttributes(cell, { "aria-sort": sorted ? (this.sort.way > 0 ? "ascending" : "descending") : null });
    }
  }
}
