// Browser half of workbench.widgets.SearchPanel.

import { Channel } from "./channel";
import { Controls, isActive } from "./controls";
import { CounterRow } from "./counters";
import { CurveView, type CurveState } from "./curve_view";
import { h, keepKeys } from "./dom";
import { Form } from "./form";
import { Lesson } from "./lesson";
import type { RenderContext } from "./model";
import { ProgramView, type ProgramState } from "./program";
import { Result } from "./result";
import { followTheme } from "./theme";

const PARTS = ["form", "state", "counters", "program", "marks", "result", "lesson"];

type ViewState = CurveState & ProgramState & { settingsOpen: boolean | undefined; status: string };

function render({ model, el, signal }: RenderContext): void {
  const state: ViewState = {
    xAxis: "individuals",
    yAxis: "linear",
    showDead: true,
    view: "program",
    settingsOpen: undefined,
    status: "ready",
  };
  const channel = new Channel(model, PARTS, signal);
  const form = new Form(channel, (model.get("schema") ?? {}) as object, signal);
  const controls = new Controls(channel, () => form.flush(), "Search", signal);
  const counters = new CounterRow(channel);
  const curve = new CurveView(channel, state, signal);
  const program = new ProgramView(channel, state, signal);
  const result = new Result(channel);
  const lesson = new Lesson(channel, signal);
  const root = h(
    "div",
    { class: "wb wb-search", role: "region", "aria-label": "Search panel" },
    controls.element,
    form.element,
    lesson.element,
    counters.element,
    result.element,
    h("div", { class: "wb-main" }, curve.element, program.element, lesson.cover),
  );
  keepKeys(root, signal);
  el.replaceChildren(root);

  let refused = 0;
  let pending = 0;
  const update = () => {
    pending = 0;
    const status = channel.part("state");
    root.dataset.status = String(status.status ?? "ready");
    root.dataset.link = channel.link;
    controls.update();
    form.update();
    counters.update();
    curve.update();
    program.update();
    result.update();
    lesson.update(root, program.element);
    openSettings(form.element, state, String(status.status ?? "ready"), channel);
    if (Number(status.refused ?? 0) > refused) form.showErrors();
    refused = Number(status.refused ?? 0);
  };
  channel.onchange = () => {
    pending ||= requestAnimationFrame(update);
  };
  signal.addEventListener("abort", () => cancelAnimationFrame(pending));
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
