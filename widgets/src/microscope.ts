// Browser half of workbench.widgets.Microscope.

import { Channel, type Part } from "./channel";
import { h, icon, iconButton, inNextFrame, keepKeys, setAttributes, setText } from "./dom";
import { FilmStrip } from "./film_strip";
import type { Inks } from "./matrix_figure";
import { Meddling } from "./meddling";
import type { RenderContext } from "./model";
import { unpackFloats } from "./numbers";
import { Playback, type Pace } from "./playback";
import { StepChart, type StepData } from "./step_chart";
import { StepTable } from "./step_table";
import { StepMap } from "./step_map";
import { followTheme } from "./theme";
import { Verdict } from "./verdict";
import { WeightFigures } from "./weight_figures";

const PARTS = ["about", "state", "episode_shown", "course", "now", "trace", "figure", "trace_beside", "figure_beside"];
const PACES: Record<string, Pace> = {
  "1 example/s": { rate: 1, unit: "step" },
  "2 examples/s": { rate: 2, unit: "step" },
  "5 examples/s": { rate: 5, unit: "step" },
};
const RUNS: Record<string, number> = { shown: 0, original: 6, beside: 1 };

function render({ model, el, signal }: RenderContext): void {
  const channel = new Channel(model, PARTS, signal);
  const view = new MicroscopeView(channel, signal);
  el.replaceChildren(view.root);
  channel.onchange = inNextFrame(() => view.update(), signal);
  followTheme(view.root, signal, () => view.recolour());
  view.update();
  void channel.attach();
}

class MicroscopeView {
  readonly root: HTMLElement;
  private readonly title = h("h3", { class: "wb-title" });
  private readonly where = h("span", { class: "wb-where", role: "status" });
  private readonly busy = h("p", { class: "wb-busy", role: "status" }, icon("preparing"), h("span", {}));
  private readonly problem = h("p", { class: "wb-problem", role: "alert", hidden: true }, icon("warning"), h("span", {}));
  private readonly note = h("p", { class: "wb-note wb-debugger-note", hidden: true }, "No kernel is attached: this is the step that was shown last. Run the cell to go on.");
  private readonly slider = h("input", { type: "range", min: 0, class: "wb-slider", "aria-label": "Examples seen", "data-key": "slider" });
  private readonly number = h("span", { class: "wb-episode-number" });
  private readonly matrices = h("div", { class: "wb-matrices", role: "group", "aria-label": "Which matrix" });
  private readonly layer: HTMLSelectElement;
  private readonly head: HTMLSelectElement;
  private readonly compare: HTMLSelectElement;
  private readonly buttons: Record<string, HTMLButtonElement>;
  private readonly playback: Playback;
  private readonly film: FilmStrip;
  private readonly figures: WeightFigures;
  private readonly beside: WeightFigures;
  private readonly verdict = new Verdict();
  private readonly meddling: Meddling;
  private readonly body: HTMLElement;
  private readonly numbers: StepTable;
  private readonly charts: Record<"right" | "loss" | "rates" | "sizes" | "drift" | "singular", StepChart>;
  private readonly keys: StepMap;
  private readonly queries: StepMap;
  private seen: Record<string, unknown> = {};
  private data: Record<string, StepData> = {};

  constructor(
    private readonly channel: Channel,
    private readonly signal: AbortSignal,
  ) {
    const go = (step: number) => this.playback.go(step);
    this.playback = new Playback((step) => channel.send("go", { step }), () => {}, () => this.updateButtons(), signal);
    this.film = new FilmStrip(go, signal);
    this.figures = new WeightFigures("main", signal);
    this.beside = new WeightFigures("beside", signal);
    this.meddling = new Meddling(channel, signal);
    this.layer = this.select("layer", "Layer", () => this.look());
    this.head = this.select("head", "Head", () => this.look());
    this.compare = this.select("beside", "Model beside it", () => channel.send("beside", { model: this.compare.value }));
    this.buttons = {
      first: iconButton("first", "example-back", "Back to before the first example (<)", () => go(0), signal),
      back: iconButton("back", "back", "Back one example (,)", () => this.playback.move(-1), signal),
      play: iconButton("play", "running", "Play (p)", () => this.playback.play(!this.playback.playing), signal),
      step: iconButton("step", "step", "On one example (.)", () => this.playback.move(1), signal),
      last: iconButton("last", "example-on", "On to after the last example (>)", () => go(Infinity), signal),
    };
    this.slider.addEventListener("input", () => go(Number(this.slider.value)), { signal });
    this.slider.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
    this.numbers = new StepTable("Curves as tables", "episode-table", signal);
    this.charts = {
      right: new StepChart("Queries right", "share", go, signal, "How many of the queries the matrices of this step answer rightly"),
      loss: new StepChart("Loss over the queries", "nats", go, signal, "Mean cross-entropy"),
      rates: new StepChart("Rates it gives itself", "", go, signal, "The sigmoids: how far each part goes from its old value to the new one"),
      sizes: new StepChart("Size of each change", "‖ΔW‖, other heads faint", go, signal, "The Frobenius norm of what each example changes, for each head; the one drawn above is drawn fully"),
      drift: new StepChart("Drift from W₀", "‖W − W₀‖, other heads faint", go, signal, "The Frobenius norm of all changes together, for each head; the one drawn above is drawn fully"),
      singular: new StepChart("Singular values of W", "", go, signal, "Of this head's matrix, largest first"),
    };
    this.keys = new StepMap("Keys", "Which rows each example changed", go, signal);
    this.queries = new StepMap("Queries", "In an SRWM: from which rows each example took what it wrote. In the others: which rows its output was read from", go, signal);
    this.matrices.append(named("Layer", this.layer), named("Head", this.head), named("Beside it", this.compare));
    this.body = h(
      "div",
      { class: "wb-micro-body" },
      this.film.element,
      h(
        "div",
        { class: "wb-micro-main" },
        h("div", { class: "wb-micro-figures" }, this.matrices, this.figures.element, this.beside.element),
        h("div", { class: "wb-micro-side" }, this.verdict.element, this.meddling.element),
      ),
      h(
        "section",
        { class: "wb-micro-charts", "aria-label": "Over the episode; a click goes to a step" },
        this.charts.right.element,
        this.charts.loss.element,
        this.charts.rates.element,
        this.charts.sizes.element,
        this.charts.drift.element,
        this.charts.singular.element,
        this.keys.element,
        this.queries.element,
      ),
      this.numbers.element,
    );
    this.root = h(
      "div",
      { class: "wb wb-microscope", role: "region", "aria-label": "Microscope" },
      h("div", { class: "wb-head" }, this.title, this.where, this.episodes(), this.transport()),
      this.slider,
      this.busy,
      this.problem,
      this.note,
      this.body,
    );
    keepKeys(this.root, signal);
    this.root.addEventListener("keydown", (event) => this.onKey(event), { signal });
    const size = new ResizeObserver(inNextFrame(() => this.redraw(), signal));
    size.observe(this.body);
    signal.addEventListener("abort", () => size.disconnect());
  }

  update(): void {
    const { about, state, episode, now } = this.parts();
    setText(this.title, String(about.title ?? "Microscope"));
    const busy = String(state.busy ?? "");
    this.busy.hidden = busy === "" || this.channel.link === "none";
    setText(this.busy.lastElementChild!, busy);
    this.problem.hidden = !state.problem;
    setText(this.problem.lastElementChild!, String(state.problem ?? ""));
    this.note.hidden = this.channel.link !== "none";
    this.body.hidden = now.step === undefined;
    this.body.classList.toggle("wb-micro-waiting", busy !== "");
    if (now.step === undefined) return this.updateButtons();
    const step = Number(now.step);
    const letters = (about.letters ?? []) as string[];
    this.playback.arrived(step, Number(episode.length) + 1);
    setText(this.where, sentence(String(now.where)));
    setText(this.number, `Episode ${Number(episode.number) + 1}`);
    setAttributes(this.slider, { max: episode.length as number, "aria-valuetext": this.where.textContent });
    if (!this.slider.matches(":active")) this.slider.value = String(step);
    this.film.update(episode, step, unpackFloats(now.answers as string), letters);
    const at = step - 1;
    const truth = at < 0 ? undefined : (episode.targets as number[])[at];
    this.verdict.update(unpackFloats(now.before as string), unpackFloats(now.after as string), truth, at < 0 ? undefined : (episode.labels?.[at] ?? truth), letters);
    this.meddling.update(episode, step, letters);
    this.updateChoices();
    this.updateFigures();
    this.updateCharts(step, episode);
    this.updateButtons();
  }

  recolour(): void {
    this.film.recolour(this.channel.part("episode_shown"));
    this.redraw();
  }

  redraw(): void {
    const style = getComputedStyle(this.root);
    const read = (name: string) => style.getPropertyValue(`--wb-${name}`).trim() || "gray";
    const inks: Inks = { surface: read("surface"), text: read("text"), muted: read("muted"), line: read("line"), positive: read("positive"), negative: read("negative"), accent: read("accent") };
    this.figures.draw(inks);
    if (!this.beside.element.hidden) this.beside.draw(inks);
    this.keys.draw(inks);
    this.queries.draw(inks);
  }

  private parts(): Record<"about" | "state" | "episode" | "now" | "course" | "trace", Part> {
    const part = (name: string) => this.channel.part(name);
    return { about: part("about"), state: part("state"), episode: part("episode_shown"), now: part("now"), course: part("course"), trace: part("trace") };
  }

  private updateFigures(): void {
    const { about, trace, now } = this.parts();
    const figure = this.channel.part("figure");
    const [besides, other] = [this.channel.part("trace_beside"), this.channel.part("figure_beside")];
    const key = [trace, figure, besides, other, about].map(({ revision }) => revision).join();
    if (key === this.seen.figures) return;
    this.seen.figures = key;
    const model = about.model as { name: string; kind: string };
    if (Number(figure.step) === Number(now.step)) this.figures.update(model.name, model.kind, trace, figure);
    const name = String(this.channel.part("course").lines?.find((line: { key: string }) => line.key === "beside")?.label ?? "");
    const shown = about.compare?.[name] as { name: string; kind: string } | undefined;
    this.beside.element.hidden = !shown;
    if (shown) this.beside.update(name, shown.kind, besides, other);
    this.redraw();
  }

  private updateCharts(step: number, episode: Part): void {
    const { trace, course } = this.parts();
    const key = [trace.revision, course.revision, episode.revision].join();
    if (key !== this.seen.charts) {
      this.seen.charts = key;
      this.data = chartData(trace, course, episode);
      this.numbers.show(Object.entries(this.charts).flatMap(([name, { title }]): [string, StepData][] => (this.data[name] ? [[title, this.data[name]]] : [])));
      const d = Number(trace.d ?? 1);
      this.keys.element.hidden = this.queries.element.hidden = !this.data.rates;
      if (this.data.rates) {
        this.keys.show(unpackFloats(trace.keys as string), d, step);
        this.queries.show(unpackFloats(trace.queries as string), d, step);
      }
    } else if (this.data.rates) {
      const d = Number(trace.d ?? 1);
      this.keys.show(unpackFloats(trace.keys as string), d, step);
      this.queries.show(unpackFloats(trace.queries as string), d, step);
    }
    for (const [name, chart] of Object.entries(this.charts)) {
      const data = this.data[name];
      chart.element.hidden = !data;
      if (data) chart.show(data, step);
    }
    this.redraw();
  }

  private updateChoices(): void {
    const { about, trace, course } = this.parts();
    const layers = Number(trace.layers ?? 0);
    fill(this.layer, numbers(layers), String(trace.layer ?? 0));
    fill(this.head, numbers(Number(trace.heads ?? 0)), String(trace.head ?? 0));
    const names = Object.keys(about.compare ?? {});
    const now = course.lines?.find((line: { key: string }) => line.key === "beside")?.label ?? "";
    fill(this.compare, [["", "no other"], ...names.map((name): [string, string] => [name, name])], String(now));
    this.layer.parentElement!.hidden = layers < 2;
    this.head.parentElement!.hidden = Number(trace.heads ?? 0) < 2;
    this.compare.parentElement!.hidden = names.length === 0;
  }

  private updateButtons(): void {
    const { now, episode } = this.parts();
    const none = this.channel.link === "none" || now.step === undefined;
    const step = Number(now.step ?? 0);
    const [atStart, atEnd] = [step === 0, step >= Number(episode.length ?? 0)];
    for (const [key, button] of Object.entries(this.buttons)) {
      const end = key === "first" || key === "back" ? atStart : atEnd;
      setAttributes(button, { "aria-disabled": (none || end) && "true" });
    }
    for (const control of [this.slider, this.layer, this.head, this.compare]) control.disabled = none;
    for (const button of this.root.querySelectorAll("[data-key^=episode-]")) setAttributes(button, { "aria-disabled": (none || (button.matches("[data-key=episode-back]") && !Number(episode.number))) && "true" });
    const { play } = this.buttons;
    const wanted = this.playback.playing ? "paused" : "running";
    if (play && !play.querySelector(`.wb-icon-${wanted}`)) play.replaceChildren(icon(wanted));
    const label = this.playback.playing ? "Pause (p)" : "Play (p)";
    if (play) setAttributes(play, { "aria-label": label, title: label });
    // Nobody can listen at the pace of playing.
    setAttributes(this.where, { "aria-live": this.playback.playing ? "off" : "polite" });
  }

  private look(): void {
    this.channel.send("look", { layer: Number(this.layer.value), head: Number(this.head.value) });
  }

  private episodes(): HTMLElement {
    const other = (count: number) => this.channel.send("episode", { number: Math.max(0, Number(this.channel.part("episode_shown").number ?? 0) + count) });
    return h(
      "div",
      { class: "wb-transport wb-episodes", role: "group", "aria-label": "Episode" },
      iconButton("episode-back", "back", "The episode before ([)", () => other(-1), this.signal),
      this.number,
      iconButton("episode-on", "step", "Another episode (])", () => other(1), this.signal),
    );
  }

  private transport(): HTMLElement {
    const pace = h("select", { "aria-label": "Pace", "data-key": "pace", class: "wb-pace" }, ...Object.keys(PACES).map((name) => h("option", { value: name }, name)));
    pace.value = "2 examples/s";
    this.playback.pace = PACES[pace.value]!;
    pace.addEventListener("change", () => (this.playback.pace = PACES[pace.value]!), { signal: this.signal });
    pace.addEventListener("keydown", (event) => event.stopPropagation(), { signal: this.signal });
    return h("div", { class: "wb-transport", role: "group", "aria-label": "Run" }, ...Object.values(this.buttons), pace);
  }

  private select(key: string, label: string, changed: () => void): HTMLSelectElement {
    const select = h("select", { "aria-label": label, "data-key": key, class: "wb-pace" });
    select.addEventListener("change", changed, { signal: this.signal });
    select.addEventListener("keydown", (event) => event.stopPropagation(), { signal: this.signal });
    return select;
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = { "<": "first", ",": "back", p: "play", ".": "step", ">": "last" }[event.key];
    const episode = { "[": "episode-back", "]": "episode-on" }[event.key];
    if (!key && !episode) return;
    event.preventDefault();
    event.stopPropagation();
    if (key) this.buttons[key]?.click();
    else this.root.querySelector<HTMLElement>(`[data-key=${episode}]`)?.click();
  }
}

/** What the charts draw, from the parts of workbench/widgets/microscope_parts.py. */
export function chartData(trace: Part, course: Part, episode: Part): Record<string, StepData> {
  const steps = Number(episode.length);
  const frozen = (episode.frozenFrom ?? null) as number | null;
  const runs = (course.lines ?? []) as { key: string; label: string; right: string; loss: string }[];
  const ofRuns = (what: "right" | "loss") => runs.map((run) => ({ name: run.label, slot: RUNS[run.key] ?? 2, values: unpackFloats(run[what]) }));
  const chance = Number(course.chance ?? 0);
  const data: Record<string, StepData> = {
    right: { lines: ofRuns("right"), first: 0, steps, low: 0, high: 1, levels: [{ value: chance, name: "chance" }], frozen },
    loss: { lines: ofRuns("loss"), first: 0, steps, low: 0, levels: [{ value: -Math.log(chance), name: "knows nothing" }], frozen },
  };
  if (!Number(trace.layers ?? 0)) return data;
  const split = (text: string, count: number, names: string[], faint: (i: number) => boolean): StepData["lines"] => {
    const all = unpackFloats(text);
    return names.map((name, i) => ({ name, slot: count > 8 ? 0 : i, faint: faint(i), values: all.filter((_, at) => at % count === i) }));
  };
  const names = trace.rateNames as string[];
  const heads = Number(trace.heads);
  const d = Number(trace.d);
  data.rates = { lines: split(trace.rates, names.length, names, () => false), first: 1, steps, low: 0, high: 1, frozen };
  data.sizes = { lines: split(trace.sizes, heads, numbers(heads).map(([, name]) => `head ${name}`), (i) => i !== Number(trace.head)), first: 1, steps, low: 0, frozen };
  data.drift = { lines: split(trace.drift, heads, numbers(heads).map(([, name]) => `head ${name}`), (i) => i !== Number(trace.head)), first: 0, steps, low: 0, frozen };
  data.singular = { lines: split(trace.singular, d, numbers(d).map(([, name]) => (name === "1" ? "largest" : name)), (i) => i > 0), first: 0, steps, low: 0, frozen };
  return data;
}

function numbers(count: number): [string, string][] {
  return Array.from({ length: count }, (_, i) => [String(i), String(i + 1)]);
}

function fill(select: HTMLSelectElement, options: [string, string][], value: string): void {
  const key = JSON.stringify(options);
  if (select.dataset.options !== key) {
    select.dataset.options = key;
    select.replaceChildren(...options.map(([at, name]) => h("option", { value: at }, name)));
  }
  if (select.value !== value) select.value = value;
}

function named(name: string, control: HTMLElement): HTMLElement {
  return h("label", { class: "wb-axis" }, `${name} `, control);
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export default { render };
