// Browser half of workbench.widgets.AblationChart.

import { Channel } from "./channel";
import { effectWords, type Effect } from "./concept_chips";
import { DiffTable, type DiffParts } from "./diff_table";
import { h, keepKeys, setText } from "./dom";
import { fitness } from "./format";
import { IntervalChart, type IntervalRow } from "./interval_chart";
import type { RenderContext } from "./model";
import { followTheme } from "./theme";

interface Item {
  name: string;
  meaning: string;
  /** Once it was knocked out. */
  effect?: Effect;
  before?: number;
  after?: number;
  diff?: DiffParts;
  /** Why it could not be. */
  problem?: string;
}

interface Part {
  title: string;
  state: "naming" | "running" | "done" | "failed";
  message: string;
  tasks: number;
  items: Item[];
}

const EMPTY = "No known concept found in this program, so there is nothing to knock out.";

function render({ model, el, signal }: RenderContext): void {
  const channel = new Channel(model, ["ablation"], signal);
  const title = h("h3", { class: "wb-title" });
  const status = h("span", { class: "wb-facts", role: "status" });
  const failed = h("p", { class: "wb-ablation-failed", hidden: true });
  const note = h("p", { class: "wb-note" });
  const table = h("div", { class: "wb-interval-table", tabindex: 0, role: "region", "aria-label": "The chart as a table" });
  const more = h("details", { class: "wb-more" }, h("summary", { "data-key": "ablation-table" }, "As a table"), table);
  const head = h("h4", {});
  const says = h("p", {});
  const diff = new DiffTable(signal);
  const detail = h("section", { class: "wb-ablation-detail", "aria-label": "What was taken out", hidden: true }, head, says, diff.element);
  let chosen: string | undefined;
  let shown: unknown;
  const chart = new IntervalChart(
    "What the fitness loses without each concept",
    (key) => {
      chosen = key === chosen ? undefined : key;
      showDetail();
    },
    signal,
  );
  const root = h(
    "div",
    { class: "wb wb-ablation", role: "region", "aria-label": "Ablation of concepts" },
    h("div", { class: "wb-head" }, title, status),
    h("div", { class: "wb-ablation-body" }, failed, chart.element, note, more, detail),
  );
  keepKeys(root, signal);
  el.replaceChildren(root);

  const part = () => channel.part("ablation") as unknown as Part;
  const showDetail = () => {
    const item = (part().items ?? []).find(({ name }) => name === chosen);
    detail.hidden = !item?.effect;
    chart.mark(item?.effect && chosen);
    if (!item?.effect) return;
    setText(head, `Without ${item.name}: fitness ${fitness(item.before)} → ${fitness(item.after)}`);
    setText(says, effectWords(item.effect));
    diff.show(item.diff, ["The program", `Without ${item.name}`]);
  };
  const update = () => {
    const now = channel.part("ablation");
    if (!now.items) return;
    const key = `${now.revision} ${channel.link}`;
    if (key === shown) return;
    shown = key;
    const { items, state, tasks, message } = part();
    root.dataset.done = String(state === "done");
    setText(title, part().title);
    setText(status, progress(part(), channel.link));
    failed.hidden = state !== "failed";
    setText(failed, message);
    const measured = items.some(({ effect }) => effect);
    chart.element.hidden = items.length === 0;
    more.hidden = !measured;
    chart.show(items.map(row), { title: "Fitness lost without it", end: "Mean", label: (value) => signed(value) });
    setText(
      note,
      items.length === 0
        ? state === "done"
          ? EMPTY
          : ""
        : `Each concept is taken out by itself, and both programs train on the same ${tasks} fresh tasks. Dot: the mean of the paired differences, hollow where it may be chance. ` +
            "Line: Student's 95 % interval of that mean. Choose a row to see what was taken out.",
    );
    fillTable(table, items);
    showDetail();
  };
  channel.onchange = update;
  followTheme(root, signal, () => {});
  update();
  void channel.attach();
}

function progress({ state, items }: Part, link: string): string {
  const known = items.filter(({ effect, problem }) => effect || problem !== undefined).length;
  if (state === "done") return items.length === 0 ? "" : `${known} concept${known === 1 ? "" : "s"} knocked out in turn`;
  if (state === "failed") return "failed";
  if (link === "none") return `${known} of ${items.length} were known when the notebook was saved. Run the cell to go on.`;
  if (state === "naming") return "Concepts are being named …";
  return `Knocking out ${items[known]?.name ?? ""}: ${known + 1} of ${items.length} …`;
}

function row({ name, effect, problem }: Item): IntervalRow {
  if (!effect) {
    const note = problem ?? "waits";
    return { key: name, name, marks: [], note, end: "", says: `${name}: ${note}` };
  }
  const clear = effect.low === null || effect.high === null || effect.low > 0 || effect.high < 0;
  return {
    key: name,
    name,
    marks: [{ value: effect.difference, low: effect.low, high: effect.high, kind: "main", clear }],
    end: signed(effect.difference),
    says: `Without ${name}: ${effectWords(effect)}`,
  };
}

function fillTable(table: HTMLElement, items: Item[]): void {
  const cells = (tag: "th" | "td", texts: string[]) =>
    h("tr", {}, ...texts.map((text) => h(tag, tag === "th" ? { scope: "col" } : {}, text)));
  table.replaceChildren(
    h(
      "table",
      {},
      h("thead", {}, cells("th", ["Concept", "Fitness with it", "Fitness without it", "Lost", "95 % from", "to", "Tasks"])),
      h(
        "tbody",
        {},
        ...items.map(({ name, effect, before, after, problem }) =>
          effect
            ? cells("td", [name, fitness(before), fitness(after), signed(effect.difference), signed(effect.low), signed(effect.high), String(effect.pairs)])
            : cells("td", [name, problem ?? "not known yet", "", "", "", "", ""]),
        ),
      ),
    ),
  );
}

/** Three digits, with a sign: losses and gains stand in one column. */
function signed(value: number | null): string {
  if (value === null) return "–";
  const text = Math.abs(value) < 1e-4 && value !== 0 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
  return (value > 0 ? `+${text}` : text).replaceAll("-", "−");
}

export default { render };
