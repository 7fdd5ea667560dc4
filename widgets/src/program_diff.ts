// Browser half of workbench.widgets.ProgramDiff.

import { Channel } from "./channel";
import { copyText } from "./copying";
import { DiffTable, type DiffParts } from "./diff_table";
import { h, keepKeys, setText } from "./dom";
import { FitnessPairs, type Fitness } from "./fitness_pairs";
import type { RenderContext } from "./model";
import { followTheme } from "./theme";

const COPIED_MS = 2500;

function render({ model, el, signal }: RenderContext): void {
  const channel = new Channel(model, ["diff", "fitness"], signal);
  const table = new DiffTable(signal);
  const pairs = new FitnessPairs(signal);
  const title = h("h3", { class: "wb-title" });
  const copied = h("span", { class: "wb-copied", role: "status" });
  const copy = h("button", { type: "button", class: "wb-button", title: "Copy the difference as text", "data-key": "copy" }, "Copy");
  const root = h(
    "div",
    { class: "wb wb-program-diff", role: "region", "aria-label": "Program difference" },
    h("div", { class: "wb-head" }, title, copied, copy),
    h("div", { class: "wb-diff-main" }, table.element, pairs.element),
  );
  let shown: unknown;
  let evaluated = "";
  let hiding: ReturnType<typeof setTimeout> | undefined;

  const say = (text: string) => {
    setText(copied, text);
    clearTimeout(hiding);
    hiding = setTimeout(() => setText(copied, ""), COPIED_MS);
  };
  copy.addEventListener(
    "click",
    () =>
      void copyText(String(channel.part("diff").text ?? "")).then((done) =>
        say(done ? "Copied" : "The browser refused; select the text and press Ctrl+C"),
      ),
    { signal },
  );
  // What has the focus elsewhere in the panel hands these on.
  root.addEventListener(
    "keydown",
    (event) => {
      if ((event.key !== "j" && event.key !== "k") || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      table.move(event.key === "j" ? 1 : -1);
    },
    { signal },
  );
  keepKeys(root, signal);
  el.replaceChildren(root);

  const update = () => {
    const diff = channel.part("diff");
    if (!diff.functions) return;
    const titles = diff.titles as [string, string];
    if (diff.revision !== shown) {
      shown = diff.revision;
      setText(title, `${titles[0]} → ${titles[1]}`);
      root.setAttribute("aria-label", `Program difference: ${title.textContent}`);
      table.show(diff as unknown as DiffParts, titles);
    }
    const fitness = channel.part("fitness");
    const key = `${fitness.revision} ${channel.link} ${titles}`;
    if (!fitness.state || key === evaluated) return;
    evaluated = key;
    pairs.show(fitness as unknown as Fitness, titles, channel.link);
  };
  channel.onchange = update;
  signal.addEventListener("abort", () => clearTimeout(hiding));
  followTheme(root, signal, () => {});
  update();
  void channel.attach();
}

export default { render };
