// Browser half of workbench.widgets.ProgramDebugger.

import { uses } from "./addresses";
import { AnnotatedListing, type Program } from "./annotated";
import { Channel } from "./channel";
import { ConceptChips, type ConceptPart } from "./concept_chips";
import { h, icon, iconButton, type IconName, inNextFrame, keepKeys, setAttributes, setText } from "./dom";
import { HeatMap, type HeatColours, type Layout } from "./heat_map";
import type { RenderContext } from "./model";
import { numeral, unpack } from "./numbers";
import { Playback, type Pace } from "./playback";
import { followTheme } from "./theme";
import { WatchCurve, type Span, type Watch } from "./watch_curve";

const PACES: Record<string, Pace> = {
  "1 instruction/s": { rate: 1, unit: "step" },
  "4 instructions/s": { rate: 4, unit: "step" },
  "10 instructions/s": { rate: 10, unit: "step" },
  "3 examples/s": { rate: 3, unit: "example" },
  "10 examples/s": { rate: 10, unit: "example" },
};
const LOOP: Record<string, (label: string) => string> = {
  features: () => "The training loop has put the example's features into v0 and hidden its label.",
  sigmoid: () => "The training loop has turned the prediction into a probability by the sigmoid.",
  softmax: () => "The training loop has turned the prediction into probabilities by the softmax.",
  label: (label) => `The training loop has put the label into ${label}.`,
};
const LEGEND: [string, string][] = [
  ["positive", "positive"],
  ["negative", "− negative"],
  ["zero", "· zero"],
  ["bad", "× NaN"],
  ["bad", "∞ infinity"],
  ["changed", "changed by this step"],
];

const CELL_HINT = "Point at a cell to read it; click it, or a name, to draw it over the examples below.";

interface Jump {
  name: string;
  step: number | null;
  help: string;
}

function render({ model, el, signal }: RenderContext): void {
  const channel = new Channel(model, ["listing", "concepts", "run", "now", "watch", "stops"], signal);
  const view = new DebuggerView(channel, signal);
  el.replaceChildren(view.root);
  channel.onchange = inNextFrame(() => view.update(), signal);
  followTheme(view.root, signal, () => view.redraw());
  view.update();
  void channel.attach();
}

class DebuggerView {
  readonly root: HTMLElement;
  private readonly title = h("h3", { class: "wb-title" });
  private readonly where = h("span", { class: "wb-where", role: "status" });
  private readonly note = h("p", { class: "wb-note wb-debugger-note", hidden: true });
  private readonly slider = h("input", { type: "range", min: 0, class: "wb-slider", "aria-label": "Step of the evaluation", "data-key": "slider" });
  private readonly jumps = h("div", { class: "wb-jumps", role: "group", "aria-label": "Jump to" });
  private readonly facts = h("dl", { class: "wb-debug-facts" });
  private readonly did = h("p", { class: "wb-did" });
  private readonly read = h("p", { class: "wb-cell-text", "aria-hidden": "true" }, CELL_HINT);
  private readonly spoken = h("p", { class: "wb-hidden", "aria-live": "polite" });
  private readonly maps = h("div", { class: "wb-maps" });
  private readonly buttons: Record<string, HTMLButtonElement>;
  private readonly errorButton: HTMLButtonElement;
  private readonly listing: AnnotatedListing;
  private readonly chips: ConceptChips;
  private readonly curve: WatchCurve;
  private readonly runOn: HTMLButtonElement;
  private readonly playback: Playback;
  private heat: HeatMap[] = [];
  private shown: Record<string, unknown> = {};
  private stops: ReadonlySet<string> = new Set();

  constructor(
    private readonly channel: Channel,
    private readonly signal: AbortSignal,
  ) {
    this.playback = new Playback(
      (step) => channel.send("go", { step }),
      (count) => channel.send("example", { count }),
      () => this.updateButtons(),
      signal,
    );
    this.listing = new AnnotatedListing(
      signal,
      (name, line) => channel.send("run-to", { function: name.toLowerCase(), index: line - 1 }),
      (name, line) => channel.send("breakpoint", { function: name, line }),
    );
    this.runOn = h("button", { type: "button", class: "wb-button wb-small", "data-key": "run-on", hidden: true }, "Next breakpoint");
    this.runOn.title = "On to the next breakpoint, or to the end (n)";
    this.runOn.addEventListener("click", () => channel.send("run-on"), { signal });
    this.chips = new ConceptChips((lines) => this.listing.markCarriers(lines), signal);
    this.buttons = {
      "example-back": this.button("example-back", "example-back", "Back to the end of the example before (<)", () => this.playback.example(-1)),
      back: this.button("back", "back", "Back one instruction (,)", () => this.playback.move(-1)),
      play: this.button("play", "running", "Play (p)", () => this.playback.play(!this.playback.playing)),
      step: this.button("step", "step", "On one instruction (.)", () => this.playback.move(1)),
      "example-on": this.button("example-on", "example-on", "On to the end of the next example (>)", () => this.playback.example(1)),
    };
    this.errorButton = h("button", { type: "button", class: "wb-button wb-small", "data-key": "watch-error" }, "Error");
    this.errorButton.title = "Draw the error over the examples";
    this.errorButton.addEventListener("click", () => channel.send("watch", { address: "error" }), { signal });
    this.curve = new WatchCurve((visit) => this.goToVisit(visit), this.errorButton, signal);
    this.slider.addEventListener("input", () => this.playback.go(Number(this.slider.value)), { signal });
    this.slider.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
    this.root = h(
      "div",
      { class: "wb wb-debugger", role: "region", "aria-label": "Program debugger" },
      h("div", { class: "wb-head" }, this.title, this.where, this.transport()),
      this.slider,
      h("div", { class: "wb-jump-row" }, h("span", { class: "wb-note", "aria-hidden": "true" }, "Jump to"), this.jumps, this.runOn),
      this.note,
      h(
        "div",
        { class: "wb-debug-main" },
        h("div", { class: "wb-debug-code wb-without-math wb-without-words" }, this.did, this.chips.element, this.listing.element),
        h(
          "div",
          { class: "wb-debug-state" },
          this.facts,
          h("section", { "aria-label": "Memory" }, legend(), this.read, this.spoken, this.maps),
          this.curve.element,
        ),
      ),
    );
    keepKeys(this.root, signal);
    this.root.addEventListener("keydown", (event) => this.onKey(event), { signal });
    const size = new ResizeObserver(() => this.redraw());
    size.observe(this.maps);
    signal.addEventListener("abort", () => size.disconnect());
  }

  update(): void {
    this.updateProgram();
    this.chips.show(this.channel.part("concepts") as ConceptPart, 0, this.channel.link);
    this.updateStops();
    this.updateNow();
    const watch = this.channel.part("watch");
    const run = this.channel.part("run");
    if (watch.address) {
      this.curve.update(watch as unknown as Watch, run as unknown as Span, Number(this.channel.part("now").visit ?? -1));
      for (const map of this.heat) map.markWatched(map.layout.name === watch.address);
      setAttributes(this.errorButton, { "aria-pressed": String(watch.address === "error") });
    }
    const none = this.channel.link === "none";
    const notes = [
      run.stopped && "Training was cut short: an error was beyond the limit, so the program scores 0 here.",
      none && "No kernel is attached: this is the step that was shown last. Run the cell to go on.",
    ].filter(Boolean);
    this.note.hidden = notes.length === 0;
    setText(this.note, notes.join(" "));
    this.updateButtons();
  }

  redraw(): void {
    const style = getComputedStyle(this.root);
    const read = (name: string) => style.getPropertyValue(`--wb-${name}`).trim() || "gray";
    const paint: HeatColours = {
      surface: read("surface"),
      text: read("text"),
      grid: read("grid"),
      accent: read("accent"),
      positive: read("positive"),
      negative: read("negative"),
    };
    const room = (this.maps.clientWidth || 400) - 22;
    for (const map of this.heat) map.draw(paint, room);
  }

  private updateProgram(): void {
    const listing = this.channel.part("listing");
    const run = this.channel.part("run");
    if (!listing.functions || !run.layout) return;
    if (this.shown.listing === listing.revision && this.shown.run === run.revision) return;
    this.shown = { listing: listing.revision, run: run.revision };
    setText(this.title, String(listing.title ?? "Debugger"));
    const program = listing as unknown as Program;
    this.listing.show(program);
    const roles = new Map(uses(program.functions, program.special).map((use) => [use.address, use.role]));
    this.heat = (run.layout as Layout[]).map(
      (layout) =>
        new HeatMap(
          layout,
          roles.get(layout.name) ?? "",
          (text, spoken) => this.say(text, spoken),
          (element) => this.channel.send("watch", { address: layout.name, element: element ?? null }),
          this.signal,
        ),
    );
    const group = (rank: number) =>
      h("div", { class: `wb-maps-${rank}` }, ...this.heat.filter((map) => map.layout.shape.length === rank).map((map) => map.element));
    this.maps.replaceChildren(group(0), group(1), group(2));
    this.jumps.replaceChildren(
      ...(run.jumps as Jump[]).map(({ name, step, help }) => {
        const button = h(
          "button",
          { type: "button", class: "wb-button wb-small", title: step === null ? "There is none" : help, "aria-disabled": step === null && "true", "data-jump": name },
          sentence(name),
        );
        button.addEventListener("click", () => step !== null && this.playback.go(step), { signal: this.signal });
        return button;
      }),
    );
  }

  private updateStops(): void {
    const { lines, revision } = this.channel.part("stops");
    const shown = `${revision} ${this.shown.listing}`;
    if (this.shown.stops === shown) return;
    this.shown.stops = shown;
    this.stops = new Set(lines as string[]);
    this.listing.markStops(this.stops);
    this.runOn.hidden = this.stops.size === 0;
  }

  private updateNow(): void {
    const now = this.channel.part("now");
    const run = this.channel.part("run");
    if (now.step === undefined || now.revision === this.shown.now) return;
    this.shown.now = now.revision;
    this.playback.arrived(Number(now.step), Number(run.steps ?? 1));
    setText(this.where, placeText(now, run));
    const [name, line] = currentLine(now);
    this.listing.markCurrent(`${name}-${line}`);
    if (this.playback.playing && this.stops.has(`${name}-${line}`)) this.playback.play(false);
    this.updateDid(now, name, line);
    this.updateFacts(now);
    const after = unpack(now.after);
    const before = unpack(now.before);
    for (const map of this.heat) {
      const { start, size } = map.layout;
      map.update(after.subarray(start, start + size), before.subarray(start, start + size));
    }
    this.redraw();
    setAttributes(this.slider, { max: Math.max(1, Number(run.steps) - 1), "aria-valuetext": this.where.textContent });
    if (document.activeElement !== this.slider || !this.slider.matches(":active")) this.slider.value = String(now.step);
  }

  private updateDid(now: Record<string, any>, name: string, line: number): void {
    const program = this.channel.part("listing") as unknown as Program;
    const row = program.functions?.find((one) => one.name === name)?.rows[line - 1];
    const special = program.special ?? { label: "the label's address" };
    setText(this.did, row ? row.words : (LOOP[String(now.function)]?.(special.label) ?? ""));
  }

  private updateFacts(now: Record<string, any>): void {
    const list = (values: unknown) =>
      ((values ?? []) as (number | string)[]).map((value) => numeral(value)).join(", ") || "–";
    const facts: [string, string][] =
      now.visit < 0
        ? [["Prediction", "–"], ["Label", "–"], ["Error", "–"]]
        : [
            ["Prediction", now.known ? list(now.prediction) : "not yet"],
            ["Label", list(now.label)],
            ["Error", now.known ? numeral(now.error) : "not yet"],
          ];
    this.facts.replaceChildren(...facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
  }

  private updateButtons(): void {
    const now = this.channel.part("now");
    const steps = Number(this.channel.part("run").steps ?? 1);
    const none = this.channel.link === "none";
    const atStart = Number(now.step ?? 0) === 0;
    const atEnd = Number(now.step ?? 0) >= steps - 1;
    for (const [key, button] of Object.entries(this.buttons)) {
      const end = key === "example-back" || key === "back" ? atStart : atEnd;
      setAttributes(button, { "aria-disabled": none || end ? "true" : null });
    }
    this.slider.disabled = none;
    const { play } = this.buttons;
    const wanted = this.playback.playing ? "paused" : "running";
    if (play && !play.querySelector(`.wb-icon-${wanted}`)) play.replaceChildren(icon(wanted));
    // Nobody can listen at the pace of playing.
    setAttributes(this.where, { "aria-live": this.playback.playing ? "off" : "polite" });
    if (play) setAttributes(play, { "aria-label": this.playback.playing ? "Pause (p)" : "Play (p)", title: this.playback.playing ? "Pause (p)" : "Play (p)" });
  }

  private transport(): HTMLElement {
    const pace = h(
      "select",
      { "aria-label": "Pace", "data-key": "pace", class: "wb-pace" },
      ...Object.keys(PACES).map((name) => h("option", { value: name }, name)),
    );
    pace.value = "4 instructions/s";
    this.playback.pace = PACES[pace.value]!;
    pace.addEventListener("change", () => (this.playback.pace = PACES[pace.value]!), { signal: this.signal });
    pace.addEventListener("keydown", (event) => event.stopPropagation(), { signal: this.signal });
    return h("div", { class: "wb-transport", role: "group", "aria-label": "Run" }, ...Object.values(this.buttons), pace);
  }

  private button(key: string, name: IconName, label: string, action: () => void): HTMLButtonElement {
    return iconButton(key, name, label, action, this.signal);
  }

  private onKey(event: KeyboardEvent): void {
    const key = { "<": "example-back", ",": "back", p: "play", ".": "step", ">": "example-on", n: "run-on" }[event.key];
    if (!key || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    (key === "run-on" ? this.runOn : this.buttons[key])?.click();
  }

  private goToVisit(visit: number): void {
    const now = Number(this.channel.part("now").visit ?? -1);
    if (visit !== now) this.channel.send("example", { count: visit - now });
  }

  private say(text: string | undefined, spoken: boolean): void {
    setText(this.read, text ?? CELL_HINT);
    this.read.classList.toggle("wb-cell-read", text !== undefined);
    if (spoken) setText(this.spoken, text ?? "");
  }
}

/** "Epoch 1 · training example 3 of 100 · Learn 2". */
function placeText(now: Record<string, any>, run: Record<string, any>): string {
  const [name, line] = currentLine(now);
  const at = line > 0 ? `${name} ${line}` : { features: "features shown", label: "label shown" }[String(now.function)] ?? String(now.function);
  if (now.visit < 0) return at;
  const kind = now.trains ? `training example ${now.place} of ${run.train}` : `validation example ${now.place} of ${run.valid}`;
  const row = now.trains && now.example !== now.place - 1 ? ` (row ${now.example})` : "";
  return `Epoch ${now.epoch} of ${run.epochs} · ${kind}${row} · ${at}`;
}

/** Function and line, counted from 1; line 0 is the heading. */
function currentLine(now: Record<string, any>): [string, number] {
  const name = sentence(String(now.function ?? ""));
  if (now.index >= 0) return [name, Number(now.index) + 1];
  return [now.function === "label" ? "Learn" : "Predict", 0];
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function legend(): HTMLElement {
  return h(
    "ul",
    { class: "wb-legend", "aria-label": "Legend" },
    ...LEGEND.map(([kind, label]) => h("li", {}, h("i", { class: `wb-swatch wb-swatch-${kind}`, "aria-hidden": "true" }), label)),
  );
}

export default { render };
