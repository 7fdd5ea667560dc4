// Browser half of workbench.widgets.ProgramGraph.

import type { Special } from "./addresses";
import { Channel } from "./channel";
import { h, inNextFrame, keepKeys, setAttributes, setText } from "./dom";
import { GraphArea } from "./graph_area";
import { GraphDetail } from "./graph_detail";
import { count, GraphDrawing } from "./graph_drawing";
import { ExampleControl } from "./graph_example";
import type { GraphEdge, GraphNode } from "./graph_layout";
import { download, standalone } from "./graph_save";
import { GraphTable } from "./graph_table";
import { walk } from "./graph_walk";
import { stopText, type Now } from "./graph_words";
import type { HeatColours } from "./heat_map";
import { listing, type ListingRow } from "./listing";
import type { RenderContext } from "./model";
import { rove } from "./rove";
import { followTheme } from "./theme";

interface Graph {
  title: string;
  task: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
  special: Special;
  functions: { name: string; rows: (ListingRow & { math: string })[] }[];
}

const KINDS: [string, string][] = [
  ["setup", "Setup: once"],
  ["predict", "Predict: each example"],
  ["learn", "Learn: after each training example"],
  ["features", "given or handed on"],
  ["state", "state: what the example before left"],
];
const LINES: [string, string][] = [
  ["now", "same example"],
  ["kept", "made once in Setup"],
  ["carried", "kept for the next example"],
  ["validation", "the same where Learn does not run"],
];

function render({ model, el, signal }: RenderContext): void {
  const channel = new Channel(model, ["graph", "now"], signal);
  const view = new GraphView(channel, signal);
  el.replaceChildren(view.root);
  channel.onchange = inNextFrame(() => view.update(), signal);
  followTheme(view.root, signal, () => view.redraw());
  view.update();
  void channel.attach();
}

class GraphView {
  readonly root: HTMLElement;
  private readonly title = h("h3", { class: "wb-title" });
  private readonly facts = h("span", { class: "wb-facts" });
  private readonly note = h("p", { class: "wb-note wb-flow-note", hidden: true });
  private readonly task = h("p", { class: "wb-note wb-flow-task" });
  private readonly lines = h("div", { class: "wb-flow-listing" });
  private readonly legend = h("div", { class: "wb-flow-legend" });
  private readonly drawing = new GraphDrawing();
  private readonly area: GraphArea;
  private readonly detail: GraphDetail;
  private readonly table: GraphTable;
  private readonly example: ExampleControl;
  private readonly reach: () => void;
  private graph: Graph | undefined;
  private pointed: string | undefined;
  private chosen: string | undefined;
  private shown: { graph?: unknown; now?: unknown; node?: string | undefined } = {};

  constructor(
    private readonly channel: Channel,
    signal: AbortSignal,
  ) {
    this.area = new GraphArea(this.drawing.svg, signal);
    this.detail = new GraphDetail(() => this.colours(), signal);
    this.table = new GraphTable(signal);
    this.example = new ExampleControl((example) => channel.send("go", { example }), signal);
    const save = h("button", { type: "button", class: "wb-button wb-small", "data-key": "save", title: "Download the graph as it is drawn" }, "Save SVG");
    save.addEventListener("click", () => this.save(), { signal });
    this.root = h(
      "div",
      { class: "wb wb-program-graph", role: "region", "aria-label": "Program graph" },
      h("div", { class: "wb-head" }, this.title, this.facts, this.example.element),
      this.note,
      h(
        "div",
        { class: "wb-flow-main" },
        h("div", { class: "wb-flow-picture" }, h("div", { class: "wb-flow-bar" }, this.task, this.area.bar, save), this.area.element, this.legend),
        h("div", { class: "wb-flow-side" }, this.detail.element, this.lines),
      ),
      this.table.element,
    );
    keepKeys(this.root, signal);
    this.reach = rove(this.lines, "[data-node]", signal);
    this.listen(signal);
  }

  update(): void {
    const graph = this.channel.part("graph");
    const now = this.now();
    if (graph.nodes && graph.revision !== this.shown.graph) {
      this.shown.graph = graph.revision;
      this.showGraph(graph as unknown as Graph);
    }
    const revision = this.channel.part("now").revision;
    if (this.graph && revision !== this.shown.now) {
      this.shown.now = revision;
      this.drawing.update(now);
      this.table.show(this.graph.nodes, this.drawing.layout, now);
      this.tell();
    }
    this.example.update(now, this.channel.link);
    const notes = [
      stopText(now),
      this.channel.link === "none" && "No kernel is attached: these are the values of the example that was shown last. Run the cell to see others.",
    ].filter(Boolean);
    this.note.hidden = notes.length === 0;
    setText(this.note, notes.join(" "));
  }

  redraw(): void {
    this.detail.redraw();
  }

  private now(): Now | undefined {
    const now = this.channel.part("now");
    return now.values ? (now as unknown as Now) : undefined;
  }

  private showGraph(graph: Graph): void {
    this.graph = graph;
    setText(this.title, graph.title);
    setAttributes(this.root, { "aria-label": `Program graph: ${graph.title}` });
    setText(this.task, `Values: ${graph.task}`);
    setText(this.facts, summary(graph));
    this.drawing.show(graph.nodes, graph.edges);
    this.area.show(this.drawing.layout);
    this.lines.replaceChildren(listing(graph.functions, false));
    for (const { name, rows } of graph.functions) this.prepareRows(name.toLowerCase(), rows, graph.special);
    this.reach();
    this.drawLegend(graph);
    this.pointed = undefined;
    if (!this.drawing.node(this.chosen)) this.chosen = undefined;
    this.makeStop(this.chosen ?? graph.nodes[0]?.id);
    this.shown.now = undefined;
    this.light();
  }

  /** Lines of the listing that have a node can be pointed at and reached by keys. */
  private prepareRows(name: string, rows: { live: boolean }[], special: Special): void {
    const says = this.lines.querySelector(`.wb-function-${name} h4 small`);
    if (says && name === "predict") setText(says, `for each example; ${special.prediction} is the prediction`);
    if (says && name === "learn") setText(says, `after each training example; ${special.label} is its label`);
    const items = this.lines.querySelectorAll(`.wb-function-${name} .wb-line`);
    const live = rows.map((row, i) => ({ row, i })).filter(({ row }) => row.live);
    live.forEach(({ i }, place) => setAttributes(items[place]!, { "data-node": `${name}:${i}`, "data-row": "", tabindex: -1 }));
  }

  private drawLegend({ nodes, edges }: Graph): void {
    const kinds = new Set(nodes.map((node) => node.function ?? (["label", "prediction"].includes(node.kind) ? "features" : node.kind)));
    const lines = new Set(edges.map((edge) => edge.kind as string));
    const items = (all: [string, string][], there: Set<string>, part: string) =>
      all
        .filter(([kind]) => there.has(kind))
        .map(([kind, text]) => h("li", {}, h("i", { class: `wb-flow-key-${part} wb-flow-key-${kind}`, "aria-hidden": "true" }), text));
    this.legend.replaceChildren(
      h("ul", { class: "wb-legend", "aria-label": "Legend" }, ...items(KINDS, kinds, "node"), ...items(LINES, lines, "line")),
    );
  }

  private listen(signal: AbortSignal): void {
    const node = (event: Event) => (event.target as Element).closest<HTMLElement>("[data-node]")?.dataset.node;
    for (const part of [this.area.element, this.lines]) {
      const on = (name: string, action: (event: Event) => void) => part.addEventListener(name, action, { signal });
      on("pointerover", (event) => {
        this.point(node(event));
        this.reveal(part);
      });
      on("pointerleave", () => this.point(undefined));
      on("focusin", (event) => {
        this.choose(node(event));
        this.reveal(part);
      });
    }
    this.area.element.addEventListener(
      "click",
      (event) => {
        const id = node(event);
        if (id === undefined) return;
        this.drawing.element(id)?.focus({ preventScroll: true });
      },
      { signal },
    );
    this.drawing.svg.addEventListener("keydown", (event) => this.onNodeKey(event, node(event)), { signal });
    this.root.addEventListener("keydown", (event) => this.onKey(event), { signal });
  }

  private onNodeKey(event: KeyboardEvent, from: string | undefined): void {
    if (from === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const zoom = { "+": () => this.area.zoomBy(1.25), "=": () => this.area.zoomBy(1.25), "-": () => this.area.zoomBy(0.8), "0": () => this.area.fit(true) }[event.key];
    const to = walk(this.drawing.layout, from, event.key);
    if (!zoom && to === undefined && !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    event.stopPropagation();
    zoom?.();
    if (to === undefined) return;
    this.area.reveal(this.drawing.layout.boxes.get(to)!);
    this.drawing.element(to)?.focus();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      this.chosen = this.pointed = undefined;
      this.light();
    } else if (event.key === "<") this.example.move(-1);
    else if (event.key === ">") this.example.move(1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private point(id: string | undefined): void {
    this.pointed = this.drawing.node(id) && id;
    this.light();
  }

  private choose(id: string | undefined): void {
    if (!this.drawing.node(id)) return;
    this.chosen = id;
    this.pointed = undefined;
    this.makeStop(id);
    this.light();
  }

  /** Scroll the other part to what is lit in this one. */
  private reveal(part: HTMLElement): void {
    const id = this.pointed ?? this.chosen;
    const box = id === undefined ? undefined : this.drawing.layout.boxes.get(id);
    if (part === this.lines) {
      if (box) this.area.reveal(box);
      return;
    }
    const row = this.lines.querySelector<HTMLElement>('[data-flow="lit"]');
    if (!row) return;
    const [own, room] = [row.getBoundingClientRect(), this.lines.getBoundingClientRect()];
    if (own.top < room.top) this.lines.scrollTop -= room.top - own.top + 20;
    else if (own.bottom > room.bottom) this.lines.scrollTop += own.bottom - room.bottom + 20;
  }

  /** One node is a stop of the Tab key. */
  private makeStop(id: string | undefined): void {
    for (const stop of this.drawing.svg.querySelectorAll('[tabindex="0"]')) setAttributes(stop, { tabindex: -1 });
    const element = id === undefined ? undefined : this.drawing.element(id);
    if (element) setAttributes(element, { tabindex: 0 });
  }

  private light(): void {
    const id = this.pointed ?? this.chosen;
    this.drawing.light(id);
    const { inputs, outputs } = this.drawing.around(id);
    for (const row of this.lines.querySelectorAll<HTMLElement>("[data-node]")) {
      const name = row.dataset.node!;
      const role = name === id ? "lit" : inputs.has(name) ? "in" : outputs.has(name) ? "out" : null;
      setAttributes(row, { "data-flow": role, "aria-current": role === "lit" && "true" });
    }
    this.tell();
  }

  private tell(): void {
    const id = this.pointed ?? this.chosen;
    if (!this.graph) return;
    const node = this.drawing.node(id);
    const part = node?.function && this.graph.functions.find((one) => one.name.toLowerCase() === node.function);
    const math = (part && part.rows[node.index ?? 0]?.math) || "";
    this.detail.show(node, math, this.drawing.layout, this.graph.nodes, this.now());
  }

  private colours(): HeatColours {
    const style = getComputedStyle(this.root);
    const read = (name: string) => style.getPropertyValue(`--wb-${name}`).trim() || "gray";
    return {
      surface: read("surface"),
      text: read("text"),
      grid: read("grid"),
      accent: read("accent"),
      positive: read("positive"),
      negative: read("negative"),
    };
  }

  /** What is lit belongs to the reader of the page, not into the file. */
  private save(): void {
    if (!this.graph) return;
    this.drawing.light(undefined);
    const background = getComputedStyle(this.root).backgroundColor || "white";
    const text = standalone(this.drawing.svg, background, `Dataflow graph: ${this.graph.title}`);
    this.light();
    download(text, "dataflow.svg");
  }
}

function summary({ nodes, functions }: Graph): string {
  const rows = functions.flatMap((one) => one.rows);
  const live = rows.filter((row) => row.live).length;
  const kept = nodes.filter((node) => node.kind === "state").length;
  const dead = rows.length - live;
  return [
    `${count(live, "instruction")}${dead > 0 ? ` (${dead} dead left out)` : ""}`,
    kept > 0 ? `${count(kept, "address", "es")} kept from example to example` : "nothing is kept from example to example",
  ].join(", ");
}

export default { render };
