// The table of runs: sorted and filtered by the kernel, which sends the rows in view.

import type { Channel } from "./channel";
import { h, icon, setAttributes, setText, type IconName } from "./dom";
import { duration, fitness, short } from "./format";
import { swatch } from "./line_styles";

export interface RunRow {
  id: string;
  name: string;
  status: string;
  summary: string;
  best: number | null;
  select: number | null;
  final: number | null;
  done: number;
  total: number | null;
  unit: string;
  rate: number | null;
  seed: number | null;
  seconds: number;
  created: number;
  version: string;
  tags: string[];
  held: string;
}

interface Column {
  name: string;
  title: string;
  help?: string;
  text?: (row: RunRow) => string;
}

export const ROW_PX = 30;
const AHEAD = 20;
const SENT = 80;

const LABELS: Record<string, [string, IconName]> = {
  ready: ["Ready", "ready"],
  preparing: ["Compiling", "preparing"],
  running: ["Running", "running"],
  paused: ["Paused", "paused"],
  stopping: ["Stopping", "stopping"],
  stopped: ["Stopped", "stopped"],
  finished: ["Finished", "finished"],
  failed: ["Failed", "failed"],
  interrupted: ["Interrupted", "warning"],
};

const COLUMNS: Column[] = [
  { name: "name", title: "Name" },
  { name: "status", title: "Status" },
  { name: "best", title: "Search", help: "Best fitness on the tasks of the search; 1 is perfect", text: (r) => fitness(r.best) },
  { name: "select", title: "Select", help: "Fitness on fresh tasks by which the winner was picked", text: (r) => fitness(r.select) },
  { name: "final", title: "Final", help: "Fitness on tasks used for nothing else: the one to report", text: (r) => fitness(r.final) },
  { name: "done", title: "Individuals", text: (r) => (r.unit === "individuals" ? short(r.done) : `${short(r.done)} ${r.unit}`) },
  { name: "rate", title: "per s", help: "Individuals a second of running time", text: (r) => short(r.rate === null ? null : Math.round(r.rate)) },
  { name: "seed", title: "Seed", text: (r) => (r.seed === null ? "–" : String(r.seed)) },
  { name: "seconds", title: "Duration", help: "Running time without pauses: seconds, min:s or h:min:s", text: (r) => brief(r.seconds) },
  { name: "created", title: "Created", help: "Local time", text: (r) => localTime(r.created) },
  { name: "summary", title: "What", text: (r) => r.summary },
  { name: "version", title: "Version", help: "Commit or version of the workbench that made it", text: (r) => r.version || "–" },
  { name: "tags", title: "Tags" },
];
const TEXTS = new Set(["name", "status", "summary", "version", "tags", "created"]);
const MADE = COLUMNS.length + 1;

/** 2026-11-22 09:05, where the reader is. */
export function localTime(seconds: number): string {
  const at = new Date(seconds * 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** Tenths of short times, else min:s. */
export function brief(seconds: number): string {
  return seconds < 60 ? `${seconds.toFixed(seconds < 10 ? 1 : 0)}\u202fs` : duration(seconds);
}

export function statusMark(status: string): HTMLElement {
  const [label, name] = LABELS[status] ?? [status, "ready"];
  return h("span", { class: "wb-run-status", "data-status": status }, icon(name), label);
}

export class RunsTable {
  readonly element: HTMLElement;
  private readonly head = h("tr", {});
  private readonly all = h("input", { type: "checkbox", "aria-label": "Select all runs found", "data-key": "select-all", tabindex: -1 });
  private readonly before = h("tr", { "aria-hidden": "true" }, h("td", { colspan: MADE }));
  private readonly after = h("tr", { "aria-hidden": "true" }, h("td", { colspan: MADE }));
  private readonly body = h("tbody", {});
  private readonly grid: HTMLTableElement;
  private readonly rows = new Map<string, HTMLTableRowElement>();
  private readonly prefix = `wb-runs-${Math.random().toString(36).slice(2, 8)}`;
  private asked = 0;
  private cursor = 0;
  private current: string | undefined;
  private editing: { id: string; field: "name" | "tags" } | undefined;

  constructor(
    private readonly channel: Channel,
    private readonly moved: () => void,
    signal: AbortSignal,
  ) {
    this.grid = h(
      "table",
      { class: "wb-runs-table", role: "grid", tabindex: 0, "aria-label": "Runs", "aria-multiselectable": "true", "data-key": "runs" },
      h("thead", {}, this.head),
      this.body,
    );
    this.element = h("div", { class: "wb-runs-scroll" }, this.grid);
    this.makeHead(signal);
    this.element.addEventListener("scroll", () => this.onScroll(), { signal, passive: true });
    this.grid.addEventListener("keydown", (event) => this.onKey(event), { signal });
    this.body.addEventListener("click", (event) => this.onClick(event), { signal });
    this.body.addEventListener("dblclick", (event) => {
      if (!(event.target as Element).closest("input")) this.open();
    }, { signal });
  }

  /** The run under the cursor, if it is among those that came. */
  get row(): RunRow | undefined {
    return this.part.rows[this.cursor - this.part.first];
  }

  private get part() {
    const part = this.channel.part("table");
    return {
      rows: (part.rows ?? []) as RunRow[],
      first: Number(part.first ?? 0),
      found: Number(part.found ?? 0),
      selected: (part.selected ?? {}) as Record<string, number>,
      sort: String(part.sort ?? ""),
      descending: part.descending === true,
    };
  }

  update(): void {
    const { rows, first, found, selected, sort, descending } = this.part;
    this.followCurrent(rows, first);
    this.cursor = Math.max(0, Math.min(this.cursor, found - 1));
    setAttributes(this.grid, { "aria-rowcount": found + 1, "aria-colcount": MADE });
    for (const cell of this.head.querySelectorAll<HTMLElement>("th[data-column]")) {
      const on = cell.dataset.column === sort;
      cell.setAttribute("aria-sort", on ? (descending ? "descending" : "ascending") : "none");
      setText(cell.querySelector(".wb-sort")!, on ? (descending ? "▼" : "▲") : "");
    }
    const count = Number(this.channel.part("table").found_selected ?? 0);
    this.all.indeterminate = count > 0 && count < found;
    this.all.checked = count > 0 && count === found;
    const there = new Set(rows.map((row) => row.id));
    for (const [id, element] of this.rows) {
      if (!there.has(id)) {
        element.remove();
        this.rows.delete(id);
      }
    }
    setHeight(this.before, first);
    setHeight(this.after, found - first - rows.length);
    const elements = rows.map((row, i) => this.drawRow(row, first + i, selected[row.id]));
    const wanted = [this.before, ...elements, this.after];
    if (wanted.some((element, i) => this.body.children[i] !== element)) this.body.replaceChildren(...wanted);
    this.mark();
  }

  focus(): void {
    this.grid.focus({ preventScroll: true });
  }

  /** Edit the name or the tags of the run under the cursor, where they stand. */
  edit(field: "name" | "tags"): void {
    const row = this.row;
    const cell = row && this.rows.get(row.id)?.querySelector<HTMLElement>(`[data-field="${field}"]`);
    if (!row || !cell || this.editing || this.channel.link === "none") return;
    this.editing = { id: row.id, field };
    const input = h("input", {
      class: "wb-edit",
      value: field === "name" ? row.name : row.tags.join(" "),
      "aria-label": field === "name" ? "New name" : "Tags, separated by spaces",
      "data-key": "edit",
    });
    const end = (save: boolean) => {
      if (this.editing?.id !== row.id) return;
      this.editing = undefined;
      const text = input.value.trim();
      const held = document.activeElement === input;
      if (save && field === "name" && text && text !== row.name) this.channel.send("rename", { run: row.id, text });
      if (save && field === "tags") this.channel.send("tag", { ids: [row.id], tags: text.split(/[\s,]+/).filter(Boolean) });
      this.drawRow(row, this.cursor, this.part.selected[row.id], true);
      if (held) this.focus();
    };
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter" || event.key === "Escape") {
        event.preventDefault();
        end(event.key === "Enter");
      }
    });
    input.addEventListener("blur", () => end(true));
    cell.replaceChildren(input);
    cell.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    input.focus();
    input.select();
  }

  private makeHead(signal: AbortSignal): void {
    this.all.addEventListener("change", () => this.channel.send("toggle-found", { on: this.all.checked }), { signal });
    this.head.append(
      h("th", { scope: "col", class: "wb-col-check" }, this.all),
      ...COLUMNS.map(({ name, title, help }) => {
        const button = h("button", { type: "button", "data-key": `sort-${name}`, title: help ?? `Sort by ${title.toLowerCase()}` }, title, h("i", { class: "wb-sort", "aria-hidden": "true" }));
        button.addEventListener("click", () => this.channel.send("sort", { column: name }), { signal });
        return h("th", { scope: "col", "data-column": name, class: cellClass(name) }, button);
      }),
    );
  }

  /** A row that moved, because of another order or a new run, keeps the cursor. */
  private followCurrent(rows: RunRow[], first: number): void {
    const at = rows.findIndex((row) => row.id === this.current);
    if (this.current !== undefined && at >= 0) this.cursor = first + at;
    else this.current = rows[this.cursor - first]?.id ?? this.current;
  }

  private drawRow(row: RunRow, index: number, slot: number | undefined, anew = false): HTMLTableRowElement {
    let element = this.rows.get(row.id);
    if (!element) {
      element = h("tr", { id: `${this.prefix}-${row.id}`, "data-run": row.id }, h("td", { class: "wb-col-check" }));
      element.append(...COLUMNS.map(({ name }) => h("td", { class: cellClass(name), "data-field": name })));
      this.rows.set(row.id, element);
    }
    const selected = slot !== undefined;
    setAttributes(element, { "aria-rowindex": index + 2, "aria-selected": String(selected) });
    const state = JSON.stringify([row, slot]);
    if (element.dataset.state === state && !anew) return element;
    element.dataset.state = state;
    const box = h("input", { type: "checkbox", tabindex: -1, "aria-label": `Draw ${row.name}` });
    box.checked = selected;
    element.firstElementChild!.replaceChildren(box, selected ? swatch(slot, 22) : "");
    for (const cell of element.querySelectorAll<HTMLElement>("[data-field]")) this.fillCell(cell, row);
    return element;
  }

  private fillCell(cell: HTMLElement, row: RunRow): void {
    const name = cell.dataset.field!;
    if (this.editing?.id === row.id && this.editing.field === name) return;
    if (name === "status") {
      cell.replaceChildren(statusMark(row.status));
      if (row.held === "elsewhere") cell.title = "Held by another process";
    } else if (name === "tags") {
      cell.replaceChildren(...row.tags.map((tag) => h("span", { class: "wb-run-tag" }, tag)));
    } else if (name === "name") {
      cell.replaceChildren(h("span", { title: `${row.name} (${row.id})` }, row.name));
    } else {
      const text = COLUMNS.find((column) => column.name === name)!.text!(row);
      if (name === "summary" || name === "version") cell.title = text;
      setText(cell, text);
    }
  }

  private mark(): void {
    const row = this.row;
    for (const [id, element] of this.rows) element.classList.toggle("wb-run-here", id === row?.id);
    setAttributes(this.grid, { "aria-activedescendant": row ? `${this.prefix}-${row.id}` : null });
    this.moved();
  }

  private moveTo(index: number): void {
    const { found, first, rows } = this.part;
    if (found === 0) return;
    this.cursor = Math.max(0, Math.min(index, found - 1));
    this.current = rows[this.cursor - first]?.id;
    const head = this.head.offsetHeight;
    const top = this.cursor * ROW_PX;
    const room = this.element.clientHeight - head;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (room > 0 && top + ROW_PX > this.element.scrollTop + room) this.element.scrollTop = top + ROW_PX - room;
    this.askFor(this.cursor, this.cursor);
    this.mark();
  }

  private onScroll(): void {
    const from = Math.floor(this.element.scrollTop / ROW_PX);
    this.askFor(from, from + Math.ceil(this.element.clientHeight / ROW_PX));
  }

  /** Ask for rows before they come into view. */
  private askFor(from: number, to: number): void {
    const { first, rows, found } = this.part;
    const enough = from >= first && to < first + rows.length;
    const ahead = (from - AHEAD >= first || first === 0) && (to + AHEAD < first + rows.length || first + rows.length >= found);
    const wanted = Math.max(0, Math.min(from - Math.floor((SENT - (to - from)) / 2), found - SENT));
    if ((enough && ahead) || wanted === this.asked) return;
    this.asked = wanted;
    this.channel.send("rows", { first: wanted });
  }

  private onClick(event: MouseEvent): void {
    const target = event.target as Element;
    const element = target.closest<HTMLElement>("tr[data-run]");
    if (!element || target.closest(".wb-edit")) return;
    const index = Number(element.getAttribute("aria-rowindex")) - 2;
    const onCheck = target.closest(".wb-col-check") !== null;
    this.moveTo(index);
    this.focus();
    if (onCheck) {
      if (!(target instanceof HTMLInputElement)) event.preventDefault();
      this.toggle();
    }
  }

  private toggle(): void {
    const row = this.row;
    if (row) this.channel.send("toggle", { run: row.id, on: this.part.selected[row.id] === undefined });
  }

  private open(): void {
    if (this.row) this.channel.send("open", { run: this.row.id });
  }

  private onKey(event: KeyboardEvent): void {
    if (event.target !== this.grid || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW_PX) - 2);
    const actions: Record<string, () => void> = {
      ArrowDown: () => this.moveTo(this.cursor + 1),
      j: () => this.moveTo(this.cursor + 1),
      ArrowUp: () => this.moveTo(this.cursor - 1),
      k: () => this.moveTo(this.cursor - 1),
      PageDown: () => this.moveTo(this.cursor + page),
      PageUp: () => this.moveTo(this.cursor - page),
      Home: () => this.moveTo(0),
      End: () => this.moveTo(this.part.found - 1),
      " ": () => this.toggle(),
      Enter: () => this.open(),
      F2: () => this.edit("name"),
      t: () => this.edit("tags"),
      Delete: () => this.row && this.channel.send("delete", { ids: [this.row.id] }),
    };
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }
}

function cellClass(name: string): string {
  return `wb-col-${name}${TEXTS.has(name) ? "" : " wb-col-number"}`;
}

function setHeight(spacer: HTMLElement, rows: number): void {
  const cell = spacer.firstElementChild as HTMLElement;
  cell.style.height = `${Math.max(0, rows) * ROW_PX}px`;
  spacer.hidden = rows <= 0;
}
