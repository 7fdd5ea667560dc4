// Browser half of workbench.widgets.SearchPanel.

import { Channel } from "./channel";
import { Controls, isActive } from "./controls";
import { CounterRow } from "./counters";
import { CurveView, type CurveState } from "./curve_view";
import { h, inNextFrame, keepKeys } from "./dom";
import { Form } from "./form";
import { HallOfFame } from "./hall_of_fame";
import { Keys } from "./keys";
import { Lesson } from "./lesson";
import type { RenderContext } from "./model";
import { pickBest } from "./picks";
import { ProgramArea, type ProgramState } from "./program";
import { Result } from "./result";
import { Taking } from "./taking";
import { followTheme } from "./theme";
import { Throughput } from "./throughput";

const PARTS = [
  "form",
  "state",
  "counters",
  "program",
  "concepts",
  "marks",
  "result",
  "hall",
  "timeline",
  "throughput",
  "populations",
  "threads",
  "views",
  "exported",
  "lesson",
];

type ViewState = CurveState & ProgramState & { settingsOpen: boolean | undefined; status: string };

function render({ model, el, signal, host }: RenderContext): void {
  // A saved notebook opens the view that was open.
  const wanted = (model.get("views") as { wanted?: string } | undefined)?.wanted ?? "";
  const state: ViewState = {
    xAxis: "individuals",
    yAxis: "linear",
    populations: false,
    showDead: true,
    tab: wanted || "program",
    meanings: wanted === "program",
    settingsOpen: undefined,
    status: "ready",
  };
  const channel = new Channel(model, PARTS, signal);
  const schema = (model.get("schema") ?? {}) as Record<string, any>;
  const form = new Form(channel, schema, signal);
  const controls = new Controls(channel, () => form.flush(), "Search", signal);
  const counters = new CounterRow(channel);
  const curve = new CurveView(channel, state, signal);
  const program = new ProgramArea(channel, model, state, signal, host);
  const result = new Result(channel);
  const lesson = new Lesson(channel, signal);
  const hall = new HallOfFame(channel, signal);
  const throughput = new Throughput(channel, signal);
  const taking = new Taking(channel, schema.exports ?? [], signal);
  const root = h("div", {
    class: "wb wb-search",
    role: "region",
    "aria-label": "Search panel",
    tabindex: 0,
    "data-key": "panel",
  });
  const keys = new Keys(
    root,
    [
      { keys: ["Space"], says: "Start, pause or resume, while the panel or the curve has the focus", act: () => controls.play() },
      { keys: ["J"], says: "Show the next program of the hall of fame", act: () => hall.next(1) },
      { keys: ["K"], says: "Show the one before", act: () => hall.next(-1) },
      { keys: ["B"], says: "Back to the best program", act: () => pickBest(channel) },
      { keys: ["←", "→"], says: "On the curve: read values. On the tabs: change the view" },
      { keys: ["↑", "↓", "Enter"], says: "In the hall of fame: choose a program" },
      { keys: ["?"], says: "Show or hide these keys" },
      { keys: ["Esc"], says: "Close" },
    ],
    signal,
  );
  controls.element.append(keys.button);
  root.append(
    controls.element,
    keys.element,
    form.element,
    lesson.element,
    counters.element,
    result.element,
    h("div", { class: "wb-main" }, curve.element, program.element, lesson.cover, hall.element),
    throughput.element,
    taking.element,
  );
  keepKeys(root, signal);
  el.replaceChildren(root);

  let refused = 0;
  const update = () => {
    const status = channel.part("state");
    root.dataset.status = String(status.status ?? "ready");
    root.dataset.link = channel.link;
    controls.update();
    form.update();
    counters.update();
    curve.update();
    program.update();
    hall.update();
    throughput.update();
    taking.update();
    result.update();
    lesson.update(root, [program.element, hall.element, taking.element]);
    openSettings(form.element, state, String(status.status ?? "ready"), channel);
    if (Number(status.refused ?? 0) > refused) form.showErrors();
    refused = Number(status.refused ?? 0);
  };
  channel.onchange = inNextFrame(update, signal);
  form.element.addEventListener(
    "click",
    (event) => {
      const summary = (event.target as Element).closest("summary");
      if (summary?.parentElement === form.element) state.settingsOpen = !form.element.open;
    },
    { signal },
  );
  refused = Number(channel.part("state").refused ?? 0);
  followTheme(root, signal, () => curve.curve.recolour());
  update();
  void channel.attach();
}

/** Settings stand open before a search and make room once one has started. */
function openSettings(
  element: HTMLDetailsElement,
  state: ViewState,
  status: string,
  channel: Channel,
): void {
  const byItself = status === "ready" && channel.link !== "none";
  if (isActive(status) && state.status === "ready") state.settingsOpen = undefined;
  state.status = status;
  element.open = state.settingsOpen ?? byItself;
}

export default { render };
