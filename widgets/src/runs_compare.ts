// How the selected runs differ: their best programs, and the settings that differ.

import type { Channel } from "./channel";
import { DiffTable, type DiffParts } from "./diff_table";
import { h, setText } from "./dom";

interface Settings {
  runs: { id: string; label: string }[];
  rows: { name: string; values: string[] }[];
  left_out: number;
}

export class RunsCompare {
  /** The settings that differ. */
  readonly table: HTMLElement;
  /** The best programs of two runs. */
  readonly programs: HTMLElement;
  private readonly diff: DiffTable;
  private readonly a: HTMLSelectElement;
  private readonly b: HTMLSelectElement;
  private readonly pair: HTMLElement;
  private readonly note = h("p", { class: "wb-note" });
  private readonly same = h("p", { class: "wb-note" });
  private readonly settings = h("div", { class: "wb-settings-diff" });
  private revision: unknown;

  constructor(
    private readonly channel: Channel,
    signal: AbortSignal,
  ) {
    this.diff = new DiffTable(signal);
    const choose = (label: string, key: string) => {
      const select = h("select", { "aria-label": label, "data-key": key });
      select.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
      select.addEventListener("change", () => channel.send("pair", { a: this.a.value, b: this.b.value }), { signal });
      return select;
    };
    this.a = choose("First program", "pair-a");
    this.b = choose("Second program", "pair-b");
    this.pair = h("div", { class: "wb-pair" }, h("label", { class: "wb-axis" }, "from ", this.a), h("label", { class: "wb-axis" }, "to ", this.b));
    this.table = h("section", { class: "wb-runs-settings", "aria-label": "What differs" }, h("div", { class: "wb-bar" }, h("h4", {}, "What differs")), this.same, this.settings);
    this.programs = h("section", { class: "wb-runs-programs", "aria-label": "Best programs" }, h("div", { class: "wb-bar" }, h("h4", {}, "Best programs"), this.pair), this.note, this.diff.element);
  }

  update(): void {
    const part = this.channel.part("compare");
    if (part.revision === this.revision) return;
    this.revision = part.revision;
    const runs = (part.runs ?? []) as { id: string; label: string }[];
    const several = runs.length > 1;
    for (const select of [this.a, this.b]) select.disabled = this.channel.link === "none";
    this.pair.hidden = this.settings.hidden = !several;
    this.diff.element.hidden = !part.diff;
    setText(this.same, several ? "" : "Select two or more runs: the settings in which they differ stand here.");
    setText(this.note, several ? String(part.note ?? "") : "The best programs of two runs stand here side by side.");
    if (!several) return;
    fill(this.a, runs, String(part.a));
    fill(this.b, runs, String(part.b));
    this.diff.show(part.diff as DiffParts | undefined, part.titles as [string, string] | undefined);
    this.fillSettings(part.settings as Settings);
  }

  private fillSettings({ runs, rows, left_out }: Settings): void {
    if (rows.length === 0) {
      this.settings.replaceChildren(h("p", { class: "wb-note" }, "All settings are the same: these runs repeat each other."));
      return;
    }
    this.settings.replaceChildren(
      h(
        "div",
        { class: "wb-scroll-x", tabindex: 0, role: "region", "aria-label": "Settings that differ" },
        h(
          "table",
          { class: "wb-settings-table" },
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Setting"), ...runs.map(({ label }) => h("th", { scope: "col" }, label)))),
          h(
            "tbody",
            {},
            ...rows.map(({ name, values }) =>
              h(
                "tr",
                {},
                h("th", { scope: "row" }, name.replaceAll("_", " ").replaceAll(".", " · ")),
                // What is like the first run's stands back.
                ...values.map((value, i) => h("td", { class: i > 0 && value === values[0] ? "wb-same" : "" }, value)),
              ),
            ),
          ),
        ),
      ),
      left_out > 0 ? h("p", { class: "wb-note" }, `${left_out} more runs are left out of this table.`) : "",
    );
  }
}

function fill(select: HTMLSelectElement, runs: { id: string; label: string }[], chosen: string): void {
  const text = JSON.stringify(runs);
  if (select.dataset.options !== text) {
    select.dataset.options = text;
    select.replaceChildren(...runs.map(({ id, label }) => h("option", { value: id }, label)));
  }
  select.value = chosen;
}
