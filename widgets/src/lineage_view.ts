// Browser half of workbench.widgets.LineageView.

import { Channel } from "./channel";
import { ConceptChips } from "./concept_chips";
import { DiffTable } from "./diff_table";
import { h, icon, iconButton, keepKeys, setAttributes, setText, type IconName } from "./dom";
import { FamilyTree } from "./family_tree";
import { fitness, percent } from "./format";
import { isLeap, LineageCards } from "./lineage_cards";
import { LineageChart, type FitnessAxis, type StepAxis } from "./lineage_chart";
import { DRIFT, gain, Lineage, whole, type LineagePart } from "./lineage_data";
import { conceptsOf, type LineageConceptsPart } from "./lineage_concepts";
import { listing, markCarriers } from "./listing";
import type { RenderContext } from "./model";
import { Playback } from "./playback";
import { segmented } from "./segmented";
import { followTheme } from "./theme";
import { ValueTable } from "./value_table";

type Shown = "change" | "program";
type Since = "mutation" | "step";

const RATES = [1, 2, 4, 10, 30];
/** How long the reader must stay at a step before the kernel hears of it. */
const REST_MS = 400;
const CHIPS_MS = 60;
const DRIFT_ROWS = 200;
const PROBLEMS: Record<string, string> = {
  running: "The search is running: new bests appear here as they are found.",
  preparing: "The search is being compiled: the lineage appears with its first individuals.",
  ready: "The search has not started: the lineage appears with its first individuals.",
};

function render({ model, el, signal }: RenderContext): void {
  const channel = new Channel(model, ["state", "lineage", "at", "concepts"], signal);
  const view = new LineageRoot(channel, signal);
  el.replaceChildren(view.root);
  channel.onchange = () => view.update();
  followTheme(view.root, signal, () => {});
  view.update();
  void channel.attach();
}

class LineageRoot {
  readonly root: HTMLElement;
  private readonly title = h("h3", { class: "wb-title" });
  private readonly facts = h("span", { class: "wb-facts" });
  private readonly where = h("span", { class: "wb-where", role: "status" });
  private readonly note = h("p", { class: "wb-note wb-lineage-note", hidden: true });
  private readonly empty = h("p", { class: "wb-lineage-empty" });
  private readonly slider = h("input", { type: "range", min: 0, class: "wb-slider", "aria-label": "Step of the lineage", "data-key": "slider" });
  private readonly did = h("p", { class: "wb-lineage-did" });
  private readonly drift = h("details", { class: "wb-drift" });
  private readonly driftSaid = h("summary", { "data-key": "drift" });
  private readonly driftBody = h("div", { class: "wb-drift-body", tabindex: 0 });
  private readonly programRoom = h("div", { class: "wb-lineage-program", hidden: true });
  private readonly sinceRoom: HTMLElement;
  private readonly treeBar: HTMLElement;
  private readonly back = h("button", { type: "button", class: "wb-button wb-small", "data-key": "main-line", hidden: true }, "Back to the main line");
  private readonly save = h("button", { type: "button", class: "wb-button wb-small", "data-key": "csv" }, "Save as CSV");
  private readonly inner = h("div", { class: "wb-lineage-inner" });
  private readonly detail = h("section", { class: "wb-lineage-detail", "aria-label": "Step" }, this.inner);
  private readonly body: HTMLElement;
  private readonly buttons: Record<string, HTMLButtonElement>;
  private readonly diff: DiffTable;
  private readonly chips: ConceptChips;
  private readonly chart: LineageChart;
  private readonly values: ValueTable;
  private readonly cards: LineageCards;
  private readonly tree: FamilyTree;
  private readonly playback: Playback;
  private lineage: Lineage | undefined;
  private path: number[] = [];
  private position = 0;
  private shown: Shown = "change";
  private since: Since = "mutation";
  private drawn = -1;
  private told: unknown;
  private sent: number | undefined;
  private heard: number | undefined;
  private frame = 0;
  private naming: ReturnType<typeof setTimeout> | undefined;
  private resting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly channel: Channel,
    private readonly signal: AbortSignal,
  ) {
    this.playback = new Playback(
      (position) => {
        this.go(position, true);
        this.playback.arrived(position, this.path.length);
      },
      () => {},
      () => this.updateButtons(),
      signal,
    );
    this.diff = new DiffTable(signal);
    this.chips = new ConceptChips((lines) => this.light(lines), signal);
    this.chart = new LineageChart((position) => this.ask(position), () => this.cards?.resize(), signal);
    this.values = new ValueTable("Fitness of the steps", "lineage-table", ["Step", "Individual", "Fitness"], signal);
    this.cards = new LineageCards((position) => this.ask(position), (position) => this.chart.x(position), signal);
    this.tree = new FamilyTree((step) => this.goToStep(step), signal);
    this.buttons = {
      "leap-back": this.button("leap-back", "example-back", "Back to the leap before (<)", () => this.leap(-1)),
      back: this.button("back", "back", "Back one step (K)", () => this.playback.move(-1)),
      play: this.button("play", "running", "Play (p)", () => this.play()),
      step: this.button("step", "step", "On one step (J)", () => this.playback.move(1)),
      "leap-on": this.button("leap-on", "example-on", "On to the next leap (>)", () => this.leap(1)),
    };
    this.drift.append(this.driftSaid, this.driftBody);
    this.sinceRoom = h(
      "div",
      { class: "wb-lineage-since" },
      segmented<Since>(
        "What the change is compared with",
        [
          { value: "mutation", label: "The mutation", help: "From its parent: what this mutation changed" },
          { value: "step", label: "Since the step before", help: "From the step before: with what drifted in between" },
        ],
        this.since,
        (value) => this.setShown(this.shown, value),
        signal,
      ),
    );
    this.treeBar = h("div", { class: "wb-bar" }, h("h4", {}, "Family tree"), legend(), this.back, this.save);
    this.body = this.makeBody();
    this.root = h(
      "div",
      { class: "wb wb-lineage", role: "region", "aria-label": "Lineage" },
      h("div", { class: "wb-head" }, this.title, this.facts, this.transport()),
      this.note,
      this.empty,
      this.body,
    );
    this.listen();
  }

  update(): void {
    const state = this.channel.part("state");
    const part = this.channel.part("lineage") as unknown as LineagePart;
    setText(this.title, state.title ? `Lineage of ${state.title}` : "Lineage");
    const at = this.channel.part("at");
    if (part.steps && part.revision !== this.told) {
      this.told = part.revision;
      this.take(new Lineage(part), Number(at.step ?? 0), String(state.populations ?? 1));
    } else if (at.step !== undefined && at.revision !== this.heard && at.step !== this.sent) {
      // Not the answer to what this view sent: a cell or another view moved on.
      this.goToStep(Number(at.step), false);
      this.sent = Number(at.step);
    }
    this.heard = at.revision;
    const none = (this.lineage?.steps.length ?? 0) === 0;
    this.body.hidden = none;
    this.empty.hidden = !none;
    const status = String(state.status ?? "ready");
    const without = this.channel.link === "none" && "No kernel is attached: this is what was saved; it can be replayed all the same.";
    setText(this.empty, none ? (PROBLEMS[status] && status !== "running" ? PROBLEMS[status]! : "The lineage appears here with the first new best.") : "");
    const leftOut = this.lineage?.part.left_out ?? 0;
    const notes = [
      without,
      !none && status === "running" && PROBLEMS.running,
      leftOut > 0 && `${whole(leftOut)} steps of smaller effect are not shown.`,
    ].filter(Boolean);
    this.note.hidden = notes.length === 0;
    setText(this.note, notes.join(" "));
    this.showConcepts();
    this.updateButtons();
  }

  // --- where the reader is

  /** Take a new lineage, and stay at the step at which the reader is. */
  private take(lineage: Lineage, at: number, populations: string): void {
    const before = this.lineage?.steps[this.path[this.position] ?? -1];
    const following = this.position >= this.path.length - 1;
    this.lineage = lineage;
    let step = Math.min(at, lineage.steps.length - 1);
    if (before && !following) {
      const same = lineage.steps.findIndex((one) => one.individuals === before.individuals && one.fitness === before.fitness);
      if (same >= 0) step = same;
    }
    const { part } = lineage;
    const last = lineage.steps[part.main - 1];
    setText(
      this.facts,
      last
        ? `${whole(part.main)} steps of ${whole(part.length)} changed the fitness, from ${fitness(lineage.steps[0]!.fitness)} to ${fitness(last.fitness)}`
        : "",
    );
    this.setCsv(part);
    this.tree.show(lineage);
    this.treeBar.hidden = part.bests.length === 0;
    this.axisTitle = Number(populations) > 1 ? "Individuals of its population" : "Individuals";
    this.path = [];
    this.drawn = -1;
    if (step >= 0) this.setPath(step);
  }

  private axisTitle = "Individuals";

  private setPath(step: number): void {
    const { lineage } = this;
    if (!lineage) return;
    this.path = lineage.path(step);
    this.back.hidden = step < lineage.part.main;
    setAttributes(this.slider, { max: Math.max(1, this.path.length - 1) });
    this.slider.disabled = this.path.length < 2;
    this.chart.show(lineage, this.path, this.axisTitle);
    this.values.show(this.path.map((number, i) => [String(i + 1), whole(lineage.step(number).individuals), fitness(lineage.step(number).fitness)]));
    this.cards.show(lineage, this.path);
    this.drawn = -1;
    this.goTo(this.path.indexOf(step));
  }

  /** Go to a step by its number, on another branch if need be. */
  private goToStep(step: number, tell = true): void {
    if (!this.lineage?.steps[step]) return;
    const position = this.path.indexOf(step);
    if (position < 0) this.setPath(step);
    else this.goTo(position);
    if (tell) this.tellSoon();
  }

  private goTo(position: number): void {
    this.go(position);
    this.playback.arrived(position, this.path.length);
  }

  private ask(position: number): void {
    this.playback.go(position);
  }

  /** Show a position in the next frame, however often it is asked for. */
  private go(position: number, tell = false): void {
    this.position = Math.max(0, Math.min(this.path.length - 1, position));
    if (tell) this.tellSoon();
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  private leap(way: 1 | -1): void {
    const { lineage, path } = this;
    if (!lineage) return;
    let to = this.position + way;
    const leaps = (i: number) => isLeap(lineage.step(path[i - 1]!).fitness, lineage.step(path[i]!).fitness);
    while (to > 0 && to < path.length - 1 && !leaps(to)) to += way;
    this.ask(to);
  }

  private play(): void {
    if (!this.playback.playing && this.position >= this.path.length - 1) this.goTo(0);
    this.playback.play(!this.playback.playing);
  }

  /** Tell the kernel where the reader stays, which saves it. */
  private tellSoon(): void {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      const step = this.path[this.position];
      if (step === undefined || this.channel.link === "none") return;
      this.sent = step;
      this.channel.send("go", { step });
    }, REST_MS);
  }

  // --- drawing

  private draw(): void {
    const { lineage, position } = this;
    const number = this.path[position];
    if (!lineage || number === undefined) return;
    const step = lineage.step(number);
    const before = position > 0 ? lineage.step(this.path[position - 1]!) : undefined;
    // First, since it scrolls: that lays out whatever has changed by then.
    this.cards.select(position);
    this.chart.select(position);
    this.tree.select(this.path, position);
    setText(
      this.where,
      `Step ${position + 1} of ${this.path.length} · individual ${whole(step.individuals)} · fitness ${fitness(step.fitness)}${before ? ` (${gain(step.gain)})` : ""}`,
    );
    if (Number(this.slider.value) !== position) this.slider.value = String(position);
    setAttributes(this.slider, { "aria-valuetext": `Step ${position + 1}, fitness ${fitness(step.fitness)}` });
    this.drawWords(lineage, number, before?.fitness);
    this.drawDetail(lineage, number, position);
    this.drawn = number;
    this.updateButtons();
  }

  private drawWords(lineage: Lineage, number: number, before: number | undefined): void {
    const step = lineage.step(number);
    const { name, words } = lineage.mutation(number);
    const missing = before === undefined ? 0 : 1 - before;
    const closed = before !== undefined && step.gain > 0 && missing > 0 && ` It closed ${percent(step.gain, missing)} of what was missing to 1.`;
    const merged = step.merged ? ` ${whole(step.merged)} more between its parent and it are no longer kept, and stand in the same change.` : "";
    this.did.replaceChildren(h("b", {}, name), ` ${words}${merged}${closed || ""}`);
    const drift = lineage.drift(number);
    const counts = DRIFT.map((text, kind) => [drift.filter((one) => one.kind === kind).length, text] as const).filter(([count]) => count > 0);
    const lost = step.lost > 0 ? [`${whole(step.lost)} are not kept`] : [];
    const all = drift.length + step.lost;
    this.drift.hidden = all === 0;
    this.drift.classList.toggle("wb-drift-closed", drift.length === 0);
    setText(
      this.driftSaid,
      all === 0 ? "" : `${whole(all)} step${all === 1 ? "" : "s"} without effect before it: ${[...counts.map(([count, text]) => `${count} ${text}`), ...lost].join(", ")}`,
    );
    if (this.drift.open) this.fillDrift();
  }

  private fillDrift(): void {
    const number = this.path[this.position];
    if (!this.lineage || number === undefined || !this.drift.open) return;
    const drift = this.lineage.drift(number);
    const rows = drift.slice(0, DRIFT_ROWS).map(({ individuals, mutation, kind }) =>
      h("tr", { "data-kind": kind }, h("td", {}, whole(individuals)), h("td", {}, mutation), h("td", {}, DRIFT[kind]!)),
    );
    const head = h("tr", {}, ...["Individual", "Mutation", "It"].map((one) => h("th", { scope: "col" }, one)));
    this.driftBody.replaceChildren(
      h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows)),
      drift.length > DRIFT_ROWS ? h("p", { class: "wb-note" }, `and ${whole(drift.length - DRIFT_ROWS)} more`) : "",
    );
  }

  private drawDetail(lineage: Lineage, number: number, position: number): void {
    const change = this.shown === "change";
    this.diff.element.hidden = !change || position === 0;
    this.programRoom.hidden = change && position > 0;
    this.sinceRoom.hidden = !change || position === 0;
    if (number === this.drawn) return;
    if (change && position > 0) {
      const since = this.since === "step";
      this.diff.show(lineage.diff(number, since), since ? [`Step ${position}`, `Step ${position + 1}`] : ["Its parent", `Step ${position + 1}`]);
    } else {
      this.programRoom.replaceChildren(listing(lineage.program(number), true));
    }
    // Who runs through the steps reads no chips.
    clearTimeout(this.naming);
    this.naming = setTimeout(() => this.showConcepts(), CHIPS_MS);
  }

  private showConcepts(): void {
    const number = this.path[this.position];
    if (!this.lineage || number === undefined || number !== this.drawn) return;
    const part = this.channel.part("concepts") as unknown as LineageConceptsPart;
    const view = `${this.shown} ${this.since} ${this.lineage.step(number).individuals}`;
    this.chips.show(conceptsOf(part, number, view), number, this.channel.link);
  }

  private light(lines: ReadonlySet<string>): void {
    this.diff.markCarriers("right", lines);
    markCarriers(this.programRoom, lines);
  }

  private setShown(shown: Shown, since: Since): void {
    this.shown = shown;
    this.since = since;
    this.drawn = -1;
    this.draw();
  }

  private updateButtons(): void {
    const [atStart, atEnd] = [this.position === 0, this.position >= this.path.length - 1];
    const { playing } = this.playback;
    const { play, step, back } = this.buttons;
    for (const [key, button] of Object.entries(this.buttons)) {
      const off = key === "play" ? this.path.length < 2 : button === back || key === "leap-back" ? atStart : atEnd;
      setAttributes(button, { "aria-disabled": off && "true" });
    }
    if (!play || !step) return;
    const name = playing ? "paused" : "running";
    if (!play.querySelector(`.wb-icon-${name}`)) play.replaceChildren(icon(name));
    setAttributes(play, { "aria-label": playing ? "Pause (p)" : "Play (p)", title: playing ? "Pause (p)" : "Play (p)" });
    // Nobody can listen at the pace of playing.
    const live = playing ? "off" : "polite";
    setAttributes(this.where, { "aria-live": live });
    const verdict = this.diff.element.querySelector("[role=status]");
    if (verdict) setAttributes(verdict, { "aria-live": live });
  }

  // --- building

  private makeBody(): HTMLElement {
    const { signal } = this;
    const axis = h(
      "select",
      { "aria-label": "What the horizontal axis counts", "data-key": "x-axis" },
      h("option", { value: "individuals" }, "Individuals"),
      h("option", { value: "steps" }, "Steps"),
    );
    axis.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
    axis.addEventListener(
      "change",
      () => {
        this.chart.stepAxis = axis.value as StepAxis;
        this.chart.redraw();
        this.cards.resize();
      },
      { signal },
    );
    const chartBar = h(
      "div",
      { class: "wb-bar" },
      h("h4", {}, "Fitness, step by step"),
      segmented<FitnessAxis>(
        "Fitness axis",
        [
          { value: "linear", label: "0 – 1", help: "Linear fitness axis" },
          { value: "nines", label: "Near 1", help: "Spread what is close to 1: −log₁₀(1 − fitness)" },
        ],
        "linear",
        (value) => {
          this.chart.fitnessAxis = value;
          this.chart.redraw();
        },
        signal,
      ),
      h("label", { class: "wb-axis" }, "against ", axis),
    );
    const detailBar = h(
      "div",
      { class: "wb-bar wb-lineage-tools" },
      segmented<Shown>(
        "What is shown of the step",
        [
          { value: "change", label: "Change", help: "What changed at this step" },
          { value: "program", label: "Program", help: "The whole program after this step" },
        ],
        this.shown,
        (value) => this.setShown(value, this.since),
        signal,
      ),
      this.sinceRoom,
    );
    this.inner.append(this.did, this.drift, detailBar, this.chips.element, this.diff.element, this.programRoom);
    return h(
      "div",
      {},
      h("div", { class: "wb-lineage-now" }, this.where),
      this.slider,
      h("section", { class: "wb-lineage-fitness", "aria-label": "Fitness" }, chartBar, this.chart.element, this.cards.element, this.values.element),
      this.detail,
      h("section", { class: "wb-lineage-tree", "aria-label": "Family tree" }, this.treeBar, this.tree.element),
    );
  }

  private transport(): HTMLElement {
    const pace = h("select", { "aria-label": "Pace", "data-key": "pace", class: "wb-pace" }, ...RATES.map((rate) => h("option", { value: rate }, `${rate} step${rate === 1 ? "" : "s"}/s`)));
    pace.value = "2";
    this.playback.pace = { rate: 2, unit: "step" };
    pace.addEventListener("change", () => (this.playback.pace = { rate: Number(pace.value), unit: "step" }), { signal: this.signal });
    pace.addEventListener("keydown", (event) => event.stopPropagation(), { signal: this.signal });
    return h("div", { class: "wb-transport", role: "group", "aria-label": "Replay" }, ...Object.values(this.buttons), pace);
  }

  private button(key: string, name: IconName, label: string, action: () => void): HTMLButtonElement {
    return iconButton(key, name, label, action, this.signal);
  }

  /** Room for the tallest change so far: what stands below must not jump from step to step.
   *
   * Its height is set, not found, so that a new step lays out nothing around it.
   */
  private keepRoom(): void {
    let [height, width, exact] = [0, 0, true];
    const size = new ResizeObserver(([entry]) => {
      const box = entry?.borderBoxSize[0];
      if (!box || box.inlineSize === 0) return;
      if (!exact && box.inlineSize === width && box.blockSize <= height) return;
      [height, width, exact] = [box.blockSize, box.inlineSize, false];
      this.detail.style.height = `${Math.ceil(height) + 1}px`;
    });
    size.observe(this.inner);
    this.signal.addEventListener("abort", () => size.disconnect());
    const reset = () => (exact = true);
    for (const name of ["change", "click"]) this.detail.addEventListener(name, reset, { signal: this.signal, capture: true });
  }

  private listen(): void {
    const { signal } = this;
    this.keepRoom();
    keepKeys(this.root, signal);
    this.slider.addEventListener("input", () => this.ask(Number(this.slider.value)), { signal });
    this.drift.addEventListener("toggle", () => this.fillDrift(), { signal });
    this.back.addEventListener("click", () => this.goToStep((this.lineage?.part.main ?? 1) - 1), { signal });
    this.save.addEventListener("click", () => this.saveCsv(), { signal });
    this.root.addEventListener("keydown", (event) => this.onKey(event), { signal });
    signal.addEventListener("abort", () => {
      cancelAnimationFrame(this.frame);
      clearTimeout(this.resting);
      clearTimeout(this.naming);
    });
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as Element;
    // The slider and the row of cards have arrow keys of their own; here they are these.
    const arrows = target === this.slider || target.matches("[role=listbox]");
    const keys: Record<string, () => void> = {
      j: () => this.playback.move(1),
      k: () => this.playback.move(-1),
      p: () => this.play(),
      "<": () => this.leap(-1),
      ">": () => this.leap(1),
      ...(arrows && {
        ArrowRight: () => this.playback.move(1),
        ArrowLeft: () => this.playback.move(-1),
        ArrowDown: () => this.playback.move(1),
        ArrowUp: () => this.playback.move(-1),
        PageDown: () => this.playback.move(10),
        PageUp: () => this.playback.move(-10),
        Home: () => this.ask(0),
        End: () => this.ask(this.path.length - 1),
      }),
    };
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  private setCsv({ csv, bests }: LineagePart): void {
    const why = csv ? "The bests as a table in the ALife standard for phylogenies" : "Too long for the page: view.table().to_csv(path) writes it";
    setAttributes(this.save, { title: why, "aria-disabled": !csv && "true" });
    this.save.hidden = bests.length === 0;
  }

  private saveCsv(): void {
    const csv = this.lineage?.part.csv;
    if (!csv) return;
    const url = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
    const link = h("a", { href: url, download: "family_tree.csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }
}

function legend(): HTMLElement {
  const item = (kind: string, text: string) => h("li", {}, h("i", { class: `wb-tree-key wb-tree-key-${kind}` }, kind === "winner" ? "★" : ""), text);
  return h(
    "ul",
    { class: "wb-legend", "aria-label": "Legend" },
    item("main", "main line"),
    item("side", "side branch"),
    item("winner", "winner"),
    item("here", "at or before this step"),
  );
}

export default { render };
