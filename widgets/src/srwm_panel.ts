// Browser half of workbench.widgets.SRWMPanel.

import { Channel } from "./channel";
import { Controls, isActive } from "./controls";
import { h, inNextFrame, keepKeys, setAttributes, setText } from "./dom";
import { Form } from "./form";
import { Keys } from "./keys";
import type { RenderContext } from "./model";
import { Nested } from "./nested";
import { followTheme } from "./theme";
import { TrainingView } from "./training_view";

const PARTS = ["form", "state", "counters", "curves", "runs", "view"];
const NO_KERNEL = "No kernel is attached: this is the last saved state. Run the cell to train again.";

function render({ model, el, signal }: RenderContext): void {
  const channel = new Channel(model, PARTS, signal);
  const form = new Form(channel, (model.get("schema") ?? {}) as Record<string, any>, signal);
  const controls = new Controls(channel, () => form.flush(), "Self-reference", signal, { steps: false, noKernel: NO_KERNEL });
  const training = new TrainingView(channel, signal);
  const nested = new Nested(model, signal);
  const about = h("p", { class: "wb-note wb-looked-at", role: "status" });
  const bar = h("i", { class: "wb-progress-bar" });
  const root = h("div", { class: "wb wb-srwm", role: "region", "aria-label": "SRWM panel", tabindex: 0, "data-key": "panel" });
  const keys = new Keys(
    root,
    [
      { keys: ["Space"], says: "Start, pause or resume, while the panel has the focus", act: () => controls.play() },
      { keys: ["←", "→"], says: "On the accuracy: read values. In the film: go to an example" },
      { keys: [",", "."], says: "In the microscope: back and on by one example" },
      { keys: ["<", ">"], says: "In the microscope: before the first example, after the last" },
      { keys: ["P"], says: "In the microscope: play" },
      { keys: ["[", "]"], says: "In the microscope: another episode" },
      { keys: ["?"], says: "Show or hide these keys" },
      { keys: ["Esc"], says: "Close" },
    ],
    signal,
  );
  controls.element.append(keys.button);
  root.append(controls.element, keys.element, h("div", { class: "wb-progress", "aria-hidden": "true" }, bar), form.element, training.element, about, nested.element);
  keepKeys(root, signal);
  el.replaceChildren(root);

  let refused = Number(channel.part("state").refused ?? 0);
  let open: boolean | undefined = false;
  let before = "ready";
  const update = () => {
    const state = channel.part("state");
    const status = String(state.status ?? "ready");
    root.dataset.status = status;
    root.dataset.link = channel.link;
    controls.update();
    form.update();
    training.update();
    bar.style.width = `${100 * Number(channel.part("counters").share ?? 0)}%`;
    const view = channel.part("view");
    setText(about, String(view.about || "Until a training has been validated, this is a model that was trained beforehand, on an episode of digits it never saw."));
    if (view.model) void nested.show(String(view.model));
    // Settings make room once something runs.
    if (isActive(status) && before !== status) open = undefined;
    before = status;
    form.element.open = open ?? false;
    if (Number(state.refused ?? 0) > refused) form.showErrors();
    refused = Number(state.refused ?? 0);
  };
  form.element.addEventListener(
    "click",
    (event) => {
      const summary = (event.target as Element).closest("summary");
      if (summary?.parentElement === form.element) open = !form.element.open;
    },
    { signal },
  );
  channel.onchange = inNextFrame(update, signal);
  followTheme(root, signal, () => training.curves.recolour());
  setAttributes(root, { "data-ready": "true" });
  update();
  void channel.attach();
}

export default { render };
